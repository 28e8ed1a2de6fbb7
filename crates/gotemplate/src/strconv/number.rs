//! Reading numbers as Go's `strconv.ParseInt`, `ParseUint` and `ParseFloat` do.

/// Go's `strconv.ParseUint(text, base, 64)`; base 0 reads `0x`, `0o`, `0b`, a leading `0` and `_`.
/// `None` for what Go answers with a syntax or range error.
#[must_use]
pub fn parse_uint(text: &str, base: u32) -> Option<u64> {
    let (digits, radix) = if base == 0 { split_prefix(text) } else { (text, base) };
    if base == 0 && text.contains('_') && !underscores_fit(text) {
        return None;
    }
    let mut value: u64 = 0;
    let mut any = false;
    for character in digits.chars() {
        if character == '_' && base == 0 {
            continue;
        }
        let digit = character.to_digit(radix)?;
        value = value.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))?;
        any = true;
    }
    any.then_some(value)
}

/// Go's `strconv.ParseInt(text, base, 64)`.
/// `None` for what Go answers with a syntax or range error.
#[must_use]
pub fn parse_int(text: &str, base: u32) -> Option<i64> {
    let (negative, magnitude) = split_sign(text);
    // A second sign is none of ParseUint's digits.
    let value = parse_uint(magnitude, base)?;
    if negative { 0_i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() }
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn split_prefix(text: &str) -> (&str, u32) {
    let prefixes = [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)];
    for (prefix, radix) in prefixes {
        match text.strip_prefix(prefix) {
            Some(rest) if !rest.is_empty() => return (rest, radix),
            _ => {}
        }
    }
    match text.strip_prefix('0') {
        Some(rest) if !rest.is_empty() => (rest, 8),
        _ => (text, 10),
    }
}

/// Whether underscores stand only between digits, or between a base prefix and a digit.
fn underscores_fit(text: &str) -> bool {
    let (_, number) = split_sign(text);
    let lower = number.to_ascii_lowercase();
    let prefixed = ["0b", "0o", "0x"].iter().any(|prefix| lower.starts_with(prefix));
    let hexadecimal = lower.starts_with("0x");
    let mut previous = if prefixed { '0' } else { '^' };
    for character in lower.chars().skip(if prefixed { 2 } else { 0 }) {
        let digit = character.is_ascii_digit() || (hexadecimal && matches!(character, 'a'..='f'));
        previous = match (character, previous) {
            _ if digit => '0',
            ('_', '0') => '_',
            ('_', _) | (_, '_') => return false,
            _ => '!',
        };
    }
    previous != '_'
}

/// Go's `strconv.ParseFloat(text, 64)`: decimal or hexadecimal, with `_` as Go literals allow.
/// `None` for what Go answers with a syntax or range error.
#[must_use]
pub fn parse_float(text: &str) -> Option<f64> {
    let (negative, magnitude) = split_sign(text);
    let lower = magnitude.to_ascii_lowercase();
    let value = match lower.as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" if magnitude.len() == text.len() => f64::NAN,
        _ => {
            if lower.contains('_') && !underscores_fit(text) {
                return None;
            }
            let digits = lower.replace('_', "");
            match digits.strip_prefix("0x") {
                Some(hexadecimal) => parse_hexadecimal(hexadecimal)?,
                None => parse_decimal(&digits)?,
            }
        }
    };
    Some(if negative { -value } else { value })
}

fn parse_decimal(digits: &str) -> Option<f64> {
    // Rust reads more words ("inf") and Go more signs: only digits, a point and an exponent here.
    let plain = digits.chars().all(|character| matches!(character, '0'..='9' | '.' | 'e' | '+' | '-'));
    let starts = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    if !plain || !starts {
        return None;
    }
    digits.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Reads what follows `0x`: hexadecimal digits with a point, then `p` and a decimal exponent.
fn parse_hexadecimal(text: &str) -> Option<f64> {
    let (mantissa_text, exponent_text) = text.split_once('p')?;
    let (whole, fraction) = mantissa_text.split_once('.').unwrap_or((mantissa_text, ""));
    let mut mantissa: u64 = 0;
    let mut exponent: i64 = 0;
    let mut any = false;
    for (character, in_fraction) in
        whole.chars().map(|digit| (digit, false)).chain(fraction.chars().map(|digit| (digit, true)))
    {
        let digit = u64::from(character.to_digit(16)?);
        any = true;
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | digit;
            exponent -= if in_fraction { 4 } else { 0 };
        } else {
            // Too small to matter except for which way to round.
            mantissa |= u64::from(digit != 0);
            exponent += if in_fraction { 0 } else { 4 };
        }
    }
    let (negative, power) = split_sign(exponent_text);
    if !any || power.is_empty() || !power.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let power = power.parse::<i64>().unwrap_or(i64::MAX).min(100_000);
    exponent += if negative { -power } else { power };
    scale(mantissa, exponent)
}

/// `mantissa * 2^exponent`, rounded half to even; `None` when it is too large.
fn scale(mantissa: u64, exponent: i64) -> Option<f64> {
    if mantissa == 0 {
        return Some(0.0);
    }
    let length = i64::from(64 - mantissa.leading_zeros());
    // The exponent of the lowest bit that is kept: 53 bits, fewer for subnormal numbers.
    let lowest = (exponent + length - 53).max(-1074);
    let drop = lowest - exponent;
    let kept = if drop <= 0 {
        mantissa.checked_shl(u32::try_from(-drop).ok()?)?
    } else if drop > 64 {
        0
    } else {
        let wide = u128::from(mantissa);
        let drop = u32::try_from(drop).ok()?;
        let half = 1_u128 << (drop - 1);
        let rest = wide & ((half << 1) - 1);
        let whole = (wide >> drop) as u64;
        whole + u64::from(rest > half || (rest == half && whole & 1 == 1))
    };
    // At most 53 bits and a power of two in range: both steps are exact.
    let value = kept as f64;
    let power = i32::try_from(lowest).ok()?;
    let scaled = if power < -1000 {
        value * 2_f64.powi(power + 100) * 2_f64.powi(-100)
    } else {
        value * 2_f64.powi(power)
    };
    scaled.is_finite().then_some(scaled)
}

/// Reads a complex literal as `fmt.Sscan` does: `1+2i`, real part and imaginary part.
#[must_use]
pub fn parse_complex(text: &str) -> Option<(f64, f64)> {
    let body = text.strip_suffix('i')?;
    let split = body
        .char_indices()
        .zip(std::iter::once(' ').chain(body.chars()))
        .filter(|((at, sign), before)| {
            *at > 0 && matches!(sign, '+' | '-') && !matches!(before.to_ascii_lowercase(), 'e' | 'p')
        })
        .map(|((at, _), _)| at)
        .last()?;
    let (real, imaginary) = body.split_at_checked(split)?;
    Some((parse_float(real)?, parse_float(imaginary)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_read_as_go_reads_them() {
        for (text, expect) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("+7", Some(7)),
            ("0x1F", Some(31)),
            ("0o17", Some(15)),
            ("0b101", Some(5)),
            ("010", Some(8)),
            ("08", None),
            ("1_000", Some(1000)),
            ("0x_1f", Some(31)),
            ("0_7", Some(7)),
            ("1_", None),
            ("_1", None),
            ("1__0", None),
            ("0x", None),
            ("", None),
            ("-", None),
            ("--1", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
        ] {
            assert_eq!(parse_int(text, 0), expect, "{text}");
        }
        assert_eq!(parse_uint("18446744073709551615", 0), Some(u64::MAX));
        assert_eq!(parse_uint("-1", 0), None);
        assert_eq!(parse_int("08", 10), Some(8));
        assert_eq!(parse_int("1_0", 10), None);
    }

    #[test]
    fn floats_read_as_go_reads_them() {
        for (text, expect) in [
            ("1.5", Some(1.5)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1e3", Some(1000.0)),
            ("-1E-3", Some(-0.001)),
            ("1_0.5", Some(10.5)),
            ("1_.5", None),
            ("0x1p4", Some(16.0)),
            ("0x1.8p1", Some(3.0)),
            ("0X.8P+1", Some(1.0)),
            ("0x1p-1074", Some(5e-324)),
            ("0x1p-1075", Some(0.0)),
            ("0x1.8p-1075", Some(5e-324)),
            ("0x1.fffffffffffff8p1023", None),
            ("0x1.fffffffffffffp1023", Some(f64::MAX)),
            ("0x1.00000000000008p0", Some(1.0)),
            ("0x1.00000000000018p0", Some(1.000_000_000_000_000_4)),
            ("0x1", None),
            ("0x1p", None),
            ("1e999", None),
            ("", None),
            (".", None),
            ("e5", None),
            ("infinity", Some(f64::INFINITY)),
        ] {
            assert_eq!(parse_float(text), expect, "{text}");
        }
        assert!(parse_float("nan").unwrap().is_nan());
    }

    #[test]
    fn complex_literals_have_two_parts() {
        assert_eq!(parse_complex("1+2i"), Some((1.0, 2.0)));
        assert_eq!(parse_complex("-1e-3-.5i"), Some((-0.001, -0.5)));
        assert_eq!(parse_complex("1e+2+0i"), Some((100.0, 0.0)));
        assert_eq!(parse_complex("2i"), None);
    }
}
