use super::{Event, EventKind, Parser, State};
use crate::error::Error;
use crate::scanner::{Style, TokenKind};

impl<const COMMENTS: bool> Parser<'_, COMMENTS> {
    pub(super) fn parse_flow_sequence_entry(&mut self, first: bool) -> Result<Event, Error> {
        if first {
            self.open_collection()?;
        }
        if !self.next_is(|kind| matches!(kind, TokenKind::FlowSequenceEnd))? {
            if !first && !self.take_flow_entry()? {
                return self.collection_error("did not find expected ',' or ']'");
            }
            match self.peek()?.kind {
                TokenKind::Key => {
                    // A single pair: `[a: b]`.
                    self.state = State::FlowSequenceEntryMappingKey;
                    let kind = EventKind::MappingStart { style: Style::Flow, properties: None };
                    return self.event_from_token(kind);
                }
                TokenKind::FlowSequenceEnd => {}
                _ => {
                    self.states.push(State::FlowSequenceEntry);
                    return self.parse_node(false, false);
                }
            }
        }
        self.close_collection(EventKind::SequenceEnd)
    }

    /// Takes a `,` if one comes next.
    fn take_flow_entry(&mut self) -> Result<bool, Error> {
        let found = self.next_is(|kind| matches!(kind, TokenKind::FlowEntry))?;
        if found {
            self.take()?;
            self.peek()?;
        }
        Ok(found)
    }

    pub(super) fn parse_flow_sequence_entry_mapping_key(&mut self) -> Result<Event, Error> {
        if self.next_is(|kind| {
            !matches!(kind, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd)
        })? {
            self.states.push(State::FlowSequenceEntryMappingValue);
            return self.parse_node(false, false);
        }
        // libyaml takes the token here, even a `,` or `]`.
        let mark = self.take()?.end;
        self.state = State::FlowSequenceEntryMappingValue;
        Ok(Self::empty_scalar(mark))
    }

    pub(super) fn parse_flow_sequence_entry_mapping_value(&mut self) -> Result<Event, Error> {
        let token = self.peek()?;
        // The mark stays at the `:` even when the value is missing after it.
        let mark = token.start;
        if matches!(token.kind, TokenKind::Value) {
            self.take()?;
            if self.next_is(|kind| !matches!(kind, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd))? {
                self.states.push(State::FlowSequenceEntryMappingEnd);
                return self.parse_node(false, false);
            }
        }
        self.state = State::FlowSequenceEntryMappingEnd;
        Ok(Self::empty_scalar(mark))
    }

    pub(super) fn parse_flow_sequence_entry_mapping_end(&mut self) -> Result<Event, Error> {
        let start = self.next_start()?;
        self.state = State::FlowSequenceEntry;
        Ok(Event { kind: EventKind::MappingEnd, start, end: start })
    }

    pub(super) fn parse_flow_mapping_key(&mut self, first: bool) -> Result<Event, Error> {
        if first {
            self.open_collection()?;
        }
        if !self.next_is(|kind| matches!(kind, TokenKind::FlowMappingEnd))? {
            if !first && !self.take_flow_entry()? {
                return self.collection_error("did not find expected ',' or '}'");
            }
            match self.peek()?.kind {
                TokenKind::Key => {
                    self.take()?;
                    return self.parse_flow_mapping_node(State::FlowMappingValue);
                }
                TokenKind::FlowMappingEnd => {}
                _ => {
                    self.states.push(State::FlowMappingEmptyValue);
                    return self.parse_node(false, false);
                }
            }
        }
        self.close_collection(EventKind::MappingEnd)
    }

    /// A key after its indicator.
    fn parse_flow_mapping_node(&mut self, next: State) -> Result<Event, Error> {
        let token = self.peek()?;
        if matches!(token.kind, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
            let mark = token.start;
            self.state = next;
            return Ok(Self::empty_scalar(mark));
        }
        self.states.push(next);
        self.parse_node(false, false)
    }

    pub(super) fn parse_flow_mapping_value(&mut self, empty: bool) -> Result<Event, Error> {
        if !empty && self.next_is(|kind| matches!(kind, TokenKind::Value))? {
            self.take()?;
            if self.next_is(|kind| !matches!(kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd))? {
                self.states.push(State::FlowMappingKey);
                return self.parse_node(false, false);
            }
        }
        let mark = self.next_start()?;
        self.state = State::FlowMappingKey;
        Ok(Self::empty_scalar(mark))
    }
}
