//! Offsets and abbreviations of zones.

use super::Mismatch;
use super::number::{take, two_digits};
use crate::duration::leading_integer;
use crate::layout::OffsetForm;

/// Takes an offset; gives seconds east of UTC.
pub(super) fn offset(value: &mut &[u8], form: OffsetForm) -> Result<i64, Mismatch> {
    // Where the hours, minutes and seconds begin, and where colons must be.
    let (length, starts, colons): (usize, &[usize], &[usize]) = match form {
        OffsetForm::Hours => (3, &[1], &[]),
        OffsetForm::Minutes => (5, &[1, 3], &[]),
        OffsetForm::ColonMinutes => (6, &[1, 4], &[3]),
        OffsetForm::Seconds => (7, &[1, 3, 5], &[]),
        OffsetForm::ColonSeconds => (9, &[1, 4, 7], &[3, 6]),
    };
    if value.len() < length || colons.iter().any(|&at| value.get(at) != Some(&b':')) {
        return Err(Mismatch::Form);
    }
    let text = take(value, length)?;
    // A number that is none hides those behind it, but not one out of range before it.
    let (mut numbers, mut form_error) = ([0; 3], None);
    for (number, &start) in numbers.iter_mut().zip(starts) {
        match two_digits(&mut text.get(start..).unwrap_or_default(), true) {
            Ok(value) => *number = value,
            Err(error) => {
                form_error = Some(error);
                break;
            }
        }
    }
    let [hours, minutes, seconds] = numbers;
    // Some people do write offsets of 24 hours or 60 minutes. The last part out of range is told.
    for (number, most, what) in [
        (seconds, 60, "time zone offset second"),
        (minutes, 60, "time zone offset minute"),
        (hours, 24, "time zone offset hour"),
    ] {
        if number > most {
            return Err(Mismatch::Range(what));
        }
    }
    if let Some(error) = form_error {
        return Err(error);
    }
    let offset = (hours * 60 + minutes) * 60 + seconds;
    match text.first() {
        Some(b'+') => Ok(offset),
        Some(b'-') => Ok(-offset),
        _ => Err(Mismatch::Form),
    }
}

/// How many bytes look like the abbreviation of a zone: three letters, four or five that end in T,
/// a few special ones, `GMT+3` or `+03`.
pub(super) fn abbreviation_length(value: &[u8]) -> Option<usize> {
    if value.len() < 3 {
        return None;
    }
    if value.starts_with(b"ChST") || value.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = value.strip_prefix(b"GMT") {
        return Some(3 + signed_hours(rest).unwrap_or(0));
    }
    if value.starts_with(b"+") || value.starts_with(b"-") {
        return signed_hours(value);
    }
    match value.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count() {
        5 if value.get(4) == Some(&b'T') => Some(5),
        4 if value.get(3) == Some(&b'T') || value.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// How many bytes a sign and a number of at most 23 take.
fn signed_hours(value: &[u8]) -> Option<usize> {
    let (_, digits) = value.split_first().filter(|(sign, _)| matches!(sign, b'+' | b'-'))?;
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let hours = leading_integer(digits.get(..length)?)?;
    (length > 0 && hours <= 23).then_some(length + 1)
}
