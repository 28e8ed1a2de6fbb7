//! Why the server cannot start or go on.

/// Why the server cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the state directory cannot be read or written.
    #[error("cannot use {path}")]
    State {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The store cannot be opened, or is damaged; the text says which and why.
    #[error("{0}")]
    Store(String),
    /// Certificates cannot be made or read.
    #[error("cannot prepare certificates: {0}")]
    Certificates(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The address is not a loopback one.
    #[error("{0} is not a loopback address: allow other addresses explicitly")]
    NotLoopback(std::net::SocketAddr),
    /// The objects every cluster has cannot be written.
    #[error("cannot write the first objects: {0}")]
    Bootstrap(String),
}
