use crate::backend::Collection;

/// What may go wrong while reading or writing state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The record changed since it was read; read it again and decide again.
    #[error("{collection} '{id}' changed meanwhile")]
    Conflict {
        /// The collection.
        collection: Collection,
        /// The record.
        id: String,
    },
    /// A record with this id exists.
    #[error("{collection} '{id}' exists already")]
    Exists {
        /// The collection.
        collection: Collection,
        /// The record.
        id: String,
    },
    /// A record cannot be read back.
    #[error("{collection} '{id}' cannot be read")]
    Corrupt {
        /// The collection.
        collection: Collection,
        /// The record.
        id: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A record cannot be written as JSON.
    #[error("a {collection} record cannot be written")]
    Encode {
        /// The collection.
        collection: Collection,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The database refused; often a full disk.
    #[error("the database failed")]
    Database(#[from] rusqlite::Error),
    /// PostgreSQL refused, or went away. After a failed commit it is not known whether the batch was carried out.
    #[error("PostgreSQL failed")]
    Postgres(#[from] tokio_postgres::Error),
    /// No connection to PostgreSQL could be had in time.
    #[error("no connection to PostgreSQL")]
    Unreachable(#[source] deadpool_postgres::PoolError),
    /// The address of a PostgreSQL database cannot be used.
    #[error("cannot use the database address: {reason}")]
    Address {
        /// What is wrong with it. Never holds the address itself, which may hold a password.
        reason: String,
    },
    /// A schema step already applied has another text in this program.
    #[error("migration {number} was applied with another content; this program does not fit the database")]
    MigrationChanged {
        /// The step.
        number: u32,
    },
    /// The database was written by a newer program.
    #[error("the database has migration {number}, which this program does not know")]
    MigrationUnknown {
        /// The step.
        number: u32,
    },
    /// The master key file is not usable.
    #[error("master key {path}: {reason}")]
    MasterKey {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A secret cannot be opened: wrong master key, or it was tampered with.
    #[error("secret '{name}' cannot be opened: wrong master key or damaged record")]
    Sealed {
        /// Its name.
        name: String,
    },
    /// The system gave no randomness.
    #[error("no randomness available")]
    Randomness,
    /// A file cannot be read or written.
    #[error("{path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The store is shut down.
    #[error("the store is closed")]
    Closed,
    /// The audit log's chain is broken.
    #[error("the audit log is broken at entry {sequence}")]
    AuditBroken {
        /// The first entry that does not fit.
        sequence: u64,
    },
}
