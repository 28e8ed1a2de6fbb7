//! JSON text to values. One pass without recursion: the first byte that cannot stand where it
//! does is reported, as Go's scanner reports it.

use super::Error;
use crate::error::Limit;
use crate::limits::Limits;
use crate::value::{Map, Value};

/// Levels of nesting Go allows.
const MAX_DEPTH: usize = 10_000;

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
    let mut decoder = Decoder::new(text, options, Error::UnexpectedEnd);
    let value = decoder.value()?;
    decoder.skip_space();
    match (decoder.peek(), decoder.saved.take()) {
        (Some(byte), _) => Err(decoder.unexpected(byte, "after top-level value")),
        (None, Some(error @ Error::Limit { .. })) => Err(error),
        (None, saved) => Ok((value, saved)),
    }
}

/// Reads the first value of a text: Go's `json.Decoder` on a stream. Also tells how many bytes
/// were read.
///
/// # Errors
/// As for [`decode`]; what follows the value is not looked at.
pub fn decode_first(text: &[u8], options: &DecodeOptions) -> Result<(Value, usize), Error> {
    let mut decoder = Decoder::new(text, options, Error::UnexpectedEof);
    decoder.skip_space();
    if decoder.peek().is_none() {
        return Err(Error::Eof);
    }
    let value = decoder.value()?;
    let read = decoder.offset;
    Ok((Decoded { value, saved: decoder.saved }.checked()?, read))
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
    let mut decoder = Decoder::new(text, options, Error::UnexpectedEnd);
    let value = decoder.value()?;
    decoder.skip_space();
    match decoder.peek() {
        Some(byte) => Err(decoder.unexpected(byte, "after top-level value")),
        None => Ok(Decoded { value, saved: decoder.saved }),
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

/// A collection being read.
enum Open {
    Seq(Vec<Value>),
    Map { entries: Vec<(String, Value)>, key: String },
}

struct Decoder<'t> {
    text: &'t [u8],
    offset: usize,
    options: &'t DecodeOptions,
    /// What the end of the text within a value is called.
    end: Error,
    /// An error that does not keep the text from being JSON; reported if nothing else is wrong.
    saved: Option<Error>,
    nodes: usize,
}

impl<'t> Decoder<'t> {
    fn new(text: &'t [u8], options: &'t DecodeOptions, end: Error) -> Self {
        let mut decoder = Self { text, offset: 0, options, end, saved: None, nodes: 0 };
        if text.len() > options.limits.max_bytes {
            decoder.save(Error::Limit { limit: Limit::Bytes, max: options.limits.max_bytes });
        }
        decoder
    }

    fn save(&mut self, error: Error) {
        self.saved.get_or_insert(error);
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.offset).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.offset += 1;
        }
    }

    /// The next byte, which is not taken; an error at the end.
    fn need(&self) -> Result<u8, Error> {
        self.peek().ok_or_else(|| self.end.clone())
    }

    /// The next byte inside a word, number or escape: when a text (not a stream) ends there, Go
    /// pretends a space follows.
    fn need_in_literal(&self) -> Result<u8, Error> {
        match self.need() {
            Err(Error::UnexpectedEnd) => Ok(b' '),
            other => other,
        }
    }

    fn unexpected(&self, byte: u8, context: &str) -> Error {
        let shown = match byte {
            b'\'' => "'\\''".to_owned(),
            b'"' => "'\"'".to_owned(),
            byte => {
                let quoted = crate::go_quote::quote(char::from(byte).to_string().as_bytes());
                format!("'{}'", quoted.trim_matches('"'))
            }
        };
        Error::Syntax { text: format!("invalid character {shown} {context}"), offset: self.offset }
    }

    /// Reads one value with everything in it.
    fn value(&mut self) -> Result<Value, Error> {
        let mut open: Vec<Open> = Vec::new();
        'value: loop {
            self.skip_space();
            self.count();
            let mut value = match self.need()? {
                bracket @ (b'[' | b'{') => {
                    self.open(&mut open, bracket)?;
                    if !self.is_empty_collection(bracket)? {
                        if bracket == b'{' {
                            self.key(&mut open)?;
                        }
                        continue 'value;
                    }
                    close(open.pop())
                }
                b'"' => Value::String(self.string()?),
                b'-' | b'0'..=b'9' => self.number()?,
                b't' => self.word("true", Value::Bool(true))?,
                b'f' => self.word("false", Value::Bool(false))?,
                b'n' => self.word("null", Value::Null)?,
                byte => return Err(self.unexpected(byte, "looking for beginning of value")),
            };
            // The value is done; so may be the collections it ends.
            loop {
                let Some(innermost) = open.last_mut() else { return Ok(value) };
                let is_map = match innermost {
                    Open::Seq(items) => {
                        items.push(value);
                        false
                    }
                    Open::Map { entries, key } => {
                        entries.push((std::mem::take(key), value));
                        true
                    }
                };
                self.skip_space();
                let byte = self.need()?;
                match byte {
                    b',' => {
                        self.offset += 1;
                        if is_map {
                            self.key(&mut open)?;
                        }
                        continue 'value;
                    }
                    b']' if !is_map => {}
                    b'}' if is_map => {}
                    _ if is_map => return Err(self.unexpected(byte, "after object key:value pair")),
                    _ => return Err(self.unexpected(byte, "after array element")),
                }
                self.offset += 1;
                value = close(open.pop());
            }
        }
    }

    fn count(&mut self) {
        self.nodes += 1;
        if self.nodes > self.options.limits.max_nodes {
            self.save(Error::Limit { limit: Limit::Nodes, max: self.options.limits.max_nodes });
        }
    }

    fn open(&mut self, open: &mut Vec<Open>, bracket: u8) -> Result<(), Error> {
        if open.len() >= MAX_DEPTH {
            return Err(self.unexpected(bracket, "exceeded max depth"));
        }
        if open.len() >= self.options.limits.max_depth {
            self.save(Error::Limit { limit: Limit::Depth, max: self.options.limits.max_depth });
        }
        self.offset += 1;
        open.push(if bracket == b'[' {
            Open::Seq(Vec::new())
        } else {
            Open::Map { entries: Vec::new(), key: String::new() }
        });
        Ok(())
    }

    /// Takes the closing bracket, if it comes right after the opening one.
    fn is_empty_collection(&mut self, bracket: u8) -> Result<bool, Error> {
        self.skip_space();
        let empty = self.need()? == if bracket == b'[' { b']' } else { b'}' };
        self.offset += usize::from(empty);
        Ok(empty)
    }

    /// A key and the colon after it.
    fn key(&mut self, open: &mut [Open]) -> Result<(), Error> {
        self.skip_space();
        let byte = self.need()?;
        if byte != b'"' {
            return Err(self.unexpected(byte, "looking for beginning of object key string"));
        }
        let name = self.string()?;
        if let Some(Open::Map { key, .. }) = open.last_mut() {
            *key = name;
        }
        self.skip_space();
        let byte = self.need()?;
        if byte != b':' {
            return Err(self.unexpected(byte, "after object key"));
        }
        self.offset += 1;
        Ok(())
    }

    fn word(&mut self, word: &'static str, value: Value) -> Result<Value, Error> {
        for expected in word.bytes() {
            let byte = self.need_in_literal()?;
            if byte != expected {
                let context = format!("in literal {word} (expecting '{}')", char::from(expected));
                return Err(self.unexpected(byte, &context));
            }
            self.offset += 1;
        }
        Ok(value)
    }

    fn digits(&mut self, context: &str) -> Result<(), Error> {
        let byte = self.need_in_literal()?;
        if !byte.is_ascii_digit() {
            return Err(self.unexpected(byte, context));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.offset += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, Error> {
        let start = self.offset;
        if self.peek() == Some(b'-') {
            self.offset += 1;
        }
        if self.peek() == Some(b'0') {
            self.offset += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            whole = false;
            self.offset += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            whole = false;
            self.offset += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.offset += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let digits = self.text.get(start..self.offset).unwrap_or_default();
        let digits = std::str::from_utf8(digits).unwrap_or_default();
        if whole && self.options.keep_integers {
            if let Ok(value) = digits.parse() {
                return Ok(Value::Int(value));
            }
            if let Ok(value) = digits.parse() {
                return Ok(Value::Uint(value));
            }
        }
        match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Float(value)),
            _ => {
                self.save(Error::Type { value: format!("number {digits}"), target: "float64" });
                Ok(Value::Null)
            }
        }
    }

    fn string(&mut self) -> Result<String, Error> {
        self.offset += 1;
        let mut bytes: Vec<u8> = Vec::new();
        let mut start = self.offset;
        loop {
            let byte = self.need()?;
            match byte {
                b'"' => break,
                b'\\' => {
                    bytes.extend(self.text.get(start..self.offset).unwrap_or_default());
                    self.offset += 1;
                    self.escape(&mut bytes)?;
                    start = self.offset;
                }
                0..=0x1F => return Err(self.unexpected(byte, "in string literal")),
                _ => self.offset += 1,
            }
        }
        let rest = self.text.get(start..self.offset).unwrap_or_default();
        self.offset += 1;
        if bytes.is_empty() {
            return Ok(super::to_valid_text(rest).into_owned());
        }
        bytes.extend(rest);
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| super::to_valid_text(error.as_bytes()).into_owned()))
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let byte = self.need_in_literal()?;
        let plain = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                self.offset += 1;
                let character = self.unicode_escape()?;
                bytes.extend(character.encode_utf8(&mut [0; 4]).bytes());
                return Ok(());
            }
            _ => return Err(self.unexpected(byte, "in string escape code")),
        };
        bytes.push(plain);
        self.offset += 1;
        Ok(())
    }

    /// The four digits after `\u`, and a second escape if the two are a surrogate pair.
    fn unicode_escape(&mut self) -> Result<char, Error> {
        let first = self.four_digits()?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        let after = self.text.get(self.offset..self.offset + 6).unwrap_or_default();
        let second = after
            .strip_prefix(b"\\u")
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match second {
            Some(second @ 0xDC00..=0xDFFF) if first < 0xDC00 => {
                self.offset += 6;
                let code = 0x1_0000 + ((first & 0x3FF) << 10) + (second & 0x3FF);
                Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            _ => Ok(char::REPLACEMENT_CHARACTER),
        }
    }

    fn four_digits(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let byte = self.need_in_literal()?;
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(self.unexpected(byte, "in \\u hexadecimal character escape"));
            };
            code = code << 4 | digit;
            self.offset += 1;
        }
        Ok(code)
    }
}

/// The value of a collection that is complete.
fn close(open: Option<Open>) -> Value {
    match open {
        Some(Open::Seq(items)) => Value::Seq(items),
        Some(Open::Map { entries, .. }) => Value::Map(entries.into_iter().collect()),
        None => Value::Null,
    }
}
