//! What a controller wants done: data, carried out by the runner.

use std::time::Duration;

use serde_json::Value;
use wheelhouse_cluster::{DeleteOptions, Key, Resource, Subresource};

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Create an object in the namespace that it names. That it is there already is no failure.
    Create {
        /// Its kind.
        resource: Resource,
        /// The object.
        object: Value,
    },
    /// Replace an object, or one part of it, as it was read.
    Replace {
        /// Its kind.
        resource: Resource,
        /// The object with the resource version that it was read at.
        object: Value,
        /// The part.
        part: Option<Subresource>,
    },
    /// Change some fields by a merge patch.
    Patch {
        /// Its kind.
        resource: Resource,
        /// Which one.
        key: Key,
        /// The part.
        part: Option<Subresource>,
        /// The merge patch.
        patch: Value,
    },
    /// Delete an object. That it is gone already is no failure.
    Delete {
        /// Its kind.
        resource: Resource,
        /// Which one.
        key: Key,
        /// How.
        options: DeleteOptions,
    },
    /// Put a pod on a node.
    Bind {
        /// Which pod.
        key: Key,
        /// Its uid.
        uid: String,
        /// The node's name.
        node: String,
    },
    /// Delete an object if its owners are truly gone, asked of the API and not of a cache.
    DeleteIfOrphaned {
        /// Its kind.
        resource: Resource,
        /// Which one.
        key: Key,
        /// Its uid.
        uid: String,
        /// The owners that the cache does not know: kind, name and uid.
        owners: Vec<(Resource, String, String)>,
    },
    /// Delete all objects of a namespace; when none is left, let it go.
    EmptyNamespace {
        /// Its name.
        name: String,
    },
    /// Remove the folder of a volume, with all that is in it.
    RemoveFolder {
        /// The folder of all volumes.
        folder: std::path::PathBuf,
        /// The volume's own, directly in it.
        name: String,
    },
    /// Tell of something that happened to an object.
    Tell(Telling),
}

/// An event about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The object's kind.
    pub resource: Resource,
    /// Which one.
    pub key: Key,
    /// Its uid.
    pub uid: String,
    /// Whether this is trouble (`Warning`) or not (`Normal`).
    pub warning: bool,
    /// The reason in one word, as `FailedScheduling`.
    pub reason: &'static str,
    /// What happened.
    pub message: String,
    /// The controller that tells.
    pub by: &'static str,
}

/// What a controller wants done for one object, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The things to do. The first that fails ends the plan; it is made anew later.
    pub actions: Vec<Action>,
    /// Look again after this time, even if nothing changes.
    pub again: Option<Duration>,
}

impl Plan {
    /// Nothing to do.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Adds one thing.
    pub fn then(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Looks again after a time, or sooner if asked so before.
    pub fn look_again(&mut self, after: Duration) {
        self.again = Some(self.again.map_or(after, |known| known.min(after)));
    }
}

impl From<Vec<Action>> for Plan {
    fn from(actions: Vec<Action>) -> Self {
        Self { actions, again: None }
    }
}
