//! Tokens inside `{{ … }}`.

use super::{Lexer, RIGHT, TRIM_MARKER_LENGTH, Token, TokenKind, has_right_trim_marker, is_space_byte};
use crate::strconv::quote;
use crate::unicode::{RUNE_ERROR, decode, is_digit, is_letter, is_print};

impl Lexer<'_> {
    pub(super) fn action_token(&mut self) -> Token {
        self.skip_to(self.position);
        if let Some(trims) = self.at_right_delimiter() {
            if self.open_parens == 0 {
                return self.right_delimiter(trims);
            }
            return self.fail("unclosed left paren");
        }
        let Some(first) = self.next() else {
            return self.fail("unclosed action");
        };
        match first {
            ' ' | '\t' | '\r' | '\n' => self.space(),
            '=' => self.token(TokenKind::Assign),
            ':' => {
                if self.next() == Some('=') {
                    self.token(TokenKind::Declare)
                } else {
                    self.fail("expected :=")
                }
            }
            '|' => self.token(TokenKind::Pipe),
            '"' => self.delimited('"', TokenKind::String, "unterminated quoted string"),
            '\'' => self.delimited('\'', TokenKind::CharacterConstant, "unterminated character constant"),
            '`' => self.raw_string(),
            '$' => self.field_or_variable(TokenKind::Variable),
            '.' if self.rest().first().is_some_and(|byte| !byte.is_ascii_digit()) => {
                self.field_or_variable(TokenKind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.position = self.start;
                self.number()
            }
            '(' => {
                self.open_parens += 1;
                self.token(TokenKind::LeftParen)
            }
            ')' => match self.open_parens.checked_sub(1) {
                Some(open) => {
                    self.open_parens = open;
                    self.token(TokenKind::RightParen)
                }
                None => self.fail("unexpected right paren"),
            },
            first if is_alphanumeric(first) => self.word(),
            first if first.is_ascii() && is_print(first) => self.token(TokenKind::Character),
            first => self.fail(format!("unrecognized character in action: {}", with_code_point(first))),
        }
    }

    /// A run of spaces, up to the one that belongs to a trim marker. Its first space is read.
    fn space(&mut self) -> Token {
        let run = self.rest().iter().take_while(|byte| is_space_byte(**byte)).count();
        self.position += run;
        let last = self.position - 1;
        let from_last = self.source.get(last..).unwrap_or_default();
        let trims = has_right_trim_marker(from_last)
            && from_last.get(TRIM_MARKER_LENGTH..).is_some_and(|rest| rest.starts_with(RIGHT));
        if trims {
            self.position = last;
            if run == 0 {
                return self.right_delimiter(true);
            }
        }
        self.token(TokenKind::Space)
    }

    /// A word that starts with a letter, digit or underscore.
    fn word(&mut self) -> Token {
        self.take_alphanumeric();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let word = self.source.get(self.start..self.position).unwrap_or_default();
        let kind = match word {
            b"block" => TokenKind::Block,
            b"break" if self.keywords.break_is_one => TokenKind::Break,
            b"continue" if self.keywords.continue_is_one => TokenKind::Continue,
            b"define" => TokenKind::Define,
            b"else" => TokenKind::Else,
            b"end" => TokenKind::EndKeyword,
            b"if" => TokenKind::If,
            b"nil" => TokenKind::Nil,
            b"range" => TokenKind::Range,
            b"template" => TokenKind::Template,
            b"true" | b"false" => TokenKind::Bool,
            b"with" => TokenKind::With,
            _ => TokenKind::Identifier,
        };
        self.token(kind)
    }

    /// A field or variable; its `.` or `$` is read.
    fn field_or_variable(&mut self, kind: TokenKind) -> Token {
        if self.at_terminator() {
            return self.token(if kind == TokenKind::Variable { kind } else { TokenKind::Dot });
        }
        self.take_alphanumeric();
        if self.at_terminator() { self.token(kind) } else { self.bad_character() }
    }

    /// A string or character constant up to its closing quote; the parser checks what is inside.
    fn delimited(&mut self, quote: char, kind: TokenKind, unterminated: &str) -> Token {
        let plain = |byte: &&u8| byte.is_ascii() && !matches!(**byte, b'\\' | b'\n' | b'"' | b'\'');
        loop {
            self.position += self.rest().iter().take_while(plain).count();
            match self.next() {
                Some('\\') => match self.next() {
                    None | Some('\n') => return self.fail(unterminated),
                    Some(_) => {}
                },
                None | Some('\n') => return self.fail(unterminated),
                Some(character) if character == quote => return self.token(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_string(&mut self) -> Token {
        match self.rest().iter().position(|byte| *byte == b'`') {
            Some(length) => {
                self.position += length + 1;
                self.token(TokenKind::RawString)
            }
            None => {
                self.position = self.source.len();
                self.fail("unterminated raw quoted string")
            }
        }
    }

    /// A number, read generously: the parser finds out whether it is one.
    fn number(&mut self) -> Token {
        if !self.scan_number() {
            return self.bad_number();
        }
        if !matches!(self.peek(), Some('+' | '-')) {
            return self.token(TokenKind::Number);
        }
        let imaginary = self.scan_number()
            && self.position.checked_sub(1).and_then(|last| self.source.get(last)) == Some(&b'i');
        if imaginary { self.token(TokenKind::Complex) } else { self.bad_number() }
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        let mut exponent = "eE";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
                exponent = "pP";
            } else if self.accept("oO") {
                digits = "01234567_";
                exponent = "";
            } else if self.accept("bB") {
                digits = "01_";
                exponent = "";
            }
        }
        while self.accept(digits) {}
        if self.accept(".") {
            while self.accept(digits) {}
        }
        if self.accept(exponent) {
            self.accept("+-");
            while self.accept("0123456789_") {}
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }

    fn bad_number(&mut self) -> Token {
        let text = self.source.get(self.start..self.position).unwrap_or_default();
        self.fail(format!("bad number syntax: {}", quote(text)))
    }

    fn bad_character(&mut self) -> Token {
        let found = self.peek().unwrap_or(RUNE_ERROR);
        self.fail(format!("bad character {}", with_code_point(found)))
    }

    /// Whether a word may end here. Also refuses `$x+2`.
    fn at_terminator(&self) -> bool {
        let rest = self.rest();
        matches!(
            rest.first(),
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(')
        ) || rest.starts_with(RIGHT)
    }

    fn take_alphanumeric(&mut self) {
        let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        self.position += self.rest().iter().take_while(plain).count();
        while self.peek().is_some_and(is_alphanumeric) {
            self.next();
        }
    }

    fn accept(&mut self, valid: &str) -> bool {
        let accepted = self.peek().is_some_and(|character| valid.contains(character));
        if accepted {
            self.position += 1;
        }
        accepted
    }

    fn peek(&self) -> Option<char> {
        decode(self.rest()).map(|(character, _)| character)
    }

    fn next(&mut self) -> Option<char> {
        let (character, width) = decode(self.rest())?;
        self.position += width;
        Some(character)
    }
}

fn is_alphanumeric(character: char) -> bool {
    character == '_' || is_letter(character) || is_digit(character)
}

/// `%#U`: the code point, and the character if it can be printed.
fn with_code_point(character: char) -> String {
    let code = u32::from(character);
    if is_print(character) { format!("U+{code:04X} '{character}'") } else { format!("U+{code:04X}") }
}
