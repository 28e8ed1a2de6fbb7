//! Charts held against all rules. The expected texts were given by real Helm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod rules;
mod streams;
mod support;
