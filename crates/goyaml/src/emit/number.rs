//! Numbers as YAML text.

use std::borrow::Cow;

use crate::error::Error;

/// The digits of a number that need not be negative.
pub(super) fn uint(value: u64, buffer: &mut [u8; 20]) -> &[u8] {
    let start = write_digits(value, buffer);
    buffer.get(start..).unwrap_or_default()
}

/// The digits of a number, after its sign.
pub(super) fn int(value: i64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut start = write_digits(value.unsigned_abs(), buffer);
    if value < 0 {
        start = start.saturating_sub(1);
        if let Some(sign) = buffer.get_mut(start) {
            *sign = b'-';
        }
    }
    buffer.get(start..).unwrap_or_default()
}

fn write_digits(mut value: u64, buffer: &mut [u8; 20]) -> usize {
    let mut start = buffer.len();
    for digit in buffer.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        start -= 1;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    start
}

/// What go-yaml v2 writes for a float that went through JSON: it resolves the digits JSON wrote
/// anew, so that a whole number is an integer as long as it fits 64 bits.
pub(super) fn float_through_json(value: f64) -> Result<Cow<'static, str>, Error> {
    let unsupported = |word| Error::Marshaling(Box::new(Error::UnsupportedValue(word)));
    let text = crate::float::json(value).map_err(unsupported)?;
    let is_whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if text == "-0" {
        Ok(Cow::Borrowed("0"))
    } else if is_whole && (text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok()) {
        Ok(Cow::Owned(text))
    } else {
        Ok(crate::float::yaml(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_all_their_digits() {
        let text = |value| String::from_utf8(int(value, &mut [0; 20]).to_vec()).unwrap();
        assert_eq!(text(0), "0");
        assert_eq!(text(-7), "-7");
        assert_eq!(text(i64::MIN), i64::MIN.to_string());
        assert_eq!(text(i64::MAX), i64::MAX.to_string());
        assert_eq!(uint(u64::MAX, &mut [0; 20]), u64::MAX.to_string().as_bytes());
    }

    #[test]
    fn floats_are_resolved_from_their_json_digits() {
        let check = |value: f64, expected: &str| assert_eq!(float_through_json(value).unwrap(), expected);
        check(1.0, "1");
        check(-0.0, "0");
        check(1e6, "1000000");
        check(1e20, "1e+20");
        check(1e19, "10000000000000000000");
        check(-1e19, "-1e+19");
        check(4_611_686_018_427_387_904.0, "4611686018427388000");
        check(9_223_372_036_854_775_808.0, "9223372036854776000");
        check(-9_223_372_036_854_775_808.0, "-9.223372036854776e+18");
        check(1e-7, "1e-07");
        check(0.5, "0.5");
    }
}
