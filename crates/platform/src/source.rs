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
            let logins = logins_of(logins);
            let pulled = self
                .0
                .fetch_chart(reference, &logins)
                .await
                .map_err(|error| fetch_error(&reference.to_string(), error))?;
            Ok(FetchedChart { bytes: pulled.bytes.to_vec(), digest: pulled.digest.to_string() })
        })
    }

    fn find_image<'a>(
        &'a self,
        image: &'a str,
        logins: &'a [RegistryLogin],
    ) -> BoxFuture<'a, Result<(), FetchError>> {
        Box::pin(async move {
            let found = self.0.find_image(image, &logins_of(logins)).await;
            found.map_err(|error| fetch_error(image, error))
        })
    }
}

fn logins_of(logins: &[RegistryLogin]) -> Vec<Login> {
    logins.iter().map(|login| Login { host: login.host.clone(), auth: login.auth.clone() }).collect()
}

fn fetch_error(reference: &str, error: Error) -> FetchError {
    let text = error.to_string();
    match error {
        Error::Forbidden { .. } => FetchError::Forbidden(text),
        Error::Unauthorized { host, reason } => FetchError::Unauthorized { host, reason },
        Error::NotFound { what } => FetchError::NotFound { reference: reference.to_owned(), reason: what },
        Error::Unavailable { host, reason } => FetchError::Unavailable { host, reason },
        _ => FetchError::Invalid(text),
    }
}
