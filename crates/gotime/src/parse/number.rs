//! Numbers and names as they stand in times.

use super::Mismatch;
use crate::duration::leading_integer;

/// Takes one or two digits; `fixed` asks for two.
pub(super) fn two_digits(value: &mut &[u8], fixed: bool) -> Result<i64, Mismatch> {
    digits(value, 2, fixed)
}

/// Takes up to `most` digits; `fixed` asks for that many.
pub(super) fn digits(value: &mut &[u8], most: usize, fixed: bool) -> Result<i64, Mismatch> {
    let count = value.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || fixed && count != most {
        return Err(Mismatch::Form);
    }
    integer(take(value, count)?)
}

/// Takes so many bytes.
pub(super) fn take<'v>(value: &mut &'v [u8], count: usize) -> Result<&'v [u8], Mismatch> {
    let (taken, rest) = value.split_at_checked(count).ok_or(Mismatch::Form)?;
    *value = rest;
    Ok(taken)
}

/// A whole text as a number, perhaps with a sign.
pub(super) fn integer(text: &[u8]) -> Result<i64, Mismatch> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(Mismatch::Form);
    }
    let number =
        leading_integer(digits).and_then(|number| i64::try_from(number).ok()).ok_or(Mismatch::Form)?;
    Ok(if negative { -number } else { number })
}

/// Takes one of the names, in any letter case; gives its place in the list.
pub(super) fn name<'n>(value: &mut &[u8], names: impl IntoIterator<Item = &'n str>) -> Result<i64, Mismatch> {
    for (index, name) in (0..).zip(names) {
        if value.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes())) {
            take(value, name.len())?;
            return Ok(index);
        }
    }
    Err(Mismatch::Form)
}

/// Takes a separator and the digits behind it, in all so many bytes, as nanoseconds.
pub(super) fn nanoseconds(value: &mut &[u8], length: usize) -> Result<i64, Mismatch> {
    let text = take(value, length)?;
    let (separator, digits) = text.split_first().ok_or(Mismatch::Form)?;
    if !is_separator(*separator) {
        return Err(Mismatch::Form);
    }
    let digits = digits.get(..9).unwrap_or(digits);
    let number = integer(digits)?;
    if number < 0 {
        return Err(Mismatch::Range("fractional second"));
    }
    Ok(digits.iter().fold(1_000_000_000, |scale, _| scale / 10) * number)
}

/// How many bytes a separator and the digits behind it take; none if they do not come next.
pub(super) fn fraction_length(value: &[u8]) -> Option<usize> {
    let (separator, rest) = value.split_first()?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (is_separator(*separator) && digits > 0).then_some(digits + 1)
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'.' | b',')
}
