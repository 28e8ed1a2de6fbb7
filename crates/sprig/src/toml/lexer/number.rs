//! Values, and numbers, dates and truth values among them, to a first approximation: the parser
//! looks closer.

use wheelhouse_gotemplate::unicode::is_letter;

use super::{END, Item, Kind, Lexer, State, is_white_space, quoted};

impl Lexer<'_> {
    pub(super) fn value(&mut self) -> State {
        match self.next() {
            rune if is_white_space(rune) => {
                self.ignore();
                State::Value
            }
            '0' => self.based_number_or_date(),
            '1'..='9' => self.number_or_date(),
            '[' => {
                self.ignore();
                self.emit(Kind::ArrayStart);
                State::ArrayValue
            }
            '{' => {
                self.ignore();
                self.emit(Kind::InlineTableStart);
                State::InlineTableValue
            }
            '"' => self.quotes('"', State::String, State::MultilineString),
            '\'' => self.quotes('\'', State::RawString, State::RawMultilineString),
            '.' => self.fault("floats must start with a digit, not '.'"),
            '-' | '+' => self.signed(),
            rune => {
                let is_word = matches!(rune, 'i' | 'n')
                    && ((self.accept('n') && self.accept('f')) || (self.accept('a') && self.accept('n')));
                if is_word {
                    return self.end_value(Kind::Float);
                }
                if is_letter(rune) {
                    self.backup();
                    return self.truth();
                }
                if rune == END {
                    return self.fault("unexpected EOF; expected value");
                }
                let message = format!("expected value but found {} instead", quoted(rune));
                if rune == '\n' { self.error_on_line_before(message) } else { self.fault(message) }
            }
        }
    }

    fn quotes(&mut self, quote: char, single: State, triple: State) -> State {
        if self.accept(quote) {
            if self.accept(quote) {
                self.ignore();
                return triple;
            }
            self.backup();
        }
        self.ignore();
        single
    }

    fn end_value(&mut self, kind: Kind) -> State {
        self.emit(kind);
        self.pop()
    }

    /// Reads on while runes belong, and ends the value before the first that does not.
    fn rest_of(&mut self, kind: Kind, belongs: impl Fn(char) -> bool) -> State {
        while belongs(self.next()) {}
        self.backup();
        self.end_value(kind)
    }

    /// Behind a leading zero.
    fn based_number_or_date(&mut self) -> State {
        match self.next() {
            '0'..='9' => self.number_or_date(),
            '_' => self.decimal(),
            '.' | 'e' | 'E' => self.float(),
            'b' => self.based("not a binary number", |rune| matches!(rune, '0' | '1')),
            'o' => self.based("not an octal number", |rune| matches!(rune, '0'..='7')),
            'x' => self.based("not a hexadecimal number", |rune| rune.is_ascii_hexdigit()),
            _ => {
                self.backup();
                self.end_value(Kind::Integer)
            }
        }
    }

    fn based(&mut self, complaint: &str, is_digit: impl Fn(char) -> bool) -> State {
        let rune = self.peek();
        if !is_digit(rune) {
            let mut message = format!("{complaint}: '").into_bytes();
            message.extend_from_slice(self.current());
            message.extend_from_slice(format!("{rune}'").as_bytes());
            self.fault(message);
        }
        self.rest_of(Kind::Integer, |rune| is_digit(rune) || rune == '_')
    }

    fn number_or_date(&mut self) -> State {
        loop {
            match self.next() {
                '0'..='9' => {}
                '-' | ':' => return self.datetime(),
                '_' => return self.decimal(),
                '.' | 'e' | 'E' => return self.float(),
                _ => {
                    self.backup();
                    return self.end_value(Kind::Integer);
                }
            }
        }
    }

    fn decimal(&mut self) -> State {
        loop {
            match self.next() {
                '0'..='9' | '_' => {}
                '.' | 'e' | 'E' => return self.float(),
                _ => {
                    self.backup();
                    return self.end_value(Kind::Integer);
                }
            }
        }
    }

    fn float(&mut self) -> State {
        self.rest_of(Kind::Float, |rune| {
            rune.is_ascii_digit() || matches!(rune, '_' | '.' | '-' | '+' | 'e' | 'E')
        })
    }

    fn datetime(&mut self) -> State {
        let belongs = |rune: char| {
            rune.is_ascii_digit() || matches!(rune, '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+')
        };
        while belongs(self.next()) {}
        self.backup();
        let text = crate::text::trim_space(self.current()).to_vec();
        self.items.push_back(Item { kind: Kind::Datetime, text, line: self.line });
        self.start = self.position;
        self.pop()
    }

    /// Behind a sign: only decimal numbers, infinity and not-a-number.
    fn signed(&mut self) -> State {
        match self.next() {
            'i' => self.signed_word(['n', 'f']),
            'n' => self.signed_word(['a', 'n']),
            '0' => {
                let rune = self.peek();
                if matches!(rune, 'b' | 'o' | 'x') {
                    let mut message = b"cannot use sign with non-decimal numbers: '".to_vec();
                    message.extend_from_slice(self.current());
                    message.extend_from_slice(format!("{rune}'").as_bytes());
                    return self.fault(message);
                }
                self.decimal()
            }
            '1'..='9' => self.decimal(),
            '.' => self.fault("floats must start with a digit, not '.'"),
            rune => self.fault(format!("expected a digit but got {}", quoted(rune))),
        }
    }

    fn signed_word(&mut self, letters: [char; 2]) -> State {
        for letter in letters {
            if !self.accept(letter) {
                let message = [b"invalid float: '", self.current(), b"'"].concat();
                return self.fault(message);
            }
        }
        self.end_value(Kind::Float)
    }

    fn truth(&mut self) -> State {
        let start = self.position;
        while is_letter(self.next()) {}
        self.backup();
        let word = self.input.get(start..self.position).unwrap_or_default();
        if matches!(word, b"true" | b"false") {
            return self.end_value(Kind::Bool);
        }
        let word = wheelhouse_gotemplate::strconv::quote(word);
        self.fault(format!("expected value but found {word} instead"))
    }
}
