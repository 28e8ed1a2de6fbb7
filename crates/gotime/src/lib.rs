//! Go's `time`: instants in zones, written and read by Go's layouts, and durations.
//!
//! - [`Time`]: an instant, the zone it is shown in, perhaps a monotonic reading.
//! - [`Time::format`] and [`Time::parse`]: layouts such as `2006-01-02 15:04`, both ways, with
//!   Go's error texts.
//! - [`Duration`]: nanoseconds, written and read as `1h30m`.
//! - [`Location`]: UTC, a fixed offset, a zone of the built-in IANA database, or the local zone.
//! - [`Month`], [`Weekday`]: numbers with names.
//!
//! There is no clock here: what time it is comes from the caller. Arithmetic wraps around at the
//! ends of 64 bits, as Go's does.

mod arithmetic;
mod civil;
mod duration;
mod error;
mod format;
mod layout;
mod location;
mod names;
mod parse;
mod time;

pub use duration::Duration;
pub use error::{DurationError, LocationError, ParseError};
pub use location::Location;
pub use names::{Month, Weekday};
pub use time::Time;
