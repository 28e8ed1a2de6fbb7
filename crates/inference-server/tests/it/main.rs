//! The server over its port, in all three forms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod http;
mod nodes;
mod remote;
mod support;
