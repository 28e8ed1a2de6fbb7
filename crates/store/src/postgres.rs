//! PostgreSQL, for state beyond one machine: a pool of connections, each batch one transaction.
//!
//! A connection that was lost is made anew. What was not sent yet is sent again; a commit whose answer was lost is
//! reported as failed and never repeated, because nobody knows whether it was carried out.

mod address;
mod migration;
mod pool;
mod reader;
mod writer;

pub use address::Address;

use crate::Error;
use crate::backend::{Audited, Backend, BoxFuture, Collection, Filter, Head, Operation, Query, Row};
use deadpool_postgres::Pool;
use std::path::Path;

/// A PostgreSQL database.
pub struct Postgres {
    pool: Pool,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Postgres").field("pool", &self.pool.status()).finish()
    }
}

impl Postgres {
    /// Connects to a database and brings its schema up to date. TLS is used as `sslmode` says (`prefer` by
    /// default), with the system's certificates.
    ///
    /// # Errors
    /// When the database cannot be reached or belongs to another version of the program.
    pub async fn connect(address: &Address) -> Result<Self, Error> {
        let pool = pool::open(address)?;
        migration::migrate(&pool).await?;
        Ok(Self { pool })
    }
}

impl Backend for Postgres {
    fn commit(&self, batch: Vec<Operation>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(writer::commit(&self.pool, batch))
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Vec<Row>, Error>> {
        let pool = &self.pool;
        Box::pin(async move { pool::repeat(|| reader::read(pool, &query)).await })
    }

    fn heads(&self, query: Query) -> BoxFuture<'_, Result<Vec<Head>, Error>> {
        let pool = &self.pool;
        Box::pin(async move { pool::repeat(|| reader::heads(pool, &query)).await })
    }

    fn count(&self, collection: Collection, filter: Filter) -> BoxFuture<'_, Result<u64, Error>> {
        let pool = &self.pool;
        Box::pin(async move { pool::repeat(|| reader::count(pool, collection, &filter)).await })
    }

    fn audit(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Audited>, Error>> {
        let pool = &self.pool;
        Box::pin(async move { pool::repeat(|| reader::audit(pool, after, limit)).await })
    }

    /// Writes an embedded database (SQLite) with the same records. Revisions begin anew in it.
    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(reader::backup(&self.pool, to))
    }
}
