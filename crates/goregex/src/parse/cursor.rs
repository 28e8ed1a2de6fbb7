use crate::utf8::first_character;
use crate::{Error, ErrorCode};

/// Reads a pattern from left to right.
#[derive(Debug)]
pub(super) struct Cursor<'p> {
    pattern: &'p [u8],
    position: usize,
}

impl<'p> Cursor<'p> {
    pub(super) fn new(pattern: &'p [u8]) -> Self {
        Self { pattern, position: 0 }
    }

    pub(super) fn pattern(&self) -> &'p [u8] {
        self.pattern
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Goes back to a place it was at before.
    pub(super) fn reset(&mut self, position: usize) {
        self.position = position;
    }

    pub(super) fn rest(&self) -> &'p [u8] {
        self.pattern.get(self.position..).unwrap_or_default()
    }

    /// What lies between a place it was at before and this one.
    pub(super) fn since(&self, start: usize) -> &'p [u8] {
        self.pattern.get(start..self.position).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    pub(super) fn peek_second(&self) -> Option<u8> {
        self.rest().get(1).copied()
    }

    pub(super) fn bump(&mut self) {
        self.skip(1);
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.position = (self.position + bytes).min(self.pattern.len());
    }

    /// Takes `word` if it comes next.
    pub(super) fn eat(&mut self, word: &[u8]) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.skip(word.len());
        }
        found
    }

    /// Moves behind the next `end`, if there is one.
    pub(super) fn skip_past(&mut self, end: u8) -> bool {
        let found = self.rest().iter().position(|&byte| byte == end);
        if let Some(offset) = found {
            self.skip(offset + 1);
        }
        found.is_some()
    }

    /// Takes a run of ASCII digits.
    pub(super) fn digits(&mut self) -> &'p [u8] {
        let start = self.position;
        self.skip(self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count());
        self.since(start)
    }

    /// Takes one character. At the end it is U+FFFD, as in Go.
    pub(super) fn character(&mut self) -> Result<u32, Error> {
        let rest = self.rest();
        match first_character(rest) {
            Some(character) => {
                self.skip(character.len_utf8());
                Ok(u32::from(character))
            }
            None if rest.is_empty() => Ok(0xfffd),
            None => Err(Error::new(ErrorCode::InvalidUtf8, rest)),
        }
    }

    /// An error about all from `start` to here.
    pub(super) fn error_since(&self, code: ErrorCode, start: usize) -> Error {
        Error::new(code, self.since(start))
    }

    /// An error about something that begins at `start` and does not end: about all the rest or,
    /// if that is not UTF-8, about this.
    pub(super) fn unfinished(&self, code: ErrorCode, start: usize) -> Error {
        let rest = self.pattern.get(start..).unwrap_or_default();
        match utf8(rest) {
            Ok(_) => Error::new(code, rest),
            Err(error) => error,
        }
    }
}

/// The text, or the error Go gives, which names all from the first wrong byte on.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|error| {
        Error::new(ErrorCode::InvalidUtf8, bytes.get(error.valid_up_to()..).unwrap_or_default())
    })
}
