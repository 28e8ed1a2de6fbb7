//! Strings of all four kinds.

use wheelhouse_gotemplate::strconv::quote;

use super::{END, Kind, Lexer, State, is_break};

impl Lexer<'_> {
    /// Inside double quotes.
    pub(super) fn string(&mut self) -> State {
        match self.next() {
            END => self.fault("unexpected EOF; expected '\"'"),
            rune if is_break(rune) => self.error_on_line_before("strings cannot contain newlines"),
            '\\' => self.escape(State::String),
            '"' => {
                let escapes = std::mem::take(&mut self.has_escapes);
                self.end_string(if escapes { Kind::StringWithEscapes } else { Kind::String }, 1)
            }
            _ => State::String,
        }
    }

    /// Inside single quotes.
    pub(super) fn raw_string(&mut self) -> State {
        match self.next() {
            END => self.fault("unexpected EOF; expected \"'\""),
            rune if is_break(rune) => self.error_on_line_before("strings cannot contain newlines"),
            '\'' => self.end_string(Kind::RawString, 1),
            _ => State::RawString,
        }
    }

    /// Inside three quotes of either kind. The text may end in one or two quotes of its own.
    pub(super) fn multiline(&mut self, quote: u8) -> State {
        let raw = quote == b'\'';
        let state = if raw { State::RawMultilineString } else { State::MultilineString };
        let quote_rune = char::from(quote);
        match self.next() {
            END if raw => self.fault("unexpected EOF; expected \"'''\""),
            END => self.fault("unexpected EOF; expected '\"\"\"'"),
            '\\' if !raw => {
                if is_break(self.next()) {
                    return state;
                }
                self.backup();
                self.escape(state)
            }
            rune if rune == quote_rune => {
                if !self.accept(quote_rune) {
                    return state;
                }
                if !self.accept(quote_rune) {
                    self.backup();
                    return state;
                }
                if self.peek() == quote_rune {
                    if self.too_many_quotes(quote) {
                        let six = quote_rune.to_string().repeat(6);
                        let around = if raw { '"' } else { '\'' };
                        return self.fault(format!("unexpected {around}{six}{around}"));
                    }
                    self.backup();
                    self.backup();
                    return state;
                }
                if raw {
                    return self.end_string(Kind::RawMultilineString, 3);
                }
                self.has_escapes = false;
                self.end_string(Kind::MultilineString, 3)
            }
            _ => state,
        }
    }

    /// Whether five quotes were read already and a sixth follows; the first may be escaped.
    fn too_many_quotes(&self, quote: u8) -> bool {
        let Some(before) = self.current().strip_suffix(&[quote; 5]) else {
            return false;
        };
        quote == b'\'' || before.last() != Some(&b'\\')
    }

    /// The string without its quotes, which were read.
    fn end_string(&mut self, kind: Kind, quotes: usize) -> State {
        for _ in 0..quotes {
            self.backup();
        }
        self.emit(kind);
        for _ in 0..quotes {
            self.next();
        }
        self.ignore();
        self.pop()
    }

    /// What follows a backslash.
    fn escape(&mut self, string: State) -> State {
        self.has_escapes = true;
        let (digits, words) = match self.next() {
            'e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\' => return string,
            'x' => (2, "two hexadecimal digits after '\\x'"),
            'u' => (4, "four hexadecimal digits after '\\u'"),
            'U' => (8, "eight hexadecimal digits after '\\U'"),
            rune => return self.error(format!("invalid escape in string '\\{rune}'")),
        };
        for _ in 0..digits {
            if !self.next().is_ascii_hexdigit() {
                let read = quote(self.current());
                return self.fault(format!("expected {words}, but got {read} instead"));
            }
        }
        string
    }
}
