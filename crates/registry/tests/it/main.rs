//! The client and the server against each other, and against real Helm where it is at hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod client;
mod harness;
mod helm;
mod server;
