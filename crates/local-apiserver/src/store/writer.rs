//! The writer thread: group commit.

use std::collections::HashMap;
use std::sync::{Arc, mpsc};

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

pub(super) fn start(
    disk: Disk,
    shared: Arc<Shared>,
    revision: u64,
) -> std::io::Result<mpsc::SyncSender<Job>> {
    let (sender, jobs) = mpsc::sync_channel(QUEUE);
    std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
        let mut revision = revision;
        while let Ok(first) = jobs.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(job) = jobs.try_recv()
            {
                batch.push(job);
            }
            revision = run(&disk, &shared, revision, batch);
        }
    })?;
    Ok(sender)
}

fn run(disk: &Disk, shared: &Shared, start: u64, batch: Vec<Job>) -> u64 {
    let mut revision = start;
    // the newest state of each key of this batch: not visible yet, but what later jobs must see
    let mut pending: HashMap<Key, Option<Arc<Record>>> = HashMap::new();
    let mut events = Vec::with_capacity(batch.len());
    let mut answers = Vec::with_capacity(batch.len());
    for job in batch {
        let present = match pending.get(&job.key) {
            Some(state) => state.clone(),
            None => shared
                .read()
                .tables
                .get(&job.key.table)
                .and_then(|t| t.records.get(&(job.key.namespace.clone(), job.key.name.clone())).cloned()),
        };
        if present.as_ref().map(|record| record.revision) != job.expected {
            // the receiver may have gone away: nothing to tell then
            let _ = job.answer.send(Err(Error::Changed(present)));
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
        return start;
    }
    let writes = pending.iter().map(|(key, record)| (key, record.as_deref()));
    match disk.commit(writes, revision) {
        Ok(()) => {
            shared.publish(events, revision);
            for (answer, record) in answers {
                let _ = answer.send(Ok(record));
            }
            revision
        }
        Err(error) => {
            for (answer, _) in answers {
                let _ = answer.send(Err(Error::Write(error.to_string())));
            }
            start
        }
    }
}
