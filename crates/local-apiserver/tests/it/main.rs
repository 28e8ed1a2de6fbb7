//! Tests over the wire: the server in this process, plain HTTP or `kubectl` outside.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod child;
mod client;
mod faults;
mod kubectl;
mod limits;
mod support;
mod watches;
