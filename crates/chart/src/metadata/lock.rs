use super::{Dependency, Timestamp};

/// What Chart.lock (requirements.lock in old charts) says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// When it was made.
    pub generated: Timestamp,
    /// Digest over the requirements and what they were resolved to.
    pub digest: String,
    /// The exact versions; an entry may be null.
    pub dependencies: Option<Vec<Option<Dependency>>>,
}
