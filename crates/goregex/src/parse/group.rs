use super::cursor::utf8;
use super::item::Item;
use super::{Flags, Parser};
use crate::{Error, ErrorCode};

/// A group still open.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Its number, if it captures.
    capture: Option<u32>,
    /// The flags that hold again when it closes.
    flags_outside: Flags,
    /// The branches before the one being read.
    branches: Vec<Item>,
    /// What the branch being read consists of.
    pub(super) items: Vec<Item>,
}

impl Group {
    /// Ends a branch, at a `|` or at the end.
    pub(super) fn end_branch(&mut self) {
        let items = std::mem::take(&mut self.items);
        self.branches.push(Item::concat(items));
    }

    pub(super) fn into_item(mut self) -> Item {
        self.end_branch();
        Item::alternation(self.branches)
    }
}

impl Parser<'_> {
    /// Reads a `(` and, behind it, flags or a name.
    pub(super) fn open_group(&mut self) -> Result<(), Error> {
        let rest = self.cursor.rest();
        if !rest.starts_with(b"(?") {
            self.cursor.bump();
            self.open_capture(None);
            return Ok(());
        }
        // A name needs at least one more byte behind what introduces it.
        if rest.len() > 4 && rest.starts_with(b"(?P<") {
            return self.named_group(4);
        }
        if rest.len() > 3 && rest.starts_with(b"(?<") {
            return self.named_group(3);
        }
        self.flags_or_group()
    }

    fn open_capture(&mut self, name: Option<&str>) {
        let number = u32::try_from(self.group_names.len()).unwrap_or(u32::MAX);
        self.group_names.push(name.map(Box::from));
        self.open(Some(number));
    }

    fn open(&mut self, capture: Option<u32>) {
        let inner = Group { capture, flags_outside: self.flags, ..Group::default() };
        self.outer.push(std::mem::replace(&mut self.group, inner));
    }

    /// Reads `(?P<name>` or `(?<name>`, whose name begins after `prefix` bytes.
    fn named_group(&mut self, prefix: usize) -> Result<(), Error> {
        let start = self.cursor.position();
        if !self.cursor.skip_past(b'>') {
            return Err(self.cursor.unfinished(ErrorCode::InvalidNamedCapture, start));
        }
        let whole = self.cursor.since(start);
        let name = utf8(whole.get(prefix..whole.len().saturating_sub(1)).unwrap_or_default())?;
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(valid) {
            return Err(Error::new(ErrorCode::InvalidNamedCapture, whole));
        }
        self.open_capture(Some(name));
        Ok(())
    }

    /// Reads `(?flags)` or `(?flags:`.
    fn flags_or_group(&mut self) -> Result<(), Error> {
        let start = self.cursor.position();
        self.cursor.skip(2);
        let mut flags = self.flags;
        let mut value = true;
        // A `-` must be followed by a flag.
        let mut dangling_minus = false;
        while self.cursor.peek().is_some() {
            let character = self.cursor.character()?;
            match u8::try_from(character) {
                Ok(b'i') => flags.fold_case = value,
                Ok(b'm') => flags.multi_line = value,
                Ok(b's') => flags.dot_matches_newline = value,
                Ok(b'U') => flags.non_greedy = value,
                Ok(b'-') if value => {
                    value = false;
                    dangling_minus = true;
                    continue;
                }
                Ok(end @ (b':' | b')')) if !dangling_minus => {
                    if end == b':' {
                        self.open(None);
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
            dangling_minus = false;
        }
        Err(self.cursor.error_since(ErrorCode::InvalidPerlOp, start))
    }

    /// Closes the innermost group, behind its `)`.
    pub(super) fn close_group(&mut self) -> Result<(), Error> {
        let Some(outer) = self.outer.pop() else {
            return Err(Error::new(ErrorCode::UnexpectedParen, self.cursor.pattern()));
        };
        let group = std::mem::replace(&mut self.group, outer);
        self.flags = group.flags_outside;
        let capture = group.capture;
        let item = group.into_item();
        self.push(match capture {
            Some(number) => item.captured(number),
            None => item,
        })
    }
}
