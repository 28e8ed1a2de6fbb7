//! The whole platform in one process against the local Kubernetes API, by the user documents' own commands.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod documents;
mod harness;
mod traces;
