//! The rules as specifications: for each, documents that breach it and documents that do not, with
//! the field and the very text a finding points at.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod chart;
mod entry_point;
mod extra_kinds;
mod images;
mod mutations;
mod objects;
mod placement;
mod pod_security;
mod pod_security_matrix;
mod rbac;
mod references;
mod resources;
mod services;
mod storage;
mod support;
mod upstream;
