use std::fmt;

use crate::error::DurationError;

/// A length of time in nanoseconds, at most about 290 years either way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// The units of a written duration.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", MICROSECOND),
    ("µs", MICROSECOND),
    ("μs", MICROSECOND),
    ("ms", MILLISECOND),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3600 * SECOND),
];

impl Duration {
    /// One second.
    pub const SECOND: Duration = Duration(SECOND as i64);
    /// One minute.
    pub const MINUTE: Duration = Duration(60 * SECOND as i64);
    /// One hour.
    pub const HOUR: Duration = Duration(3600 * SECOND as i64);

    /// So many seconds; wraps around like Go's multiplication.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.wrapping_mul(SECOND as i64))
    }

    /// Reads `300ms`, `-1.5h`, `2h45m` (`time.ParseDuration`).
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, DurationError> {
        let whole = text.as_ref();
        let invalid = || DurationError::Invalid(whole.to_vec());
        let (negative, mut rest) = match whole {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, whole),
        };
        if rest == b"0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (part, after) = part(rest, whole)?;
            rest = after;
            // Go does not see a sum that wraps around.
            total = total.wrapping_add(part);
            if total > 1 << 63 {
                return Err(invalid());
            }
        }
        match i64::try_from(total) {
            Ok(total) => Ok(Self(if negative { -total } else { total })),
            Err(_) if negative => Ok(Self(i64::MIN)),
            Err(_) => Err(invalid()),
        }
    }

    /// Nanoseconds.
    pub fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Whole microseconds.
    pub fn microseconds(self) -> i64 {
        self.0 / MICROSECOND as i64
    }

    /// Whole milliseconds.
    pub fn milliseconds(self) -> i64 {
        self.0 / MILLISECOND as i64
    }

    /// Seconds with their fraction.
    pub fn seconds(self) -> f64 {
        self.count(Self::SECOND)
    }

    /// Minutes with their fraction.
    pub fn minutes(self) -> f64 {
        self.count(Self::MINUTE)
    }

    /// Hours with their fraction.
    pub fn hours(self) -> f64 {
        self.count(Self::HOUR)
    }

    fn count(self, unit: Duration) -> f64 {
        (self.0 / unit.0) as f64 + (self.0 % unit.0) as f64 / unit.0 as f64
    }

    /// Rounded toward zero to a multiple of `unit`; unchanged if that is not positive.
    #[must_use]
    pub fn truncate(self, unit: Duration) -> Self {
        if unit.0 <= 0 { self } else { Self(self.0 - self.0 % unit.0) }
    }

    /// Rounded to the nearest multiple of `unit`, halves away from zero; unchanged if that is not
    /// positive.
    #[must_use]
    pub fn round(self, unit: Duration) -> Self {
        if unit.0 <= 0 {
            return self;
        }
        let rest = self.0 % unit.0;
        if less_than_half(rest.abs(), unit.0) {
            Self(self.0 - rest)
        } else if self.0 < 0 {
            Self((self.0 - rest).saturating_sub(unit.0))
        } else {
            Self((self.0 - rest).saturating_add(unit.0))
        }
    }

    /// Without its sign; the least becomes the greatest.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }
}

/// Whether a part is less than half of the whole; neither is negative.
pub(crate) fn less_than_half(part: i64, whole: i64) -> bool {
    part.unsigned_abs() * 2 < whole.unsigned_abs()
}

/// Reads a number and its unit; gives nanoseconds and what follows.
fn part<'t>(text: &'t [u8], whole: &[u8]) -> Result<(u64, &'t [u8]), DurationError> {
    let invalid = || DurationError::Invalid(whole.to_vec());
    let (digits, mut rest) = split_digits(text);
    // Go stops counting at 2^63, so the larger half of 64 bits is too large.
    let number = leading_integer(digits).ok_or_else(invalid)?;
    let mut fraction_digits: &[u8] = b"";
    if let Some(after) = rest.strip_prefix(b".") {
        (fraction_digits, rest) = split_digits(after);
    }
    if digits.is_empty() && fraction_digits.is_empty() {
        return Err(invalid());
    }
    let end = rest.iter().position(|byte| *byte == b'.' || byte.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    if unit.is_empty() {
        return Err(DurationError::MissingUnit(whole.to_vec()));
    }
    let Some((_, unit)) = UNITS.iter().find(|(name, _)| name.as_bytes() == unit) else {
        return Err(DurationError::UnknownUnit { unit: unit.to_vec(), duration: whole.to_vec() });
    };
    if number > (1 << 63) / unit {
        return Err(invalid());
    }
    let mut nanoseconds = number * unit;
    let (fraction, scale) = leading_fraction(fraction_digits);
    if fraction > 0 {
        nanoseconds += (fraction as f64 * (*unit as f64 / scale)) as u64;
        if nanoseconds > 1 << 63 {
            return Err(invalid());
        }
    }
    Ok((nanoseconds, rest))
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

/// The number of a run of digits, up to 2^63.
pub(crate) fn leading_integer(digits: &[u8]) -> Option<u64> {
    let mut number: u64 = 0;
    for digit in digits {
        if number > (1 << 63) / 10 {
            return None;
        }
        number = number * 10 + u64::from(digit - b'0');
        if number > 1 << 63 {
            return None;
        }
    }
    Some(number)
}

/// The digits behind the point as a number and what to divide it by; digits beyond 63 bits do not
/// count.
fn leading_fraction(digits: &[u8]) -> (u64, f64) {
    let mut number: u64 = 0;
    let mut scale = 1.0;
    for digit in digits {
        if number > ((1 << 63) - 1) / 10 {
            break;
        }
        let longer = number * 10 + u64::from(digit - b'0');
        if longer > 1 << 63 {
            break;
        }
        number = longer;
        scale *= 10.0;
    }
    (number, scale)
}

/// `1h30m0.5s`; under a second in the unit that gives a whole part: `1.5ms`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match nanoseconds {
            0 => f.write_str("0s"),
            1..MICROSECOND => write!(f, "{nanoseconds}ns"),
            MICROSECOND..MILLISECOND => write!(f, "{}µs", Fraction(nanoseconds, MICROSECOND)),
            MILLISECOND..SECOND => write!(f, "{}ms", Fraction(nanoseconds, MILLISECOND)),
            _ => {
                let minutes = nanoseconds / SECOND / 60;
                let hours = minutes / 60;
                if hours > 0 {
                    write!(f, "{hours}h")?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                write!(f, "{}s", Fraction(nanoseconds % (60 * SECOND), SECOND))
            }
        }
    }
}

/// A number of nanoseconds in a unit, without zeros at the end.
struct Fraction(u64, u64);

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fraction(nanoseconds, unit) = *self;
        write!(f, "{}", nanoseconds / unit)?;
        let (rest, digits) = (nanoseconds % unit, unit.ilog10() as usize);
        if rest > 0 {
            let fraction = format!("{rest:0digits$}");
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        Ok(())
    }
}
