use std::cmp::Ordering;

use wheelhouse_gotemplate::strconv::{FloatStyle, format_float};
use wheelhouse_goyaml::Value;

/// A number by its decimal digits: what is compared is the number as it is written, so that 0.3
/// is a multiple of 0.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    is_negative: bool,
    /// Digits without zeros at either end; empty for zero.
    digits: Vec<u8>,
    /// The number is `0.digits × 10^point`.
    point: i64,
}

impl Decimal {
    /// The number a value is, if it is one.
    pub(super) fn of(value: &Value) -> Option<Decimal> {
        match value {
            Value::Int(number) => Some(Decimal::parse(&number.to_string())),
            Value::Uint(number) => Some(Decimal::parse(&number.to_string())),
            Value::Float(number) => Some(Decimal::parse(&format!("{number:e}"))),
            _ => None,
        }
    }

    /// From JSON's and Rust's forms of numbers: `-12`, `1.5e-7`, `1E+3`.
    pub(super) fn parse(text: &str) -> Decimal {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let is_negative = mantissa.starts_with('-');
        let mantissa = mantissa.trim_start_matches('-');
        let whole = mantissa.find('.').unwrap_or(mantissa.len());
        let all: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        let zeros = all.iter().take_while(|digit| **digit == 0).count();
        let end = all.iter().rposition(|digit| *digit != 0).map_or(zeros, |last| last + 1);
        let digits = all.get(zeros..end).unwrap_or_default().to_vec();
        if digits.is_empty() {
            return Decimal { is_negative: false, digits, point: 0 };
        }
        let exponent: i64 = exponent.parse().unwrap_or(0);
        let shift = i64::try_from(whole).unwrap_or(0) - i64::try_from(zeros).unwrap_or(0);
        Decimal { is_negative, digits, point: exponent + shift }
    }

    pub(super) fn is_integer(&self) -> bool {
        self.digits.is_empty() || self.point >= self.length()
    }

    /// Whether this is a whole number of times the other; of zero nothing is.
    pub(super) fn is_multiple_of(&self, unit: &Decimal) -> bool {
        if unit.digits.is_empty() {
            return false;
        }
        if self.digits.is_empty() {
            return true;
        }
        if (self.point, &self.digits) < (unit.point, &unit.digits) {
            return false;
        }
        // Both as whole numbers of the same power of ten.
        let scale = (self.length() - self.point).max(unit.length() - unit.point);
        match (self.scaled(scale), unit.scaled(scale)) {
            (Some(number), Some(unit)) => number % unit == 0,
            _ => (self.to_f64() / unit.to_f64()).fract() == 0.0,
        }
    }

    /// The number as message printers for English show it: `70,000`, `1×10⁰⁶`.
    pub(super) fn localised(&self) -> String {
        match self.to_f64() {
            f64::INFINITY => "∞".to_owned(),
            f64::NEG_INFINITY => "-∞".to_owned(),
            number => localise(&format_float(number, FloatStyle::General, None)),
        }
    }

    fn to_f64(&self) -> f64 {
        let digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let sign = if self.is_negative { "-" } else { "" };
        format!("{sign}0.{digits}0e{}", self.point).parse().unwrap_or(0.0)
    }

    fn length(&self) -> i64 {
        i64::try_from(self.digits.len()).unwrap_or(i64::MAX)
    }

    /// The magnitude times `10^scale`, if it fits.
    fn scaled(&self, scale: i64) -> Option<u128> {
        let zeros = u32::try_from(self.point + scale - self.length()).ok()?;
        let number = self
            .digits
            .iter()
            .try_fold(0_u128, |number, digit| number.checked_mul(10)?.checked_add(u128::from(*digit)))?;
        number.checked_mul(10_u128.checked_pow(zeros)?)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Decimal| match (number.digits.is_empty(), number.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitudes = || self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits));
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            1 => magnitudes(),
            _ => magnitudes().reverse(),
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A count as message printers for English show it: `70,000`.
pub(super) fn localised_count(count: usize) -> String {
    localise(&count.to_string())
}

/// Groups the digits before the point by three, and writes an exponent as a power.
fn localise(number: &str) -> String {
    if let Some((mantissa, exponent)) = number.split_once('e') {
        let power = exponent.chars().filter_map(|letter| match letter {
            '-' => Some('⁻'),
            digit => digit.to_digit(10).and_then(|digit| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit as usize)),
        });
        return format!("{mantissa}×10{}", String::from_iter(power));
    }
    let (sign, number) = match number.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", number),
    };
    let (whole, fraction) =
        number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(number: f64) -> Decimal {
        Decimal::of(&Value::Float(number)).unwrap()
    }

    #[test]
    fn numbers_compare_as_written() {
        for (left, right, expected) in [
            (1.0, 2.0, Ordering::Less),
            (10.0, 9.5, Ordering::Greater),
            (-10.0, -9.5, Ordering::Less),
            (0.0, -0.0, Ordering::Equal),
            (1e300, 1e299, Ordering::Greater),
            (1e-7, 1e-8, Ordering::Greater),
            (0.5, 0.50, Ordering::Equal),
            (-1.0, 0.0, Ordering::Less),
        ] {
            assert_eq!(decimal(left).cmp(&decimal(right)), expected, "{left} {right}");
        }
        let large = Decimal::of(&Value::Int(9_007_199_254_740_993)).unwrap();
        assert_eq!(large.cmp(&decimal(9_007_199_254_740_992.0)), Ordering::Greater);
    }

    #[test]
    fn multiples_are_exact() {
        for (number, unit, expected) in [
            (0.3, 0.1, true),
            (0.35, 0.1, false),
            (10.0, 2.5, true),
            (0.0, 3.0, true),
            (3.0, 0.0, false),
            (-4.0, 2.0, true),
            (1e20, 7.0, false),
            (1.0, 1e300, false),
            (-2.5, 5.0, false),
        ] {
            assert_eq!(decimal(number).is_multiple_of(&decimal(unit)), expected, "{number} {unit}");
        }
        assert!(decimal(5.0).is_integer() && decimal(1e20).is_integer() && decimal(0.0).is_integer());
        assert!(!decimal(0.5).is_integer() && !decimal(1.25).is_integer());
    }

    #[test]
    fn numbers_are_shown_in_english() {
        for (number, expected) in [
            (5.0, "5"),
            (-5.0, "-5"),
            (70000.0, "70,000"),
            (999_999.0, "999,999"),
            (-70000.25, "-70,000.25"),
            (1e6, "1×10⁰⁶"),
            (1_234_567.5, "1.2345675×10⁰⁶"),
            (1e-7, "1×10⁻⁰⁷"),
            (0.1, "0.1"),
            (1000.0, "1,000"),
        ] {
            assert_eq!(decimal(number).localised(), expected);
        }
        assert_eq!(localised_count(1_234_567), "1,234,567");
    }
}
