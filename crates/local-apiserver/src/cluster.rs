//! The state of the server that every request sees: the store, the served resources, who may do what.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde_json::Value;

use crate::allocation::Allocators;
use crate::auth::Authenticator;
use crate::resources::{Catalog, Resource};
use crate::status::{Status, Subject};
use crate::store::{Change, Content, Error as StoreError, Key, Record, Store};

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
