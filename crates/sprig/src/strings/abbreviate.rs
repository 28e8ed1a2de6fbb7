//! `abbrev` and `abbrevboth`: `goutils.Abbreviate`, in bytes.

use wheelhouse_gotemplate::{Arguments, Context, GoString, Value};

use crate::call::{Outcome, text};

const ELLIPSIS: &[u8] = b"...";

pub(super) fn abbrev(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let width = arguments.int(0)?;
    let whole = arguments.string(1)?;
    if width < 4 {
        return Ok(Value::String(whole.clone()));
    }
    give(context, whole, abbreviated(whole.as_bytes(), 0, width))
}

pub(super) fn abbrevboth(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let (left, right) = (arguments.int(0)?, arguments.int(1)?);
    let whole = arguments.string(2)?;
    if right < 4 || (left > 0 && right < 7) {
        return Ok(Value::String(whole.clone()));
    }
    give(context, whole, abbreviated(whole.as_bytes(), left, right))
}

fn give(context: &mut dyn Context, whole: &GoString, shorter: Option<Vec<u8>>) -> Outcome {
    match shorter {
        Some(shorter) => text(context, shorter),
        None => Ok(Value::String(whole.clone())),
    }
}

/// The text from about `offset`, at most `width` bytes with the ellipses; `None` if it fits whole.
fn abbreviated(whole: &[u8], offset: i64, width: i64) -> Option<Vec<u8>> {
    let width = usize::try_from(width).ok()?;
    if whole.len() <= width {
        return None;
    }
    let room = width.saturating_sub(ELLIPSIS.len());
    let offset = usize::try_from(offset).unwrap_or(0).min(whole.len() - room);
    if offset <= 4 {
        return Some([whole.get(..room)?, ELLIPSIS].concat());
    }
    let rest = match whole.get(offset..) {
        Some(rest) if room < rest.len() => abbreviated(rest, 0, i64::try_from(room).ok()?)?,
        _ => whole.get(whole.len() - room..)?.to_vec(),
    };
    Some([ELLIPSIS, &rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviates_on_both_sides() {
        #[track_caller]
        fn check(whole: &str, offset: i64, width: i64, expect: Option<&str>) {
            let shorter = abbreviated(whole.as_bytes(), offset, width);
            assert_eq!(shorter.as_deref(), expect.map(str::as_bytes));
        }
        check("hello world", 0, 5, Some("he..."));
        check("hello", 0, 5, None);
        check("1234 5678 9123", 5, 10, Some("...5678..."));
        check("1234 5678 9123", 4, 10, Some("1234 56..."));
        check("1234 5678 9123", 99, 10, Some("...78 9123"));
        check("1234 5678 9123", -5, 10, Some("1234 56..."));
    }
}
