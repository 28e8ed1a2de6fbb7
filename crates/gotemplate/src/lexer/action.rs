//! Tokens inside `{{ … }}`.

use super::class::{is_space_byte, is_terminator_byte, is_word_byte};
use super::{Lexer, RIGHT, TRIM_MARKER_LENGTH, Token, TokenKind, has_right_trim_marker};
use crate::strconv::quote;
use crate::unicode::{RUNE_ERROR, decode, is_digit, is_letter, is_print};

impl Lexer<'_> {
    pub(super) fn action_token(&mut self) -> Token {
        self.skip_to(self.position);
        let Some(first) = self.source.get(self.position).copied() else {
            return self.fail("unclosed action");
        };
        match first {
            b' ' | b'\t' | b'\r' | b'\n' | b'}' => {
                if let Some(trims) = self.at_right_delimiter() {
                    return match self.open_parens {
                        0 => self.right_delimiter(trims),
                        _ => self.fail("unclosed left paren"),
                    };
                }
                if first == b'}' { self.other() } else { self.space() }
            }
            b'.' if self.source.get(self.position + 1).is_some_and(|byte| !byte.is_ascii_digit()) => {
                self.position += 1;
                self.field_or_variable(TokenKind::Field)
            }
            b'$' => {
                self.position += 1;
                self.field_or_variable(TokenKind::Variable)
            }
            b'.' | b'+' | b'-' | b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            _ => self.other(),
        }
    }

    /// A token that starts with none of the commonest characters.
    fn other(&mut self) -> Token {
        let Some(first) = self.next() else {
            return self.fail("unclosed action");
        };
        match first {
            '=' => self.token(TokenKind::Assign),
            ':' => {
                if self.next() == Some('=') {
                    self.token(TokenKind::Declare)
                } else {
                    self.fail("expected :=")
                }
            }
            '|' => self.token(TokenKind::Pipe),
            '"' => self.delimited(b'"', TokenKind::String, "unterminated quoted string"),
            '\'' => self.delimited(b'\'', TokenKind::CharacterConstant, "unterminated character constant"),
            '`' => self.raw_string(),
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

    /// A run of spaces, up to the one that belongs to a trim marker: not its first.
    fn space(&mut self) -> Token {
        self.position += 1;
        let run = self.rest().iter().take_while(|byte| is_space_byte(**byte)).count();
        self.position += run;
        let last = self.position - 1;
        let from_last = self.source.get(last..).unwrap_or_default();
        let trims = has_right_trim_marker(from_last)
            && from_last.get(TRIM_MARKER_LENGTH..).is_some_and(|rest| rest.starts_with(RIGHT));
        if trims {
            self.position = last;
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
    fn delimited(&mut self, quote: u8, kind: TokenKind, unterminated: &str) -> Token {
        // What matters is ASCII, and in UTF-8 no part of another character looks like it.
        loop {
            let rest = self.rest();
            let Some(length) = memchr::memchr3(quote, b'\\', b'\n', rest) else {
                self.position = self.source.len();
                return self.fail(unterminated);
            };
            self.position += length + 1;
            match (rest.get(length), rest.get(length + 1)) {
                (Some(b'\\'), Some(b'\n') | None) | (Some(b'\n'), _) => return self.fail(unterminated),
                (Some(b'\\'), _) => self.position += 1,
                _ => return self.token(kind),
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
        rest.first().is_none_or(|byte| is_terminator_byte(*byte)) || rest.starts_with(RIGHT)
    }

    fn take_alphanumeric(&mut self) {
        loop {
            self.position += self.rest().iter().take_while(|byte| is_word_byte(**byte)).count();
            // Other letters are rare.
            if self.rest().first().is_none_or(u8::is_ascii) || !self.peek().is_some_and(is_alphanumeric) {
                return;
            }
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
