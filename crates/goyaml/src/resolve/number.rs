//! Go's `strconv` as far as go-yaml uses it.

use std::borrow::Cow;

use super::Resolved;

/// An integer or float that begins with a digit or sign.
pub(super) fn resolve_number(text: &str) -> Option<Resolved<'_>> {
    let plain: Cow<'_, str> =
        if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    let plain = plain.as_ref();
    if let Some(value) = parse_int(plain, 0) {
        return Some(Resolved::Int(value));
    }
    if let Some(value) = parse_uint(plain, 0) {
        return Some(Resolved::Uint(value));
    }
    if let Some(value) = parse_yaml_float(plain) {
        return Some(Resolved::Float(value));
    }
    // What is left of binary numbers after the above is a sign after the prefix.
    if let Some(digits) = plain.strip_prefix("0b") {
        let uint = || parse_uint(digits, 2).map(Resolved::Uint);
        return parse_int(digits, 2).map(Resolved::Int).or_else(uint);
    }
    if let Some(digits) = plain.strip_prefix("-0b") {
        return parse_int(&format!("-{digits}"), 2).map(Resolved::Int);
    }
    None
}

/// The octals only v3 knows: a sign after `0o`.
pub(super) fn is_v3_octal(text: &str) -> bool {
    let plain = text.replace('_', "");
    if let Some(digits) = plain.strip_prefix("0o") {
        return parse_int(digits, 8).is_some() || parse_uint(digits, 8).is_some();
    }
    plain.strip_prefix("-0o").is_some_and(|digits| parse_int(&format!("-{digits}"), 8).is_some())
}

/// Go's `ParseInt(text, base, 64)` for text without underscores.
fn parse_int(text: &str, base: u32) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let magnitude = parse_uint(digits, base)?;
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Go's `ParseUint(text, base, 64)` for text without underscores; base 0 takes it from the prefix.
fn parse_uint(text: &str, base: u32) -> Option<u64> {
    let (digits, base) = if base != 0 {
        (text, base)
    } else {
        match text.as_bytes() {
            [b'0', b'x' | b'X', _, ..] => (text.get(2..)?, 16),
            [b'0', b'b' | b'B', _, ..] => (text.get(2..)?, 2),
            [b'0', b'o' | b'O', _, ..] => (text.get(2..)?, 8),
            [b'0', _, ..] => (text.get(1..)?, 8),
            _ => (text, 10),
        }
    };
    // Rust would take a sign here.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(digits, base).ok()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, unless it is out of range.
fn parse_yaml_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) =
        mantissa.split_once('.').map_or((mantissa, None), |(whole, part)| (whole, Some(part)));
    let mantissa_fits = digits(whole)
        && fraction.is_none_or(digits)
        && (!whole.is_empty() || fraction.is_some_and(|part| !part.is_empty()));
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits_only = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits_only.is_empty() && digits(digits_only)
    });
    if mantissa_fits && exponent_fits { parse_float(text) } else { None }
}

/// Go's `ParseFloat(text, 64)` for text in the decimal form: too large is an error, and an
/// underscore may stand between two digits.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let decimal = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E' | b'_');
    if !text.bytes().all(decimal) {
        return None;
    }
    let finite = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
    if !text.contains('_') {
        return finite(text);
    }
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let separates = text
        .split('_')
        .zip(text.split('_').skip(1))
        .all(|(before, after)| is_digit(before.as_bytes().last()) && is_digit(after.as_bytes().first()));
    if separates { finite(&text.replace('_', "")) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Resolved<'_>>) {
        assert_eq!(resolve_number(text), expected, "{text:?}");
    }

    #[test]
    fn integers_follow_go_prefixes() {
        check("010", Some(Resolved::Int(8)));
        check("0o17", Some(Resolved::Int(15)));
        check("0x1F", Some(Resolved::Int(31)));
        check("-0x1F", Some(Resolved::Int(-31)));
        check("0b11", Some(Resolved::Int(3)));
        check("0b+1", Some(Resolved::Int(1)));
        check("1_000", Some(Resolved::Int(1000)));
        check("+1", Some(Resolved::Int(1)));
        check("-0", Some(Resolved::Int(0)));
        check("0x", None);
        check("0x+1", None);
        check("-9223372036854775808", Some(Resolved::Int(i64::MIN)));
        check("18446744073709551615", Some(Resolved::Uint(u64::MAX)));
        check("+", None);
        check("-", None);
    }

    #[test]
    fn floats_follow_the_yaml_pattern() {
        check("08", Some(Resolved::Float(8.0)));
        check("1.", Some(Resolved::Float(1.0)));
        check("-.5", Some(Resolved::Float(-0.5)));
        check("1e3", Some(Resolved::Float(1000.0)));
        check("1e1000", None);
        check("1e-1000", Some(Resolved::Float(0.0)));
        check("1e", None);
        check("1.2.3", None);
        check("18446744073709551616", Some(Resolved::Float(18_446_744_073_709_552_000.0)));
        check("-18446744073709551615", Some(Resolved::Float(-18_446_744_073_709_552_000.0)));
        check("0x1p4", None);
    }

    #[test]
    fn underscores_separate_digits() {
        assert_eq!(parse_float(".85623_15"), Some(0.856_231_5));
        assert_eq!(parse_float(".5e1_0"), Some(5e9));
        assert_eq!(parse_float("._5"), None);
        assert_eq!(parse_float(".5_"), None);
        assert_eq!(parse_float(".5__5"), None);
    }
}
