//! Resource quantities: `100m`, `1.5`, `2Gi`, `1e3`.

/// How many parts of a billion one unit has: the finest that Kubernetes keeps.
const NANO: i128 = 1_000_000_000;

/// An amount of a resource, kept in billionths.
///
/// The grammar is that of `k8s.io/apimachinery/pkg/api/resource`; what is finer than a billionth is
/// rounded away from zero, as there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Quantity {
    nano: i128,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self { nano: 0 };

    /// So many whole units.
    #[must_use]
    pub const fn whole(units: i64) -> Self {
        Self { nano: units as i128 * NANO }
    }

    /// So many thousandths, as `100m` has 100.
    #[must_use]
    pub const fn milli(thousandths: i64) -> Self {
        Self { nano: thousandths as i128 * 1_000_000 }
    }

    /// Reads a quantity; nothing where the text is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let end = rest
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(rest.len());
        let (number, suffix) = rest.split_at_checked(end)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let (multiplier, divisor) = scale(suffix)?;
        let mut digits: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            digits = digits.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
        }
        let places = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?.checked_mul(divisor)?;
        let scaled = digits.checked_mul(multiplier)?.checked_mul(NANO)?;
        let nano = scaled / places + i128::from(scaled % places != 0);
        Some(Self { nano: if negative { -nano } else { nano } })
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
        let floor = self.nano.div_euclid(part);
        let up = floor + i128::from(self.nano.rem_euclid(part) != 0);
        i64::try_from(up).unwrap_or(if up > 0 { i64::MAX } else { i64::MIN })
    }

    /// The sum, held at the largest value there is.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { nano: self.nano.saturating_add(other.nano) }
    }

    /// The difference.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self { nano: self.nano.saturating_sub(other.nano) }
    }
}

/// Multiplier and divisor of a suffix.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    let pair = match suffix {
        "" => (1, 1),
        "n" => (1, NANO),
        "u" => (1, 1_000_000),
        "m" => (1, 1_000),
        "k" => (1_000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (1_000_000_000_000, 1),
        "P" => (1_000_000_000_000_000, 1),
        "E" => (1_000_000_000_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
            if exponent < 0 { (1, power) } else { (power, 1) }
        }
    };
    Some(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(Quantity::parse(&"9".repeat(60)), None);
    }

    #[test]
    fn numbers_of_a_manifest_are_read_too() {
        assert_eq!(Quantity::of(&serde_json::json!(2)), Some(Quantity::whole(2)));
        assert_eq!(Quantity::of(&serde_json::json!(0.5)), Some(Quantity::milli(500)));
        assert_eq!(Quantity::of(&serde_json::json!(null)), None);
    }
}
