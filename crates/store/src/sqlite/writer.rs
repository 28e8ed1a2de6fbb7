//! Writing: one thread, one connection, many batches per commit.

use crate::Error;
use crate::backend::{Collection, Operation, Row};
use crate::failpoint;
use rusqlite::{Connection, OptionalExtension, params};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Batches waiting for the writer.
const WAITING: usize = 4096;
/// Batches put into one commit at most.
const GROUP: usize = 512;

struct Job {
    batch: Vec<Operation>,
    done: oneshot::Sender<Result<(), Error>>,
}

/// The handle of the writer thread. Dropping it lets the thread finish what was handed in, then waits for it.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Job of {} operations", self.batch.len())
    }
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, Error> {
        let (jobs, queue) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(connection, queue))
            .map_err(|source| Error::File { path: "store-writer thread".to_owned(), source })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) async fn commit(&self, batch: Vec<Operation>) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or(Error::Closed)?;
        jobs.send(Job { batch, done }).await.map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer thread panicked");
        }
    }
}

fn run(mut connection: Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP {
            match queue.try_recv() {
                Ok(job) => group.push(job),
                Err(_) => break,
            }
        }
        commit_group(&mut connection, group);
    }
}

fn commit_group(connection: &mut Connection, group: Vec<Job>) {
    let mut waiting = Vec::with_capacity(group.len());
    let outcome = write_group(connection, group, &mut waiting);
    for (done, result) in waiting {
        let answer = match &outcome {
            Ok(()) => result,
            Err(error) => Err(error_again(error)),
        };
        // Whoever asked may be gone; what was committed stays committed.
        let _gone = done.send(answer);
    }
}

type Waiting = Vec<(oneshot::Sender<Result<(), Error>>, Result<(), Error>)>;

fn write_group(connection: &mut Connection, group: Vec<Job>, waiting: &mut Waiting) -> Result<(), Error> {
    let mut transaction = match connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
    {
        Ok(transaction) => transaction,
        Err(error) => {
            waiting.extend(group.into_iter().map(|job| (job.done, Ok(()))));
            return Err(error.into());
        }
    };
    for job in group {
        let result = write_batch(&mut transaction, &job.batch);
        waiting.push((job.done, result));
    }
    failpoint::reach(failpoint::Place::Within);
    Ok(transaction.commit()?)
}

fn write_batch(transaction: &mut rusqlite::Transaction<'_>, batch: &[Operation]) -> Result<(), Error> {
    let savepoint = transaction.savepoint()?;
    for operation in batch {
        // An error drops the savepoint, which rolls it back.
        write(&savepoint, operation)?;
    }
    Ok(savepoint.commit()?)
}

fn write(connection: &Connection, operation: &Operation) -> Result<(), Error> {
    match operation {
        Operation::Insert(collection, row) => {
            let exists = revision(connection, *collection, &row.id)?.is_some();
            if exists {
                return Err(Error::Exists { collection: *collection, id: row.id.clone() });
            }
            put(connection, *collection, row, 1)
        }
        Operation::Update(collection, row) => {
            if revision(connection, *collection, &row.id)? != Some(signed(row.revision)) {
                return Err(Error::Conflict { collection: *collection, id: row.id.clone() });
            }
            put(connection, *collection, row, signed(row.revision).saturating_add(1))
        }
        Operation::Put(collection, row) => {
            let known = revision(connection, *collection, &row.id)?.unwrap_or(0);
            put(connection, *collection, row, known.saturating_add(1))
        }
        Operation::Delete(collection, id, expected) => {
            let known = revision(connection, *collection, id)?;
            if let (Some(known), Some(expected)) = (known, expected)
                && known != signed(*expected)
            {
                return Err(Error::Conflict { collection: *collection, id: id.clone() });
            }
            connection
                .prepare_cached("DELETE FROM records WHERE collection = ?1 AND id = ?2")?
                .execute(params![collection.as_str(), id])?;
            Ok(())
        }
        Operation::DeleteChildren(collection, parent) => {
            connection
                .prepare_cached("DELETE FROM records WHERE collection = ?1 AND parent = ?2")?
                .execute(params![collection.as_str(), parent])?;
            Ok(())
        }
        Operation::Audit(body) => {
            let last: Option<(i64, Vec<u8>)> = connection
                .prepare_cached("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (sequence, previous) = last.unwrap_or((0, Vec::new()));
            connection
                .prepare_cached("INSERT INTO audit (sequence, body, hash) VALUES (?1, ?2, ?3)")?
                .execute(params![sequence.saturating_add(1), body, crate::store::chain(&previous, body)])?;
            Ok(())
        }
    }
}

fn revision(connection: &Connection, collection: Collection, id: &str) -> Result<Option<i64>, Error> {
    Ok(connection
        .prepare_cached("SELECT revision FROM records WHERE collection = ?1 AND id = ?2")?
        .query_row(params![collection.as_str(), id], |row| row.get(0))
        .optional()?)
}

fn put(connection: &Connection, collection: Collection, row: &Row, revision: i64) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO records (collection, id, account, parent, label, revision, body) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT (collection, id) DO UPDATE SET account = excluded.account, parent = excluded.parent, \
             label = excluded.label, revision = excluded.revision, body = excluded.body",
        )?
        .execute(params![collection.as_str(), row.id, row.account, row.parent, row.label, revision, row.body])?;
    Ok(())
}

fn signed(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

/// The same failure for everybody in a group; errors of the database cannot be cloned.
fn error_again(error: &Error) -> Error {
    match error {
        Error::Database(rusqlite::Error::SqliteFailure(code, text)) => {
            Error::Database(rusqlite::Error::SqliteFailure(*code, text.clone()))
        }
        _ => Error::Closed,
    }
}
