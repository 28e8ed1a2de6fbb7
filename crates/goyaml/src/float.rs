//! Floats as Go's `strconv.FormatFloat` and `encoding/json` write them: the fewest digits that
//! read back the same.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The decimal digits of a number and where its point stands.
struct Decimal {
    negative: bool,
    /// Digits without leading or trailing zeros; `0` for zero.
    digits: String,
    /// The number is `0.digits × 10^point`.
    point: i32,
}

impl Decimal {
    /// The fewest digits that read back as `value`.
    fn shortest(value: f64) -> Self {
        Self::even(&format!("{value:e}"), 15, |precision| {
            let rounded = format!("{value:.precision$e}");
            (rounded.parse() == Ok(value)).then_some(rounded)
        })
    }

    /// The same with the precision of 32 bits.
    fn shortest_32(value: f32) -> Self {
        Self::even(&format!("{value:e}"), 6, |precision| {
            let rounded = format!("{value:.precision$e}");
            (rounded.parse() == Ok(value)).then_some(rounded)
        })
    }

    /// With many digits two decimals may be equally near. Rust takes the larger one then, Go the
    /// even one, as rounding to a given number of digits does.
    fn even(shortest: &str, many: usize, round: impl Fn(usize) -> Option<String>) -> Self {
        let decimal = Self::parse(shortest);
        if decimal.digits.len() < many {
            return decimal;
        }
        round(decimal.digits.len() - 1).map_or(decimal, |rounded| Self::parse(&rounded))
    }

    /// From a scientific form, such as `-1.5e-7`.
    fn parse(scientific: &str) -> Self {
        let unsigned = scientific.strip_prefix('-');
        let (mantissa, exponent) =
            unsigned.unwrap_or(scientific).split_once('e').unwrap_or((scientific, "0"));
        let digits = mantissa.replace('.', "");
        let point = exponent.parse::<i32>().unwrap_or(0) + 1;
        Self { negative: unsigned.is_some(), digits, point }
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    /// `%e`: `1.5e-07`; `pad`: an exponent of two digits at least.
    fn scientific(&self, pad: bool) -> String {
        let (first, rest) = self.digits.split_at_checked(1).unwrap_or((&self.digits, ""));
        let exponent = self.point - 1;
        let mark = if exponent < 0 { '-' } else { '+' };
        let point = if rest.is_empty() { "" } else { "." };
        let mut text = format!("{}{first}{point}{rest}e{mark}", self.sign());
        let width = if pad { 2 } else { 1 };
        let _ = write!(text, "{:0width$}", exponent.unsigned_abs());
        text
    }

    /// `%f`: `0.00015`
    fn fixed(&self) -> String {
        let length = self.digits.len();
        let whole = usize::try_from(self.point).unwrap_or(0);
        let zeros = usize::try_from(-self.point).unwrap_or(0);
        let mut text = String::with_capacity(length + whole + zeros + 3);
        text.push_str(self.sign());
        match self.digits.split_at_checked(whole) {
            Some(("", fraction)) => {
                text.push_str("0.");
                text.extend(std::iter::repeat_n('0', zeros));
                text.push_str(fraction);
            }
            Some((before, after)) => {
                text.push_str(before);
                if !after.is_empty() {
                    text.push('.');
                    text.push_str(after);
                }
            }
            None => {
                text.push_str(&self.digits);
                text.extend(std::iter::repeat_n('0', whole - length));
            }
        }
        text
    }

    /// `%g` with the fewest digits: scientific below 1e-4 and from 1e6.
    fn general(&self) -> String {
        if (-4..6).contains(&(self.point - 1)) { self.fixed() } else { self.scientific(true) }
    }
}

/// `FormatFloat(value, 'g', -1, 64)`, but in the words of YAML: what go-yaml writes for a float.
pub(crate) fn yaml(value: f64) -> Cow<'static, str> {
    match special(value) {
        Some("NaN") => Cow::Borrowed(".nan"),
        Some("+Inf") => Cow::Borrowed(".inf"),
        Some(_) => Cow::Borrowed("-.inf"),
        None => Cow::Owned(Decimal::shortest(value).general()),
    }
}

/// `FormatFloat(value, 'g', -1, 32)`: what `sigs.k8s.io/yaml` makes of a float that is to be text.
pub(crate) fn general_32(value: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "Go narrows it as well")]
    let value = value as f32;
    match special(f64::from(value)) {
        Some(word) => word.to_owned(),
        None => Decimal::shortest_32(value).general(),
    }
}

/// [`general_32`] in the words of YAML: a float as a key.
pub(crate) fn yaml_key(value: f64) -> Cow<'static, str> {
    #[allow(clippy::cast_possible_truncation, reason = "Go narrows it as well")]
    let narrow = f64::from(value as f32);
    if narrow.is_finite() { Cow::Owned(general_32(value)) } else { yaml(narrow) }
}

/// A number in Go syntax (`%#v` of a `float64`).
pub(crate) fn go_syntax(value: f64) -> String {
    match special(value) {
        Some(word) => word.to_owned(),
        None => Decimal::shortest(value).general(),
    }
}

/// A number as Go's JSON writes it; the error is Go's name of a value it cannot write.
pub(crate) fn json(value: f64) -> Result<String, &'static str> {
    if let Some(word) = special(value) {
        return Err(word);
    }
    let decimal = Decimal::shortest(value);
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        Ok(decimal.scientific(false))
    } else {
        Ok(decimal.fixed())
    }
}

fn special(value: f64) -> Option<&'static str> {
    match value {
        value if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("+Inf"),
        f64::NEG_INFINITY => Some("-Inf"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_go_does() {
        let check = |value: f64, expected_yaml: &str, expected_json: &str| {
            assert_eq!(yaml(value), expected_yaml);
            assert_eq!(json(value).unwrap(), expected_json);
        };
        check(0.0, "0", "0");
        check(-0.0, "-0", "-0");
        check(1.5, "1.5", "1.5");
        check(-1.5, "-1.5", "-1.5");
        check(0.000_123, "0.000123", "0.000123");
        check(0.000_012_3, "1.23e-05", "0.0000123");
        check(0.000_000_123, "1.23e-07", "1.23e-7");
        check(1e6, "1e+06", "1000000");
        check(123_456.7, "123456.7", "123456.7");
        check(1_234_567.5, "1.2345675e+06", "1234567.5");
        check(1e21, "1e+21", "1e+21");
        check(1e20, "1e+20", "100000000000000000000");
        check(1e-100, "1e-100", "1e-100");
        check(761_320_690_001_442.0 + 0.25, "7.613206900014422e+14", "761320690001442.2");
        check(f64::MAX, "1.7976931348623157e+308", "1.7976931348623157e+308");
        check(5e-324, "5e-324", "5e-324");
    }

    #[test]
    fn floats_become_text_with_32_bits() {
        assert_eq!(general_32(1.2), "1.2");
        assert_eq!(general_32(1e3), "1000");
        assert_eq!(general_32(std::f64::consts::PI), "3.1415927");
        assert_eq!(general_32(1e300), "+Inf");
        assert_eq!(yaml_key(f64::NAN), ".nan");
        assert_eq!(yaml_key(1e300), ".inf");
    }

    #[test]
    fn what_json_cannot_write_is_named() {
        assert_eq!(json(f64::NAN), Err("NaN"));
        assert_eq!(json(f64::NEG_INFINITY), Err("-Inf"));
    }
}
