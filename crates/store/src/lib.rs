//! Durable state: one contract, two implementations.
//!
//! - [`Backend`]: the contract: atomic batches of [`Operation`]s, reads by [`Query`]. What is acknowledged is on
//!   disk.
//! - [`sqlite`]: the embedded implementation: WAL, one writer thread with group commit.
//! - [`postgres`]: for more than one machine: each batch one transaction, lost connections made anew.
//! - [`Store`], [`Table`], [`Transaction`]: typed access on top of any backend.
//! - [`Authenticator`]: who is behind a bearer token.
//! - [`token`]: short-lived tokens that may only call functions.
//! - [`Clock`]: the time records are stamped with; it does not jump when the machine's clock is set.
//! - [`record`]: the things kept; [`vault`]: secrets, encrypted at rest; [`credential`]: API keys, kept as hashes.
//!
//! SQL is named in this crate only.

mod authenticator;
mod backend;
mod clock;
pub mod credential;
mod error;
mod failpoint;
mod migration;
pub mod postgres;
pub mod record;
pub mod sqlite;
mod store;
pub mod token;
pub mod vault;

pub use authenticator::{Authenticator, Refused};
pub use backend::{Audited, Backend, BoxFuture, Collection, Filter, Head, Operation, Query, Row};
pub use clock::Clock;
pub use error::Error;
pub use store::{Record, Store, Stored, Table, Transaction};
