//! Decimal numbers as `shopspring/decimal` computes with them.

use num_bigint::{BigInt, Sign};

/// Digits behind the point that a division keeps.
const DIVISION_PRECISION: i64 = 16;

/// `value · 10^exponent`, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    value: BigInt,
    exponent: i64,
}

impl Decimal {
    /// The shortest decimal that reads back as this number; `None` of infinity and NaN.
    pub(super) fn from_f64(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let exponent: i64 = exponent.parse().ok()?;
        let digits = mantissa.replace('.', "");
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        Some(Self { value: digits.parse().ok()?, exponent: exponent - i64::try_from(fraction).ok()? })
    }

    /// The nearest number.
    pub(super) fn to_f64(&self) -> f64 {
        // Rust reads any number of digits and rounds once.
        format!("{}e{}", self.value, self.exponent).parse().unwrap_or(0.0)
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        Self { value: self.scaled(exponent) + other.scaled(exponent), exponent }
    }

    pub(super) fn subtract(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        Self { value: self.scaled(exponent) - other.scaled(exponent), exponent }
    }

    pub(super) fn multiply(&self, other: &Self) -> Self {
        Self { value: &self.value * &other.value, exponent: self.exponent + other.exponent }
    }

    /// The quotient to sixteen digits behind the point, a five rounded away from zero; `None` for a
    /// division by zero.
    pub(super) fn divide(&self, other: &Self) -> Option<Self> {
        if other.value.sign() == Sign::NoSign {
            return None;
        }
        let shift = self.exponent - other.exponent + DIVISION_PRECISION;
        let (dividend, divisor) = if shift < 0 {
            (self.value.clone(), &other.value * ten_to(-shift))
        } else {
            (&self.value * ten_to(shift), other.value.clone())
        };
        let mut quotient = &dividend / &divisor;
        let remainder = &dividend % &divisor;
        if remainder.magnitude() * 2_u8 >= *divisor.magnitude() {
            if (dividend.sign() == Sign::Minus) == (divisor.sign() == Sign::Minus) {
                quotient += 1;
            } else {
                quotient -= 1;
            }
        }
        Some(Self { value: quotient, exponent: -DIVISION_PRECISION })
    }

    /// The value at a smaller exponent.
    fn scaled(&self, exponent: i64) -> BigInt {
        &self.value * ten_to(self.exponent - exponent)
    }
}

fn ten_to(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(number: f64) -> Decimal {
        Decimal::from_f64(number).unwrap()
    }

    #[test]
    #[allow(clippy::float_cmp)]
    fn computes_in_decimals() {
        assert_eq!(decimal(0.1).add(&decimal(0.2)).to_f64(), 0.3);
        assert_eq!(decimal(0.3).subtract(&decimal(0.1)).to_f64(), 0.2);
        assert_eq!(decimal(1.1).multiply(&decimal(1.1)).to_f64(), 1.21);
        assert_eq!(decimal(10.0).divide(&decimal(3.0)).unwrap().to_f64(), 3.333_333_333_333_333_5);
        assert_eq!(decimal(-2.0).divide(&decimal(3.0)).unwrap().to_f64(), -0.666_666_666_666_666_7);
        assert_eq!(decimal(1e-17).divide(&decimal(2.0)).unwrap().to_f64(), 0.0);
        assert_eq!(decimal(1e-16).divide(&decimal(2.0)).unwrap().to_f64(), 1e-16);
        assert_eq!(decimal(1e308).multiply(&decimal(10.0)).to_f64(), f64::INFINITY);
        assert!(decimal(1.0).divide(&decimal(0.0)).is_none());
        assert!(Decimal::from_f64(f64::NAN).is_none());
    }
}
