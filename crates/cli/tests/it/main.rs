//! The binary as its users run it: what it prints, what it writes, how it exits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods
)]

mod create;
mod dependency;
mod functions;
mod machine;
mod package;
mod support;
mod version;
