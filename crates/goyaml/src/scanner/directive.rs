//! `%YAML` and `%TAG`.

use super::{Mark, Scanner, TagDirective, Token, TokenKind};
use crate::chars::is_blank;
use crate::error::Error;

impl<const COMMENTS: bool> Scanner<'_, COMMENTS> {
    pub(super) fn scan_directive(&mut self) -> Result<Token, Error> {
        let start = self.mark;
        self.skip_ascii(1);
        let kind = match self.scan_directive_name(start)?.as_str() {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return Err(self.error(start, "found unknown directive name")),
        };
        let end = self.mark;
        self.skip_blanks()?;
        self.skip_comment()?;
        if !self.is_breakz(0) {
            return Err(self.error(start, "did not find expected comment or line break"));
        }
        if self.is_break(0) {
            self.cache(2)?;
            self.skip_line();
        }
        Ok(Token { kind, start, end })
    }

    fn scan_directive_name(&mut self, start: Mark) -> Result<String, Error> {
        self.cache(1)?;
        let mut name = String::new();
        while crate::chars::is_alpha(self.byte(0)) {
            self.read(&mut name);
            self.cache(1)?;
        }
        if name.is_empty() {
            return Err(self.error(start, "could not find expected directive name"));
        }
        if !self.is_blankz(0) {
            return Err(self.error(start, "found unexpected non-alphabetical character"));
        }
        Ok(name)
    }

    fn scan_version(&mut self, start: Mark) -> Result<TokenKind, Error> {
        self.skip_blanks()?;
        let major = self.scan_version_number(start)?;
        if self.byte(0) != b'.' {
            return Err(self.error(start, "did not find expected digit or '.' character"));
        }
        self.skip_ascii(1);
        let minor = self.scan_version_number(start)?;
        Ok(TokenKind::VersionDirective { major, minor })
    }

    fn scan_version_number(&mut self, start: Mark) -> Result<u8, Error> {
        self.cache(1)?;
        let (mut value, mut digits) = (0, 0);
        while self.byte(0).is_ascii_digit() {
            digits += 1;
            if digits > 2 {
                return Err(self.error(start, "found extremely long version number"));
            }
            value = value * 10 + (self.byte(0) - b'0');
            self.skip_ascii(1);
            self.cache(1)?;
        }
        if digits == 0 {
            return Err(self.error(start, "did not find expected version number"));
        }
        Ok(value)
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<TokenKind, Error> {
        self.skip_blanks()?;
        let handle = self.scan_tag_handle(true, start)?;
        self.cache(1)?;
        if !is_blank(self.byte(0)) {
            return Err(self.error(start, "did not find expected whitespace"));
        }
        while is_blank(self.byte(0)) {
            self.skip();
            self.cache(1)?;
        }
        let prefix = self.scan_tag_uri("", start)?;
        self.cache(1)?;
        if !self.is_blankz(0) {
            return Err(self.error(start, "did not find expected whitespace or line break"));
        }
        Ok(TokenKind::TagDirective(Box::new(TagDirective { handle, prefix })))
    }
}
