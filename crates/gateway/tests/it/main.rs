//! The gateway on loopback: a real server behind it, real connections in front of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod asynchronous;
mod calls;
mod harness;
mod refusals;
mod streaming;
mod traces;
