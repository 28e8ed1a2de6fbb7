use std::time::SystemTime;

use crate::civil::{self, DAY, Date};
use crate::names::{Month, Weekday};
use crate::{Duration, Location};

/// Seconds from 0001-01-01, the zero time, to 1970-01-01.
pub(crate) const ZERO_TO_EPOCH: i64 = 62_135_596_800;

/// An instant to the nanosecond, and the zone it is shown in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1970-01-01 UTC.
    pub(crate) second: i64,
    /// Nanoseconds of the second, below 1,000,000,000.
    pub(crate) nanosecond: u32,
    pub(crate) location: Location,
    /// Nanoseconds of a clock that only goes forward. Times of the same run are compared by it.
    pub(crate) monotonic: Option<i64>,
}

/// The zero time: 0001-01-01 00:00:00 UTC.
impl Default for Time {
    fn default() -> Self {
        Self { second: -ZERO_TO_EPOCH, nanosecond: 0, location: Location::UTC, monotonic: None }
    }
}

impl Time {
    /// The instant so many seconds and nanoseconds after 1970-01-01 UTC (`time.Unix`);
    /// nanoseconds may be out of range.
    pub fn from_unix(seconds: i64, nanoseconds: i64, location: Location) -> Self {
        let second = seconds.wrapping_add(nanoseconds.div_euclid(1_000_000_000));
        // The remainder is never negative and below 10^9.
        let nanosecond = nanoseconds.rem_euclid(1_000_000_000) as u32;
        Self { second, nanosecond, location, monotonic: None }
    }

    /// An instant told by a clock, as `time.Now` gives it. `monotonic` is the reading of the clock
    /// that only goes forward, which Go shows as `m=+0.012` behind the time.
    pub fn from_clock(instant: SystemTime, monotonic: Option<Duration>, location: Location) -> Self {
        let (seconds, nanoseconds) = match instant.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => (after.as_secs() as i64, i64::from(after.subsec_nanos())),
            Err(before) => {
                let before = before.duration();
                (-(before.as_secs() as i64), -i64::from(before.subsec_nanos()))
            }
        };
        let monotonic = monotonic.map(Duration::nanoseconds);
        Self { monotonic, ..Self::from_unix(seconds, nanoseconds, location) }
    }

    /// The instant at which clocks of a zone show this (`time.Date`). Months, days, hours and the
    /// rest may be out of range and are carried over. A time that a change of the clocks skips or
    /// repeats is taken by one of the two offsets.
    #[allow(clippy::too_many_arguments, reason = "the parts of a date and a time are what they are")]
    pub fn from_date(
        year: i64,
        month: i64,
        day: i64,
        hour: i64,
        minute: i64,
        second: i64,
        nanosecond: i64,
        location: Location,
    ) -> Self {
        let seconds = civil::days(year, month, day) * i128::from(DAY)
            + i128::from(hour) * 3600
            + i128::from(minute) * 60
            + i128::from(second);
        // Beyond 64 bits Go's seconds wrap around, too.
        let shown = seconds as i64;
        let offset = location.offset(shown);
        let guess = shown.wrapping_sub(offset);
        let second = if offset != 0 && !location.period(shown).contains(&guess) {
            shown.wrapping_sub(location.offset(guess))
        } else {
            guess
        };
        Self::from_unix(second, nanosecond, location)
    }

    /// The same instant, shown elsewhere.
    #[must_use]
    pub fn in_location(&self, location: Location) -> Self {
        Self { location, monotonic: None, ..self.clone() }
    }

    /// Where it is shown.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The abbreviation of the zone in effect and its seconds east of UTC.
    pub fn zone(&self) -> (String, i64) {
        let reading = self.location.reading(self.second);
        (reading.name, reading.offset)
    }

    /// Whether daylight saving time is in effect.
    pub fn is_daylight_saving(&self) -> bool {
        self.location.reading(self.second).is_daylight_saving
    }

    /// The year.
    pub fn year(&self) -> i64 {
        self.date().year
    }

    /// The month.
    pub fn month(&self) -> Month {
        Month(self.date().month)
    }

    /// The day of the month, from 1.
    pub fn day(&self) -> i64 {
        self.date().day
    }

    /// The day of the year, from 1.
    pub fn year_day(&self) -> i64 {
        self.date().year_day
    }

    /// The day of the week.
    pub fn weekday(&self) -> Weekday {
        Weekday(civil::weekday(self.shown().div_euclid(DAY)))
    }

    /// The hour of the day, 0 to 23.
    pub fn hour(&self) -> i64 {
        self.shown().rem_euclid(DAY) / 3600
    }

    /// The minute of the hour, 0 to 59.
    pub fn minute(&self) -> i64 {
        self.shown().rem_euclid(3600) / 60
    }

    /// The second of the minute, 0 to 59.
    pub fn second(&self) -> i64 {
        self.shown().rem_euclid(60)
    }

    /// The nanosecond of the second.
    pub fn nanosecond(&self) -> i64 {
        i64::from(self.nanosecond)
    }

    /// Seconds since 1970-01-01 UTC.
    pub fn unix(&self) -> i64 {
        self.second
    }

    /// Milliseconds since 1970-01-01 UTC; wraps around far from there.
    pub fn unix_milliseconds(&self) -> i64 {
        self.second.wrapping_mul(1_000).wrapping_add(self.nanosecond() / 1_000_000)
    }

    /// Microseconds since 1970-01-01 UTC; wraps around far from there.
    pub fn unix_microseconds(&self) -> i64 {
        self.second.wrapping_mul(1_000_000).wrapping_add(self.nanosecond() / 1_000)
    }

    /// Nanoseconds since 1970-01-01 UTC; wraps around about 290 years from there.
    pub fn unix_nanoseconds(&self) -> i64 {
        self.second.wrapping_mul(1_000_000_000).wrapping_add(self.nanosecond())
    }

    /// Whether this is the zero time.
    pub fn is_zero(&self) -> bool {
        self.second == -ZERO_TO_EPOCH && self.nanosecond == 0
    }

    pub(crate) fn date(&self) -> Date {
        civil::date(self.shown().div_euclid(DAY))
    }

    /// The seconds clocks show, counted from 1970 as if they were UTC.
    fn shown(&self) -> i64 {
        self.second.wrapping_add(self.location.offset(self.second))
    }
}
