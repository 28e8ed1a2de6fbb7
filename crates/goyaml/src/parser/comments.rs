//! Comments on their way from tokens to events, as go-yaml v3 hands them on.

use super::Parser;
use crate::error::Error;
use crate::scanner::{CommentPosition, Scanner, TokenKind};

/// The comments of an event.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventComments {
    pub(crate) head: String,
    pub(crate) line: String,
    pub(crate) foot: String,
}

/// What the parser keeps of comments.
#[derive(Clone, Debug, Default)]
pub(super) struct Comments {
    /// Those of the tokens seen, for the next event that takes any.
    found: EventComments,
    /// Those of the last event.
    event: EventComments,
    /// What stood before a `-` whose item is a block collection: it is on the item as a whole.
    stem: Option<String>,
}

impl Comments {
    /// Takes the comments that belong to the next token or to one before it.
    pub(super) fn unfold<const COMMENTS: bool>(
        &mut self,
        scanner: &mut Scanner<'_, COMMENTS>,
    ) -> Result<(), Error> {
        let token = scanner.peek()?;
        let (offset, is_end) = (token.start.offset, matches!(token.kind, TokenKind::BlockEnd));
        while let Some(comment) = scanner.first_comment() {
            // An end has no head: it is one of what follows.
            if offset < comment.token.offset || (is_end && comment.position == CommentPosition::Head) {
                break;
            }
            let Some(comment) = scanner.take_comment() else { break };
            let into = match comment.position {
                CommentPosition::Head => &mut self.found.head,
                CommentPosition::Line => &mut self.found.line,
                CommentPosition::Foot => &mut self.found.foot,
            };
            if !into.is_empty() {
                into.push('\n');
            }
            into.push_str(&comment.text);
        }
        Ok(())
    }
}

impl<const COMMENTS: bool> Parser<'_, COMMENTS> {
    /// The comments of the last event.
    pub(crate) fn take_event_comments(&mut self) -> EventComments {
        std::mem::take(&mut self.comments.event)
    }

    /// Gives what was found to the event being made.
    pub(super) fn attach_comments(&mut self) {
        if COMMENTS {
            self.comments.event = std::mem::take(&mut self.comments.found);
            self.comments.stem = None;
        }
    }

    /// Gives the stem comment to the collection being begun.
    pub(super) fn attach_stem_comment(&mut self) {
        if let (true, Some(stem)) = (COMMENTS, self.comments.stem.take()) {
            self.comments.event.head = stem;
        }
    }

    /// Gives what stands before the last empty line to the document, the rest to what follows.
    pub(super) fn attach_document_head(&mut self) {
        let found = &mut self.comments.found.head;
        let last = found.len().saturating_sub(1);
        let split = found.char_indices().rev().find(|(index, character)| {
            let after_break = || found.get(..*index).is_some_and(|before| before.ends_with('\n'));
            *index > 0 && *character == '\n' && (*index == last || after_break())
        });
        if let Some((index, _)) = split {
            let rest = found.split_off(index + 1);
            // The line break, and the one of the empty line.
            found.truncate(if index == last { index } else { index - 1 });
            self.comments.event.head = std::mem::replace(found, rest);
        }
    }

    /// Comments at the end of a document stand after its content.
    pub(super) fn turn_head_into_foot(&mut self) {
        let EventComments { head, foot, .. } = &mut self.comments.event;
        if foot.is_empty() {
            *foot = std::mem::take(head);
        }
    }

    /// After a `-`: if a block collection follows, what stood before the `-` is on the whole of it
    /// and not on its first entry.
    pub(super) fn split_stem_comment(&mut self) -> Result<(), Error> {
        let length = self.comments.found.head.len();
        if !COMMENTS || length == 0 {
            return Ok(());
        }
        let opens = self
            .next_is(|kind| matches!(kind, TokenKind::BlockSequenceStart | TokenKind::BlockMappingStart))?;
        if opens {
            let head = &mut self.comments.found.head;
            // What came after the `-` begins with a line break.
            let rest = head.get(length + 1..).unwrap_or_default().to_owned();
            head.truncate(length);
            self.comments.stem = Some(std::mem::replace(head, rest));
        }
        Ok(())
    }
}
