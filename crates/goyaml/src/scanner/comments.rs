//! Comments, as go-yaml v3 finds them and decides what they belong to.
//!
//! A comment is kept with the place of the token it belongs to; the parser takes it when it gets
//! there. Which token that is depends on columns and empty lines, in ways that are habit rather
//! than rule, and which texts written back show.

use super::{Mark, Scanner, Token, TokenKind};
use crate::chars::{at, is_blank, is_break, is_breakz};

/// Bytes that are looked at between a token and a comment.
const REACH: usize = 512;

/// On which side of its token a comment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommentPosition {
    /// On the lines before it.
    Head,
    /// At the end of its line.
    Line,
    /// On the lines after it.
    Foot,
}

/// A comment, of one line or of several.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    /// Where the search that found it began; nowhere for line comments.
    scan: Mark,
    /// The place of the token it belongs to.
    pub(crate) token: Mark,
    /// Where it begins, the column counted from 1; that of line comments from 0.
    start: Mark,
    /// Where it ends; nowhere for line comments.
    end: Mark,
    pub(crate) position: CommentPosition,
    /// The text with its `#`.
    pub(crate) text: String,
}

/// Comment lines on their way to becoming comments.
struct Pending {
    text: String,
    scan: Mark,
    token: Mark,
    start: Mark,
}

impl<'t, const COMMENTS: bool> Scanner<'t, COMMENTS> {
    /// The first comment not yet taken.
    pub(crate) fn first_comment(&self) -> Option<&Comment> {
        self.comments.front()
    }

    /// Takes the comment that `first_comment` showed.
    pub(crate) fn take_comment(&mut self) -> Option<Comment> {
        self.comments.pop_front()
    }

    /// What a comment at the end of the line would belong to, before the token here is fetched.
    pub(super) fn mark_for_line_comment(&self, first: u8) -> Mark {
        let belongs_to_last = if self.flow_level == 0 { first == b':' } else { first == b',' };
        match self.tokens.back() {
            Some(last) if belongs_to_last => last.start,
            _ => self.mark,
        }
    }

    /// Looks for a comment at the end of the line of the token just fetched. What stands after
    /// `- ` is a comment on what follows.
    pub(super) fn scan_line_comment_after_token(&mut self, token: Mark) {
        if !self.tokens.back().is_some_and(|last| matches!(last.kind, TokenKind::BlockEntry)) {
            self.scan_line_comment(token);
        }
    }

    /// Takes a comment that stands on the line of what was read last.
    pub(super) fn scan_line_comment(&mut self, token: Mark) {
        if self.breaks_before() > 0 {
            return;
        }
        let here = self.mark.index();
        let Some(ahead) = (0..REACH).find(|ahead| !is_blank(at(self.text, here + ahead))) else { return };
        if self.byte(ahead) != b'#' {
            return;
        }
        self.skip_ascii(ahead);
        let start = self.mark;
        let text = self.read_comment_line().to_owned();
        let position = CommentPosition::Line;
        let (scan, end) = (Mark::default(), Mark::default());
        self.comments.push_back(Comment { scan, token, start, end, position, text });
    }

    /// What there is of comments before the next token.
    pub(super) fn scan_comments_before_token(&mut self, scan_mark: Mark) {
        self.turn_line_comment_into_head();
        if self.byte(0) == b'#' {
            self.scan_comments(scan_mark);
        }
    }

    /// A comment after the first `- ` of a sequence is one on the item, if that follows.
    fn turn_line_comment_into_head(&mut self) {
        let mut last = self.tokens.iter().rev();
        let begins_sequence = last.next().is_some_and(|token| matches!(token.kind, TokenKind::BlockEntry))
            && last.next().is_some_and(|token| matches!(token.kind, TokenKind::BlockSequenceStart));
        if !begins_sequence || self.is_break(0) {
            return;
        }
        let mark = self.mark;
        if let Some(comment) = self.comments.back_mut()
            && comment.position == CommentPosition::Line
        {
            comment.position = CommentPosition::Head;
            if comment.start.line + 1 == mark.line {
                comment.token = mark;
            }
        }
    }

    /// Reads the comment lines from here on and tells feet of what stands before from heads of
    /// what comes after.
    fn scan_comments(&mut self, scan_mark: Mark) {
        let mut previous = self.tokens.len().checked_sub(1).and_then(|index| self.tokens.get(index));
        if previous.is_some_and(|token| matches!(token.kind, TokenKind::FlowEntry)) && self.tokens.len() > 1 {
            previous = self.tokens.get(self.tokens.len() - 2);
        }
        let after_value = previous.is_some_and(|token| matches!(token.kind, TokenKind::Value));
        let token = previous.map_or(self.mark, |token: &Token| token.start);
        let mut pending = Pending { text: String::new(), scan: scan_mark, token, start: Mark::default() };
        let next_indent = self.indent.max(0);

        let breaks = self.breaks_before();
        let mut recent_empty = false;
        let mut first_empty = breaks <= 1;
        let (mut line, mut column) = (self.mark.line, i64::from(self.mark.column));
        // A comment that begins on this line is a foot of what stands before.
        let mut foot_line = -1;
        if scan_mark.line > 0 {
            foot_line = i64::from(self.mark.line) - breaks as i64 + 1;
            if breaks == 0 && self.mark.column > 1 {
                foot_line += 1;
            }
        }

        let mut ahead = 0;
        while ahead < REACH {
            column += 1;
            let place = self.mark.index() + ahead;
            let byte = at(self.text, place);
            if is_blank(byte) {
                ahead += 1;
                continue;
            }
            let here = Mark { offset: place as u32, line, column: column as u32 };
            let closes_flow = self.flow_level > 0 && matches!(byte, b']' | b'}');
            if closes_flow || is_breakz(self.text, place) {
                if closes_flow || !recent_empty {
                    let dedented = i64::from(pending.start.column) - 1 < next_indent;
                    let at_foot = i64::from(pending.start.line) == foot_line && !after_value;
                    if closes_flow || first_empty && (at_foot || dedented) {
                        if !pending.text.is_empty() && dedented {
                            // It has nothing to do with the token before.
                            pending.token = pending.start;
                        }
                        self.push_foot(&mut pending, here);
                    } else if !pending.text.is_empty() && byte != 0 {
                        pending.text.push('\n');
                    }
                }
                if !is_break(self.text, place) {
                    break;
                }
                first_empty = false;
                recent_empty = true;
                column = 0;
                line += 1;
                ahead += 1;
                continue;
            }
            if column - 1 < next_indent && column != i64::from(pending.start.column) {
                // A comment indented otherwise is a foot of what stands before it.
                self.push_foot(&mut pending, here);
            }
            if byte != b'#' {
                break;
            }
            if pending.text.is_empty() {
                pending.start = here;
            } else {
                pending.text.push('\n');
            }
            recent_empty = false;
            while self.mark.index() < place {
                if self.is_break(0) { self.skip_line() } else { self.skip() }
            }
            let comment = self.read_comment_line();
            pending.text.push_str(comment);
            // The search goes on after the line break, but counts its line from this one.
            ahead = 1;
            column = 0;
            line = self.mark.line;
        }
        if !pending.text.is_empty() {
            let end = Mark {
                offset: (self.mark.index() + ahead).saturating_sub(1) as u32,
                line,
                column: column as u32,
            };
            let Pending { text, scan, start, .. } = pending;
            let position = CommentPosition::Head;
            self.comments.push_back(Comment { scan, token: start, start, end, position, text });
        }
    }

    /// Ends the pending comment at `here` as a foot.
    fn push_foot(&mut self, pending: &mut Pending, here: Mark) {
        if pending.text.is_empty() {
            return;
        }
        self.comments.push_back(Comment {
            scan: pending.scan,
            token: pending.token,
            start: pending.start,
            end: here,
            position: CommentPosition::Foot,
            text: std::mem::take(&mut pending.text),
        });
        pending.scan = here;
        pending.token = here;
    }

    /// Where a block ends: before the comments after it that are indented as it is, as far as
    /// they follow one another up to `block_end`.
    pub(super) fn end_before_comments(&self, block_end: Mark) -> Mark {
        let mut end = block_end;
        let mut stop = block_end.offset;
        for comment in self.comments.iter().rev() {
            if comment.end.offset < stop {
                break;
            }
            if i64::from(comment.start.column) == self.indent + 1 {
                end = comment.start;
            }
            stop = comment.scan.offset;
        }
        end
    }

    /// The place one character earlier, with line and column as they were.
    pub(super) fn mark_before(&self, mark: Mark) -> Mark {
        let before = self.text.get(..mark.index()).unwrap_or_default();
        let offset = before.iter().rposition(|byte| crate::chars::starts_char(*byte)).unwrap_or(0);
        Mark { offset: offset as u32, ..mark }
    }

    /// Reads up to the end of the line.
    fn read_comment_line(&mut self) -> &'t str {
        let start = self.mark.index();
        while !self.is_breakz(0) {
            self.skip();
        }
        self.slice(start, self.mark.index())
    }

    /// Line breaks since the last character that is no white space.
    fn breaks_before(&self) -> usize {
        let mut breaks = 0;
        let mut before = self.slice(0, self.mark.index()).chars().rev().peekable();
        while let Some(character) = before.next() {
            match character {
                ' ' | '\t' => {}
                '\n' => {
                    breaks += 1;
                    before.next_if_eq(&'\r');
                }
                '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => breaks += 1,
                _ => break,
            }
        }
        breaks
    }
}
