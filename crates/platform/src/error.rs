use std::net::SocketAddr;

/// Why the platform cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The state cannot be opened.
    #[error("cannot open the state in {directory}")]
    Store {
        /// Where.
        directory: String,
        /// Why.
        #[source]
        source: wheelhouse_store::Error,
    },
    /// A port cannot be bound; often something else listens there.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The registry's directory cannot be used.
    #[error("cannot open the registry")]
    Registry(#[source] std::io::Error),
    /// The collector of spans cannot be used.
    #[error("cannot send traces to {endpoint}: {reason}")]
    Traces {
        /// Its address.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// The first key cannot be made.
    #[error("cannot make a key: {0}")]
    Key(String),
    /// The agent ended.
    #[error("the agent ended")]
    Agent(#[source] wheelhouse_agent::Error),
}
