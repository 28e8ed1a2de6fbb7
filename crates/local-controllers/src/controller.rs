//! What a controller is.

use jiff::Timestamp;
use serde_json::Value;
use wheelhouse_cluster::{Key, Resource};

use crate::action::Plan;
use crate::world::World;

/// One controller: says which objects a change concerns, and what is to be done for one of them.
///
/// Both are pure: they read the world as last seen and decide. `plan` is called again and again; when
/// nothing is left to do it gives an empty plan.
pub trait Controller: Send + Sync {
    /// The name, for logs and events.
    fn name(&self) -> &'static str;

    /// The kinds whose changes concern it.
    fn watches(&self) -> Vec<Resource>;

    /// The objects that a change of this object concerns.
    fn keys(&self, world: &World, resource: &Resource, object: &Value) -> Vec<Key>;

    /// What is to be done for one object.
    fn plan(&self, world: &World, key: &Key, now: Timestamp) -> Plan;

    /// Whether only one plan may be worked at a time, because plans for different objects compete.
    fn is_serial(&self) -> bool {
        false
    }
}

/// The key of the controlling owner of a kind, if the object has one of that kind.
pub(crate) fn owner_key(object: &Value, kind: &str) -> Option<Key> {
    let owner = wheelhouse_cluster::metadata::controller(object)?;
    (owner.get("kind")?.as_str()? == kind).then(|| {
        Key::new(
            wheelhouse_cluster::metadata::namespace(object),
            owner.get("name").and_then(Value::as_str).unwrap_or_default(),
        )
    })
}
