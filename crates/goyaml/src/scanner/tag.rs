//! Tags, anchors and aliases.

use super::{Mark, Scanner, Token, TokenKind, token::TagToken};
use crate::chars::{is_alpha, width};
use crate::error::Error;

impl<const COMMENTS: bool> Scanner<'_, COMMENTS> {
    pub(super) fn scan_anchor(&mut self, alias: bool) -> Result<Token, Error> {
        let start = self.mark;
        self.skip_ascii(1);
        let name = self.mark;
        self.cache(1)?;
        while is_alpha(self.byte(0)) {
            self.skip_ascii(1);
            self.cache(1)?;
        }
        let ended = self.is_blankz(0)
            || matches!(self.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if self.mark == name || !ended {
            return Err(self.error(start, "did not find expected alphabetic or numeric character"));
        }
        let text = self.text_from(name);
        let kind = if alias { TokenKind::Alias(text) } else { TokenKind::Anchor(text) };
        Ok(Token { kind, start, end: self.mark })
    }

    pub(super) fn scan_tag(&mut self) -> Result<Token, Error> {
        let start = self.mark;
        self.cache(2)?;
        let (handle, suffix) = if self.byte(1) == b'<' {
            self.skip_ascii(2);
            let suffix = self.scan_tag_uri("", start)?;
            if self.byte(0) != b'>' {
                return Err(self.error(start, "did not find the expected '>'"));
            }
            self.skip_ascii(1);
            (String::new(), suffix)
        } else {
            let handle = self.scan_tag_handle(false, start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.scan_tag_uri("", start)?;
                (handle, suffix)
            } else {
                // It was no handle after all, but the start of the suffix.
                match self.scan_tag_uri(&handle, start)? {
                    suffix if suffix.is_empty() => (String::new(), b"!".to_vec()),
                    suffix => ("!".to_owned(), suffix),
                }
            }
        };
        self.cache(1)?;
        if !self.is_blankz(0) {
            return Err(self.error(start, "did not find expected whitespace or line break"));
        }
        let kind = TokenKind::Tag(Box::new(TagToken { handle, suffix }));
        Ok(Token { kind, start, end: self.mark })
    }

    pub(super) fn scan_tag_handle(&mut self, directive: bool, start: Mark) -> Result<String, Error> {
        self.cache(1)?;
        if self.byte(0) != b'!' {
            return Err(self.error(start, "did not find expected '!'"));
        }
        let mut handle = String::new();
        self.read(&mut handle);
        self.cache(1)?;
        while is_alpha(self.byte(0)) {
            self.read(&mut handle);
            self.cache(1)?;
        }
        if self.byte(0) == b'!' {
            self.read(&mut handle);
        } else if directive && handle != "!" {
            return Err(self.error(start, "did not find expected '!'"));
        }
        Ok(handle)
    }

    /// Reads a tag's characters after `head`, whose own `!` is left out.
    pub(super) fn scan_tag_uri(&mut self, head: &str, start: Mark) -> Result<Vec<u8>, Error> {
        let mut uri = head.as_bytes().get(1..).unwrap_or_default().to_vec();
        let mut found = !head.is_empty();
        self.cache(1)?;
        while is_uri(self.byte(0)) {
            if self.byte(0) == b'%' {
                self.scan_uri_escapes(start, &mut uri)?;
            } else {
                uri.push(self.byte(0));
                self.skip_ascii(1);
            }
            self.cache(1)?;
            found = true;
        }
        if !found {
            return Err(self.error(start, "did not find expected tag URI"));
        }
        Ok(uri)
    }

    /// Reads the `%XX` octets of one character.
    fn scan_uri_escapes(&mut self, start: Mark, uri: &mut Vec<u8>) -> Result<(), Error> {
        let mut left = None;
        while left != Some(0) {
            self.cache(3)?;
            let digits = (self.byte(0) == b'%').then(|| (hex(self.byte(1)), hex(self.byte(2))));
            let Some((Some(high), Some(low))) = digits else {
                return Err(self.error(start, "did not find URI escaped octet"));
            };
            let octet = (high << 4 | low) as u8;
            let more = match left {
                None if !matches!(octet, 0..=0x7F | 0xC0..=0xF7) => {
                    return Err(self.error(start, "found an incorrect leading UTF-8 octet"));
                }
                None => width(octet),
                Some(_) if octet & 0xC0 != 0x80 => {
                    return Err(self.error(start, "found an incorrect trailing UTF-8 octet"));
                }
                Some(left) => left,
            };
            uri.push(octet);
            self.skip_ascii(3);
            left = Some(more - 1);
        }
        Ok(())
    }
}

/// The value of a hexadecimal digit.
pub(super) fn hex(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

fn is_uri(byte: u8) -> bool {
    is_alpha(byte) || b";/?:@&=+$,.!~*'()[]%".contains(&byte)
}
