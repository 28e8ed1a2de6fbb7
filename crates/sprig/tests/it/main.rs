//! The functions, called from templates the way charts call them.
//!
//! What is expected was printed by Helm 4.2's own functions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod case;
mod certificates;
mod conversions;
mod crypto;
mod dates;
mod defaults;
mod dictionaries;
mod encodings;
mod helm;
mod json;
mod limits;
mod lint_mode;
mod lists;
mod merge;
mod numbers;
mod paths;
mod random;
mod regexes;
mod strings;
mod support;
mod toml;
mod urls;
mod vectors;
mod versions;
mod yaml;
