//! The cluster as last seen: one cache for each kind, and who owns what.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use wheelhouse_cluster::{Cache, Change, Key, Resource, metadata};

/// The objects of all kinds that are followed. Reading it does no I/O.
#[derive(Debug, Default)]
pub struct World {
    caches: RwLock<HashMap<Resource, Cache>>,
    index: RwLock<Index>,
    #[cfg(test)]
    assume_synced: std::sync::atomic::AtomicBool,
}

/// Who is there, and who names whom as owner.
#[derive(Debug, Default)]
struct Index {
    alive: HashMap<String, (Resource, Key)>,
    dependents: HashMap<String, BTreeSet<(Resource, Key)>>,
    /// Pods put on a node, of which the watch has not told yet: uid and node.
    assumed: HashMap<String, String>,
}

impl World {
    /// A world with the objects given, for tests of plans.
    #[must_use]
    pub fn of(objects: impl IntoIterator<Item = (Resource, Value)>) -> Self {
        let world = Self::default();
        for (resource, object) in objects {
            world.observe(&resource, object);
        }
        world
    }

    /// Adds a kind that something fills.
    pub fn follow(&self, resource: Resource, cache: Cache) {
        self.caches.write().unwrap_or_else(PoisonError::into_inner).insert(resource, cache);
    }

    /// The cache of a kind, if it is followed.
    #[must_use]
    pub fn cache(&self, resource: &Resource) -> Option<Cache> {
        self.caches.read().unwrap_or_else(PoisonError::into_inner).get(resource).cloned()
    }

    /// The kinds that are followed.
    #[must_use]
    pub fn followed(&self) -> Vec<Resource> {
        self.caches.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Marks every kind as listed, for tests of plans.
    #[cfg(test)]
    pub(crate) fn all_synced(&self) {
        self.assume_synced.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Whether every kind that is followed has been listed.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        #[cfg(test)]
        if self.assume_synced.load(std::sync::atomic::Ordering::Relaxed) {
            return true;
        }
        self.caches.read().unwrap_or_else(PoisonError::into_inner).values().all(Cache::is_synced)
    }

    /// Takes in an object that a write returned.
    pub fn observe(&self, resource: &Resource, object: Value) -> Option<Change> {
        let cache = self
            .caches
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(resource.clone())
            .or_default()
            .clone();
        let change = cache.observe(object)?;
        self.note(resource, &change);
        Some(change)
    }

    /// Takes in that a delete removed an object at once.
    pub fn forget(&self, resource: &Resource, key: &Key, uid: &str) -> Option<Change> {
        let change = self.cache(resource)?.forget(key, uid)?;
        self.note(resource, &change);
        Some(change)
    }

    /// Takes in that a pod was put on a node.
    pub fn assume(&self, uid: &str, node: &str) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        index.assumed.insert(uid.to_owned(), node.to_owned());
    }

    /// The node that a pod is on, or that it was put on a moment ago.
    #[must_use]
    pub fn node_of(&self, pod: &Value) -> Option<String> {
        if let Some(node) =
            pod.pointer("/spec/nodeName").and_then(Value::as_str).filter(|node| !node.is_empty())
        {
            return Some(node.to_owned());
        }
        self.index.read().unwrap_or_else(PoisonError::into_inner).assumed.get(metadata::uid(pod)).cloned()
    }

    /// Keeps the index of owners in step with a change of a cache.
    pub fn note(&self, resource: &Resource, change: &Change) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let (object, there) = match change {
            Change::Applied(object) => (object, true),
            Change::Deleted(object) => (object, false),
            Change::Synced => return,
        };
        let entry = (resource.clone(), Key::of(object));
        let uid = metadata::uid(object);
        let bound = object.pointer("/spec/nodeName").is_some_and(|node| !node.is_null());
        if !there || bound {
            index.assumed.remove(uid);
        }
        if there {
            index.alive.insert(uid.to_owned(), entry.clone());
        } else {
            index.alive.remove(uid);
        }
        for owner in metadata::owners(object) {
            let Some(owner) = owner.get("uid").and_then(Value::as_str) else { continue };
            let dependents = index.dependents.entry(owner.to_owned()).or_default();
            if there {
                dependents.insert(entry.clone());
            } else {
                dependents.remove(&entry);
                if dependents.is_empty() {
                    index.dependents.remove(owner);
                }
            }
        }
    }

    /// Whether an object with this uid is there.
    #[must_use]
    pub fn is_alive(&self, uid: &str) -> bool {
        self.index.read().unwrap_or_else(PoisonError::into_inner).alive.contains_key(uid)
    }

    /// The object with this uid.
    #[must_use]
    pub fn by_uid(&self, uid: &str) -> Option<(Resource, Arc<Value>)> {
        let (resource, key) =
            self.index.read().unwrap_or_else(PoisonError::into_inner).alive.get(uid).cloned()?;
        let object = self.get(&resource, &key)?;
        (metadata::uid(&object) == uid).then_some((resource, object))
    }

    /// The objects that name an owner with this uid.
    #[must_use]
    pub fn dependents(&self, uid: &str) -> Vec<(Resource, Arc<Value>)> {
        let entries: Vec<(Resource, Key)> = {
            let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
            index.dependents.get(uid).into_iter().flatten().cloned().collect()
        };
        entries
            .into_iter()
            .filter_map(|(resource, key)| {
                let object = self.get(&resource, &key)?;
                // An entry may be left over from an owner reference that was dropped since.
                let names = metadata::owners(&object)
                    .any(|owner| owner.get("uid").and_then(Value::as_str) == Some(uid));
                names.then_some((resource, object))
            })
            .collect()
    }

    /// One object.
    #[must_use]
    pub fn get(&self, resource: &Resource, key: &Key) -> Option<Arc<Value>> {
        self.cache(resource)?.get(key)
    }

    /// All objects of a kind.
    #[must_use]
    pub fn all(&self, resource: &Resource) -> Vec<Arc<Value>> {
        self.cache(resource).map(|cache| cache.all()).unwrap_or_default()
    }

    /// The objects of a kind in one namespace.
    #[must_use]
    pub fn list(&self, resource: &Resource, namespace: &str) -> Vec<Arc<Value>> {
        self.cache(resource).map(|cache| cache.in_namespace(namespace)).unwrap_or_default()
    }

    /// The objects of a kind that a controller with this uid controls.
    #[must_use]
    pub fn controlled(&self, resource: &Resource, namespace: &str, uid: &str) -> Vec<Arc<Value>> {
        let mut objects = self.list(resource, namespace);
        objects.retain(|object| metadata::controller_uid(object) == Some(uid));
        objects
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wheelhouse_cluster::resources::{POD, REPLICA_SET};

    fn pod(version: &str, owners: Value) -> Value {
        json!({"metadata": {"namespace": "n", "name": "p", "uid": "p", "resourceVersion": version, "ownerReferences": owners}})
    }

    #[test]
    fn dependents_follow_their_owner_references() {
        let world = World::of([
            (
                REPLICA_SET,
                json!({"metadata": {"namespace": "n", "name": "r", "uid": "r", "resourceVersion": "1"}}),
            ),
            (POD, pod("2", json!([{"uid": "r", "controller": true}]))),
        ]);
        assert!(world.is_alive("r"));
        assert_eq!(world.dependents("r").len(), 1);
        assert_eq!(world.controlled(&POD, "n", "r").len(), 1);
        world.observe(&POD, pod("3", json!([])));
        assert_eq!(world.dependents("r").len(), 0);
        world.forget(&REPLICA_SET, &Key::new("n", "r"), "r");
        assert!(!world.is_alive("r"));
    }

    #[test]
    fn a_pod_just_bound_counts_on_its_node() {
        let world = World::of([(POD, pod("1", json!([])))]);
        let read = |world: &World| world.node_of(&world.all(&POD)[0]);
        assert_eq!(read(&world), None);
        world.assume("p", "node-1");
        assert_eq!(read(&world).as_deref(), Some("node-1"));
        let mut bound = pod("2", json!([]));
        bound["spec"] = json!({"nodeName": "node-2"});
        world.observe(&POD, bound);
        assert_eq!(read(&world).as_deref(), Some("node-2"));
    }
}
