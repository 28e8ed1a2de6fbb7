//! JSON text to values, in the ways Go's `encoding/json` offers.

use std::collections::BTreeMap;

use super::Error;
use super::parser::Parser;
use crate::limits::Limits;
use crate::value::{Map, Value};

/// How JSON is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeOptions {
    /// What may be read at all.
    pub limits: Limits,
    /// Whether integers stay integers (otherwise every number becomes a float, Go's default).
    pub keep_integers: bool,
}

/// Reads a whole text: Go's `json.Unmarshal` into `interface{}`.
///
/// # Errors
/// The text is not one JSON value, a number is out of range, or a limit was reached.
pub fn decode(text: &[u8], options: &DecodeOptions) -> Result<Value, Error> {
    decode_whole(text, options)?.checked()
}

/// Reads a whole text as [`decode`] does, but lets a number out of range pass: it reads as null,
/// and its error is given beside the value. Go's `json.Unmarshal` leaves its target so.
///
/// # Errors
/// The text is not one JSON value, or a limit was reached.
pub fn decode_partly(text: &[u8], options: &DecodeOptions) -> Result<(Value, Option<Error>), Error> {
    let Decoded { value, saved } = decode_whole(text, options)?;
    match saved {
        Some(error @ Error::Limit { .. }) => Err(error),
        saved => Ok((value, saved)),
    }
}

/// Reads the first value of a text: Go's `json.Decoder` on a stream. Also tells how many bytes
/// were read.
///
/// # Errors
/// As for [`decode`]; what follows the value is not looked at.
pub fn decode_first(text: &[u8], options: &DecodeOptions) -> Result<(Value, usize), Error> {
    read_first(&mut Parser::new(text, options, Error::UnexpectedEof))
}

fn read_first(parser: &mut Parser<'_>) -> Result<(Value, usize), Error> {
    parser.skip_space();
    if parser.peek().is_none() {
        return Err(Error::Eof);
    }
    let value = parser.value()?;
    Ok((Decoded { value, saved: parser.saved.take() }.checked()?, parser.offset))
}

/// Reads the first value of a text as [`decode_first`] does, integers kept, and also gives the numbers
/// that are no integers as they are written, by their JSON pointers: Go's `json.Number`. One that
/// is out of range reads as the largest there is.
///
/// # Errors
/// As for [`decode_first`].
pub fn decode_first_literally(
    text: &[u8],
    limits: Limits,
) -> Result<(Value, usize, BTreeMap<String, String>), Error> {
    let options = DecodeOptions { keep_integers: true, limits };
    let mut parser = Parser::new(text, &options, Error::UnexpectedEof);
    parser.literals = Some(BTreeMap::new());
    let (value, read) = read_first(&mut parser)?;
    Ok((value, read, parser.literals.unwrap_or_default()))
}

/// Reads a whole text into a `map[string]interface {}`; `None` is the nil map that null gives.
///
/// # Errors
/// As for [`decode`], and any other kind of value.
pub fn decode_map(text: &[u8], options: &DecodeOptions) -> Result<Option<Map>, Error> {
    let decoded = decode_whole(text, options)?;
    match &decoded.value {
        Value::Map(_) | Value::Null => decoded.checked().and_then(into_map),
        other => Err(mismatch(other, MAP)),
    }
}

/// Reads a whole text into a `[]interface {}`; `None` is the nil slice that null gives.
///
/// # Errors
/// As for [`decode`], and any other kind of value.
pub fn decode_list(text: &[u8], options: &DecodeOptions) -> Result<Option<Vec<Value>>, Error> {
    let decoded = decode_whole(text, options)?;
    match &decoded.value {
        Value::Seq(_) | Value::Null => decoded.checked().and_then(into_list),
        other => Err(mismatch(other, LIST)),
    }
}

const MAP: &str = "map[string]interface {}";
const LIST: &str = "[]interface {}";

/// The mapping a value is; `None` for null.
pub(crate) fn into_map(value: Value) -> Result<Option<Map>, Error> {
    match value {
        Value::Map(map) => Ok(Some(map)),
        Value::Null => Ok(None),
        other => Err(mismatch(&other, MAP)),
    }
}

/// The list a value is; `None` for null.
pub(crate) fn into_list(value: Value) -> Result<Option<Vec<Value>>, Error> {
    match value {
        Value::Seq(items) => Ok(Some(items)),
        Value::Null => Ok(None),
        other => Err(mismatch(&other, LIST)),
    }
}

fn mismatch(value: &Value, target: &'static str) -> Error {
    Error::Type { value: value.json_kind().to_owned(), target }
}

fn decode_whole(text: &[u8], options: &DecodeOptions) -> Result<Decoded, Error> {
    let mut parser = Parser::new(text, options, Error::UnexpectedEnd);
    let value = parser.value()?;
    parser.skip_space();
    match parser.peek() {
        Some(byte) => Err(parser.unexpected(byte, "after top-level value")),
        None => Ok(Decoded { value, saved: parser.saved }),
    }
}

/// A value that was read, and what is wrong with it although it is JSON.
struct Decoded {
    value: Value,
    saved: Option<Error>,
}

impl Decoded {
    fn checked(self) -> Result<Value, Error> {
        self.saved.map_or(Ok(self.value), Err)
    }
}
