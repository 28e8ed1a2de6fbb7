//! Which token comes next, and what it does to indentation and possible keys.

use super::{MAX_DEPTH, Mark, Scanner, Token, TokenKind};
use crate::chars::is_blank;
use crate::error::Error;

impl<const COMMENTS: bool> Scanner<'_, COMMENTS> {
    /// Fetches until the token at the head of the queue is sure: as long as it may turn out to be
    /// a key, a KEY token may still have to go before it.
    pub(super) fn fetch_more_tokens(&mut self) -> Result<(), Error> {
        // A comment belongs to what stands before or after it: two more tokens tell.
        let ahead = if COMMENTS { 2 } else { 0 };
        while self.tokens.len() <= ahead || self.head_may_be_key()? {
            self.fetch_next_token()?;
        }
        Ok(())
    }

    fn fetch_next_token(&mut self) -> Result<(), Error> {
        self.cache(1)?;
        if !self.stream_start_produced {
            return self.fetch_stream_start();
        }
        let scan_mark = self.mark;
        self.scan_to_next_token()?;
        self.unroll_indent(i64::from(self.mark.column), scan_mark);
        self.cache(4)?;
        let first = self.byte(0);
        if first == 0 {
            return self.fetch_stream_end();
        }
        if self.mark.column == 0 && first == b'%' {
            return self.fetch_directive();
        }
        if self.at_document_indicator() {
            let kind = if first == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd };
            return self.fetch_document_indicator(kind);
        }
        if !COMMENTS {
            return self.fetch_content(first);
        }
        let comment_mark = self.mark_for_line_comment(first);
        self.fetch_content(first)?;
        self.scan_line_comment_after_token(comment_mark);
        Ok(())
    }

    /// Fetches what is neither the end nor belongs to the document as a whole.
    fn fetch_content(&mut self, first: u8) -> Result<(), Error> {
        let in_flow = self.flow_level > 0;
        match first {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if self.is_blankz(1) => self.fetch_block_entry(),
            b'?' if in_flow || self.is_blankz(1) => self.fetch_key(),
            b':' if in_flow || self.is_blankz(1) => self.fetch_value(),
            b'*' => self.fetch_anchor(true),
            b'&' => self.fetch_anchor(false),
            b'!' => self.fetch_tag(),
            b'|' if !in_flow => self.fetch_block_scalar(true),
            b'>' if !in_flow => self.fetch_block_scalar(false),
            b'\'' => self.fetch_quoted_scalar(true),
            b'"' => self.fetch_quoted_scalar(false),
            _ if self.starts_plain_scalar(first) => self.fetch_plain_scalar(),
            _ => Err(self.error(self.mark, "found character that cannot start any token")),
        }
    }

    /// The indicators that got here were not followed by what makes them indicators.
    fn starts_plain_scalar(&self, first: u8) -> bool {
        match first {
            b'-' => !is_blank(self.byte(1)),
            b'?' | b':' => self.flow_level == 0 && !self.is_blankz(1),
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => false,
            _ => !self.is_blankz(0),
        }
    }

    /// Steps over white space, comments and line breaks.
    fn scan_to_next_token(&mut self) -> Result<(), Error> {
        let scan_mark = self.mark;
        loop {
            self.cache(1)?;
            if self.mark.column == 0 && self.at_byte_order_mark() {
                self.skip();
            }
            self.cache(1)?;
            // Tabs separate tokens, but neither indent a line that may start a key nor follow
            // an indicator that allows one.
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            while self.byte(0) == b' ' || (tabs && self.byte(0) == b'\t') {
                self.skip_ascii(1);
                self.cache(1)?;
            }
            if COMMENTS {
                self.scan_comments_before_token(scan_mark);
            } else {
                self.skip_comment()?;
            }
            if !self.is_break(0) {
                return Ok(());
            }
            self.cache(2)?;
            self.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn push(&mut self, kind: TokenKind, start: Mark) {
        self.tokens.push_back(Token { kind, start, end: self.mark });
    }

    /// Puts a token before the token with the given number. If that has been handed out already,
    /// go-yaml puts it at the end.
    fn insert(&mut self, number: Option<usize>, kind: TokenKind, mark: Mark) {
        let token = Token { kind, start: mark, end: mark };
        match number.and_then(|number| number.checked_sub(self.tokens_parsed)) {
            Some(index) if index <= self.tokens.len() => self.tokens.insert(index, token),
            _ => self.tokens.push_back(token),
        }
    }

    /// Opens a block collection if the column is deeper than the current one.
    fn roll_indent(
        &mut self,
        column: u32,
        number: Option<usize>,
        kind: TokenKind,
        mark: Mark,
    ) -> Result<(), Error> {
        let column = i64::from(column);
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > MAX_DEPTH {
            let context = self.simple_keys.last().mark;
            return Err(self.error(context, format!("exceeded max depth of {MAX_DEPTH}")));
        }
        self.insert(number, kind, mark);
        Ok(())
    }

    /// Closes the block collections deeper than `column`; `scan_mark` is where the search for the
    /// next token began.
    fn unroll_indent(&mut self, column: i64, scan_mark: Mark) {
        if self.flow_level > 0 {
            return;
        }
        let mut block_end = if COMMENTS { self.mark_before(scan_mark) } else { self.mark };
        while self.indent > column {
            if COMMENTS {
                block_end = self.end_before_comments(block_end);
                self.tokens.push_back(Token { kind: TokenKind::BlockEnd, start: block_end, end: block_end });
            } else {
                self.push(TokenKind::BlockEnd, block_end);
            }
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch_stream_start(&mut self) -> Result<(), Error> {
        self.simple_keys.push(super::simple_key::SimpleKey::default());
        self.simple_key_allowed = true;
        self.stream_start_produced = true;
        self.push(TokenKind::StreamStart, self.mark);
        Ok(())
    }

    fn fetch_stream_end(&mut self) -> Result<(), Error> {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.unroll_indent(-1, self.mark);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push(TokenKind::StreamEnd, self.mark);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Error> {
        self.unroll_indent(-1, self.mark);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.unroll_indent(-1, self.mark);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        self.skip_ascii(3);
        self.push(kind, start);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.save_simple_key()?;
        self.increase_flow_level()?;
        self.simple_key_allowed = true;
        self.push_indicator(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.remove_simple_key()?;
        self.decrease_flow_level();
        self.simple_key_allowed = false;
        self.push_indicator(kind);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), Error> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::FlowEntry);
        Ok(())
    }

    fn push_indicator(&mut self, kind: TokenKind) {
        let start = self.mark;
        self.skip_ascii(1);
        self.push(kind, start);
    }

    fn fetch_block_entry(&mut self) -> Result<(), Error> {
        // In a flow collection the parser reports it, as it knows the context.
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.error(self.mark, "block sequence entries are not allowed in this context"));
            }
            self.roll_indent(self.mark.column, None, TokenKind::BlockSequenceStart, self.mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Error> {
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.error(self.mark, "mapping keys are not allowed in this context"));
            }
            self.roll_indent(self.mark.column, None, TokenKind::BlockMappingStart, self.mark)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_indicator(TokenKind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Error> {
        if self.last_key_is_valid()? {
            let key = self.simple_keys.last();
            self.insert(Some(key.token_number), TokenKind::Key, key.mark);
            let number = Some(key.token_number);
            self.roll_indent(key.mark.column, number, TokenKind::BlockMappingStart, key.mark)?;
            self.drop_simple_key();
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return Err(self.error(self.mark, "mapping values are not allowed in this context"));
                }
                self.roll_indent(self.mark.column, None, TokenKind::BlockMappingStart, self.mark)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(TokenKind::Value);
        Ok(())
    }

    fn fetch_anchor(&mut self, alias: bool) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_anchor(alias)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_tag(&mut self) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_tag()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Result<(), Error> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let token = self.scan_block_scalar(literal)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_quoted_scalar(&mut self, single: bool) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_quoted_scalar(single)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_plain_scalar(&mut self) -> Result<(), Error> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_plain_scalar()?;
        self.tokens.push_back(token);
        Ok(())
    }
}
