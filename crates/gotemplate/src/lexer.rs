//! Tokens of the template language, made on demand: the parser stops at the first wrong one, and
//! what stands after it is never looked at.

mod action;
mod class;
mod token;

use class::is_space_byte;
pub(crate) use token::{Token, TokenKind};

const LEFT: &[u8] = b"{{";
const RIGHT: &[u8] = b"}}";
const LEFT_COMMENT: &[u8] = b"/*";
const RIGHT_COMMENT: &[u8] = b"*/";
/// A `-` with the space before or after it: the space keeps `{{-3}}` a number.
const TRIM_MARKER_LENGTH: usize = 2;

/// Reads one text.
pub(crate) struct Lexer<'s> {
    source: &'s [u8],
    /// Where the next token is read.
    position: usize,
    /// Where the token being read starts.
    start: usize,
    inside_action: bool,
    open_parens: usize,
    keywords: LoopKeywords,
    error: String,
}

/// Whether `break` and `continue` are keywords: not where functions have these names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoopKeywords {
    pub(crate) break_is_one: bool,
    pub(crate) continue_is_one: bool,
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s [u8], keywords: LoopKeywords) -> Self {
        Self {
            source,
            position: 0,
            start: 0,
            inside_action: false,
            open_parens: 0,
            keywords,
            error: String::new(),
        }
    }

    /// What is wrong, after a token of kind [`TokenKind::Error`].
    pub(crate) fn error(&self) -> &str {
        &self.error
    }

    pub(crate) fn next_token(&mut self) -> Token {
        if self.inside_action { self.action_token() } else { self.text_token() }
    }

    /// Text up to the next action, the start of an action, or the end.
    fn text_token(&mut self) -> Token {
        loop {
            self.skip_to(self.position);
            let rest = self.rest();
            let Some(length) = find_left(rest) else {
                self.position = self.source.len();
                let kind = if rest.is_empty() { TokenKind::End } else { TokenKind::Text };
                return self.token(kind);
            };
            if length > 0 {
                let text = rest.get(..length).unwrap_or_default();
                let after = rest.get(length + LEFT.len()..).unwrap_or_default();
                let kept = if has_left_trim_marker(after) { trimmed_length(text) } else { length };
                self.position += kept;
                let token = self.token(TokenKind::Text);
                self.skip_to(self.start + length - kept);
                if kept > 0 {
                    return token;
                }
            }
            if let Some(token) = self.left_delimiter() {
                return token;
            }
        }
    }

    /// The start of an action; `None` for a comment, which is skipped.
    fn left_delimiter(&mut self) -> Option<Token> {
        let after = self.rest().get(LEFT.len()..).unwrap_or_default();
        let marker = if has_left_trim_marker(after) { TRIM_MARKER_LENGTH } else { 0 };
        if after.get(marker..).is_some_and(|after| after.starts_with(LEFT_COMMENT)) {
            self.skip_to(self.position + LEFT.len() + marker);
            return self.comment();
        }
        self.position += LEFT.len();
        let token = self.token(TokenKind::LeftDelimiter);
        self.inside_action = true;
        self.open_parens = 0;
        self.skip_to(self.position + marker);
        Some(token)
    }

    /// Skips a comment; a token only if it is wrong.
    fn comment(&mut self) -> Option<Token> {
        let body = self.rest().get(LEFT_COMMENT.len()..).unwrap_or_default();
        let Some(length) = memchr::memmem::find(body, RIGHT_COMMENT) else {
            return Some(self.fail("unclosed comment"));
        };
        self.position += LEFT_COMMENT.len() + length + RIGHT_COMMENT.len();
        let Some(trims) = self.at_right_delimiter() else {
            return Some(self.fail("comment ends before closing delimiter"));
        };
        self.pass_right_delimiter(trims);
        None
    }

    /// Whether an action ends here, and if so whether it trims the text that follows.
    fn at_right_delimiter(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_trim_marker(rest)
            && rest.get(TRIM_MARKER_LENGTH..).is_some_and(|rest| rest.starts_with(RIGHT))
        {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    fn right_delimiter(&mut self, trims: bool) -> Token {
        if trims {
            self.skip_to(self.position + TRIM_MARKER_LENGTH);
        }
        self.position += RIGHT.len();
        let token = self.token(TokenKind::RightDelimiter);
        if trims {
            self.skip_white_space();
        }
        self.inside_action = false;
        token
    }

    fn pass_right_delimiter(&mut self, trims: bool) {
        self.position += RIGHT.len() + if trims { TRIM_MARKER_LENGTH } else { 0 };
        if trims {
            self.skip_white_space();
        }
        self.skip_to(self.position);
    }

    fn skip_white_space(&mut self) {
        let rest = self.rest();
        let spaces = rest.iter().take_while(|byte| is_space_byte(**byte)).count();
        self.skip_to(self.position + spaces);
    }

    fn rest(&self) -> &'s [u8] {
        self.source.get(self.position..).unwrap_or_default()
    }

    /// The next token starts at `position`.
    fn skip_to(&mut self, position: usize) {
        self.position = position;
        self.start = position;
    }

    fn token(&mut self, kind: TokenKind) -> Token {
        let token = Token { kind, start: self.start, end: self.position };
        self.start = self.position;
        token
    }

    /// A token that says what is wrong; after it there is nothing to read.
    fn fail(&mut self, message: impl Into<String>) -> Token {
        self.error = message.into();
        let token = self.token(TokenKind::Error);
        self.skip_to(self.source.len());
        token
    }
}

/// Where an action starts. Two bytes are found faster without a searcher of their own.
fn find_left(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'{', text).find(|at| text.get(at + 1) == Some(&b'{'))
}

/// The length of `text` without the spaces at its end that a trim marker takes away.
fn trimmed_length(text: &[u8]) -> usize {
    text.iter().rposition(|byte| !is_space_byte(*byte)).map_or(0, |last| last + 1)
}

fn has_left_trim_marker(text: &[u8]) -> bool {
    matches!(text, [b'-', space, ..] if is_space_byte(*space))
}

fn has_right_trim_marker(text: &[u8]) -> bool {
    matches!(text, [space, b'-', ..] if is_space_byte(*space))
}

#[cfg(test)]
mod tests;
