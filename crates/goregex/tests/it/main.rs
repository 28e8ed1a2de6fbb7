//! Go's regular expressions, told as tables. Every expected answer is Go's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod cache;
mod finding;
mod limits;
mod replacing;
mod syntax;

use std::convert::Infallible;

use wheelhouse_goregex::{Regex, Step};

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

/// Lets the work go on, whatever it costs.
fn go_on(_: Step) -> Result<(), Infallible> {
    Ok(())
}

fn find_all(pattern: &str, text: &str, limit: Option<usize>) -> Vec<String> {
    let found = regex(pattern).find_all(text.as_bytes(), limit, go_on).unwrap();
    found.into_iter().map(|range| text[range].to_owned()).collect()
}
