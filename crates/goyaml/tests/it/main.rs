#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

mod helm_cases;
mod json;
mod limits;
mod places;
mod properties;
mod tree;
mod values;
mod vectors;
mod writing;
