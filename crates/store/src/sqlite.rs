//! The embedded store: SQLite in WAL mode, one writer thread with group commit, a few readers.
//!
//! Everything written while an earlier batch was being synced is put into the next one, so that the cost of the
//! disk is shared; each batch stands in a savepoint of its own, so that one that fails does not hurt the others.
//! An answer is given only after the commit, which is synced (`synchronous=FULL`).

mod migration;
mod reader;
mod writer;

use crate::Error;
use crate::backend::{Audited, Backend, BoxFuture, Collection, Filter, Head, Operation, Query, Row};
use reader::Readers;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use writer::Writer;

/// The embedded store.
#[derive(Debug)]
pub struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
}

impl Sqlite {
    /// Opens (or makes) a database file and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be used or belongs to another version of the program.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut connection = Connection::open(path)?;
        restrict(path)?;
        prepare(&connection)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        migration::migrate(&mut connection)?;
        let readers = Readers::new(path.to_owned());
        Ok(Self { writer: Writer::start(connection)?, readers: Arc::new(readers) })
    }
}

/// The database holds hashes and ciphertext, but also names: only its owner reads it.
fn restrict(path: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
            .map_err(|source| Error::File { path: path.display().to_string(), source })?;
    }
    Ok(())
}

fn prepare(connection: &Connection) -> Result<(), Error> {
    connection.busy_timeout(Duration::from_secs(10))?;
    let _mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

fn open_reader(path: &Path) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(10))?;
    // Every filter with every choice of columns: more than the sixteen kept otherwise.
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

impl Backend for Sqlite {
    fn commit(&self, batch: Vec<Operation>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.writer.commit(batch))
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Vec<Row>, Error>> {
        Box::pin(Readers::run(Arc::clone(&self.readers), move |connection| reader::read(connection, &query)))
    }

    fn heads(&self, query: Query) -> BoxFuture<'_, Result<Vec<Head>, Error>> {
        Box::pin(Readers::run(Arc::clone(&self.readers), move |connection| reader::heads(connection, &query)))
    }

    fn count(&self, collection: Collection, filter: Filter) -> BoxFuture<'_, Result<u64, Error>> {
        Box::pin(Readers::run(Arc::clone(&self.readers), move |connection| {
            reader::count(connection, collection, &filter)
        }))
    }

    fn audit(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Audited>, Error>> {
        Box::pin(Readers::run(Arc::clone(&self.readers), move |connection| {
            reader::audit(connection, after, limit)
        }))
    }

    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), Error>> {
        let to = to.to_owned();
        Box::pin(Readers::run(Arc::clone(&self.readers), move |connection| reader::backup(connection, &to)))
    }
}
