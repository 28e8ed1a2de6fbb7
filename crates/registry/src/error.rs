/// What may go wrong between here and a registry. Never holds a credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is not to be asked.
    #[error("{host} is not allowed: {reason}")]
    Forbidden {
        /// The host.
        host: String,
        /// Why.
        reason: String,
    },
    /// The registry wants another credential, or one at all.
    #[error("{host} refused the credentials: {reason}")]
    Unauthorized {
        /// The host.
        host: String,
        /// Its words.
        reason: String,
    },
    /// There is no such thing.
    #[error("{what} not found")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The answer is not what it should be.
    #[error("{host}: {reason}")]
    Invalid {
        /// The host.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The other side failed or cannot be reached.
    #[error("{host} failed: {reason}")]
    Unavailable {
        /// The host.
        host: String,
        /// What happened.
        reason: String,
    },
}
