//! Resource quantities: `100m`, `1.5Gi`, `1e3`.
//!
//! A quantity is an exact decimal with a notation. Writing it gives the canonical form of its
//! notation: no fraction, the largest suffix that needs none.

use std::cmp::Ordering;
use std::fmt;

/// The family of suffixes a quantity was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    /// `n u m k M G T P E`.
    DecimalSi,
    /// `Ki Mi Gi Ti Pi Ei`.
    BinarySi,
    /// `e3`.
    DecimalExponent,
}

/// An amount of a resource, counted in billionths, the finest that Kubernetes keeps.
///
/// The grammar is that of `k8s.io/apimachinery/pkg/api/resource`; what is finer than a billionth is
/// rounded away from zero and what is larger than a 64-bit integer is held there, as there. Two
/// quantities are equal when their amounts are, whatever they were written with.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    nanos: i128,
    notation: Notation,
}

const NANO: i128 = 1_000_000_000;

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self::whole(0);

    /// Reads a quantity; nothing where the text is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at_checked(end)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let (notation, base, exponent) = suffix_value(suffix)?;
        let mut digits: i128 = 0;
        for digit in whole.chars().chain(fraction.chars()).filter_map(|c| c.to_digit(10)) {
            digits = digits.saturating_mul(10).saturating_add(i128::from(digit));
            if digits > i128::MAX / 100 {
                digits = i128::MAX / 100;
            }
        }
        // value = digits * base^exponent / 10^fraction, in nanos, rounded away from zero
        let mut nanos = digits.saturating_mul(NANO);
        let mut divide = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        if base == 10 {
            divide = divide.saturating_sub(exponent);
        } else {
            nanos =
                nanos.saturating_mul(1_i128.checked_shl(exponent.unsigned_abs() * 10).unwrap_or(i128::MAX));
        }
        while divide < 0 && nanos != 0 && nanos < i128::MAX / 10 {
            nanos *= 10;
            divide += 1;
        }
        let mut inexact = false;
        while divide > 0 && nanos != 0 {
            inexact |= nanos % 10 != 0;
            nanos /= 10;
            divide -= 1;
        }
        if inexact {
            nanos += 1;
        }
        // larger than a 64-bit integer is capped, as the API does
        nanos = nanos.min(i128::from(i64::MAX) * NANO);
        Some(Quantity { nanos: if negative { -nanos } else { nanos }, notation })
    }

    /// Reads a quantity from a manifest, where it may be a string or a number.
    #[must_use]
    pub fn of(value: &serde_json::Value) -> Option<Self> {
        match value {
            serde_json::Value::String(text) => Self::parse(text),
            serde_json::Value::Number(number) => Self::parse(&number.to_string()),
            _ => None,
        }
    }

    /// So many whole units.
    #[must_use]
    pub const fn whole(units: i64) -> Self {
        Quantity { nanos: units as i128 * NANO, notation: Notation::DecimalSi }
    }

    /// So many thousandths, as `100m` has 100.
    #[must_use]
    pub const fn milli(thousandths: i64) -> Self {
        Quantity { nanos: thousandths as i128 * 1_000_000, notation: Notation::DecimalSi }
    }

    /// The amount in billionths.
    #[must_use]
    pub fn nanos(self) -> i128 {
        self.nanos
    }

    /// Whole units, rounded up.
    #[must_use]
    pub fn units(self) -> i64 {
        self.rounded_up(NANO)
    }

    /// Thousandths, rounded up.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.rounded_up(1_000_000)
    }

    fn rounded_up(self, part: i128) -> i64 {
        let up = self.nanos.div_euclid(part) + i128::from(self.nanos.rem_euclid(part) != 0);
        i64::try_from(up).unwrap_or(if up > 0 { i64::MAX } else { i64::MIN })
    }

    /// The sum, in the notation of the first that is not zero.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let notation = if self.nanos == 0 { other.notation } else { self.notation };
        Quantity { nanos: self.nanos.saturating_add(other.nanos), notation }
    }

    /// The difference, in the notation of the first that is not zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(Quantity { nanos: other.nanos.saturating_neg(), ..other })
    }

    /// The amount has no fraction.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.nanos % NANO == 0
    }
}

impl Default for Quantity {
    fn default() -> Self {
        Self::ZERO
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl std::hash::Hash for Quantity {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.nanos.hash(state);
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

/// Notation, base and exponent of a suffix.
fn suffix_value(suffix: &str) -> Option<(Notation, i32, i32)> {
    let decimal = |exponent| Some((Notation::DecimalSi, 10, exponent));
    let binary = |exponent| Some((Notation::BinarySi, 2, exponent));
    match suffix {
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let value: i32 = exponent.parse().ok()?;
            Some((Notation::DecimalExponent, 10, value))
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let whole = self.nanos / NANO;
        let notation = match self.notation {
            // small or fractional binary quantities are written in decimal
            Notation::BinarySi if whole.abs() < 1024 || !self.is_whole() => Notation::DecimalSi,
            other => other,
        };
        match notation {
            Notation::BinarySi => {
                let mut value = whole;
                let mut suffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].into_iter();
                let mut suffix = "";
                while value % 1024 == 0 {
                    let Some(next) = suffixes.next() else { break };
                    value /= 1024;
                    suffix = next;
                }
                write!(f, "{value}{suffix}")
            }
            Notation::DecimalSi | Notation::DecimalExponent => {
                let mut value = self.nanos;
                let mut exponent = -9;
                while value % 1000 == 0 && exponent < 18 {
                    value /= 1000;
                    exponent += 3;
                }
                if notation == Notation::DecimalExponent {
                    return if exponent == 0 {
                        write!(f, "{value}")
                    } else {
                        write!(f, "{value}e{exponent}")
                    };
                }
                let suffix = match exponent {
                    -9 => "n",
                    -6 => "u",
                    -3 => "m",
                    3 => "k",
                    6 => "M",
                    9 => "G",
                    12 => "T",
                    15 => "P",
                    18 => "E",
                    _ => "",
                };
                write!(f, "{value}{suffix}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_written_canonically() {
        for (text, expect) in [
            ("0", "0"),
            ("0Gi", "0"),
            ("1", "1"),
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1000", "1k"),
            ("1e3", "1e3"),
            ("1E3", "1e3"),
            ("100Mi", "100Mi"),
            ("0.1Ki", "102400m"),
            ("128974848", "128974848"),
            ("-1", "-1"),
            ("+5", "5"),
            (".5", "500m"),
            ("1.", "1"),
            ("0.0000000001", "1n"),
            ("12e-3", "12e-3"),
            ("2048", "2048"),
            ("2000Ki", "2000Ki"),
            ("512", "512"),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), expect, "{text}");
        }
    }

    #[test]
    fn suffixes_scale() {
        let cases = [
            ("100m", Some((1, 100))),
            ("1", Some((1, 1_000))),
            ("1.5", Some((2, 1_500))),
            ("0.1", Some((1, 100))),
            (".5", Some((1, 500))),
            ("1.", Some((1, 1_000))),
            ("2Ki", Some((2_048, 2_048_000))),
            ("1k", Some((1_000, 1_000_000))),
            ("1e3", Some((1_000, 1_000_000))),
            ("1E3", Some((1_000, 1_000_000))),
            ("1e-3", Some((1, 1))),
            ("-2", Some((-2, -2_000))),
            ("-1.5", Some((-1, -1_500))),
            ("100n", Some((1, 1))),
            ("", None),
            ("Gi", None),
            ("1GiB", None),
            ("1 Gi", None),
            ("1.2.3", None),
            ("abc", None),
        ];
        for (text, expected) in cases {
            let found = Quantity::parse(text).map(|quantity| (quantity.units(), quantity.millis()));
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn the_largest_quantities_do_not_overflow() {
        assert_eq!(Quantity::parse("7Ei").map(Quantity::units), Some(7 << 60));
        assert_eq!(Quantity::parse("8Ei").map(Quantity::units), Some(i64::MAX));
        assert_eq!(Quantity::parse(&"9".repeat(60)).map(Quantity::units), Some(i64::MAX));
    }

    #[test]
    fn numbers_of_a_manifest_are_read_too() {
        assert_eq!(Quantity::of(&serde_json::json!(2)), Some(Quantity::whole(2)));
        assert_eq!(Quantity::of(&serde_json::json!(0.5)), Some(Quantity::milli(500)));
        assert_eq!(Quantity::of(&serde_json::json!(null)), None);
    }
}
