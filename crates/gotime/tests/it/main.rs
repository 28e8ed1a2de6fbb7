//! Go's times, told as tables. Every expected answer is Go's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod durations;
mod formatting;
mod parsing;
mod times;

use wheelhouse_gotime::{Location, Time};

fn berlin() -> Location {
    Location::load("Europe/Berlin").unwrap()
}

/// 2006-01-02 15:04:05.678 in Berlin.
fn reference() -> Time {
    Time::from_date(2006, 1, 2, 15, 4, 5, 678_000_000, berlin())
}
