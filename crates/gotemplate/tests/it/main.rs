//! Templates in, text or error out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr
)]

mod differential;
mod execution;
mod functions;
mod generate;
mod limits;
mod objects;
mod parsing;
mod provenance;
mod support;
mod values;
