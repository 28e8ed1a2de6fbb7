//! Keeping a copy of one kind of object up to date by list and watch.
//!
//! ```text
//!            ┌──────────── error, back-off ───────────┐
//!            ▼                                        │
//!   List ──► Synced ──► Watch ── end of watch ──► Watch again from the last version
//!            ▲            │
//!            └── 410 Gone ┘
//! ```
//!
//! The cache also takes the objects that our own writes returned ([`Cache::observe`]), so a
//! controller that wakes again before the watch has told of its write does not act twice. Resource
//! versions are compared as numbers, as Kubernetes promises since version 1.35 and etcd always did.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use serde_json::Value;

use crate::cluster::Cluster;
use crate::error::Result;
use crate::metadata;
use crate::options::ListOptions;
use crate::resource::Resource;
use crate::watch::WatchEvent;

/// The first wait after a failure.
const BACKOFF_START: Duration = Duration::from_millis(20);
/// The longest wait between tries.
const BACKOFF_END: Duration = Duration::from_secs(5);

/// How many objects that went are remembered: more than can go while a write is under way.
const REMEMBERED: usize = 4_096;

/// Which object: namespace (empty for cluster-scoped kinds) and name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The namespace, or nothing.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Key {
    /// A key from its parts.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// The key of an object.
    #[must_use]
    pub fn of(object: &Value) -> Self {
        Self::new(metadata::namespace(object), metadata::name(object))
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.namespace.is_empty() {
            formatter.write_str(&self.name)
        } else {
            write!(formatter, "{}/{}", self.namespace, self.name)
        }
    }
}

/// What the cache has learned.
#[derive(Debug, Clone)]
pub enum Change {
    /// An object is new or changed.
    Applied(Arc<Value>),
    /// An object is gone; this is the last state known.
    Deleted(Arc<Value>),
    /// A full list has been taken in: the cache is complete.
    Synced,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<Key, Arc<Value>>,
    /// Uids of objects whose deletion we were told of by a write, before the watch says so.
    dead: HashSet<String>,
    /// Uids of the objects that went last: the answer to a write may come after the watch has told
    /// that the object is gone, and must not bring it back.
    gone: HashSet<String>,
    /// The same in the order in which they went.
    gone_order: VecDeque<String>,
    synced: bool,
}

impl State {
    fn take_in(&mut self, object: Value) -> Option<Change> {
        if self.dead.contains(metadata::uid(&object)) {
            return None;
        }
        let key = Key::of(&object);
        if let Some(known) = self.objects.get(&key)
            && version(known) >= version(&object)
        {
            return None;
        }
        let object = Arc::new(lean(object));
        self.objects.insert(key, Arc::clone(&object));
        Some(Change::Applied(object))
    }

    fn bury(&mut self, object: &Value) {
        let uid = metadata::uid(object);
        if uid.is_empty() || !self.gone.insert(uid.to_owned()) {
            return;
        }
        self.gone_order.push_back(uid.to_owned());
        if self.gone_order.len() > REMEMBERED
            && let Some(oldest) = self.gone_order.pop_front()
        {
            self.gone.remove(&oldest);
        }
    }
}

/// Without the owners of fields: they are the larger half of most objects, and nobody asks a cache for them.
fn lean(mut object: Value) -> Value {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
    object
}

/// The objects of one kind as last seen, but for the owners of their fields; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Cache {
    state: Arc<RwLock<State>>,
}

fn version(object: &Value) -> u64 {
    metadata::resource_version(object).parse().unwrap_or_default()
}

impl Cache {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a full list has been taken in.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.read().synced
    }

    /// One object.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Arc<Value>> {
        self.read().objects.get(key).cloned()
    }

    /// All objects, by namespace and name.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Value>> {
        self.read().objects.values().cloned().collect()
    }

    /// The objects of one namespace, by name.
    #[must_use]
    pub fn in_namespace(&self, namespace: &str) -> Vec<Arc<Value>> {
        self.read()
            .objects
            .range(Key::new(namespace, "")..)
            .take_while(|(key, _)| key.namespace == namespace)
            .map(|(_, object)| Arc::clone(object))
            .collect()
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().objects.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read().objects.is_empty()
    }

    /// Takes in an object that a write of ours returned, or that a watch told of. Gives the change,
    /// or nothing where a newer state is known already.
    pub fn observe(&self, object: Value) -> Option<Change> {
        let mut state = self.write();
        if state.gone.contains(metadata::uid(&object)) {
            return None;
        }
        state.take_in(object)
    }

    /// Takes in what the watch tells. Its events are in order: an object that went, as one does that a
    /// selector no longer matches, may be back.
    fn told(&self, object: Value) -> Option<Change> {
        let mut state = self.write();
        state.gone.remove(metadata::uid(&object));
        state.take_in(object)
    }

    /// Takes in that a delete of ours removed an object at once.
    pub fn forget(&self, key: &Key, uid: &str) -> Option<Change> {
        let mut state = self.write();
        let known = state.objects.get(key).filter(|known| metadata::uid(known) == uid)?;
        let change = Change::Deleted(Arc::clone(known));
        state.objects.remove(key);
        state.dead.insert(uid.to_owned());
        Some(change)
    }

    /// Takes in a deletion that the watch tells of.
    fn deleted(&self, object: &Value) -> Option<Change> {
        let mut state = self.write();
        state.dead.remove(metadata::uid(object));
        state.bury(object);
        let key = Key::of(object);
        let known = state.objects.get(&key)?;
        // A newer object of the same name stays.
        if version(known) > version(object) && metadata::uid(known) != metadata::uid(object) {
            return None;
        }
        let last = Arc::new(object.clone());
        state.objects.remove(&key);
        Some(Change::Deleted(last))
    }

    /// Takes in a full list as of a resource version.
    fn replace(&self, items: Vec<Value>, listed_at: &str) -> Vec<Change> {
        let listed_at: u64 = listed_at.parse().unwrap_or_default();
        let mut state = self.write();
        let mut changes = Vec::new();
        let listed: HashSet<Key> = items.iter().map(Key::of).collect();
        let gone: Vec<Key> = state
            .objects
            .iter()
            .filter(|(key, object)| !listed.contains(*key) && version(object) <= listed_at)
            .map(|(key, _)| key.clone())
            .collect();
        for key in gone {
            if let Some(object) = state.objects.remove(&key) {
                state.bury(&object);
                changes.push(Change::Deleted(object));
            }
        }
        let uids: HashSet<&str> = items.iter().map(metadata::uid).collect();
        state.dead.retain(|uid| uids.contains(uid.as_str()));
        for item in items {
            if state.dead.contains(metadata::uid(&item)) {
                continue;
            }
            let key = Key::of(&item);
            if state.objects.get(&key).is_some_and(|known| version(known) >= version(&item)) {
                continue;
            }
            let object = Arc::new(lean(item));
            state.objects.insert(key, Arc::clone(&object));
            changes.push(Change::Applied(object));
        }
        state.synced = true;
        changes.push(Change::Synced);
        changes
    }
}

/// Lists and watches one kind of object into a [`Cache`].
#[derive(Debug)]
pub struct Reflector {
    cluster: Cluster,
    resource: Resource,
    namespace: Option<String>,
    options: ListOptions,
    cache: Cache,
}

impl Reflector {
    /// A reflector of a kind in all namespaces.
    #[must_use]
    pub fn new(cluster: Cluster, resource: Resource) -> Self {
        Self { cluster, resource, namespace: None, options: ListOptions::default(), cache: Cache::default() }
    }

    /// The same, for one namespace only.
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// The same, for the objects that match only.
    #[must_use]
    pub fn matching(mut self, options: ListOptions) -> Self {
        self.options = options;
        self
    }

    /// The cache that [`Reflector::run`] fills.
    #[must_use]
    pub fn cache(&self) -> Cache {
        self.cache.clone()
    }

    /// Runs for ever, telling every change; ends by being dropped. Failures are logged and tried
    /// again: a cluster that is away for a while is no error here.
    pub async fn run(self, mut changed: impl FnMut(Change) + Send) {
        let mut backoff = BACKOFF_START;
        let mut last_version: Option<String> = None;
        loop {
            let mut progress = false;
            let ended = self.turn(&mut last_version, &mut progress, &mut changed).await;
            if progress {
                backoff = BACKOFF_START;
            }
            match ended {
                Ok(()) if progress => continue,
                Ok(()) => {}
                Err(error) => {
                    if error.is_gone() {
                        last_version = None;
                    }
                    tracing::debug!(resource = %self.resource.plural, %error, "watch ended; trying again");
                }
            }
            tokio::time::sleep(backoff).await;
            backoff = (backoff * 2).min(BACKOFF_END);
        }
    }

    /// Lists if there is no version to go on from, then watches to the end of one watch.
    async fn turn(
        &self,
        last_version: &mut Option<String>,
        progress: &mut bool,
        changed: &mut (impl FnMut(Change) + Send),
    ) -> Result<()> {
        let namespace = self.namespace.as_deref();
        let from = match last_version {
            Some(version) => version.clone(),
            None => {
                let listed = self.cluster.list_at(&self.resource, namespace, &self.options).await?;
                self.cache
                    .replace(listed.items, &listed.resource_version)
                    .into_iter()
                    .for_each(&mut *changed);
                *last_version = Some(listed.resource_version.clone());
                *progress = true;
                listed.resource_version
            }
        };
        let mut watch = self.cluster.watch(&self.resource, namespace, &self.options, Some(&from)).await?;
        while let Some(event) = watch.next().await {
            let event = event?;
            *progress = true;
            *last_version = Some(event.resource_version().to_owned());
            let change = match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => self.cache.told(object),
                WatchEvent::Deleted(object) => self.cache.deleted(&object),
                WatchEvent::Bookmark(_) => None,
            };
            if let Some(change) = change {
                changed(change);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(name: &str, uid: &str, version: u64) -> Value {
        json!({"metadata": {"namespace": "n", "name": name, "uid": uid, "resourceVersion": version.to_string()}})
    }

    fn names(cache: &Cache) -> Vec<String> {
        cache.all().iter().map(|object| metadata::name(object).to_owned()).collect()
    }

    #[test]
    fn the_owners_of_fields_are_not_kept() {
        let cache = Cache::default();
        let mut owned = object("a", "1", 5);
        owned["metadata"]["managedFields"] = json!([{"manager": "x"}]);
        let mut listed = object("b", "2", 6);
        listed["metadata"]["managedFields"] = json!([{"manager": "x"}]);
        cache.observe(owned);
        cache.replace(vec![object("a", "1", 5), listed], "6");
        assert_eq!(cache.len(), 2);
        assert!(cache.all().iter().all(|object| object.pointer("/metadata/managedFields").is_none()));
    }

    #[test]
    fn a_late_watch_event_does_not_undo_a_write() {
        let cache = Cache::default();
        cache.observe(object("a", "1", 5));
        assert!(cache.observe(object("a", "1", 5)).is_none());
        assert!(cache.observe(object("a", "1", 4)).is_none());
        assert!(matches!(cache.observe(object("a", "1", 6)), Some(Change::Applied(_))));
    }

    #[test]
    fn a_deleted_object_does_not_come_back() {
        let cache = Cache::default();
        cache.observe(object("a", "1", 5));
        assert!(matches!(cache.forget(&Key::new("n", "a"), "1"), Some(Change::Deleted(_))));
        assert!(cache.observe(object("a", "1", 6)).is_none());
        assert!(cache.deleted(&object("a", "1", 7)).is_none());
        // A new object of the same name is another one.
        assert!(cache.observe(object("a", "2", 8)).is_some());
        assert!(cache.deleted(&object("a", "1", 7)).is_none());
        assert_eq!(names(&cache), ["a"]);
    }

    #[test]
    fn a_late_answer_to_a_write_does_not_bring_an_object_back() {
        let cache = Cache::default();
        cache.told(object("a", "1", 5));
        assert!(matches!(cache.deleted(&object("a", "1", 7)), Some(Change::Deleted(_))));
        assert!(cache.observe(object("a", "1", 6)).is_none());
        assert_eq!(names(&cache), Vec::<String>::new());
        // The watch knows better, as where a selector matches the object again.
        assert!(cache.told(object("a", "1", 8)).is_some());
        // What a list no longer has is gone as well.
        cache.replace(vec![], "9");
        assert!(cache.observe(object("a", "1", 8)).is_none());
    }

    #[test]
    fn what_is_remembered_of_the_gone_is_bounded() {
        let cache = Cache::default();
        for number in 0..REMEMBERED + 10 {
            cache.deleted(&object("a", &number.to_string(), 1));
        }
        let state = cache.read();
        assert_eq!((state.gone.len(), state.gone_order.len()), (REMEMBERED, REMEMBERED));
    }

    #[test]
    fn a_list_replaces_what_is_older_than_itself() {
        let cache = Cache::default();
        cache.observe(object("old", "1", 3));
        cache.observe(object("new", "2", 12));
        let changes = cache.replace(vec![object("listed", "3", 9)], "10");
        assert_eq!(names(&cache), ["listed", "new"]);
        assert!(matches!(changes.as_slice(), [Change::Deleted(_), Change::Applied(_), Change::Synced]));
        assert!(cache.is_synced());
    }

    #[test]
    fn namespaces_are_kept_apart() {
        let cache = Cache::default();
        for (namespace, name) in [("a", "x"), ("ab", "y"), ("b", "z"), ("a", "w")] {
            cache
                .observe(json!({"metadata": {"namespace": namespace, "name": name, "resourceVersion": "1"}}));
        }
        let found: Vec<_> = cache.in_namespace("a").iter().map(|o| metadata::name(o).to_owned()).collect();
        assert_eq!(found, ["w", "x"]);
        assert_eq!(cache.len(), 4);
    }
}
