//! Cron schedules: five fields of minutes, hours, days, months and weekdays.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How far ahead a time is looked for: a leap day on a given weekday may be 28 years away, but five
/// years is where upstream gives up.
const YEARS: i64 = 5;

/// Which values of each field are in the schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// `*` was given, so that the other of days and weekdays alone decides.
    any_day: bool,
    any_weekday: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

fn value(text: &str, names: &[&str], first: u32) -> Option<u32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let place = names.iter().position(|name| name.eq_ignore_ascii_case(text))?;
    u32::try_from(place).ok().map(|place| place + first)
}

/// One field as a set of bits.
fn field(text: &str, low: u32, high: u32, names: &[&str]) -> Option<u64> {
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u32>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = if range == "*" || range == "?" {
            (low, high)
        } else if let Some((from, to)) = range.split_once('-') {
            (value(from, names, low)?, value(to, names, low)?)
        } else {
            let from = value(range, names, low)?;
            // `5/15` goes on to the end.
            (from, if part.contains('/') { high } else { from })
        };
        if from < low || to > high || from > to {
            return None;
        }
        for number in (from..=to).step_by(usize::try_from(step).ok()?) {
            bits |= 1 << number;
        }
    }
    Some(bits)
}

impl Schedule {
    /// Reads a schedule; nothing where it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = parts.as_slice() else { return None };
        let is_any = |text: &str| text.starts_with('*') || text.starts_with('?');
        // Sunday is 0 and, for those who begin the week on Monday, 7.
        let weekday_bits = field(weekdays, 0, 7, &WEEKDAYS)?;
        Some(Self {
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: field(days, 1, 31, &[])?,
            months: field(months, 1, 12, &MONTHS)?,
            weekdays: weekday_bits | (weekday_bits >> 7 & 1),
            any_day: is_any(days),
            any_weekday: is_any(weekdays),
        })
    }

    fn has_day(&self, date: DateTime) -> bool {
        let bit = |bits: u64, number: i8| bits >> u32::try_from(number).unwrap_or_default() & 1 == 1;
        let day = bit(self.days, date.day());
        let weekday = bit(self.weekdays, date.weekday().to_sunday_zero_offset());
        // If both are given, either will do; that is how cron always was.
        let fits = if self.any_day || self.any_weekday { day && weekday } else { day || weekday };
        fits && bit(self.months, date.month())
    }

    /// The first time of the schedule after a time, in a time zone.
    pub(super) fn after(&self, time: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let bit = |bits: u64, number: i8| bits >> u32::try_from(number).unwrap_or_default() & 1 == 1;
        let start = zone.to_datetime(time);
        let mut place = start
            .with()
            .second(0)
            .subsec_nanosecond(0)
            .build()
            .ok()?
            .checked_add(SignedDuration::from_mins(1))
            .ok()?;
        let end = start.checked_add(SignedDuration::from_hours(YEARS * 366 * 24)).ok()?;
        while place < end {
            if !self.has_day(place) {
                place = place
                    .with()
                    .hour(0)
                    .minute(0)
                    .build()
                    .ok()?
                    .checked_add(SignedDuration::from_hours(24))
                    .ok()?;
            } else if !bit(self.hours, place.hour()) {
                place =
                    place.with().minute(0).build().ok()?.checked_add(SignedDuration::from_hours(1)).ok()?;
            } else if !bit(self.minutes, place.minute()) {
                place = place.checked_add(SignedDuration::from_mins(1)).ok()?;
            } else {
                let found = zone.to_timestamp(place).ok()?;
                // A clock that was set back shows the same time twice.
                if found > time {
                    return Some(found);
                }
                place = place.checked_add(SignedDuration::from_mins(1)).ok()?;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_is_found() {
        let cases = [
            ("* * * * *", "2026-01-01T00:00:30Z", "2026-01-01T00:01:00Z"),
            ("*/15 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:15:00Z"),
            ("5/20 * * * *", "2026-01-01T00:06:00Z", "2026-01-01T00:25:00Z"),
            ("0 3 * * *", "2026-01-01T03:00:00Z", "2026-01-02T03:00:00Z"),
            ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("30 8 * * mon-fri", "2026-01-02T09:00:00Z", "2026-01-05T08:30:00Z"),
            ("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
            ("0 0 13 * fri", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            ("@monthly", "2026-01-15T00:00:00Z", "2026-02-01T00:00:00Z"),
        ];
        for (text, from, expected) in cases {
            let next = Schedule::parse(text).unwrap().after(from.parse().unwrap(), &TimeZone::UTC).unwrap();
            assert_eq!(next.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "*/0 * * * *",
            "a * * * *",
            "5-1 * * * *",
            "@never",
        ] {
            assert_eq!(Schedule::parse(text), None, "{text}");
        }
        assert_eq!(
            Schedule::parse("0 0 31 2 *")
                .unwrap()
                .after("2026-01-01T00:00:00Z".parse().unwrap(), &TimeZone::UTC),
            None
        );
    }
}
