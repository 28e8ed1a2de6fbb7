//! Takes a TOML document apart, step by step as `BurntSushi/toml` 1.6 does, so that what is wrong
//! is found at the same place and told in the same words.

mod number;
mod string;
mod structure;

use std::collections::VecDeque;

use wheelhouse_gotemplate::strconv::append_quoted_rune;
use wheelhouse_gotemplate::unicode::{RUNE_ERROR, decode};

/// What [`Lexer::next`] gives at the end; a NUL in the document is an error before it is seen.
const END: char = '\0';

/// What a piece of the document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The text is the message.
    Error,
    End,
    /// A comment, or a bare part of a key.
    Text,
    String,
    StringWithEscapes,
    RawString,
    MultilineString,
    RawMultilineString,
    Bool,
    Integer,
    Float,
    Datetime,
    ArrayStart,
    ArrayEnd,
    TableStart,
    TableEnd,
    ArrayTableStart,
    ArrayTableEnd,
    KeyStart,
    KeyEnd,
    CommentStart,
    InlineTableStart,
    InlineTableEnd,
}

/// A piece of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) text: Vec<u8>,
    /// The line it ends on, from 1; errors at a line's end may count the line before.
    pub(super) line: i64,
}

/// What is expected next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Done,
    Top,
    TopEnd,
    Comment,
    TableEnd,
    ArrayTableEnd,
    TableName,
    TableNameEnd,
    BareName,
    QuotedName,
    KeyName,
    KeyEnd,
    Value,
    ArrayValue,
    ArrayValueEnd,
    InlineTableValue,
    InlineTableValueEnd,
    String,
    MultilineString,
    RawString,
    RawMultilineString,
}

/// Reads a document piece by piece.
pub(super) struct Lexer<'a> {
    input: &'a [u8],
    /// Where the piece that is being read begins.
    start: usize,
    position: usize,
    line: i64,
    state: State,
    /// What to go on with behind a value, a comment or a name.
    stack: Vec<State>,
    items: VecDeque<Item>,
    /// Widths of the last four runes, the last one first.
    widths: [usize; 4],
    at_end: bool,
    has_escapes: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Lexer {
            input,
            start: 0,
            position: 0,
            line: 1,
            state: State::Top,
            stack: Vec::new(),
            items: VecDeque::new(),
            widths: [0; 4],
            at_end: false,
            has_escapes: false,
        }
    }

    /// The next piece; nothing sensible follows an error or the end.
    pub(super) fn next_item(&mut self) -> Item {
        loop {
            if let Some(item) = self.items.pop_front() {
                return item;
            }
            self.state = match self.state {
                State::Done => return Item { kind: Kind::End, text: Vec::new(), line: self.line },
                state => self.step(state),
            };
        }
    }

    fn step(&mut self, state: State) -> State {
        match state {
            State::Done => State::Done,
            State::Top => self.top(),
            State::TopEnd => self.top_end(),
            State::Comment => self.comment(),
            State::TableEnd => {
                self.emit(Kind::TableEnd);
                State::TopEnd
            }
            State::ArrayTableEnd => self.array_table_end(),
            State::TableName => self.table_name(),
            State::TableNameEnd => self.table_name_end(),
            State::BareName => self.bare_name(),
            State::QuotedName => self.quoted_name(),
            State::KeyName => self.key_name(),
            State::KeyEnd => self.key_end(),
            State::Value => self.value(),
            State::ArrayValue => self.array_value(),
            State::ArrayValueEnd => self.array_value_end(),
            State::InlineTableValue => self.inline_table_value(),
            State::InlineTableValueEnd => self.inline_table_value_end(),
            State::String => self.string(),
            State::MultilineString => self.multiline(b'"'),
            State::RawString => self.raw_string(),
            State::RawMultilineString => self.multiline(b'\''),
        }
    }

    /// Reads a rune; [`END`] at the end. What no document may hold is an error and stays unread.
    fn next(&mut self) -> char {
        let rest = self.input.get(self.position..).unwrap_or_default();
        let Some((rune, width)) = decode(rest) else {
            self.at_end = true;
            return END;
        };
        if rune == '\n' {
            self.line += 1;
        }
        let [first, second, third, _] = self.widths;
        self.widths = [first, first, second, third];
        if rune == RUNE_ERROR && width == 1 {
            let byte = rest.first().copied().unwrap_or_default();
            self.error(format!("invalid UTF-8 byte: 0x{byte:02x}"));
            return RUNE_ERROR;
        }
        let lone_return = rune == '\r' && rest.get(1) != Some(&b'\n');
        if lone_return || (rune.is_ascii_control() && !matches!(rune, '\t' | '\r' | '\n')) {
            let message =
                format!("TOML files cannot contain control characters: '0x{:02x}'", u32::from(rune));
            self.items.push_back(Item { kind: Kind::Error, text: message.into_bytes(), line: self.line });
            return RUNE_ERROR;
        }
        self.widths = [width, first, second, third];
        self.position += width;
        rune
    }

    /// Goes back one rune, up to four times in a row.
    fn backup(&mut self) {
        if std::mem::take(&mut self.at_end) {
            return;
        }
        let [first, second, third, fourth] = self.widths;
        self.widths = [second, third, fourth, fourth];
        self.position = self.position.saturating_sub(first);
        if self.input.get(self.position) == Some(&b'\n') {
            self.line -= 1;
        }
    }

    fn peek(&mut self) -> char {
        let rune = self.next();
        self.backup();
        rune
    }

    fn accept(&mut self, valid: char) -> bool {
        if self.next() == valid {
            return true;
        }
        self.backup();
        false
    }

    fn skip_white_space(&mut self) {
        while is_white_space(self.next()) {}
        self.backup();
        self.ignore();
    }

    fn ignore(&mut self) {
        self.start = self.position;
    }

    fn current(&self) -> &'a [u8] {
        self.input.get(self.start..self.position).unwrap_or_default()
    }

    fn emit(&mut self, kind: Kind) {
        let text = self.current().to_vec();
        self.items.push_back(Item { kind, text, line: self.line });
        self.start = self.position;
    }

    fn push(&mut self, state: State) {
        self.stack.push(state);
    }

    fn pop(&mut self) -> State {
        self.stack.pop().unwrap_or(State::Done)
    }

    /// An error here; at the end of the document it counts for the line before.
    fn error(&mut self, message: impl Into<Vec<u8>>) -> State {
        let line = if self.at_end { self.line - 1 } else { self.line };
        self.error_on(line, message)
    }

    /// An error that counts for the line before.
    fn error_on_line_before(&mut self, message: impl Into<Vec<u8>>) -> State {
        self.error_on(self.line - 1, message)
    }

    /// An error of the lexer's own; at the end of the document it counts for the line before if
    /// that is empty here.
    fn fault(&mut self, message: impl Into<Vec<u8>>) -> State {
        let after_break = self.position.checked_sub(1).and_then(|at| self.input.get(at)) == Some(&b'\n');
        let line = if self.at_end && after_break { self.line - 1 } else { self.line };
        self.error_on(line, message)
    }

    fn error_on(&mut self, line: i64, message: impl Into<Vec<u8>>) -> State {
        self.items.push_back(Item { kind: Kind::Error, text: message.into(), line });
        State::Done
    }
}

fn is_white_space(rune: char) -> bool {
    matches!(rune, ' ' | '\t')
}

fn is_break(rune: char) -> bool {
    matches!(rune, '\n' | '\r')
}

/// Go's `%q` of a rune.
fn quoted(rune: char) -> String {
    let mut text = Vec::new();
    append_quoted_rune(&mut text, rune, false);
    String::from_utf8(text).unwrap_or_default()
}
