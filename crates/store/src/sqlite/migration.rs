//! Bringing the embedded database's schema up to date.

use crate::Error;
use crate::migration::{Step, pending};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

const STEPS: &[Step] = &[(1, include_str!("../../migrations/sqlite/0001_records.sql"))];

/// Applies the steps that are missing, all or none.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    apply(connection, STEPS)
}

fn apply(connection: &mut Connection, steps: &[Step]) -> Result<(), Error> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, checksum TEXT NOT NULL)",
    )?;
    let applied: BTreeMap<u32, String> = {
        let mut statement = transaction.prepare("SELECT number, checksum FROM migrations")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for step in pending(&applied, steps)? {
        transaction.execute_batch(step.text)?;
        transaction.execute(
            "INSERT INTO migrations (number, checksum) VALUES (?1, ?2)",
            params![step.number, step.checksum],
        )?;
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_applied_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[(1, "CREATE TABLE a (x)")]).unwrap();
        apply(&mut connection, &[(1, "CREATE TABLE a (x)"), (2, "CREATE TABLE b (x)")]).unwrap();
        connection.execute_batch("SELECT x FROM a; SELECT x FROM b").unwrap();
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(apply(&mut connection, &[(1, "CREATE TABLE a (x); CREATE TABLE a (x)")]).is_err());
        apply(&mut connection, &[(1, "CREATE TABLE a (x)")]).unwrap();
    }
}
