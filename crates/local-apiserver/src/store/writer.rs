//! The writer thread: group commit.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::oneshot;

use super::disk::Disk;
use super::{Error, Event, Key, Record, Shared};

/// Writes that may wait for the disk before senders wait too.
const QUEUE: usize = 4096;
/// Writes per transaction.
const BATCH: usize = 512;

/// An object ready to be written: JSON in two parts, between which the resource version belongs.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    before: Vec<u8>,
    after: Vec<u8>,
    labels: Vec<(String, String)>,
}

impl Content {
    /// Encodes an object with a `metadata` object; its `resourceVersion` is left to the store.
    pub(crate) fn new(object: &Value) -> Self {
        let mut before = Vec::with_capacity(512);
        let mut after = Vec::new();
        before.push(b'{');
        let mut first = true;
        // the identity comes first, so that lists can leave it out of their items
        let fields = object.as_object();
        let identity = ["apiVersion", "kind"].into_iter().filter_map(|key| fields?.get_key_value(key));
        let rest =
            fields.into_iter().flatten().filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind"));
        for (key, value) in identity.chain(rest) {
            let out = if after.is_empty() { &mut before } else { &mut after };
            if !first {
                out.push(b',');
            }
            first = false;
            push(out, &Value::from(key.as_str()));
            out.push(b':');
            let Some(metadata) = value.as_object().filter(|_| key == "metadata") else {
                push(out, value);
                continue;
            };
            out.push(b'{');
            for (key, value) in metadata.iter().filter(|(key, _)| *key != "resourceVersion") {
                push(out, &Value::from(key.as_str()));
                out.push(b':');
                push(out, value);
                out.push(b',');
            }
            out.extend_from_slice(b"\"resourceVersion\":\"");
            after.extend_from_slice(b"\"}");
        }
        let out = if after.is_empty() { &mut before } else { &mut after };
        out.push(b'}');
        Content { before, after, labels: crate::meta::labels(object) }
    }

    /// The record this becomes at a version.
    pub(crate) fn record(&self, key: Key, revision: u64) -> Record {
        let mut bytes = Vec::with_capacity(self.before.len() + self.after.len() + 20);
        bytes.extend_from_slice(&self.before);
        if !self.after.is_empty() {
            bytes.extend_from_slice(revision.to_string().as_bytes());
        }
        bytes.extend_from_slice(&self.after);
        Record { key, revision, bytes: Bytes::from(bytes), labels: self.labels.clone() }
    }
}

fn push(out: &mut Vec<u8>, value: &Value) {
    // writing a Value to memory cannot fail
    let _ = serde_json::to_writer(out, value);
}

/// What to do with a record.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Create or replace it.
    Put(Content),
    /// Remove it; the content is its last state, told to watchers.
    Delete(Content),
}

pub(super) struct Job {
    pub(super) key: Key,
    pub(super) expected: Option<u64>,
    pub(super) change: Change,
    pub(super) answer: oneshot::Sender<Result<Arc<Record>, Error>>,
}

/// How long to wait before a file that could not be written is opened again.
const RETRY: Duration = Duration::from_secs(1);

/// The one who writes.
struct Writer {
    path: PathBuf,
    /// Absent after a failed write, until the file has been opened again.
    disk: Option<Disk>,
    retry_at: Instant,
    shared: Arc<Shared>,
    revision: u64,
}

pub(super) fn start(
    path: &Path,
    disk: Disk,
    shared: Arc<Shared>,
    revision: u64,
) -> std::io::Result<mpsc::SyncSender<Job>> {
    let (sender, jobs) = mpsc::sync_channel(QUEUE);
    let mut writer =
        Writer { path: path.to_owned(), disk: Some(disk), retry_at: Instant::now(), shared, revision };
    std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
        while let Ok(first) = jobs.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(job) = jobs.try_recv()
            {
                batch.push(job);
            }
            writer.run(batch);
        }
    })?;
    Ok(sender)
}

impl Writer {
    fn run(&mut self, batch: Vec<Job>) {
        if let Err(why) = self.reopen() {
            for job in batch {
                // the receiver may have gone away: nothing to tell then
                let _ = job.answer.send(Err(Error::Write(why.clone())));
            }
            return;
        }
        let Some(disk) = &self.disk else { return };
        let mut revision = self.revision;
        // the newest state of each key of this batch: not visible yet, but what later jobs must see
        let mut pending: HashMap<Key, Option<Arc<Record>>> = HashMap::new();
        let mut events = Vec::with_capacity(batch.len());
        let mut answers = Vec::with_capacity(batch.len());
        for job in batch {
            let present = match pending.get(&job.key) {
                Some(state) => state.clone(),
                None => self.shared.read().tables.get(&job.key.table).and_then(|table| {
                    table.records.get(&(job.key.namespace.clone(), job.key.name.clone())).cloned()
                }),
            };
            if present.as_ref().map(|record| record.revision) != job.expected {
                let _ = job.answer.send(Err(Error::Changed));
                continue;
            }
            revision += 1;
            let (content, deleted) = match &job.change {
                Change::Put(content) => (content, false),
                Change::Delete(content) => (content, true),
            };
            let record = Arc::new(content.record(job.key.clone(), revision));
            pending.insert(job.key, (!deleted).then(|| record.clone()));
            events.push(Event { revision, record: record.clone(), previous: present, deleted });
            answers.push((job.answer, record));
        }
        if events.is_empty() {
            return;
        }
        let writes = pending.iter().map(|(key, record)| (key, record.as_deref()));
        match disk.commit(writes, revision) {
            Ok(()) => {
                self.shared.publish(events, revision);
                self.revision = revision;
                for (answer, record) in answers {
                    let _ = answer.send(Ok(record));
                }
            }
            Err(error) => {
                // a file that failed once takes no more writes until it is opened anew
                self.disk = None;
                self.retry_at = Instant::now() + RETRY;
                for (answer, _) in answers {
                    let _ = answer.send(Err(Error::Write(error.to_string())));
                }
            }
        }
    }

    /// Opens the file again after a failed write. What that write put on disk all the same becomes
    /// visible then, so that memory and disk never differ.
    fn reopen(&mut self) -> Result<(), String> {
        if self.disk.is_some() {
            return Ok(());
        }
        if Instant::now() < self.retry_at {
            return Err("the last write failed; trying again soon".to_owned());
        }
        self.retry_at = Instant::now() + RETRY;
        let (disk, revision, records) = Disk::open(&self.path).map_err(|error| error.to_string())?;
        if revision != self.revision {
            let events = self.difference(records, revision);
            self.shared.publish(events, revision);
            self.revision = revision;
        }
        self.disk = Some(disk);
        Ok(())
    }

    fn difference(&self, records: Vec<Record>, revision: u64) -> Vec<Event> {
        let index = self.shared.read();
        let known = |key: &Key| {
            let table = index.tables.get(&key.table)?;
            table.records.get(&(key.namespace.clone(), key.name.clone())).cloned()
        };
        let there: std::collections::HashSet<&Key> = records.iter().map(|record| &record.key).collect();
        let gone = index.tables.values().flat_map(|table| table.records.values());
        let mut events: Vec<Event> = gone
            .filter(|record| !there.contains(&record.key))
            .map(|record| Event {
                revision,
                record: record.clone(),
                previous: Some(record.clone()),
                deleted: true,
            })
            .collect();
        for record in records.into_iter().filter(|record| record.revision > self.revision) {
            let (revision, previous) = (record.revision, known(&record.key));
            events.push(Event { revision, record: Arc::new(record), previous, deleted: false });
        }
        events.sort_by_key(|event| event.revision);
        events
    }
}
