use std::cmp::Ordering;

use crate::duration::less_than_half;
use crate::time::ZERO_TO_EPOCH;
use crate::{Duration, Time};

const SECOND: i128 = 1_000_000_000;

impl Time {
    /// The time a duration later.
    #[must_use]
    pub fn add(&self, duration: Duration) -> Self {
        let moved = Time::from_unix(
            self.second.wrapping_add(duration.0.div_euclid(1_000_000_000)),
            self.nanosecond() + duration.0.rem_euclid(1_000_000_000),
            self.location.clone(),
        );
        // Out of range the monotonic reading is given up.
        Time { monotonic: self.monotonic.and_then(|reading| reading.checked_add(duration.0)), ..moved }
    }

    /// The same time of day so many years, months and days later; days beyond the end of a month
    /// are carried over.
    #[must_use]
    pub fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let date = self.date();
        Time::from_date(
            date.year.wrapping_add(years),
            date.month.wrapping_add(months),
            date.day.wrapping_add(days),
            self.hour(),
            self.minute(),
            self.second(),
            self.nanosecond(),
            self.location.clone(),
        )
    }

    /// How much later this is than another time; the longest or shortest duration if it is more.
    pub fn since(&self, earlier: &Time) -> Duration {
        if let (Some(later), Some(earlier)) = (self.monotonic, earlier.monotonic) {
            return Duration(later.saturating_sub(earlier));
        }
        let difference = self.nanoseconds() - earlier.nanoseconds();
        Duration(i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX }))
    }

    /// The order in time of two instants, wherever they are shown.
    pub fn compare(&self, other: &Time) -> Ordering {
        match (self.monotonic, other.monotonic) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => (self.second, self.nanosecond).cmp(&(other.second, other.nanosecond)),
        }
    }

    /// Rounded down to a multiple of a duration since the zero time; unchanged if that is not
    /// positive.
    #[must_use]
    pub fn truncate(&self, unit: Duration) -> Self {
        let time = Time { monotonic: None, ..self.clone() };
        if unit.0 <= 0 { time } else { time.add(Duration(-time.over(unit))) }
    }

    /// Rounded to the nearest multiple of a duration since the zero time, halves up; unchanged if
    /// that is not positive.
    #[must_use]
    pub fn round(&self, unit: Duration) -> Self {
        let time = Time { monotonic: None, ..self.clone() };
        if unit.0 <= 0 {
            return time;
        }
        let over = time.over(unit);
        time.add(Duration(if less_than_half(over, unit.0) { -over } else { unit.0 - over }))
    }

    /// How much this is over a multiple of a positive duration.
    fn over(&self, unit: Duration) -> i64 {
        let since_zero = self.nanoseconds() + i128::from(ZERO_TO_EPOCH) * SECOND;
        // The remainder is less than the unit, which fits.
        since_zero.rem_euclid(i128::from(unit.0)) as i64
    }

    fn nanoseconds(&self) -> i128 {
        i128::from(self.second) * SECOND + i128::from(self.nanosecond)
    }
}
