//! Reading: a few read-only connections, used on blocking threads.

use crate::Error;
use crate::backend::{Audited, Collection, Filter, Head, Query, Row};
use rusqlite::{Connection, params};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Connections kept for the next reader.
const KEPT: usize = 4;

/// The pool of read-only connections.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    free: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, free: Mutex::new(Vec::new()) }
    }

    /// Runs a read on a blocking thread.
    pub(super) async fn run<T: Send + 'static>(
        readers: Arc<Self>,
        read: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let task = tokio::task::spawn_blocking(move || {
            let connection = readers.take()?;
            let answer = read(&connection);
            readers.give_back(connection);
            answer
        });
        task.await.map_err(|_| Error::Closed)?
    }

    fn take(&self) -> Result<Connection, Error> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.map_or_else(|| super::open_reader(&self.path), Ok)
    }

    fn give_back(&self, connection: Connection) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            free.push(connection);
        }
    }
}

/// The condition of a filter and its parameter; a list is handed over as a JSON array.
fn condition(filter: &Filter) -> Result<(&'static str, Cow<'_, str>), Error> {
    let list = |ids: &Vec<String>| {
        let text = serde_json::to_string(ids);
        text.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    };
    Ok(match filter {
        Filter::All => ("?2 = ''", Cow::Borrowed("")),
        Filter::Id(id) => ("id = ?2", id.into()),
        Filter::Ids(ids) => ("id IN (SELECT value FROM json_each(?2))", list(ids)?.into()),
        Filter::Account(account) => ("account = ?2", account.into()),
        Filter::Parent(parent) => ("parent = ?2", parent.into()),
        Filter::Parents(parents) => ("parent IN (SELECT value FROM json_each(?2))", list(parents)?.into()),
        Filter::Label(label) => ("label = ?2", label.into()),
    })
}

pub(super) fn read(connection: &Connection, query: &Query) -> Result<Vec<Row>, Error> {
    select(connection, query, "id, account, parent, label, revision, body", |row| {
        Ok(Row {
            id: row.get(0)?,
            account: row.get(1)?,
            parent: row.get(2)?,
            label: row.get(3)?,
            revision: unsigned(row.get(4)?),
            body: row.get(5)?,
        })
    })
}

pub(super) fn heads(connection: &Connection, query: &Query) -> Result<Vec<Head>, Error> {
    select(connection, query, "id, parent, revision", |row| {
        Ok(Head { id: row.get(0)?, parent: row.get(1)?, revision: unsigned(row.get(2)?) })
    })
}

fn select<T>(
    connection: &Connection,
    query: &Query,
    columns: &str,
    convert: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Error> {
    let (condition, parameter) = condition(&query.filter)?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {columns} FROM records \
         WHERE collection = ?1 AND {condition} AND id > ?3 ORDER BY id LIMIT ?4"
    ))?;
    let after = query.after.as_deref().unwrap_or_default();
    let rows =
        statement.query_map(params![query.collection.as_str(), parameter, after, query.limit], convert)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn count(connection: &Connection, collection: Collection, filter: &Filter) -> Result<u64, Error> {
    let (condition, parameter) = condition(filter)?;
    let mut statement = connection
        .prepare_cached(&format!("SELECT count(*) FROM records WHERE collection = ?1 AND {condition}"))?;
    Ok(unsigned(statement.query_row(params![collection.as_str(), parameter], |row| row.get(0))?))
}

pub(super) fn audit(connection: &Connection, after: u64, limit: u32) -> Result<Vec<Audited>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, body, hash FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
    )?;
    let rows = statement.query_map(params![i64::try_from(after).unwrap_or(i64::MAX), limit], |row| {
        Ok(Audited { sequence: unsigned(row.get(0)?), body: row.get(1)?, hash: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn backup(connection: &Connection, to: &Path) -> Result<(), Error> {
    if to.exists() {
        let source = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(Error::File { path: to.display().to_string(), source });
    }
    let mut copy = Connection::open(to)?;
    let backup = rusqlite::backup::Backup::new(connection, &mut copy)?;
    backup.run_to_completion(256, std::time::Duration::ZERO, None)?;
    Ok(())
}

/// SQLite counts in signed numbers; ours never go below zero.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
