//! Characters to tokens, as libyaml does it.
//!
//! The shape follows libyaml's scanner on purpose: which error is reported for a broken document,
//! and for which line, depends on the order in which it looks at things.

mod block_scalar;
mod comments;
mod directive;
mod fetch;
mod plain_scalar;
mod quoted_scalar;
mod simple_key;
mod tag;
mod token;

use std::borrow::Cow;
use std::collections::VecDeque;

use wheelhouse_source::Span;

use crate::chars::{at, is_break, width};
use crate::error::{Error, Place, Problem};
use crate::source_text::SourceText;
use crate::text::Text;

pub(crate) use comments::{Comment, CommentPosition};
pub use token::Style;
pub(crate) use token::{Mark, TagDirective, Token, TokenKind};

use plain_scalar::Gap;
use simple_key::SimpleKeys;

/// Levels of flow collections, and of indentation, that go-yaml allows.
const MAX_DEPTH: usize = 10_000;

/// Reads tokens from one text. `COMMENTS`: comments are kept, as go-yaml v3 does it, for which it
/// looks two tokens further ahead; else they are stepped over.
pub(crate) struct Scanner<'t, const COMMENTS: bool = false> {
    source: &'t SourceText<'t>,
    text: &'t [u8],
    mark: Mark,
    buffer: Buffer,
    tokens: VecDeque<Token>,
    /// Tokens handed out so far: the number of the token at the head of the queue.
    tokens_parsed: usize,
    token_available: bool,
    stream_start_produced: bool,
    /// Column of the current block collection, -1 outside of any.
    indent: i64,
    indents: Vec<i64>,
    flow_level: usize,
    simple_keys: SimpleKeys,
    simple_key_allowed: bool,
    /// Memory for the white space inside scalars.
    gap: Gap,
    /// The comments found and not yet taken.
    comments: VecDeque<Comment>,
}

/// What of the text go-yaml's buffer would hold (only for texts read in pieces).
struct Buffer {
    in_pieces: bool,
    /// Where the buffer begins.
    start: usize,
    /// How far it is filled.
    end: usize,
    next_piece: usize,
    /// NULs put after the end of the text.
    nuls: usize,
}

impl<'t, const COMMENTS: bool> Scanner<'t, COMMENTS> {
    pub(crate) fn new(source: &'t SourceText<'t>) -> Self {
        Self {
            source,
            text: source.text.as_bytes(),
            mark: Mark::default(),
            buffer: Buffer { in_pieces: source.in_pieces(), start: 0, end: 0, next_piece: 0, nuls: 0 },
            tokens: VecDeque::new(),
            tokens_parsed: 0,
            token_available: false,
            stream_start_produced: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            simple_keys: SimpleKeys::default(),
            simple_key_allowed: false,
            gap: Gap::default(),
            comments: VecDeque::new(),
        }
    }

    /// The next token without taking it.
    pub(crate) fn peek(&mut self) -> Result<&Token, Error> {
        if !self.token_available {
            self.fetch_more_tokens()?;
            self.token_available = true;
        }
        self.tokens.front().ok_or_else(past_the_end)
    }

    /// Takes the token that `peek` showed.
    pub(crate) fn take(&mut self) -> Result<Token, Error> {
        self.token_available = false;
        self.tokens_parsed += 1;
        self.tokens.pop_front().ok_or_else(past_the_end)
    }

    /// The place of a token or error for people.
    pub(crate) fn place(&self, start: Mark, end: Mark) -> Place {
        Place {
            span: Span::new(start.index() + self.source.skipped, end.index() + self.source.skipped),
            line: start.line as usize + 1,
            column: start.column as usize + 1,
        }
    }

    /// A scanner error here; `context` is where the construct began.
    fn error(&self, context: Mark, text: impl Into<Cow<'static, str>>) -> Error {
        // go-yaml names the line of the problem from 1, unless it is the first; the context's
        // line, which it falls back to, cannot be after it.
        let named_line = match (self.mark.line, context.line) {
            (0, 0) => None,
            // v3 names the line of the context.
            (_, line) if COMMENTS && line > 0 => Some(line as usize + 1),
            (0, line) => Some(line as usize),
            (line, _) => Some(line as usize + 1),
        };
        let place = self.place(self.mark, self.mark);
        Error::Yaml(Box::new(Problem { text: text.into(), named_line, place }))
    }

    /// Makes sure that `count` characters are in the buffer.
    #[inline(always)]
    fn cache(&mut self, count: usize) -> Result<(), Error> {
        if self.buffer.in_pieces { self.fill_buffer(count) } else { Ok(()) }
    }

    fn fill_buffer(&mut self, count: usize) -> Result<(), Error> {
        if self.has_buffered(count) {
            return Ok(());
        }
        self.buffer.start = self.mark.index();
        while !self.has_buffered(count) {
            let Some(end) = self.source.pieces.get(self.buffer.next_piece) else {
                self.buffer.nuls += 1;
                return Ok(());
            };
            self.buffer.next_piece += 1;
            if let (Some(trouble), true) =
                (self.source.trouble, self.buffer.next_piece == self.source.pieces.len())
            {
                return Err(self.reader_error(trouble));
            }
            self.buffer.end = *end;
        }
        Ok(())
    }

    fn has_buffered(&self, count: usize) -> bool {
        let unread = self.text.get(self.mark.index()..self.buffer.end).unwrap_or_default();
        unread.len() >= count * 4 || crate::chars::count_chars(unread) + self.buffer.nuls >= count
    }

    /// An error of go-yaml's reader, which names no line.
    fn reader_error(&self, trouble: &'static str) -> Error {
        let offset = self.text.len() + self.source.skipped;
        let position = wheelhouse_source::LineIndex::new(self.text).position(self.text.len());
        let place =
            Place { span: Span::new(offset, offset + 1), line: position.line, column: position.column };
        Error::plain(trouble, place)
    }

    /// Whether go-yaml takes the current character for a byte order mark to be skipped: it asks
    /// this of the first character in its buffer, wherever it is itself.
    fn at_byte_order_mark(&self) -> bool {
        self.buffer.in_pieces
            && self.text.get(self.buffer.start..).is_some_and(|text| text.starts_with(b"\xEF\xBB\xBF"))
    }

    /// The byte `ahead` bytes from here.
    #[inline]
    fn byte(&self, ahead: usize) -> u8 {
        at(self.text, self.mark.index() + ahead)
    }

    /// Whether a line break stands `ahead` bytes from here.
    #[inline]
    fn is_break(&self, ahead: usize) -> bool {
        is_break(self.text, self.mark.index() + ahead)
    }

    #[inline]
    fn is_breakz(&self, ahead: usize) -> bool {
        crate::chars::is_breakz(self.text, self.mark.index() + ahead)
    }

    #[inline]
    fn is_blankz(&self, ahead: usize) -> bool {
        crate::chars::is_blankz(self.text, self.mark.index() + ahead)
    }

    /// Whether `---` or `...` stands here at the start of a line.
    fn at_document_indicator(&self) -> bool {
        self.mark.column == 0
            && matches!((self.byte(0), self.byte(1), self.byte(2)), (b'-', b'-', b'-') | (b'.', b'.', b'.'))
            && self.is_blankz(3)
    }

    /// Steps over one character that is no line break.
    #[inline]
    fn skip(&mut self) {
        let next = (self.mark.index() + width(self.byte(0))).min(self.text.len());
        self.mark.offset = next as u32;
        self.mark.column += 1;
    }

    /// Steps over `bytes` bytes that are as many characters.
    #[inline]
    fn skip_ascii(&mut self, bytes: usize) {
        self.mark.offset += bytes as u32;
        self.mark.column += bytes as u32;
    }

    /// Steps over a run up to `end` that holds no line break.
    fn skip_to(&mut self, end: usize) {
        let run = self.text.get(self.mark.index()..end).unwrap_or_default();
        self.mark.column += crate::chars::count_chars(run) as u32;
        self.mark.offset = end as u32;
    }

    /// Steps over a line break, if one stands here.
    fn skip_line(&mut self) {
        let bytes = match self.byte(0) {
            b'\r' if self.byte(1) == b'\n' => 2,
            _ if self.is_break(0) => width(self.byte(0)),
            _ => return,
        };
        self.mark.offset += bytes as u32;
        self.mark.column = 0;
        self.mark.line += 1;
    }

    /// Moves one character that is no line break to `into`.
    #[inline]
    fn read(&mut self, into: &mut String) {
        let start = self.mark.index();
        self.skip();
        into.push_str(self.slice(start, self.mark.index()));
    }

    /// Steps over a line break and tells what it means: all but LS and PS mean a line feed.
    fn read_line(&mut self) -> char {
        let meaning = match (self.byte(0), self.byte(2)) {
            (0xE2, 0xA8) => '\u{2028}',
            (0xE2, _) => '\u{2029}',
            _ => '\n',
        };
        self.skip_line();
        meaning
    }

    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.source.text.get(start..end).unwrap_or_default()
    }

    /// A text token's content as it stands from `start` to here.
    fn text_from(&self, start: Mark) -> Text {
        Text::Slice { start: start.offset, end: self.mark.offset }
    }

    /// Steps over spaces and tabs.
    fn skip_blanks(&mut self) -> Result<(), Error> {
        self.cache(1)?;
        while crate::chars::is_blank(self.byte(0)) {
            self.skip();
            self.cache(1)?;
        }
        Ok(())
    }

    /// Steps over a comment, if one stands here.
    fn skip_comment(&mut self) -> Result<(), Error> {
        if self.byte(0) == b'#' { self.skip_rest_of_line() } else { Ok(()) }
    }

    /// Steps over what stands before the next line break.
    fn skip_rest_of_line(&mut self) -> Result<(), Error> {
        if !self.buffer.in_pieces {
            let rest = self.text.get(self.mark.index()..).unwrap_or_default();
            let mut end = self.mark.index() + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let line = self.text.get(self.mark.index()..end).unwrap_or_default();
            if !line.is_ascii() {
                // The other breaks are not ASCII.
                let is_break = |index: &usize| crate::chars::is_break(self.text, *index);
                end = (self.mark.index()..end).find(is_break).unwrap_or(end);
            }
            self.skip_to(end);
        }
        while !self.is_breakz(0) {
            self.skip();
            self.cache(1)?;
        }
        Ok(())
    }
}

/// The parser never asks for a token after the last one; should it, it gets an error.
fn past_the_end() -> Error {
    Error::plain("attempted to go past the end of stream; corrupted value?", Place::default())
}
