use super::plain_scalar::Gap;
use super::tag::hex;
use super::{Mark, Scanner, Style, Token, TokenKind};
use crate::chars::{at, is_blank};
use crate::error::Error;
use crate::text::Text;

impl<const COMMENTS: bool> Scanner<'_, COMMENTS> {
    pub(super) fn scan_quoted_scalar(&mut self, single: bool) -> Result<Token, Error> {
        let start = self.mark;
        let quote = self.byte(0);
        let style = if single { Style::SingleQuoted } else { Style::DoubleQuoted };
        self.skip_ascii(1);
        let text = match self.scan_simple_quoted(quote) {
            Some(text) => text,
            None => Text::Owned(self.scan_quoted_content(start, quote)?),
        };
        self.skip_ascii(1);
        Ok(Token { kind: TokenKind::Scalar(text, style), start, end: self.mark })
    }

    /// The content of a quoted scalar on one line without escapes, which needs no rebuilding.
    fn scan_simple_quoted(&mut self, quote: u8) -> Option<Text> {
        if self.buffer.in_pieces {
            return None;
        }
        let content = self.mark;
        let mut index = content.index();
        loop {
            match at(self.text, index) {
                byte if byte == quote => break,
                0 | b'\n' | b'\r' | 0xC2 | 0xE2 => return None,
                b'\\' if quote == b'"' => return None,
                _ => index += 1,
            }
        }
        if quote == b'\'' && at(self.text, index + 1) == quote {
            return None;
        }
        self.skip_to(index);
        Some(self.text_from(content))
    }

    fn scan_quoted_content(&mut self, start: Mark, quote: u8) -> Result<String, Error> {
        let mut text = String::new();
        let mut gap = self.take_gap();
        loop {
            self.cache(4)?;
            if self.at_document_indicator() {
                return Err(self.error(start, "found unexpected document indicator"));
            }
            if self.byte(0) == 0 {
                return Err(self.error(start, "found unexpected end of stream"));
            }
            gap.has_break = self.scan_quoted_run(start, quote, &mut text)?;
            self.cache(1)?;
            if self.byte(0) == quote {
                self.gap = gap;
                return Ok(text);
            }
            self.scan_quoted_gap(&mut gap)?;
            gap.fold_into(&mut text);
        }
    }

    /// Moves the characters up to a blank, a break or the closing quote. True if an escaped line
    /// break ended the run: the blanks of the next line are then to be left out.
    fn scan_quoted_run(&mut self, start: Mark, quote: u8, text: &mut String) -> Result<bool, Error> {
        while !self.is_blankz(0) {
            match self.byte(0) {
                b'\'' if quote == b'\'' => {
                    if self.byte(1) != b'\'' {
                        return Ok(false);
                    }
                    text.push('\'');
                    self.skip_ascii(2);
                }
                b'"' if quote == b'"' => return Ok(false),
                b'\\' if quote == b'"' && self.is_break(1) => {
                    self.cache(3)?;
                    self.skip_ascii(1);
                    self.skip_line();
                    return Ok(true);
                }
                b'\\' if quote == b'"' => self.scan_escape(start, text)?,
                _ => self.read(text),
            }
            self.cache(2)?;
        }
        Ok(false)
    }

    fn scan_escape(&mut self, start: Mark, text: &mut String) -> Result<(), Error> {
        let digits = match self.byte(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            letter => {
                let Some(character) = named_escape(letter) else {
                    return Err(self.error(start, "found unknown escape character"));
                };
                text.push(character);
                self.skip();
                self.skip();
                return Ok(());
            }
        };
        self.skip_ascii(2);
        self.cache(digits)?;
        let mut value: u32 = 0;
        for index in 0..digits {
            let Some(digit) = hex(self.byte(index)) else {
                return Err(self.error(start, "did not find expected hexdecimal number"));
            };
            value = value << 4 | digit;
        }
        let Some(character) = char::from_u32(value) else {
            return Err(self.error(start, "found invalid Unicode character escape code"));
        };
        text.push(character);
        self.skip_ascii(digits);
        Ok(())
    }

    fn scan_quoted_gap(&mut self, gap: &mut Gap) -> Result<(), Error> {
        while is_blank(self.byte(0)) || self.is_break(0) {
            if self.is_break(0) {
                self.cache(2)?;
                self.read_break(gap);
            } else if gap.has_break {
                self.skip();
            } else {
                self.read(&mut gap.blanks);
            }
            self.cache(1)?;
        }
        Ok(())
    }
}

fn named_escape(letter: u8) -> Option<char> {
    Some(match letter {
        b'0' => '\0',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\u{b}',
        b'f' => '\u{c}',
        b'r' => '\r',
        b'e' => '\u{1b}',
        b' ' | b'"' | b'\'' | b'\\' => char::from(letter),
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}
