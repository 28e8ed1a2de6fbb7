//! The control plane over its HTTP API, with a chart engine and a chart source made for the test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod access;
mod audit;
mod charts;
mod faults;
mod functions;
mod harness;
mod hostile;
mod logs;
mod openapi;
mod resources;
mod security;
