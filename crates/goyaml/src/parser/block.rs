use super::{Event, EventKind, Parser, State};
use crate::error::Error;
use crate::scanner::{Mark, TokenKind};

impl<const COMMENTS: bool> Parser<'_, COMMENTS> {
    pub(super) fn parse_block_sequence_entry(&mut self, first: bool) -> Result<Event, Error> {
        if first {
            self.open_collection()?;
        }
        match self.peek()?.kind {
            TokenKind::BlockEntry => {
                let mark = self.take_block_entry()?;
                if self.next_is(|kind| matches!(kind, TokenKind::BlockEntry | TokenKind::BlockEnd))? {
                    self.state = State::BlockSequenceEntry;
                    return Ok(Self::empty_scalar(mark));
                }
                self.states.push(State::BlockSequenceEntry);
                self.parse_node(true, false)
            }
            TokenKind::BlockEnd => {
                // No comments are left here for the end of the sequence itself.
                self.pop_state();
                self.marks.pop();
                self.event_from_token(EventKind::SequenceEnd)
            }
            _ => self.collection_error("did not find expected '-' indicator"),
        }
    }

    /// A sequence in a mapping, at the mapping's own indentation.
    pub(super) fn parse_indentless_sequence_entry(&mut self) -> Result<Event, Error> {
        let token = self.peek()?;
        let start = token.start;
        if !matches!(token.kind, TokenKind::BlockEntry) {
            self.pop_state();
            return Ok(Event { kind: EventKind::SequenceEnd, start, end: start });
        }
        let mark = self.take_block_entry()?;
        if self.next_is(|kind| {
            matches!(kind, TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd)
        })? {
            self.state = State::IndentlessSequenceEntry;
            return Ok(Self::empty_scalar(mark));
        }
        self.states.push(State::IndentlessSequenceEntry);
        self.parse_node(true, false)
    }

    /// Takes a `-` and tells where it ends.
    fn take_block_entry(&mut self) -> Result<Mark, Error> {
        let mark = self.take()?.end;
        self.split_stem_comment()?;
        Ok(mark)
    }

    pub(super) fn parse_block_mapping_key(&mut self, first: bool) -> Result<Event, Error> {
        if first {
            self.open_collection()?;
        }
        match self.peek()?.kind {
            TokenKind::Key => {
                let mark = self.take()?.end;
                self.parse_block_mapping_node(mark, State::BlockMappingValue)
            }
            TokenKind::BlockEnd => self.close_collection(EventKind::MappingEnd),
            _ => self.collection_error("did not find expected key"),
        }
    }

    pub(super) fn parse_block_mapping_value(&mut self) -> Result<Event, Error> {
        let token = self.peek()?;
        if !matches!(token.kind, TokenKind::Value) {
            let mark = token.start;
            self.state = State::BlockMappingKey;
            return Ok(Self::empty_scalar(mark));
        }
        let mark = self.take()?.end;
        self.parse_block_mapping_node(mark, State::BlockMappingKey)
    }

    /// A key or value after its indicator, which ends at `mark`.
    fn parse_block_mapping_node(&mut self, mark: Mark, next: State) -> Result<Event, Error> {
        if self.next_is(|kind| matches!(kind, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd))? {
            self.state = next;
            return Ok(Self::empty_scalar(mark));
        }
        self.states.push(next);
        self.parse_node(true, true)
    }
}
