//! The binary as its users run it: what it prints, what it writes, how it exits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods
)]

mod check;
mod contexts;
mod create;
mod dependency;
mod faults;
mod functions;
mod lifecycle;
mod lint;
mod machine;
mod package;
mod platform;
mod post_renderer;
mod recorder;
mod registries;
mod search;
mod secrets;
#[cfg(feature = "provenance")]
mod signatures;
mod support;
mod template;
mod version;
