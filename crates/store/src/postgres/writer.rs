//! Writing: a batch is one transaction.

use super::pool;
use crate::Error;
use crate::backend::{Collection, Operation, Row};
use deadpool_postgres::{GenericClient, Pool};
use tokio_postgres::error::SqlState;

/// How often a batch is tried that another one got in the way of.
const ATTEMPTS: usize = 20;

/// Why an attempt did not succeed.
enum Failed {
    /// Nothing was carried out, and trying again may help.
    Again(tokio_postgres::Error),
    /// Nothing more to do.
    Final(Error),
}

impl From<tokio_postgres::Error> for Failed {
    fn from(error: tokio_postgres::Error) -> Self {
        let collided = error.code().is_some_and(|code| {
            [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE].contains(code)
        });
        if collided || pool::lost(&error) { Self::Again(error) } else { Self::Final(error.into()) }
    }
}

/// Carries out a batch, all of it or nothing.
///
/// Audit entries are appended last, whatever their place in the batch: the lock on the log's end is the one all
/// batches share, and whoever holds it waits for nobody.
pub(super) async fn commit(pool: &Pool, batch: Vec<Operation>) -> Result<(), Error> {
    let (audits, changes): (Vec<_>, Vec<_>) =
        batch.into_iter().partition(|operation| matches!(operation, Operation::Audit(_)));
    let mut attempt = 0;
    loop {
        attempt += 1;
        match transaction(pool, &changes, &audits).await {
            Ok(()) => return Ok(()),
            Err(Failed::Again(error)) if attempt < ATTEMPTS => {
                tracing::debug!(%error, attempt, "a batch is tried again");
            }
            Err(Failed::Again(error)) => return Err(error.into()),
            Err(Failed::Final(error)) => return Err(error),
        }
    }
}

async fn transaction(pool: &Pool, changes: &[Operation], audits: &[Operation]) -> Result<(), Failed> {
    let mut client = pool::client(pool).await.map_err(Failed::Final)?;
    let transaction = client.transaction().await?;
    for operation in changes.iter().chain(audits) {
        apply(&transaction, operation).await?;
    }
    // From here on a lost answer is not a reason to try again: the commit may have happened.
    transaction.commit().await.map_err(|error| Failed::Final(error.into()))
}

async fn apply(client: &impl GenericClient, operation: &Operation) -> Result<(), Failed> {
    match operation {
        Operation::Insert(collection, row) => {
            let text = "INSERT INTO records (collection, id, account, parent, label, revision, body) \
                        VALUES ($1, $2, $3, $4, $5, 1, $6) ON CONFLICT DO NOTHING";
            if write(client, text, *collection, row).await? == 0 {
                return Err(Failed::Final(Error::Exists { collection: *collection, id: row.id.clone() }));
            }
        }
        Operation::Update(collection, row) => {
            let statement = client
                .prepare_cached(
                    "UPDATE records SET account = $3, parent = $4, label = $5, body = $6, \
                     revision = revision + 1 WHERE collection = $1 AND id = $2 AND revision = $7",
                )
                .await?;
            let changed = client
                .execute(
                    &statement,
                    &[
                        &collection.as_str(),
                        &row.id,
                        &row.account,
                        &row.parent,
                        &row.label,
                        &row.body,
                        &signed(row.revision),
                    ],
                )
                .await?;
            if changed == 0 {
                return Err(conflict(*collection, &row.id));
            }
        }
        Operation::Put(collection, row) => {
            let text = "INSERT INTO records (collection, id, account, parent, label, revision, body) \
                        VALUES ($1, $2, $3, $4, $5, 1, $6) ON CONFLICT (collection, id) DO UPDATE SET \
                        account = excluded.account, parent = excluded.parent, label = excluded.label, \
                        body = excluded.body, revision = records.revision + 1";
            write(client, text, *collection, row).await?;
        }
        Operation::Delete(collection, id, expected) => delete(client, *collection, id, *expected).await?,
        Operation::DeleteChildren(collection, parent) => {
            let statement =
                client.prepare_cached("DELETE FROM records WHERE collection = $1 AND parent = $2").await?;
            client.execute(&statement, &[&collection.as_str(), parent]).await?;
        }
        Operation::Audit(body) => append(client, body).await?,
    }
    Ok(())
}

async fn write(
    client: &impl GenericClient,
    text: &str,
    collection: Collection,
    row: &Row,
) -> Result<u64, Failed> {
    let statement = client.prepare_cached(text).await?;
    let collection = collection.as_str();
    Ok(client
        .execute(&statement, &[&collection, &row.id, &row.account, &row.parent, &row.label, &row.body])
        .await?)
}

async fn delete(
    client: &impl GenericClient,
    collection: Collection,
    id: &str,
    expected: Option<u64>,
) -> Result<(), Failed> {
    let statement = client
        .prepare_cached("SELECT revision FROM records WHERE collection = $1 AND id = $2 FOR UPDATE")
        .await?;
    let Some(row) = client.query_opt(&statement, &[&collection.as_str(), &id]).await? else {
        return Ok(());
    };
    let known: i64 = row.try_get(0)?;
    if expected.is_some_and(|expected| signed(expected) != known) {
        return Err(conflict(collection, id));
    }
    let statement = client.prepare_cached("DELETE FROM records WHERE collection = $1 AND id = $2").await?;
    client.execute(&statement, &[&collection.as_str(), &id]).await?;
    Ok(())
}

/// Appends to the audit log, alone at its end until the transaction ends: entries have no gaps.
async fn append(client: &impl GenericClient, body: &[u8]) -> Result<(), Failed> {
    client.batch_execute("LOCK TABLE audit IN EXCLUSIVE MODE").await?;
    let statement =
        client.prepare_cached("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1").await?;
    let (sequence, previous): (i64, Vec<u8>) = match client.query_opt(&statement, &[]).await? {
        Some(row) => (row.try_get(0)?, row.try_get(1)?),
        None => (0, Vec::new()),
    };
    let hash = crate::store::chain(&previous, body);
    let statement =
        client.prepare_cached("INSERT INTO audit (sequence, body, hash) VALUES ($1, $2, $3)").await?;
    client.execute(&statement, &[&sequence.saturating_add(1), &body, &hash]).await?;
    Ok(())
}

fn conflict(collection: Collection, id: &str) -> Failed {
    Failed::Final(Error::Conflict { collection, id: id.to_owned() })
}

fn signed(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}
