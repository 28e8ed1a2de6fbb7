//! The parser's three tokens of lookahead, as Go keeps them: error texts name the line of the
//! token read last, even when it was put back.

use super::{Parse, Parser};
use crate::error::ParseError;
use crate::lexer::{Token, TokenKind};
use crate::strconv::quote;
use crate::unicode::decode;

pub(super) struct Lookahead {
    newest: Token,
    older: [Token; 2],
    put_back: usize,
}

impl Default for Lookahead {
    fn default() -> Self {
        Self { newest: Token::NONE, older: [Token::NONE; 2], put_back: 0 }
    }
}

impl Lookahead {
    fn at(&self, depth: usize) -> Token {
        let [first, second] = &self.older;
        match depth {
            1 => *first,
            2 => *second,
            _ => self.newest,
        }
    }
}

impl Parser<'_> {
    pub(super) fn next(&mut self) -> Token {
        let lookahead = &mut self.tree.lookahead;
        match lookahead.put_back.checked_sub(1) {
            Some(left) => {
                lookahead.put_back = left;
                lookahead.at(left)
            }
            None => {
                lookahead.newest = self.lexer.next_token();
                lookahead.newest
            }
        }
    }

    pub(super) fn back_up(&mut self) {
        self.tree.lookahead.put_back += 1;
    }

    /// Puts back the newest token and `before`, which came before it.
    pub(super) fn back_up_2(&mut self, before: Token) {
        let [_, second] = self.tree.lookahead.older;
        self.tree.lookahead.older = [before, second];
        self.tree.lookahead.put_back = 2;
    }

    /// Puts back the newest token and the two before it.
    pub(super) fn back_up_3(&mut self, first: Token, second: Token) {
        self.tree.lookahead.older = [second, first];
        self.tree.lookahead.put_back = 3;
    }

    pub(super) fn peek(&mut self) -> Token {
        let lookahead = &mut self.tree.lookahead;
        match lookahead.put_back.checked_sub(1) {
            Some(left) => lookahead.at(left),
            None => {
                lookahead.newest = self.lexer.next_token();
                lookahead.put_back = 1;
                lookahead.newest
            }
        }
    }

    pub(super) fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.back_up();
        token
    }

    pub(super) fn expect(&mut self, kind: TokenKind, context: &str) -> Parse<Token> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(token, context)) }
    }

    /// Where the token read last ends.
    pub(super) fn last_end(&self) -> usize {
        self.tree.lookahead.at(self.tree.lookahead.put_back).end
    }

    pub(super) fn text_of(&self, token: Token) -> &[u8] {
        self.source.get(token.start..token.end).unwrap_or_default()
    }

    /// An error at the token read last.
    pub(super) fn error(&self, message: impl Into<String>) -> ParseError {
        let token = self.tree.lookahead.newest;
        ParseError::new(token.line(self.source), message.into(), token.offset())
    }

    pub(super) fn unexpected(&self, token: Token, context: &str) -> ParseError {
        if token.kind == TokenKind::Error {
            let error = self.error(self.lexer.error());
            let started = self.tree.action.line(self.source);
            if self.tree.is_in_action && started != token.line(self.source) {
                return error.started_on(started);
            }
            return error;
        }
        self.error(format!("unexpected {} in {context}", self.show(token)))
    }

    /// A token as error texts show it.
    fn show(&self, token: Token) -> String {
        let text = self.text_of(token);
        if token.kind == TokenKind::End {
            "EOF".to_owned()
        } else if token.kind.is_keyword() {
            format!("<{}>", String::from_utf8_lossy(text))
        } else if text.len() > 10 {
            format!("{}...", quote(first_characters(text, 10)))
        } else {
            quote(text)
        }
    }
}

fn first_characters(text: &[u8], count: usize) -> &[u8] {
    let mut rest = text;
    for _ in 0..count {
        let Some((_, width)) = decode(rest) else { break };
        rest = rest.get(width..).unwrap_or_default();
    }
    text.get(..text.len() - rest.len()).unwrap_or(text)
}
