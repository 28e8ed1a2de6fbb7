//! A running instance as calls meet it: what is the same for all calls to it is made once.

use crate::headers;
use http::{HeaderName, HeaderValue};
use std::sync::Arc;
use wheelhouse_functions::instance::Endpoint;
use wheelhouse_functions::route::{Route, RouteInstance};

/// One running instance.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) of: RouteInstance,
    /// Where it is; never empty.
    places: Vec<Arc<Place>>,
    /// What every call tells it, but for who calls.
    pub(crate) told: Vec<(HeaderName, HeaderValue)>,
}

/// One address of an instance.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) endpoint: Endpoint,
    /// The address as text: host and port.
    pub(crate) authority: String,
    /// The same as the value of `Host`.
    pub(crate) host: Option<HeaderValue>,
}

impl Instance {
    pub(crate) fn new(route: &Route, of: &RouteInstance) -> Self {
        let told = [
            (headers::FUNCTION_NAME, route.name.as_str()),
            (headers::FUNCTION_ID, &route.function.to_string()),
            (headers::FUNCTION_VERSION_ID, &route.version.to_string()),
            (headers::BACKEND, &of.backend),
            (headers::INSTANCE_TYPE, &of.instance_type),
        ];
        let told = told.into_iter().filter_map(|(name, value)| Some((name, value.parse().ok()?))).collect();
        let place = |endpoint: &Endpoint| {
            let authority = format!("{}:{}", endpoint.host, endpoint.port);
            let host = authority.parse().ok();
            Arc::new(Place { endpoint: endpoint.clone(), authority, host })
        };
        Self { of: of.clone(), places: of.endpoints.iter().map(place).collect(), told }
    }

    /// The address whose turn it is.
    pub(crate) fn place(&self, turn: usize) -> Option<Arc<Place>> {
        self.places.get(turn % self.places.len().max(1)).map(Arc::clone)
    }
}
