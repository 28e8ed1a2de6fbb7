//! The file behind the store: one table of records, one of counters, each record with a checksum.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use redb::{Database, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::{Error, Key, Record};

const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");
const COUNTERS: TableDefinition<'_, &str, u64> = TableDefinition::new("counters");
/// Layout of the file; another one is refused.
const FORMAT: u64 = 1;
/// The index holds every record, so the file's own cache stays small.
const CACHE_BYTES: usize = 4 << 20;
/// How long a store that was closed, or whose process was killed, may still be locked.
const RELEASE: Duration = Duration::from_secs(3);

pub(super) struct Disk {
    database: Database,
}

/// A file's own state: the open file, the version of its last write, every record.
pub(super) type Opened = (Disk, u64, Vec<Record>);

impl Disk {
    /// Opens or makes the file. The library may panic over pages that make no sense, which is one more
    /// way of being damaged.
    pub(super) fn open(path: &Path) -> Result<Opened, Error> {
        let outcome = std::thread::scope(|scope| scope.spawn(|| Self::open_here(path)).join());
        outcome.unwrap_or_else(|_| {
            Err(Error::Damaged {
                path: path.display().to_string(),
                reason: "a page of it has no meaning".to_owned(),
            })
        })
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "a file that another thread is closing tells nobody when it is closed"
    )]
    fn open_here(path: &Path) -> Result<Opened, Error> {
        let shown = path.display().to_string();
        let open = |reason: String| Error::Open { path: shown.clone(), reason };
        let damaged = |reason: String| Error::Damaged { path: shown.clone(), reason };
        let fresh = !path.exists();
        let begun = Instant::now();
        let created = loop {
            match Database::builder().set_cache_size(CACHE_BYTES).create(path) {
                Err(redb::DatabaseError::DatabaseAlreadyOpen) if begun.elapsed() < RELEASE => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                created => break created,
            }
        };
        let database = match created {
            Ok(database) => database,
            Err(error @ redb::DatabaseError::DatabaseAlreadyOpen) => return Err(open(error.to_string())),
            Err(redb::DatabaseError::Storage(redb::StorageError::Io(error)))
                if error.kind() != std::io::ErrorKind::InvalidData
                    && error.kind() != std::io::ErrorKind::UnexpectedEof =>
            {
                return Err(open(error.to_string()));
            }
            Err(error) => return Err(damaged(error.to_string())),
        };
        let disk = Disk { database };
        if fresh {
            disk.start().map_err(open)?;
        }
        let (revision, records) = disk.load().map_err(damaged)?;
        Ok((disk, revision, records))
    }

    fn start(&self) -> Result<(), String> {
        let text = |error: redb::Error| error.to_string();
        let transaction = self.database.begin_write().map_err(|e| text(e.into()))?;
        {
            let mut counters = transaction.open_table(COUNTERS).map_err(|e| text(e.into()))?;
            counters.insert("format", FORMAT).map_err(|e| text(e.into()))?;
            counters.insert("revision", 1).map_err(|e| text(e.into()))?;
            transaction.open_table(RECORDS).map_err(|e| text(e.into()))?;
        }
        transaction.commit().map_err(|e| text(e.into()))
    }

    fn load(&self) -> Result<(u64, Vec<Record>), String> {
        let text = |error: redb::Error| error.to_string();
        let transaction = self.database.begin_read().map_err(|e| text(e.into()))?;
        let counters = transaction.open_table(COUNTERS).map_err(|e| text(e.into()))?;
        let counter = |name: &str| -> Result<u64, String> {
            let value = counters.get(name).map_err(|e| text(e.into()))?;
            value.map(|v| v.value()).ok_or_else(|| format!("the counter {name} is missing"))
        };
        let format = counter("format")?;
        if format != FORMAT {
            return Err(format!("its format is {format}, this program reads {FORMAT}"));
        }
        let revision = counter("revision")?;
        let table = transaction.open_table(RECORDS).map_err(|e| text(e.into()))?;
        let mut records = Vec::new();
        for entry in table.iter().map_err(|e| text(e.into()))? {
            let (key, value) = entry.map_err(|e| text(e.into()))?;
            let record = decode(key.value(), value.value()).ok_or_else(|| {
                format!("record {:?} has a wrong checksum", String::from_utf8_lossy(key.value()))
            })?;
            if record.revision > revision {
                return Err(format!("record {:?} is newer than the store", record.key));
            }
            records.push(record);
        }
        let expected = table.len().map_err(|e| text(e.into()))?;
        if expected != records.len() as u64 {
            return Err(format!("{} of its {expected} records can be found", records.len()));
        }
        Ok((revision, records))
    }

    /// Writes a batch and returns when it is on disk.
    pub(super) fn commit<'a>(
        &self,
        batch: impl Iterator<Item = (&'a Key, Option<&'a Record>)>,
        revision: u64,
    ) -> Result<(), redb::Error> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        {
            let mut table = transaction.open_table(RECORDS)?;
            for (key, record) in batch {
                match record {
                    Some(record) => table.insert(encode_key(key).as_slice(), encode(record).as_slice())?,
                    None => table.remove(encode_key(key).as_slice())?,
                };
            }
            let mut counters = transaction.open_table(COUNTERS)?;
            counters.insert("revision", revision)?;
        }
        transaction.commit()?;
        Ok(())
    }
}

fn encode_key(key: &Key) -> Vec<u8> {
    [key.table.as_bytes(), key.namespace.as_bytes(), key.name.as_bytes()].join(&0)
}

fn encode(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(12 + record.bytes.len());
    bytes.extend_from_slice(&record.revision.to_le_bytes());
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&record.revision.to_le_bytes());
    hasher.update(&record.bytes);
    bytes.extend_from_slice(&hasher.finalize().to_le_bytes());
    bytes.extend_from_slice(&record.bytes);
    bytes
}

fn decode(key: &[u8], value: &[u8]) -> Option<Record> {
    let mut parts = key.split(|byte| *byte == 0);
    let mut part = || String::from_utf8(parts.next()?.to_vec()).ok();
    let key = Key { table: part()?, namespace: part()?, name: part()? };
    let (revision, rest) = value.split_first_chunk::<8>()?;
    let (sum, bytes) = rest.split_first_chunk::<4>()?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(revision);
    hasher.update(bytes);
    if hasher.finalize() != u32::from_le_bytes(*sum) {
        return None;
    }
    let object: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let labels = crate::meta::labels(&object);
    Some(Record {
        key,
        revision: u64::from_le_bytes(*revision),
        bytes: Bytes::copy_from_slice(bytes),
        labels,
    })
}
