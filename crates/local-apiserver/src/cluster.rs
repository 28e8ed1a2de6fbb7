//! The state of the server that every request sees: the store, the served resources, who may do what.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde_json::Value;

use crate::allocation::Allocators;
use crate::auth::Authenticator;
use crate::resources::{Catalog, Resource};
use crate::status::{Status, Subject};
use crate::store::{Change, Content, Error as StoreError, Key, Record, Store};

/// The objects of a table by namespace and name, parsed.
pub(crate) type Parsed = BTreeMap<(String, String), Value>;

/// The state of the server. Shared by all requests.
pub(crate) struct Cluster {
    /// Every object.
    pub(crate) store: Store,
    /// Credentials.
    pub(crate) authenticator: Authenticator,
    /// Cluster addresses and node ports in use.
    pub(crate) allocators: Mutex<Allocators>,
    /// Snapshots behind continue tokens.
    pub(crate) snapshots: Mutex<crate::operations::Snapshots>,
    /// One quota decision at a time.
    pub(crate) quota: tokio::sync::Mutex<()>,
    catalog: RwLock<Arc<Catalog>>,
    /// Tables that nearly every request looks at, each with the version it was parsed at.
    parsed: Mutex<HashMap<&'static str, (u64, Arc<Parsed>)>>,
    /// Bearer token the node endpoints expect.
    pub(crate) node_token: String,
    /// Ends watches when the server stops.
    pub(crate) stopping: tokio_util::sync::CancellationToken,
}

impl Cluster {
    /// State over a store.
    pub(crate) fn new(
        store: Store,
        authenticator: Authenticator,
        allocators: Allocators,
        node_token: String,
    ) -> Self {
        Cluster {
            store,
            authenticator,
            allocators: Mutex::new(allocators),
            snapshots: Mutex::default(),
            quota: tokio::sync::Mutex::new(()),
            catalog: RwLock::new(Arc::new(Catalog::new([]))),
            parsed: Mutex::default(),
            node_token,
            stopping: tokio_util::sync::CancellationToken::new(),
        }
    }

    /// The resources served now.
    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves these custom resources from now on.
    pub(crate) fn serve(&self, custom: Vec<Arc<Resource>>) {
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Catalog::new(custom));
    }

    /// A stored object, parsed.
    pub(crate) fn object(&self, table: &str, namespace: &str, name: &str) -> Option<Value> {
        self.store.get(table, namespace, name).and_then(|record| parse(&record))
    }

    /// Every object of a table or of a namespace of it, parsed.
    pub(crate) fn objects(&self, table: &str, namespace: Option<&str>) -> Vec<Value> {
        self.store.list(table, namespace).1.iter().filter_map(|record| parse(record)).collect()
    }

    /// A whole table, parsed anew only when it has changed: for small ones that are looked at all the time.
    pub(crate) fn parsed(&self, table: &'static str) -> Arc<Parsed> {
        let changed = self.store.changed(table);
        let mut kept = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, parsed)) = kept.get(table).filter(|(version, _)| *version == changed) {
            return parsed.clone();
        }
        // what is written meanwhile may be in already; then it is parsed once more than needed
        let records = self.store.list(table, None).1;
        let objects = records.iter().filter_map(|record| {
            Some(((record.key.namespace.clone(), record.key.name.clone()), parse(record)?))
        });
        let parsed = Arc::new(objects.collect::<Parsed>());
        kept.insert(table, (changed, parsed.clone()));
        parsed
    }

    /// Writes an object when its present version is the expected one; says what is there instead
    /// otherwise.
    ///
    /// # Errors
    /// 500 when the disk fails.
    pub(crate) async fn put(
        &self,
        key: Key,
        expected: Option<u64>,
        object: &Value,
    ) -> Result<Written, Status> {
        self.written(self.store.write(key, expected, Change::Put(Content::new(object))).await)
    }

    /// Removes an object when its present version is the expected one.
    ///
    /// # Errors
    /// 500 when the disk fails.
    pub(crate) async fn remove(&self, key: Key, expected: u64, last: &Value) -> Result<Written, Status> {
        self.written(self.store.write(key, Some(expected), Change::Delete(Content::new(last))).await)
    }

    fn written(&self, result: Result<Arc<Record>, StoreError>) -> Result<Written, Status> {
        match result {
            Ok(record) => Ok(Written::Done(record)),
            Err(StoreError::Changed) => Ok(Written::Changed),
            Err(error) => Err(Status::internal(error.to_string())),
        }
    }
}

/// What became of a write.
pub(crate) enum Written {
    /// It is on disk.
    Done(Arc<Record>),
    /// The record was another than expected.
    Changed,
}

/// The object in a record.
pub(crate) fn parse(record: &Record) -> Option<Value> {
    serde_json::from_slice(&record.bytes).ok()
}

/// The subject of errors about an object of a resource.
pub(crate) fn subject<'a>(resource: &'a Resource, name: &'a str) -> Subject<'a> {
    Subject { group: &resource.group, kind: &resource.plural, name }
}

/// The subject of validation errors: these name the kind.
pub(crate) fn kind_subject<'a>(resource: &'a Resource, name: &'a str) -> Subject<'a> {
    Subject { group: &resource.group, kind: &resource.kind, name }
}
