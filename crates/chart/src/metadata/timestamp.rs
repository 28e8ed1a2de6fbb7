use std::fmt;
use std::time::{Duration, SystemTime};

/// A point in time of a lock file, with the offset it was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: u32,
    /// Minutes east of Greenwich.
    offset: i64,
}

/// Go's zero time.
impl Default for Timestamp {
    fn default() -> Self {
        Timestamp { year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0, offset: 0 }
    }
}

impl Timestamp {
    /// Reads an RFC 3339 time as Go does; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let (time, rest) = rest.strip_prefix('T')?.split_at_checked(8)?;
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
        let (fraction, zone) = match rest.strip_prefix(['.', ',']) {
            None => ("", rest),
            Some(rest) => {
                let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
                rest.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?
            }
        };
        let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
        let offset = match zone {
            "Z" => 0,
            _ => {
                let sign = match zone.chars().next()? {
                    '+' => 1,
                    '-' => -1,
                    _ => return None,
                };
                let [hours, minutes] = numbers(zone.get(1..)?, ':', [2, 2])?;
                (hours <= 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))?
            }
        };
        let is_valid = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        let nanosecond = digits.parse().ok()?;
        is_valid.then_some(Timestamp { year, month, day, hour, minute, second, nanosecond, offset })
    }

    /// The same point in time for the system.
    #[must_use]
    pub fn to_system_time(self) -> SystemTime {
        let minutes = (days_since_1970(self.year, self.month, self.day) * 24 + self.hour) * 60 + self.minute;
        let seconds = (minutes - self.offset) * 60 + self.second;
        let distance = Duration::from_secs(seconds.unsigned_abs());
        let whole = match seconds < 0 {
            true => SystemTime::UNIX_EPOCH.checked_sub(distance),
            false => SystemTime::UNIX_EPOCH.checked_add(distance),
        };
        whole.unwrap_or(SystemTime::UNIX_EPOCH) + Duration::from_nanos(u64::from(self.nanosecond))
    }
}

/// In universal time.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let (seconds, nanosecond) = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => (i64::try_from(after.as_secs()).unwrap_or_default(), after.subsec_nanos()),
            // Counted from the second before, as fractions only go forward.
            Err(before) => {
                let before = before.duration();
                let seconds = -i64::try_from(before.as_secs()).unwrap_or_default();
                match before.subsec_nanos() {
                    0 => (seconds, 0),
                    nanoseconds => (seconds - 1, 1_000_000_000 - nanoseconds),
                }
            }
        };
        let (year, month, day) = date_of(seconds.div_euclid(86_400));
        let of_day = seconds.rem_euclid(86_400);
        Timestamp {
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            nanosecond,
            offset: 0,
        }
    }
}

/// As Go writes times into JSON: fractions without trailing zeros.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Timestamp { year, month, day, hour, minute, second, .. } = self;
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanosecond > 0 {
            let digits = format!("{:09}", self.nanosecond);
            write!(formatter, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return formatter.write_str("Z");
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let offset = self.offset.abs();
        write!(formatter, "{sign}{:02}:{:02}", offset / 60, offset % 60)
    }
}

fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        *number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days between 1970-01-01 and a date of the Gregorian calendar, counted in years from March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date so many days after 1970-01-01: the inverse of [`days_since_1970`].
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March on.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_as_go_does() {
        for (text, written, seconds) in [
            ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z", 1_577_934_245),
            ("2020-01-02T03:04:05.120Z", "2020-01-02T03:04:05.12Z", 1_577_934_245),
            ("2020-02-29T23:59:59+01:30", "2020-02-29T23:59:59+01:30", 1_583_015_399),
            ("2021-06-01T12:00:00.000000001-07:00", "2021-06-01T12:00:00.000000001-07:00", 1_622_574_000),
            ("2020-01-02T03:04:05+00:00", "2020-01-02T03:04:05Z", 1_577_934_245),
        ] {
            let time = Timestamp::parse(text).unwrap();
            assert_eq!(time.to_string(), written);
            let since = time.to_system_time().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            assert_eq!(since.as_secs(), seconds, "{text}");
        }
        for text in [
            "1969-12-31T23:59:59.5Z",
            "1970-01-01T00:00:00Z",
            "2000-02-29T12:34:56.789Z",
            "2024-12-31T23:59:59Z",
            "2100-03-01T00:00:00Z",
        ] {
            let time = Timestamp::parse(text).unwrap();
            assert_eq!(Timestamp::from(time.to_system_time()).to_string(), text);
        }
        assert_eq!(Timestamp::default().to_string(), "0001-01-01T00:00:00Z");
        for text in [
            "",
            "2020-13-01T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "2020-01-01 00:00:00Z",
            "2020-01-01T00:00:00",
            "2020-01-01T00:00:00.Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text:?}");
        }
    }
}
