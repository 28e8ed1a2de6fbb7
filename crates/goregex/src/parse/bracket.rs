use regex_syntax::hir::ClassUnicode;

use super::Parser;
use crate::class::{class, fold_case, posix_class};
use crate::{Error, ErrorCode};

impl Parser<'_> {
    /// Reads a class in brackets.
    pub(super) fn bracket(&mut self) -> Result<ClassUnicode, Error> {
        let start = self.cursor.position();
        self.cursor.bump();
        let negated = self.cursor.eat(b"^");
        let mut ranges = Vec::new();
        let mut classes = ClassUnicode::empty();
        let mut first = true;
        // A `]` that comes first is a character of the class.
        while first || self.cursor.peek() != Some(b']') {
            first = false;
            if let Some(class) = self.posix_class()? {
                classes.union(&class);
            } else if let Some(class) = self.named_class()? {
                classes.union(&class);
            } else {
                ranges.push(self.range(start)?);
            }
        }
        self.cursor.bump();
        let mut class = class(&ranges);
        if self.flags.fold_case {
            fold_case(&mut class);
        }
        class.union(&classes);
        if negated {
            class.negate();
        }
        Ok(class)
    }

    /// Takes a `[:name:]` or `[:^name:]`, if one comes next.
    fn posix_class(&mut self) -> Result<Option<ClassUnicode>, Error> {
        let start = self.cursor.position();
        if self.no_posix_end {
            return Ok(None);
        }
        let rest = self.cursor.rest();
        let Some(inner) = rest.strip_prefix(b"[:") else { return Ok(None) };
        let Some(length) = inner.windows(2).position(|pair| pair == b":]") else {
            self.no_posix_end = true;
            return Ok(None);
        };
        let name = inner.get(..length).unwrap_or_default();
        self.cursor.skip(length + 4);
        let (name, negated) = match name.strip_prefix(b"^") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let Some(ranges) = posix_class(name) else {
            return Err(self.cursor.error_since(ErrorCode::InvalidCharRange, start));
        };
        let mut class = class(ranges);
        if self.flags.fold_case {
            fold_case(&mut class);
        }
        if negated {
            class.negate();
        }
        Ok(Some(class))
    }

    /// Reads a character or a range of them; `class_start` is where the brackets open.
    fn range(&mut self, class_start: usize) -> Result<(u32, u32), Error> {
        let start = self.cursor.position();
        let first = self.class_character(class_start)?;
        let rest = self.cursor.rest();
        // A `-` before the `]` is a character itself.
        let is_range = rest.len() >= 2 && rest.starts_with(b"-") && !rest.starts_with(b"-]");
        if !is_range {
            return Ok((first, first));
        }
        self.cursor.bump();
        let last = self.class_character(class_start)?;
        if last < first {
            return Err(self.cursor.error_since(ErrorCode::InvalidCharRange, start));
        }
        Ok((first, last))
    }

    fn class_character(&mut self, class_start: usize) -> Result<u32, Error> {
        match self.cursor.peek() {
            None => Err(self.cursor.error_since(ErrorCode::MissingBracket, class_start)),
            Some(b'\\') => self.cursor.escape(),
            Some(_) => self.cursor.character(),
        }
    }
}
