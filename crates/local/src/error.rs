//! Why a cluster cannot be started, reached or stopped.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wheelhouse_local_node::NodeError;
use wheelhouse_local_node::doctor::Report;
use wheelhouse_local_node::image::ImageError;

/// Why a cluster cannot be started, reached or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder of the state directory cannot be used.
    #[error("cannot use {path}: {source}")]
    State {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A process runs a cluster on this state directory already.
    #[error("a cluster runs on {} already{}", state.display(), pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    AlreadyRunning {
        /// The state directory.
        state: PathBuf,
        /// The process, if it has said so yet.
        pid: Option<u32>,
    },
    /// No process runs a cluster on this state directory.
    #[error("no cluster runs on {}", .0.display())]
    NotRunning(PathBuf),
    /// The folder is not a state directory, so that nothing in it is touched.
    #[error("{} is no state directory of a cluster", .0.display())]
    NotOurs(PathBuf),
    /// The API's port is in use.
    #[error("cannot listen on {0}: something else listens there already")]
    PortTaken(std::net::SocketAddr),
    /// The machine lacks what containers need.
    #[error("this machine cannot run containers:\n{0}")]
    Machine(Report),
    /// Other clusters or networks have the address ranges.
    #[error("{0}")]
    Ranges(String),
    /// The options make no sense.
    #[error("{0}")]
    Options(String),
    /// The API server does not start.
    #[error("{}", chain(.0))]
    Api(wheelhouse_local_apiserver::Error),
    /// The nodes do not start.
    #[error("{}", chain(.0))]
    Nodes(#[from] NodeError),
    /// The API cannot be asked.
    #[error("{}", chain(.0))]
    Client(#[from] wheelhouse_cluster::Error),
    /// An image cannot be loaded.
    #[error("{}", chain(.0))]
    Image(#[from] ImageError),
    /// Something does not get ready or does not end in time.
    #[error("{what} after {} s", .after.as_secs())]
    Late {
        /// What is late.
        what: String,
        /// How long it was waited for.
        after: Duration,
    },
}

impl Error {
    pub(crate) fn state(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::State { path: path.to_owned(), source }
    }
}

impl From<wheelhouse_local_apiserver::Error> for Error {
    fn from(error: wheelhouse_local_apiserver::Error) -> Self {
        match error {
            wheelhouse_local_apiserver::Error::Listen { address, source }
                if source.kind() == io::ErrorKind::AddrInUse =>
            {
                Self::PortTaken(address)
            }
            other => Self::Api(other),
        }
    }
}

/// An error with all its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}
