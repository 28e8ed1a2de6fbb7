//! Strings, numbers, truth values and dates.

use wheelhouse_gotemplate::Value;
use wheelhouse_gotemplate::strconv::{parse_float, parse_int, quote};

use super::super::lexer::{Item, Kind};
use super::{Failure, Parser};

impl Parser<'_> {
    pub(super) fn scalar(&self, item: &Item) -> Result<Value, Failure> {
        let text = item.text.as_slice();
        match item.kind {
            Kind::StringWithEscapes => self.unescaped(item, text).map(Value::string),
            Kind::MultilineString => {
                let joined = joined_lines(without_first_break(text));
                self.unescaped(item, &joined).map(Value::string)
            }
            Kind::RawMultilineString => Ok(Value::string(without_first_break(text))),
            Kind::Integer => self.integer(item),
            Kind::Float => self.float(item),
            Kind::Bool => Ok(Value::Bool(text == b"true")),
            Kind::Datetime => self.zones.parse(text).map_err(|written| {
                self.failure(item.line, &format!("invalid datetime: {}", quote(&written)))
            }),
            _ => Ok(Value::string(text)),
        }
    }

    fn integer(&self, item: &Item) -> Result<Value, Failure> {
        let text = String::from_utf8_lossy(&item.text);
        let invalid =
            |why: &str| self.failure(item.line, &format!("Invalid integer {}: {why}", quote(&item.text)));
        if !underscores_fit(&text) {
            return Err(invalid("underscores must be surrounded by digits"));
        }
        if has_leading_zero(&text) {
            return Err(invalid("cannot have leading zeroes"));
        }
        let number = parse_int(&text, 0);
        number
            .map(Value::Int64)
            .ok_or_else(|| self.failure(item.line, &format!("{text} is out of range for int64")))
    }

    fn float(&self, item: &Item) -> Result<Value, Failure> {
        let text = String::from_utf8_lossy(&item.text);
        let invalid =
            |why: &str| self.failure(item.line, &format!("Invalid float {}: {why}", quote(&item.text)));
        let mut parts = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty()).peekable();
        let leading_zero = parts.peek().is_some_and(|first| has_leading_zero(first));
        if !parts.all(underscores_fit) {
            return Err(invalid("underscores must be surrounded by digits"));
        }
        if leading_zero {
            return Err(invalid("cannot have leading zeroes"));
        }
        let digit_follows = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
        if !text.split('.').skip(1).all(digit_follows) {
            return Err(invalid("'.' must be followed by one or more digits"));
        }
        let plain = match text.as_ref() {
            "+nan" => return Ok(Value::Float64(f64::NAN)),
            "-nan" => return Ok(Value::Float64(-f64::NAN)),
            other => other.replace('_', ""),
        };
        if let Some(number) = parse_float(&plain) {
            return Ok(Value::Float64(number));
        }
        // A number that is well written but too great.
        if plain.parse::<f64>().is_ok_and(f64::is_infinite) {
            return Err(self.failure(item.line, &format!("{text} is out of range for float64")));
        }
        Err(self.failure(item.line, &format!("Invalid float value: {}", quote(&item.text))))
    }

    /// The text with its escapes replaced; the lexer saw to it that they are whole.
    pub(super) fn unescaped(&self, item: &Item, text: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut plain = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'\\', rest) {
            let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            plain.extend_from_slice(before);
            let letter = escape.get(1).copied().unwrap_or_default();
            let digits = match letter {
                b'x' => 2,
                b'u' => 4,
                b'U' => 8,
                _ => 0,
            };
            rest = escape.get(2 + digits..).unwrap_or_default();
            let byte = match letter {
                b'b' => 0x08,
                b't' => b'\t',
                b'n' => b'\n',
                b'f' => 0x0c,
                b'r' => b'\r',
                b'e' => 0x1b,
                b' ' | b'\t' => {
                    let message = format!("invalid escape: '\\{}'", char::from(letter));
                    return Err(self.failure(item.line, &message));
                }
                b'x' | b'u' | b'U' => {
                    let written = escape.get(2..2 + digits).unwrap_or_default();
                    let rune = self.escaped_rune(item, written)?;
                    plain.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                other => other,
            };
            plain.push(byte);
        }
        plain.extend_from_slice(rest);
        Ok(plain)
    }

    fn escaped_rune(&self, item: &Item, digits: &[u8]) -> Result<char, Failure> {
        let text = String::from_utf8_lossy(digits);
        u32::from_str_radix(&text, 16).ok().and_then(char::from_u32).ok_or_else(|| {
            self.failure(item.line, &format!("Escaped character '\\u{text}' is not valid UTF-8."))
        })
    }
}

fn without_first_break(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\n").or_else(|| text.strip_prefix(b"\r\n")).unwrap_or(text)
}

/// Takes out each backslash at a line's end with the white space and line breaks behind it.
fn joined_lines(text: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        joined.extend_from_slice(before);
        let behind = escape.get(1..).unwrap_or_default();
        let white = behind.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        let ends_line = behind.get(..white).is_some_and(|white| white.contains(&b'\n'));
        let kept = match behind.first() {
            Some(b'\\') => 2,
            _ if ends_line => 0,
            _ => 1,
        };
        joined.extend_from_slice(escape.get(..kept).unwrap_or_default());
        rest = if ends_line { behind.get(white..) } else { escape.get(kept..) }.unwrap_or_default();
    }
    joined.extend_from_slice(rest);
    joined
}

/// Whether each underscore stands between digits.
fn underscores_fit(text: &str) -> bool {
    if matches!(text, "nan" | "+nan" | "-nan" | "inf" | "+inf" | "-inf") {
        return true;
    }
    let mut behind_digit = false;
    for rune in text.chars() {
        if rune == '_' && !behind_digit {
            return false;
        }
        behind_digit = rune.is_ascii_hexdigit();
    }
    behind_digit
}

fn has_leading_zero(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', second, ..] => !matches!(second, b'b' | b'o' | b'x'),
        [b'+' | b'-', b'0', _, ..] => true,
        _ => false,
    }
}
