//! Rendering held against what real Helm gave.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr
)]

mod addresses;
mod cases;
mod limits;
mod provenance;
mod support;
mod vectors;
