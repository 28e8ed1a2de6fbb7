//! The contract every backend fulfils, run against each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod contract;
mod keys;
mod postgres;
mod server;
mod sqlite;
