//! Resource quantities: `100m`, `1.5Gi`, `1e3`.
//!
//! A quantity is an exact decimal with a notation. Writing it gives the canonical form of its
//! notation: no fraction, the largest suffix that needs none; finer than a nano is rounded up.

use std::cmp::Ordering;
use std::fmt;

/// The family of suffixes a quantity was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    /// `n u m k M G T P E`.
    DecimalSi,
    /// `Ki Mi Gi Ti Pi Ei`.
    BinarySi,
    /// `e3`.
    DecimalExponent,
}

/// An exact quantity, counted in nanos.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantity {
    nanos: i128,
    notation: Notation,
}

/// The text is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
pub(crate) struct NotAQuantity;

const NANO: i128 = 1_000_000_000;

impl Quantity {
    /// Reads a quantity.
    ///
    /// # Errors
    /// When the text does not have the form of one.
    pub(crate) fn parse(text: &str) -> Result<Self, NotAQuantity> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at_checked(end).ok_or(NotAQuantity)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(NotAQuantity);
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
        Ok(Quantity { nanos: if negative { -nanos } else { nanos }, notation })
    }

    /// A whole number.
    pub(crate) fn whole(value: i64) -> Self {
        Quantity { nanos: i128::from(value) * NANO, notation: Notation::DecimalSi }
    }

    /// Zero in decimal notation.
    pub(crate) fn zero() -> Self {
        Self::whole(0)
    }

    /// The value in billionths.
    pub(crate) fn nanos(&self) -> i128 {
        self.nanos
    }

    /// The sum, in the notation of the first that is not zero.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        let notation = if self.nanos == 0 { other.notation } else { self.notation };
        Quantity { nanos: self.nanos.saturating_add(other.nanos), notation }
    }

    /// The value as a whole number, rounded up.
    pub(crate) fn ceil(&self) -> i64 {
        let up = self.nanos.div_euclid(NANO) + i128::from(self.nanos.rem_euclid(NANO) != 0);
        i64::try_from(up).unwrap_or(i64::MAX)
    }

    /// The value has no fraction.
    pub(crate) fn is_whole(&self) -> bool {
        self.nanos % NANO == 0
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.nanos.cmp(&other.nanos))
    }
}

fn suffix_value(suffix: &str) -> Result<(Notation, i32, i32), NotAQuantity> {
    let decimal = |exponent| Ok((Notation::DecimalSi, 10, exponent));
    let binary = |exponent| Ok((Notation::BinarySi, 2, exponent));
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
            let exponent = suffix.strip_prefix(['e', 'E']).ok_or(NotAQuantity)?;
            let value: i32 = exponent.parse().map_err(|_| NotAQuantity)?;
            Ok((Notation::DecimalExponent, 10, value))
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
    fn what_is_no_quantity_is_refused() {
        for text in ["", "x", "1x", "1.2.3", "--1", "1 Gi", "1gi", "Gi", "e3"] {
            assert_eq!(Quantity::parse(text).err(), Some(NotAQuantity), "{text}");
        }
    }

    #[test]
    fn quantities_add_and_compare() {
        let sum = Quantity::parse("500m").unwrap().plus(Quantity::parse("1").unwrap());
        assert_eq!(sum.to_string(), "1500m");
        assert_eq!(sum.ceil(), 2);
        assert!(Quantity::parse("1Gi").unwrap() > Quantity::parse("1G").unwrap());
        assert_eq!(Quantity::parse("1000m").unwrap(), Quantity::whole(1));
    }
}
