//! Charts come through the registry client.

use wheelhouse_controlplane::{ChartSource, FetchError, FetchedChart, RegistryLogin};
use wheelhouse_functions::chart_reference::ChartReference;
use wheelhouse_registry::{Client, Error, Login};
use wheelhouse_store::BoxFuture;

/// The registry client as the control plane sees it.
pub(crate) struct RegistrySource(pub(crate) Client);

impl ChartSource for RegistrySource {
    fn fetch<'a>(
        &'a self,
        reference: &'a ChartReference,
        logins: &'a [RegistryLogin],
    ) -> BoxFuture<'a, Result<FetchedChart, FetchError>> {
        Box::pin(async move {
            let logins: Vec<Login> = logins
                .iter()
                .map(|login| Login { host: login.host.clone(), auth: login.auth.clone() })
                .collect();
            let pulled = self
                .0
                .fetch_chart(reference, &logins)
                .await
                .map_err(|error| fetch_error(reference, error))?;
            Ok(FetchedChart { bytes: pulled.bytes.to_vec(), digest: pulled.digest.to_string() })
        })
    }
}

fn fetch_error(reference: &ChartReference, error: Error) -> FetchError {
    let text = error.to_string();
    match error {
        Error::Forbidden { .. } => FetchError::Forbidden(text),
        Error::Unauthorized { host, reason } => FetchError::Unauthorized { host, reason },
        Error::NotFound { what } => FetchError::NotFound { reference: reference.to_string(), reason: what },
        Error::Unavailable { host, reason } => FetchError::Unavailable { host, reason },
        _ => FetchError::Invalid(text),
    }
}
