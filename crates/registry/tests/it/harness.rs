//! A registry on loopback.

use base64::Engine;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::TcpListener;
use wheelhouse_registry::server::{Access, Gate, Options, build};
use wheelhouse_registry::{AddressPolicy, Client, Login};

/// `pusher:secret` pushes, `puller:secret` pulls; others as told.
pub(crate) struct TestGate(pub(crate) Access);

impl Gate for TestGate {
    fn known<'a>(
        &'a self,
        user: &'a str,
        password: &'a str,
    ) -> Pin<Box<dyn Future<Output = Access> + Send + 'a>> {
        Box::pin(async move {
            match (user, password) {
                ("pusher", "secret") => Access::Push,
                ("puller", "secret") => Access::Pull,
                _ => Access::None,
            }
        })
    }

    fn anybody(&self) -> Access {
        self.0
    }
}

pub(crate) struct Harness {
    pub(crate) host: String,
    pub(crate) directory: tempfile::TempDir,
}

impl Harness {
    pub(crate) async fn start(anybody: Access) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = Options { blob_limit: 1 << 20, ..Options::in_directory(directory.path().to_owned()) };
        let router = build(options, Arc::new(TestGate(anybody))).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { host, directory }
    }

    pub(crate) fn login(&self, user: &str) -> Login {
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("{user}:secret"));
        Login { host: self.host.clone(), auth }
    }

    /// A client that may ask this registry without TLS.
    pub(crate) fn client(&self) -> Client {
        let policy = AddressPolicy {
            private_hosts: vec![self.host.clone()],
            plain_hosts: vec![self.host.clone()],
            ..AddressPolicy::default()
        };
        Client::new(wheelhouse_registry::Options { policy, ..wheelhouse_registry::Options::default() })
    }
}
