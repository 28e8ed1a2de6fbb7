//! Starting a server for a test.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;
use wheelhouse_local_apiserver::{Options, Ready};

/// A running server; it stops when dropped.
pub(crate) struct Running {
    pub(crate) ready: Ready,
    pub(crate) directory: tempfile::TempDir,
    cancel: CancellationToken,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Running {
    /// Starts a server with an empty store.
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap())
    }

    /// Starts a server over the state in a directory.
    pub(crate) fn start_in(directory: tempfile::TempDir) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
        let cancel = CancellationToken::new();
        let server = runtime.block_on(Options::new(directory.path()).build()).unwrap();
        let ready = server.ready().clone();
        runtime.spawn(server.run(cancel.clone()));
        Running { ready, directory, cancel, runtime: Some(runtime) }
    }

    /// Path of the administrator's kubeconfig.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.directory.path().join("kubeconfig")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        }
    }
}
