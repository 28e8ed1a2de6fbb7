//! Durable state: one contract, two implementations.
//!
//! - [`Backend`]: the contract: atomic batches of [`Operation`]s, reads by [`Query`]. What is acknowledged is on
//!   disk.
//! - [`sqlite`]: the embedded implementation: WAL, one writer thread with group commit.
//! - [`Store`], [`Table`], [`Transaction`]: typed access on top of any backend.
//! - [`Authenticator`]: who is behind a bearer token.
//! - [`record`]: the things kept; [`vault`]: secrets, encrypted at rest; [`credential`]: API keys, kept as hashes.
//!
//! SQL is named in this crate only.

mod authenticator;
mod backend;
pub mod credential;
mod error;
pub mod record;
pub mod sqlite;
mod store;
pub mod vault;

pub use authenticator::{Authenticator, Refused};
pub use backend::{Audited, Backend, BoxFuture, Collection, Filter, Operation, Query, Row};
pub use error::Error;
pub use store::{Record, Store, Stored, Table, Transaction};
