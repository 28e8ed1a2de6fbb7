//! Reading.

use super::pool;
use crate::Error;
use crate::backend::{Audited, Backend, Collection, Filter, Head, Operation, Query, Row};
use crate::sqlite::Sqlite;
use deadpool_postgres::{GenericClient, Pool};
use std::path::Path;
use tokio_postgres::IsolationLevel;
use tokio_postgres::types::ToSql;

/// Rows copied at once into a backup.
const PAGE: u32 = 1_000;

/// The condition of a filter and its parameter.
fn condition(filter: &Filter) -> (&'static str, &(dyn ToSql + Sync)) {
    match filter {
        Filter::All => ("$2 = ''", &""),
        Filter::Id(id) => ("id = $2", id),
        Filter::Ids(ids) => ("id = ANY($2)", ids),
        Filter::Account(account) => ("account = $2", account),
        Filter::Parent(parent) => ("parent = $2", parent),
        Filter::Parents(parents) => ("parent = ANY($2)", parents),
        Filter::Label(label) => ("label = $2", label),
    }
}

pub(super) async fn read(pool: &Pool, query: &Query) -> Result<Vec<Row>, Error> {
    read_with(&pool::client(pool).await?, query).await
}

pub(super) async fn heads(pool: &Pool, query: &Query) -> Result<Vec<Head>, Error> {
    let rows = select(&pool::client(pool).await?, query, "id, parent, revision").await?;
    rows.iter()
        .map(|row| {
            Ok(Head { id: row.try_get(0)?, parent: row.try_get(1)?, revision: unsigned(row.try_get(2)?) })
        })
        .collect()
}

async fn read_with(client: &impl GenericClient, query: &Query) -> Result<Vec<Row>, Error> {
    let rows = select(client, query, "id, account, parent, label, revision, body").await?;
    rows.iter()
        .map(|row| {
            Ok(Row {
                id: row.try_get(0)?,
                account: row.try_get(1)?,
                parent: row.try_get(2)?,
                label: row.try_get(3)?,
                revision: unsigned(row.try_get(4)?),
                body: row.try_get(5)?,
            })
        })
        .collect()
}

async fn select(
    client: &impl GenericClient,
    query: &Query,
    columns: &str,
) -> Result<Vec<tokio_postgres::Row>, Error> {
    let (condition, parameter) = condition(&query.filter);
    let statement = client
        .prepare_cached(&format!(
            "SELECT {columns} FROM records \
             WHERE collection = $1 AND {condition} AND id > $3 ORDER BY id LIMIT $4"
        ))
        .await?;
    let after = query.after.as_deref().unwrap_or_default();
    let limit = i64::from(query.limit);
    Ok(client.query(&statement, &[&query.collection.as_str(), parameter, &after, &limit]).await?)
}

pub(super) async fn count(pool: &Pool, collection: Collection, filter: &Filter) -> Result<u64, Error> {
    let client = pool::client(pool).await?;
    let (condition, parameter) = condition(filter);
    let statement = client
        .prepare_cached(&format!("SELECT count(*) FROM records WHERE collection = $1 AND {condition}"))
        .await?;
    let row = client.query_one(&statement, &[&collection.as_str(), parameter]).await?;
    Ok(unsigned(row.try_get(0)?))
}

pub(super) async fn audit(pool: &Pool, after: u64, limit: u32) -> Result<Vec<Audited>, Error> {
    audit_with(&pool::client(pool).await?, after, limit).await
}

async fn audit_with(client: &impl GenericClient, after: u64, limit: u32) -> Result<Vec<Audited>, Error> {
    let statement = client
        .prepare_cached(
            "SELECT sequence, body, hash FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2",
        )
        .await?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let rows = client.query(&statement, &[&after, &i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            Ok(Audited { sequence: unsigned(row.try_get(0)?), body: row.try_get(1)?, hash: row.try_get(2)? })
        })
        .collect()
}

/// Copies everything, as it is at one moment, into a new embedded database.
pub(super) async fn backup(pool: &Pool, to: &Path) -> Result<(), Error> {
    if to.exists() {
        let source = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(Error::File { path: to.display().to_string(), source });
    }
    let mut client = pool::client(pool).await?;
    let snapshot = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    let copy = Sqlite::open(to)?;
    for &collection in Collection::ALL {
        let mut after = None;
        loop {
            let query = Query { collection, filter: Filter::All, after, limit: PAGE };
            let rows = read_with(&snapshot, &query).await?;
            after = rows.last().map(|row| row.id.clone());
            if after.is_none() {
                break;
            }
            copy.commit(rows.into_iter().map(|row| Operation::Put(collection, row)).collect()).await?;
        }
    }
    let mut after = 0;
    loop {
        let entries = audit_with(&snapshot, after, PAGE).await?;
        let Some(last) = entries.last() else { return Ok(()) };
        after = last.sequence;
        copy.commit(entries.into_iter().map(|entry| Operation::Audit(entry.body)).collect()).await?;
    }
}

/// PostgreSQL counts in signed numbers; ours never go below zero.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
