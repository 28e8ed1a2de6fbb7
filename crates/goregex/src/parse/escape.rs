use super::cursor::Cursor;
use crate::{Error, ErrorCode};

/// The largest code point.
const MAX_CHARACTER: u32 = 0x0010_ffff;

impl Cursor<'_> {
    /// Reads an escape that stands for one character.
    pub(super) fn escape(&mut self) -> Result<u32, Error> {
        let start = self.position();
        self.bump();
        if self.peek().is_none() {
            return Err(Error::new(ErrorCode::TrailingBackslash, b""));
        }
        let character = self.character()?;
        let value = match u8::try_from(character) {
            // A single digit other than 0 would refer back to a group, which is not supported.
            Ok(digit @ b'0'..=b'7') if digit == b'0' || self.peek().is_some_and(is_octal) => {
                Some(self.octal(digit))
            }
            Ok(b'x') if self.peek().is_some() => self.hexadecimal()?,
            Ok(b'a') => Some(0x07),
            Ok(b'f') => Some(0x0c),
            Ok(b'n') => Some(0x0a),
            Ok(b'r') => Some(0x0d),
            Ok(b't') => Some(0x09),
            Ok(b'v') => Some(0x0b),
            Ok(byte) if byte.is_ascii() && !byte.is_ascii_alphanumeric() => Some(character),
            _ => None,
        };
        value.ok_or_else(|| self.error_since(ErrorCode::InvalidEscape, start))
    }

    /// Up to three octal digits, the first of them already taken.
    fn octal(&mut self, first: u8) -> u32 {
        let mut value = u32::from(first - b'0');
        for _ in 0..2 {
            let Some(digit) = self.peek().filter(|&byte| is_octal(byte)) else { break };
            value = value * 8 + u32::from(digit - b'0');
            self.bump();
        }
        value
    }

    /// Two hexadecimal digits, or any number of them in braces. What is wrong is the escape as
    /// far as it was read, so every character counts.
    fn hexadecimal(&mut self) -> Result<Option<u32>, Error> {
        let first = self.character()?;
        if first != u32::from(b'{') {
            let second = self.character()?;
            return Ok(hex_digit(first).zip(hex_digit(second)).map(|(high, low)| high * 16 + low));
        }
        let mut value: Option<u32> = None;
        while self.peek().is_some() {
            let character = self.character()?;
            if character == u32::from(b'}') {
                return Ok(value);
            }
            let Some(digit) = hex_digit(character) else { break };
            let longer = value.unwrap_or(0) * 16 + digit;
            if longer > MAX_CHARACTER {
                break;
            }
            value = Some(longer);
        }
        Ok(None)
    }
}

fn is_octal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'7')
}

fn hex_digit(character: u32) -> Option<u32> {
    char::from_u32(character)?.to_digit(16)
}
