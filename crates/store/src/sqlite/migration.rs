//! Schema steps: each applied once, in order, remembered with a checksum of its text.

use crate::Error;
use crate::credential::hex;
use aws_lc_rs::digest;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

const STEPS: &[(u32, &str)] = &[(1, include_str!("../../migrations/0001_records.sql"))];

/// Brings the schema up to date.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    apply(connection, STEPS)
}

fn apply(connection: &mut Connection, steps: &[(u32, &str)]) -> Result<(), Error> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, checksum TEXT NOT NULL)",
    )?;
    let applied: BTreeMap<u32, String> = {
        let mut statement = transaction.prepare("SELECT number, checksum FROM migrations")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    if let Some(number) = applied.keys().find(|number| !steps.iter().any(|(known, _)| known == *number)) {
        return Err(Error::MigrationUnknown { number: *number });
    }
    for (number, text) in steps {
        let checksum = hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
        match applied.get(number) {
            Some(known) if *known == checksum => {}
            Some(_) => return Err(Error::MigrationChanged { number: *number }),
            None => {
                transaction.execute_batch(text)?;
                transaction.execute(
                    "INSERT INTO migrations (number, checksum) VALUES (?1, ?2)",
                    params![number, checksum],
                )?;
            }
        }
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_applied_once_and_must_not_change() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[(1, "CREATE TABLE a (x)")]).unwrap();
        apply(&mut connection, &[(1, "CREATE TABLE a (x)"), (2, "CREATE TABLE b (x)")]).unwrap();
        let changed = apply(&mut connection, &[(1, "CREATE TABLE a (y)"), (2, "CREATE TABLE b (x)")]);
        assert!(matches!(changed, Err(Error::MigrationChanged { number: 1 })));
        let older = apply(&mut connection, &[(1, "CREATE TABLE a (x)")]);
        assert!(matches!(older, Err(Error::MigrationUnknown { number: 2 })));
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(apply(&mut connection, &[(1, "CREATE TABLE a (x); CREATE TABLE a (x)")]).is_err());
        apply(&mut connection, &[(1, "CREATE TABLE a (x)")]).unwrap();
    }
}
