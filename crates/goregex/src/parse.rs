//! The parser of Go's syntax. Its output is the syntax tree (`Hir`) of the `regex` family, in which
//! every piece means what Go means by it.
//!
//! It reads the pattern once from left to right. Open groups lie on a stack; each holds the
//! finished branches and the items of the branch being read.

mod bracket;
mod cursor;
mod escape;
mod group;
mod item;
mod repeat;

use regex_syntax::hir::{ClassUnicode, Dot, Hir, Look};

use crate::class::{class, fold_case, perl_class};
use crate::unicode::unicode_class;
use crate::{Error, ErrorCode};
use cursor::Cursor;
use group::Group;
use item::Item;

/// The longest pattern, in bytes.
const MAX_PATTERN_LENGTH: usize = 256 * 1024;

/// What a pattern says.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// What it matches.
    pub(crate) hir: Hir,
    /// The names of the capturing groups, that of the whole match (none) first.
    pub(crate) group_names: Vec<Option<Box<str>>>,
    /// Estimated number of states of its automaton.
    pub(crate) size: u64,
}

/// The flags a `(?…)` can change.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    /// `i`: letters match in either case.
    fold_case: bool,
    /// `m`: `^` and `$` also match at lines.
    multi_line: bool,
    /// `s`: `.` also matches a line feed.
    dot_matches_newline: bool,
    /// `U`: repetitions take as little as possible.
    non_greedy: bool,
}

struct Parser<'p> {
    cursor: Cursor<'p>,
    flags: Flags,
    /// The innermost open group; the whole pattern counts as one that is never closed.
    group: Group,
    /// The open groups around it, outermost first.
    outer: Vec<Group>,
    group_names: Vec<Option<Box<str>>>,
    /// Where the repetition just read begins, if one was: it must not be repeated.
    last_repeat: Option<usize>,
    /// How many ranges of characters the classes read so far hold.
    ranges: usize,
    /// Whether no `:]` follows any more: looked for once only, not at each `[:`.
    no_posix_end: bool,
}

/// Parses a pattern.
pub(crate) fn parse(pattern: &[u8]) -> Result<Parsed, Error> {
    if pattern.len() > MAX_PATTERN_LENGTH {
        return Err(Error::new(ErrorCode::Large, pattern));
    }
    let mut parser = Parser {
        cursor: Cursor::new(pattern),
        flags: Flags::default(),
        group: Group::default(),
        outer: Vec::new(),
        group_names: vec![None],
        last_repeat: None,
        ranges: 0,
        no_posix_end: false,
    };
    while let Some(byte) = parser.cursor.peek() {
        let start = parser.cursor.position();
        let is_repeat = parser.element(byte)?;
        parser.last_repeat = is_repeat.then_some(start);
    }
    parser.finish()
}

impl Parser<'_> {
    /// Reads the element that begins with `byte`; tells whether it was a repetition.
    fn element(&mut self, byte: u8) -> Result<bool, Error> {
        match byte {
            b'(' => self.open_group()?,
            b'|' => {
                self.cursor.bump();
                self.group.end_branch();
            }
            b')' => {
                self.cursor.bump();
                self.close_group()?;
            }
            b'^' => self.look(if self.flags.multi_line { Look::StartLF } else { Look::Start })?,
            b'$' => self.look(if self.flags.multi_line { Look::EndLF } else { Look::End })?,
            b'.' => {
                self.cursor.bump();
                let any = self.flags.dot_matches_newline;
                self.push(Item::leaf(Hir::dot(if any { Dot::AnyChar } else { Dot::AnyCharExceptLF })))?;
            }
            b'[' => {
                let class = self.bracket()?;
                self.push_class(class)?;
            }
            b'*' => return self.symbol_repeat(0, None),
            b'+' => return self.symbol_repeat(1, None),
            b'?' => return self.symbol_repeat(0, Some(1)),
            b'{' => return self.counted_repeat(),
            b'\\' => self.backslash()?,
            _ => {
                let character = self.cursor.character()?;
                self.literal(character)?;
            }
        }
        Ok(false)
    }

    fn look(&mut self, look: Look) -> Result<(), Error> {
        self.cursor.bump();
        self.push(Item::leaf(Hir::look(look)))
    }

    /// Reads what a backslash begins, outside of brackets.
    fn backslash(&mut self) -> Result<(), Error> {
        let start = self.cursor.position();
        let look = match self.cursor.peek_second() {
            Some(b'A') => Some(Look::Start),
            Some(b'z') => Some(Look::End),
            Some(b'b') => Some(Look::WordAscii),
            Some(b'B') => Some(Look::WordAsciiNegate),
            Some(b'C') => {
                self.cursor.skip(2);
                return Err(self.cursor.error_since(ErrorCode::InvalidEscape, start));
            }
            Some(b'Q') => {
                self.cursor.skip(2);
                return self.quoted();
            }
            _ => None,
        };
        if let Some(look) = look {
            self.cursor.bump();
            return self.look(look);
        }
        match self.named_class()? {
            Some(class) => self.push_class(class),
            None => {
                let character = self.cursor.escape()?;
                self.literal(character)
            }
        }
    }

    /// Reads up to `\E` or the end, all of it literally.
    fn quoted(&mut self) -> Result<(), Error> {
        let rest = self.cursor.rest();
        let end = rest.windows(2).position(|pair| pair == br"\E");
        // An error is about what is quoted only.
        let mut quoted = Cursor::new(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
        while quoted.peek().is_some() {
            let character = quoted.character()?;
            self.literal(character)?;
        }
        self.cursor.skip(quoted.position() + if end.is_some() { 2 } else { 0 });
        Ok(())
    }

    /// Takes a class written with a backslash (`\d`, `\pL`, `\p{Greek}`), if one comes next.
    fn named_class(&mut self) -> Result<Option<ClassUnicode>, Error> {
        let Some(name) = self.cursor.peek_second().filter(|_| self.cursor.peek() == Some(b'\\')) else {
            return Ok(None);
        };
        let (mut class, negated) = if matches!(name, b'p' | b'P') {
            self.unicode_class(name == b'P')?
        } else if let Some(ranges) = perl_class(name.to_ascii_lowercase()) {
            self.cursor.skip(2);
            (class(ranges), name.is_ascii_uppercase())
        } else {
            return Ok(None);
        };
        if self.flags.fold_case {
            fold_case(&mut class);
        }
        if negated {
            class.negate();
        }
        Ok(Some(class))
    }

    /// Reads `\pN` or `\p{name}`; gives the class and whether it is to be negated.
    fn unicode_class(&mut self, negated: bool) -> Result<(ClassUnicode, bool), Error> {
        let start = self.cursor.position();
        self.cursor.skip(2);
        let first = self.cursor.character()?;
        let name = if first == u32::from(b'{') {
            let name_start = self.cursor.position();
            if !self.cursor.skip_past(b'}') {
                return Err(self.cursor.unfinished(ErrorCode::InvalidCharRange, start));
            }
            let name = self.cursor.since(name_start);
            name.get(..name.len().saturating_sub(1)).unwrap_or_default()
        } else {
            self.cursor.since(start + 2)
        };
        let name = cursor::utf8(name)?;
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, !negated),
            None => (name, negated),
        };
        match unicode_class(name) {
            Some(class) => Ok((class, negated)),
            None => Err(self.cursor.error_since(ErrorCode::InvalidCharRange, start)),
        }
    }

    /// Adds a character to the branch being read.
    fn literal(&mut self, character: u32) -> Result<(), Error> {
        let mut class = class(&[(character, character)]);
        if self.flags.fold_case {
            fold_case(&mut class);
        }
        self.push_class(class)
    }

    fn push_class(&mut self, class: ClassUnicode) -> Result<(), Error> {
        self.ranges += class.ranges().len();
        if self.ranges as u64 > item::MAX_SIZE {
            return Err(Error::new(ErrorCode::Large, self.cursor.pattern()));
        }
        self.push(Item::class(class))
    }

    /// Adds an item to the branch being read.
    fn push(&mut self, item: Item) -> Result<(), Error> {
        item.check_limits(self.cursor.pattern(), self.group_names.len())?;
        self.group.items.push(item);
        Ok(())
    }

    fn finish(self) -> Result<Parsed, Error> {
        let pattern = self.cursor.pattern();
        if !self.outer.is_empty() {
            return Err(Error::new(ErrorCode::MissingParen, pattern));
        }
        let item = self.group.into_item();
        item.check_limits(pattern, self.group_names.len())?;
        Ok(Parsed { hir: item.hir, group_names: self.group_names, size: item.size })
    }
}
