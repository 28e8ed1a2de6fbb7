#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]
//! What the crate promises, seen from outside.

mod archive;
mod coalesce;
mod dependencies;
mod directory;
mod loading;
mod metadata;
mod origins;
mod package;
mod schema;
mod strvals;
mod strvals_vectors;
mod support;
mod values_flags;
