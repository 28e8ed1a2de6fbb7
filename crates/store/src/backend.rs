//! The contract every store implementation fulfils.

use crate::Error;
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;

/// A boxed future, so that the contract can be used as a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

macro_rules! collections {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// The collections of records.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Collection { $($(#[doc = $doc])+ $name,)+ }

        impl Collection {
            /// Its name in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Every collection.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

collections! {
    /// Accounts.
    Accounts = "account",
    /// Function versions.
    Versions = "function version",
    /// Deployments.
    Deployments = "deployment",
    /// Instances.
    Instances = "instance",
    /// API keys.
    Keys = "key",
    /// What is held against those keys are made for.
    KeyOwners = "key owner",
    /// Registry credentials (their values are [`Collection::Secrets`]).
    RegistryCredentials = "registry credential",
    /// Telemetry endpoints.
    Telemetries = "telemetry",
    /// Sharing of functions.
    Authorizations = "authorization",
    /// Clusters.
    Clusters = "cluster",
    /// Sealed values.
    Secrets = "secret",
    /// Asynchronous requests.
    Requests = "request",
    /// Their bodies and answers.
    Payloads = "payload",
    /// Charts pinned at creation, by digest.
    Charts = "chart",
}

impl fmt::Display for Collection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One record as it lies in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id, unique in its collection. Listings are sorted by it.
    pub id: String,
    /// The account it belongs to.
    pub account: String,
    /// What it hangs under, e.g. a version's function.
    pub parent: String,
    /// One more thing to find it by, e.g. a key's hash.
    pub label: String,
    /// Counts its changes. In an update: the revision that was read.
    pub revision: u64,
    /// The thing itself.
    pub body: Vec<u8>,
}

/// What is known of a record without its body: enough to tell whether it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its id.
    pub id: String,
    /// What it hangs under.
    pub parent: String,
    /// Counts its changes.
    pub revision: u64,
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Adds a record; refused when the id exists.
    Insert(Collection, Row),
    /// Replaces a record; refused unless its revision is the row's.
    Update(Collection, Row),
    /// Adds or replaces a record, whatever is there.
    Put(Collection, Row),
    /// Removes a record. With a revision, refused unless it matches; a missing record is fine.
    Delete(Collection, String, Option<u64>),
    /// Removes every record under a parent.
    DeleteChildren(Collection, String),
    /// Appends to the audit log.
    Audit(Vec<u8>),
}

/// What to find records by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Every record.
    All,
    /// One record.
    Id(String),
    /// Several records.
    Ids(Vec<String>),
    /// An account's records.
    Account(String),
    /// A parent's records.
    Parent(String),
    /// Several parents' records.
    Parents(Vec<String>),
    /// Records with this label.
    Label(String),
}

/// A read: sorted by id, from after a cursor, at most so many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Where.
    pub collection: Collection,
    /// Which.
    pub filter: Filter,
    /// Only ids greater than this.
    pub after: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Its place, counted from 1 without gaps.
    pub sequence: u64,
    /// What happened.
    pub body: Vec<u8>,
    /// SHA-256 over the hash before it and its body.
    pub hash: Vec<u8>,
}

/// A store.
pub trait Backend: Send + Sync + 'static {
    /// Carries out a batch: all of it or, on error, nothing. When this returns, the batch is on disk.
    fn commit(&self, batch: Vec<Operation>) -> BoxFuture<'_, Result<(), Error>>;

    /// Reads records. Sees every batch acknowledged before the call.
    fn read(&self, query: Query) -> BoxFuture<'_, Result<Vec<Row>, Error>>;

    /// Reads records without their bodies.
    fn heads(&self, query: Query) -> BoxFuture<'_, Result<Vec<Head>, Error>>;

    /// Counts the records a filter finds.
    fn count(&self, collection: Collection, filter: Filter) -> BoxFuture<'_, Result<u64, Error>>;

    /// Reads the audit log from after a place, at most so many entries.
    fn audit(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Audited>, Error>>;

    /// Writes a consistent copy of everything to a new file while work goes on.
    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), Error>>;
}
