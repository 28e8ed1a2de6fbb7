use super::{Mark, Scanner, Style, Token, TokenKind};
use crate::chars::{at, is_blank};
use crate::error::Error;
use crate::text::Text;

/// Bytes that a plain scalar runs over without a look at what follows, in block context.
const ORDINARY: [bool; 256] = {
    let mut table = [true; 256];
    let mut special = 0;
    // Blanks, breaks (the lead bytes of NEL, LS and PS included), `:` and the flow indicators.
    let bytes = b" \t\r\n:,?[]{}\xC2\xE2\0";
    while special < bytes.len() {
        #[allow(clippy::indexing_slicing, reason = "checked when compiled")]
        {
            table[bytes[special] as usize] = false;
        }
        special += 1;
    }
    table
};

/// White space met in a scalar and not yet known to be inside it.
#[derive(Default)]
pub(super) struct Gap {
    /// Blanks on one line.
    pub(super) blanks: String,
    /// The first line break, unless it was escaped.
    pub(super) leading_break: Option<char>,
    /// The breaks after it.
    pub(super) trailing_breaks: String,
    /// Whether a break has been met.
    pub(super) has_break: bool,
}

impl Gap {
    pub(super) fn clear(&mut self) {
        self.blanks.clear();
        self.leading_break = None;
        self.trailing_breaks.clear();
        self.has_break = false;
    }

    /// Appends what the gap means: blanks as they are, one break as a space, more as one less.
    pub(super) fn fold_into(&mut self, text: &mut String) {
        match self.leading_break {
            _ if !self.has_break => text.push_str(&self.blanks),
            Some('\n') if self.trailing_breaks.is_empty() => text.push(' '),
            Some('\n') => text.push_str(&self.trailing_breaks),
            other => {
                text.extend(other);
                text.push_str(&self.trailing_breaks);
            }
        }
        self.clear();
    }
}

impl<const COMMENTS: bool> Scanner<'_, COMMENTS> {
    pub(super) fn scan_plain_scalar(&mut self) -> Result<Token, Error> {
        let start = self.mark;
        let mut end = start;
        let indent = self.indent + 1;
        // Filled once the scalar turns out not to be one piece of the text.
        let mut rebuilt: Option<String> = None;
        let mut gap = self.take_gap();
        loop {
            self.cache(4)?;
            if self.at_document_indicator() || self.byte(0) == b'#' {
                break;
            }
            let (run, end_before) = (self.mark, end);
            self.scan_plain_run(&mut end)?;
            if self.mark != run {
                if rebuilt.is_none() && gap.has_break {
                    rebuilt = Some(self.slice(start.index(), end_before.index()).to_owned());
                }
                if let Some(text) = &mut rebuilt {
                    gap.fold_into(text);
                    text.push_str(self.slice(run.index(), self.mark.index()));
                }
            }
            if !(is_blank(self.byte(0)) || self.is_break(0)) {
                break;
            }
            self.scan_plain_gap(start, indent, &mut gap)?;
            if self.flow_level == 0 && i64::from(self.mark.column) < indent {
                break;
            }
        }
        if gap.has_break {
            self.simple_key_allowed = true;
        }
        self.gap = gap;
        let text = match rebuilt {
            Some(text) => Text::Owned(text),
            None => Text::Slice { start: start.offset, end: end.offset },
        };
        Ok(Token { kind: TokenKind::Scalar(text, Style::Plain), start, end })
    }

    /// An empty gap, with the memory of the last one.
    pub(super) fn take_gap(&mut self) -> Gap {
        let mut gap = std::mem::take(&mut self.gap);
        gap.clear();
        gap
    }

    /// Steps over the characters up to a blank, a break or an indicator that ends the scalar.
    fn scan_plain_run(&mut self, end: &mut Mark) -> Result<(), Error> {
        loop {
            if !self.buffer.in_pieces {
                let mut index = self.mark.index();
                while ORDINARY.get(at(self.text, index) as usize) == Some(&true) {
                    index += 1;
                }
                if index > self.mark.index() {
                    self.skip_to(index);
                    *end = self.mark;
                }
            }
            if self.is_blankz(0) {
                return Ok(());
            }
            let ends = match self.byte(0) {
                b':' => self.is_blankz(1),
                b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow_level > 0,
                _ => false,
            };
            if ends {
                return Ok(());
            }
            self.skip();
            *end = self.mark;
            self.cache(2)?;
        }
    }

    /// Takes in blanks and breaks.
    fn scan_plain_gap(&mut self, start: Mark, indent: i64, gap: &mut Gap) -> Result<(), Error> {
        self.cache(1)?;
        loop {
            let byte = self.byte(0);
            if is_blank(byte) {
                if gap.has_break && i64::from(self.mark.column) < indent && byte == b'\t' {
                    return Err(self.error(start, "found a tab character that violates indentation"));
                }
                if !gap.has_break {
                    gap.blanks.push(char::from(byte));
                }
                self.skip_ascii(1);
            } else if self.is_break(0) {
                self.cache(2)?;
                self.read_break(gap);
            } else {
                return Ok(());
            }
            self.cache(1)?;
        }
    }

    /// Moves a line break to the gap; the blanks before it mean nothing then.
    pub(super) fn read_break(&mut self, gap: &mut Gap) {
        if gap.has_break {
            gap.trailing_breaks.push(self.read_line());
        } else {
            gap.blanks.clear();
            gap.leading_break = Some(self.read_line());
            gap.has_break = true;
        }
    }
}
