/// What may go wrong between the agent, the control plane and the cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The control plane cannot be reached or refuses.
    #[error("the control plane: {0}")]
    Control(String),
    /// The control plane was reached and does not accept the credential: trying again does not help.
    #[error("the control plane does not accept the agent's token")]
    Unauthorized,
    /// The cluster cannot be reached or refuses.
    #[error("the cluster")]
    Cluster(#[from] wheelhouse_cluster::Error),
}
