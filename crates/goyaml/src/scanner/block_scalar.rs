use super::{Mark, Scanner, Style, Token, TokenKind};
use crate::chars::is_blank;
use crate::error::Error;
use crate::text::Text;

/// What becomes of the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    /// `-`: none is kept.
    Strip,
    /// One is kept.
    Clip,
    /// `+`: all are kept.
    Keep,
}

impl<const COMMENTS: bool> Scanner<'_, COMMENTS> {
    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<Token, Error> {
        let start = self.mark;
        self.skip_ascii(1);
        let (chomping, increment) = self.scan_block_header(start)?;
        let mut end = self.mark;
        // 0 until the first line that is not empty shows the indentation.
        let mut indent = increment.map_or(0, |increment| self.indent.max(0) + increment);

        let mut text = String::new();
        let mut leading_break = None;
        let mut trailing_breaks = String::new();
        let mut leading_blank = false;
        self.scan_block_breaks(start, &mut indent, &mut trailing_breaks, &mut end)?;
        self.cache(1)?;
        while i64::from(self.mark.column) == indent && self.byte(0) != 0 {
            let blank = is_blank(self.byte(0));
            // Folding joins two lines with a space, unless one of them is indented more.
            if !literal && !leading_blank && !blank && leading_break == Some('\n') {
                if trailing_breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.extend(leading_break);
            }
            text.push_str(&trailing_breaks);
            trailing_breaks.clear();
            leading_blank = blank;
            self.read_rest_of_line(&mut text)?;
            self.cache(2)?;
            leading_break = self.is_break(0).then(|| self.read_line());
            self.scan_block_breaks(start, &mut indent, &mut trailing_breaks, &mut end)?;
        }
        if chomping != Chomping::Strip {
            text.extend(leading_break);
        }
        if chomping == Chomping::Keep {
            text.push_str(&trailing_breaks);
        }
        let style = if literal { Style::Literal } else { Style::Folded };
        Ok(Token { kind: TokenKind::Scalar(Text::Owned(text), style), start, end })
    }

    /// Reads the indicators after `|` or `>` and the rest of that line.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, Option<i64>), Error> {
        let mut chomping = Chomping::Clip;
        let mut increment = None;
        self.cache(1)?;
        match self.byte(0) {
            b'+' | b'-' => {
                chomping = self.scan_chomping();
                self.cache(1)?;
                if self.byte(0).is_ascii_digit() {
                    increment = Some(self.scan_increment(start)?);
                }
            }
            b'0'..=b'9' => {
                increment = Some(self.scan_increment(start)?);
                self.cache(1)?;
                if matches!(self.byte(0), b'+' | b'-') {
                    chomping = self.scan_chomping();
                }
            }
            _ => {}
        }
        self.skip_blanks()?;
        if COMMENTS {
            self.scan_line_comment(start);
        }
        self.skip_comment()?;
        if !self.is_breakz(0) {
            return Err(self.error(start, "did not find expected comment or line break"));
        }
        if self.is_break(0) {
            self.cache(2)?;
            self.skip_line();
        }
        Ok((chomping, increment))
    }

    fn scan_chomping(&mut self) -> Chomping {
        let chomping = if self.byte(0) == b'+' { Chomping::Keep } else { Chomping::Strip };
        self.skip_ascii(1);
        chomping
    }

    fn scan_increment(&mut self, start: Mark) -> Result<i64, Error> {
        let digit = self.byte(0);
        if digit == b'0' {
            return Err(self.error(start, "found an indentation indicator equal to 0"));
        }
        self.skip_ascii(1);
        Ok(i64::from(digit - b'0'))
    }

    fn read_rest_of_line(&mut self, text: &mut String) -> Result<(), Error> {
        let start = self.mark.index();
        self.skip_rest_of_line()?;
        text.push_str(self.slice(start, self.mark.index()));
        Ok(())
    }

    /// Steps over indentation and collects empty lines; finds the indentation if it is 0.
    fn scan_block_breaks(
        &mut self,
        start: Mark,
        indent: &mut i64,
        breaks: &mut String,
        end: &mut Mark,
    ) -> Result<(), Error> {
        *end = self.mark;
        let mut deepest = 0;
        loop {
            self.cache(1)?;
            while (*indent == 0 || i64::from(self.mark.column) < *indent) && self.byte(0) == b' ' {
                self.skip_ascii(1);
                self.cache(1)?;
            }
            let column = i64::from(self.mark.column);
            deepest = deepest.max(column);
            if (*indent == 0 || column < *indent) && self.byte(0) == b'\t' {
                return Err(self.error(start, "found a tab character where an indentation space is expected"));
            }
            if !self.is_break(0) {
                break;
            }
            self.cache(2)?;
            breaks.push(self.read_line());
            *end = self.mark;
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
