//! Reading times by layouts.

mod fields;
mod number;
mod zone;

use crate::error::quote;
use crate::layout::{Chunk, next_chunk};
use crate::{Location, ParseError, Time};
use fields::Fields;

/// Why an element does not fit: the text has another form, or the value is out of range.
pub(crate) enum Mismatch {
    Form,
    Range(&'static str),
}

impl Time {
    /// Reads a time by a layout (`time.ParseInLocation`). What the layout does not mention is
    /// taken from 0000-01-01 00:00; a time without zone is one of `location`, and an offset or
    /// abbreviation in use there gives that location. A fraction behind the seconds is read even
    /// where the layout has none.
    ///
    /// # Errors
    /// The element the text does not have, or the value out of range.
    pub fn parse(
        layout: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
        location: &Location,
    ) -> Result<Time, ParseError> {
        let (layout, value) = (layout.as_ref(), value.as_ref());
        let mut fields = Fields::default();
        let (mut layout_rest, mut rest) = (layout, value);
        loop {
            let Chunk { before, element, after } = next_chunk(layout_rest);
            rest = skip(rest, before).map_err(|rest| ParseError::element(layout, value, before, rest))?;
            let Some((element, element_text)) = element else {
                if rest.is_empty() {
                    break;
                }
                return Err(ParseError::other(value, &format!("extra text: {}", quote(rest))));
            };
            layout_rest = after;
            let start = rest;
            fields.read(element, &mut rest, layout_rest).map_err(|mismatch| match mismatch {
                Mismatch::Form => ParseError::element(layout, value, element_text, start),
                Mismatch::Range(what) => ParseError::other(value, &format!("{what} out of range")),
            })?;
        }
        fields.into_time(location).map_err(|problem| ParseError::other(value, problem))
    }
}

/// Takes a literal part of the layout; any number of spaces is as good as any other, but a space
/// must be there unless the text ends. The error is the rest where it does not fit.
fn skip<'v>(mut value: &'v [u8], mut prefix: &[u8]) -> Result<&'v [u8], &'v [u8]> {
    while let Some((&wanted, prefix_rest)) = prefix.split_first() {
        if wanted == b' ' {
            if value.first().is_some_and(|&byte| byte != b' ') {
                return Err(value);
            }
            prefix = without_spaces(prefix);
            value = without_spaces(value);
            continue;
        }
        match value.split_first() {
            Some((&byte, value_rest)) if byte == wanted => value = value_rest,
            _ => return Err(value),
        }
        prefix = prefix_rest;
    }
    Ok(value)
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|&&byte| byte == b' ').count();
    text.get(spaces..).unwrap_or_default()
}
