#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]
//! What the crate promises, seen from outside.

mod strvals;
mod strvals_vectors;
mod support;
