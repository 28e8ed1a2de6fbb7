//! The embedded store: every object on disk, every object in memory, and what changed of late.
//!
//! One writer thread owns the disk. It takes the waiting writes together, checks each against the
//! state before it, writes them in one transaction, and only when that is on disk makes them visible
//! and answers. Readers never wait for the disk. Each write gets the next resource version.
//!
//! Absent on purpose: any knowledge of kinds. A record is bytes with a key, labels and a version.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, mpsc};

use bytes::Bytes;
use tokio::sync::{oneshot, watch};

mod disk;
mod writer;

pub(crate) use writer::{Change, Content};

/// Where a record lies: table (`deployments.apps`), namespace (empty for cluster scope), name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// Resource with group.
    pub(crate) table: String,
    /// Namespace, empty for objects outside namespaces.
    pub(crate) namespace: String,
    /// Object name.
    pub(crate) name: String,
}

/// One stored object.
#[derive(Debug, PartialEq)]
pub(crate) struct Record {
    /// Where it lies.
    pub(crate) key: Key,
    /// Resource version of its last write.
    pub(crate) revision: u64,
    /// The object as JSON with its resource version inside.
    pub(crate) bytes: Bytes,
    /// Labels, sorted by key.
    pub(crate) labels: Vec<(String, String)>,
}

/// What happened to a record.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// Resource version of the write.
    pub(crate) revision: u64,
    /// The record after it; for a deletion, the last state with the version of the deletion.
    pub(crate) record: Arc<Record>,
    /// The record before it.
    pub(crate) previous: Option<Arc<Record>>,
    /// The record is gone.
    pub(crate) deleted: bool,
}

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file cannot be used.
    #[error("cannot open the store {path}: {reason}")]
    Open {
        /// File name.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A record on disk does not match its checksum or has no meaning.
    #[error("the store {path} is damaged: {reason}; restore it from a copy or reset the cluster")]
    Damaged {
        /// File name.
        path: String,
        /// Which record, and how.
        reason: String,
    },
    /// Writing failed.
    #[error("cannot write to the store: {0}")]
    Write(String),
    /// The state was another than expected.
    #[error("the record has changed")]
    Changed,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}

/// Events kept per table for watchers that lag.
const RING_EVENTS: usize = 4096;
/// Bytes of events kept per table.
const RING_BYTES: usize = 8 << 20;

#[derive(Default)]
pub(crate) struct Table {
    pub(crate) records: BTreeMap<(String, String), Arc<Record>>,
    ring: VecDeque<Event>,
    ring_bytes: usize,
    /// Events up to this version have left the ring.
    forgotten: u64,
    /// Version of the last change.
    changed: u64,
}

#[derive(Default)]
pub(crate) struct Index {
    pub(crate) revision: u64,
    /// Version the store was opened with: earlier events are unknown.
    opened: u64,
    pub(crate) tables: HashMap<String, Table>,
}

pub(crate) struct Shared {
    index: RwLock<Index>,
    signals: RwLock<HashMap<String, watch::Sender<u64>>>,
}

impl Shared {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a batch of events visible, all at once.
    pub(crate) fn publish(&self, events: Vec<Event>, revision: u64) {
        let mut touched: Vec<String> = Vec::new();
        {
            let mut index = self.write();
            for event in events {
                let name = event.record.key.table.clone();
                let opened = index.opened;
                let table = index
                    .tables
                    .entry(name.clone())
                    .or_insert_with(|| Table { forgotten: opened, ..Table::default() });
                let place = (event.record.key.namespace.clone(), event.record.key.name.clone());
                if event.deleted {
                    table.records.remove(&place);
                } else {
                    table.records.insert(place, event.record.clone());
                }
                table.changed = event.revision;
                table.ring_bytes += event.record.bytes.len();
                table.ring.push_back(event);
                while table.ring.len() > RING_EVENTS || table.ring_bytes > RING_BYTES {
                    let Some(old) = table.ring.pop_front() else { break };
                    table.ring_bytes -= old.record.bytes.len();
                    table.forgotten = old.revision;
                }
                if !touched.contains(&name) {
                    touched.push(name);
                }
            }
            index.revision = revision;
        }
        let signals = self.signals.read().unwrap_or_else(PoisonError::into_inner);
        for table in touched {
            if let Some(signal) = signals.get(&table) {
                signal.send_replace(revision);
            }
        }
    }
}

/// The store. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    shared: Arc<Shared>,
    writer: mpsc::SyncSender<writer::Job>,
}

impl Store {
    /// Opens the store in this file, or makes it, and loads every record.
    ///
    /// # Errors
    /// When the file cannot be used or any record in it is damaged.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let (disk, revision, records) = disk::Disk::open(path)?;
        let mut index = Index { revision, opened: revision, tables: HashMap::new() };
        for record in records {
            let table = index
                .tables
                .entry(record.key.table.clone())
                .or_insert_with(|| Table { forgotten: revision, ..Table::default() });
            let place = (record.key.namespace.clone(), record.key.name.clone());
            table.records.insert(place, Arc::new(record));
        }
        let shared = Arc::new(Shared { index: RwLock::new(index), signals: RwLock::default() });
        let writer = writer::start(path, disk, shared.clone(), revision)
            .map_err(|error| Error::Open { path: path.display().to_string(), reason: error.to_string() })?;
        Ok(Store { shared, writer })
    }

    /// The version of the last write.
    pub(crate) fn revision(&self) -> u64 {
        self.shared.read().revision
    }

    /// One record.
    pub(crate) fn get(&self, table: &str, namespace: &str, name: &str) -> Option<Arc<Record>> {
        let index = self.shared.read();
        index.tables.get(table)?.records.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    /// The records of a table, or of one namespace of it, in order, with the version they were read at.
    pub(crate) fn list(&self, table: &str, namespace: Option<&str>) -> (u64, Vec<Arc<Record>>) {
        let index = self.shared.read();
        let records = match (index.tables.get(table), namespace) {
            (None, _) => Vec::new(),
            (Some(table), None) => table.records.values().cloned().collect(),
            (Some(table), Some(namespace)) => table
                .records
                .range((namespace.to_owned(), String::new())..)
                .take_while(|((ns, _), _)| ns == namespace)
                .map(|(_, record)| record.clone())
                .collect(),
        };
        (index.revision, records)
    }

    /// The version of the last change of a table since the store was opened; 0 for none.
    pub(crate) fn changed(&self, table: &str) -> u64 {
        self.shared.read().tables.get(table).map_or(0, |table| table.changed)
    }

    /// Number of records in a table.
    pub(crate) fn count(&self, table: &str) -> usize {
        self.shared.read().tables.get(table).map_or(0, |table| table.records.len())
    }

    /// The tables that hold records of this namespace.
    pub(crate) fn tables(&self) -> Vec<String> {
        self.shared.read().tables.keys().cloned().collect()
    }

    /// Writes when the present record has the expected version (`None`: there is none), and returns
    /// the record as written once it is on disk.
    ///
    /// # Errors
    /// [`Error::Changed`], or a failed write.
    pub(crate) async fn write(
        &self,
        key: Key,
        expected: Option<u64>,
        change: Change,
    ) -> Result<Arc<Record>, Error> {
        let (answer, answered) = oneshot::channel();
        let job = writer::Job { key, expected, change, answer };
        // The queue is bounded: a full one means the disk is behind, so wait off the async threads.
        match self.writer.try_send(job) {
            Ok(()) => {}
            Err(mpsc::TrySendError::Full(job)) => {
                let writer = self.writer.clone();
                tokio::task::spawn_blocking(move || writer.send(job).map_err(|_| Error::Closed))
                    .await
                    .map_err(|_| Error::Closed)??;
            }
            Err(mpsc::TrySendError::Disconnected(_)) => return Err(Error::Closed),
        }
        answered.await.map_err(|_| Error::Closed)?
    }

    /// Told the newest version after each change of a table.
    pub(crate) fn signal(&self, table: &str) -> watch::Receiver<u64> {
        let mut signals = self.shared.signals.write().unwrap_or_else(PoisonError::into_inner);
        signals.entry(table.to_owned()).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    /// The events of a table after a version, with the version they reach; `None` when some of them
    /// are forgotten.
    pub(crate) fn events_after(&self, table: &str, revision: u64, most: usize) -> Option<(u64, Vec<Event>)> {
        let index = self.shared.read();
        let Some(table) = index.tables.get(table) else {
            return (revision >= index.opened).then_some((index.revision, Vec::new()));
        };
        if revision < table.forgotten {
            return None;
        }
        let start = table.ring.partition_point(|event| event.revision <= revision);
        let events: Vec<Event> = table.ring.range(start..).take(most).cloned().collect();
        let reached = match events.last() {
            Some(last) if events.len() == most => last.revision,
            _ => index.revision,
        };
        Some((reached, events))
    }
}
