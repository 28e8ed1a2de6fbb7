//! Bringing a PostgreSQL database's schema up to date.

use super::pool;
use crate::Error;
use crate::migration::{Step, pending};
use deadpool_postgres::Pool;
use std::collections::BTreeMap;

const STEPS: &[Step] = &[(1, include_str!("../../migrations/postgres/0001_records.sql"))];

/// One process migrates at a time; the others wait at this lock. The number means nothing, it only has to stay.
const LOCK: i64 = 0x5748_4545_4c48;

/// Applies the steps that are missing, all or none.
pub(super) async fn migrate(pool: &Pool) -> Result<(), Error> {
    let mut client = pool::client(pool).await?;
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    transaction
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, checksum TEXT NOT NULL)",
        )
        .await?;
    let rows = transaction.query("SELECT number, checksum FROM migrations", &[]).await?;
    let mut applied = BTreeMap::new();
    for row in rows {
        let number: i64 = row.try_get(0)?;
        applied.insert(u32::try_from(number).unwrap_or(u32::MAX), row.try_get(1)?);
    }
    for step in pending(&applied, STEPS)? {
        transaction.batch_execute(step.text).await?;
        transaction
            .execute(
                "INSERT INTO migrations (number, checksum) VALUES ($1, $2)",
                &[&i64::from(step.number), &step.checksum],
            )
            .await?;
    }
    Ok(transaction.commit().await?)
}
