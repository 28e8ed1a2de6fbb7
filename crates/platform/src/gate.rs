//! Who may use the embedded registry: everybody who may on loopback pulls; keys that make functions push.

use jiff::Timestamp;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use wheelhouse_functions::scope::Scope;
use wheelhouse_registry::server::{Access, Gate};
use wheelhouse_store::Authenticator;

/// Passwords are API keys; the user's name does not matter.
pub(crate) struct KeyGate {
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) anybody: Access,
}

impl Gate for KeyGate {
    fn known<'a>(
        &'a self,
        _user: &'a str,
        password: &'a str,
    ) -> Pin<Box<dyn Future<Output = Access> + Send + 'a>> {
        Box::pin(async move {
            match self.authenticator.authenticate(password, Timestamp::now()).await {
                Ok(Ok(principal)) => {
                    let pushes = [Scope::RegisterFunction, Scope::ManageRegistryCredentials];
                    if pushes.iter().any(|&scope| principal.grants.allow(scope)) {
                        Access::Push
                    } else {
                        Access::Pull
                    }
                }
                Ok(Err(_)) => Access::None,
                Err(error) => {
                    tracing::error!(%error, "cannot authenticate a registry user");
                    Access::None
                }
            }
        })
    }

    fn anybody(&self) -> Access {
        self.anybody
    }
}
