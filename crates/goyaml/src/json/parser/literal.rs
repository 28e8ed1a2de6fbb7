//! Words, numbers and strings.

use super::{Error, Parser};
use crate::value::Value;

impl Parser<'_> {
    pub(super) fn word(&mut self, word: &'static str, value: Value) -> Result<Value, Error> {
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

    /// A number; one out of range is not set, which in a collection makes it null.
    pub(super) fn number(&mut self, in_collection: bool) -> Result<Value, Error> {
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
            Ok(value) if self.literals.is_some() => Ok(Value::Float(f64::MAX.copysign(value))),
            _ => {
                self.save(Error::Type { value: format!("number {digits}"), target: "float64" });
                Ok(if in_collection { Value::Null } else { Value::Float(0.0) })
            }
        }
    }

    pub(super) fn string(&mut self) -> Result<String, Error> {
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
            return Ok(crate::json::to_valid_text(rest).into_owned());
        }
        bytes.extend(rest);
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| crate::json::to_valid_text(error.as_bytes()).into_owned()))
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
