//! Tokens to events: libyaml's state machine, which reports the same errors for the same tokens.

mod block;
mod comments;
mod document;
mod event;
mod flow;
mod node;

use std::collections::HashMap;

use crate::error::{Error, Place, Problem};
use crate::scanner::{Mark, Scanner, Token, TokenKind};
use crate::source_text::SourceText;
use crate::text::Text;

use comments::Comments;

pub(crate) use comments::EventComments;
pub(crate) use event::{Event, EventKind, Properties};

/// What the parser expects next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    StreamStart,
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirstEntry,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingFirstKey,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirstEntry,
    FlowSequenceEntry,
    FlowSequenceEntryMappingKey,
    FlowSequenceEntryMappingValue,
    FlowSequenceEntryMappingEnd,
    FlowMappingFirstKey,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

/// Reads events from one text; `COMMENTS`: with the comments that belong to them.
pub(crate) struct Parser<'t, const COMMENTS: bool = false> {
    scanner: Scanner<'t, COMMENTS>,
    state: State,
    /// What to expect when the current node is done.
    states: Vec<State>,
    /// Where the open collections began.
    marks: Vec<Mark>,
    /// Prefixes of tags by their handles.
    tag_directives: HashMap<String, Vec<u8>>,
    /// The comments on their way to events.
    comments: Comments,
}

impl<'t> Parser<'t> {
    pub(crate) fn new(source: &'t SourceText<'t>) -> Self {
        Self::of(source)
    }
}

impl<'t> Parser<'t, true> {
    /// A parser that keeps comments: [`Self::take_event_comments`] has those of the last event.
    pub(crate) fn with_comments(source: &'t SourceText<'t>) -> Self {
        Self::of(source)
    }
}

impl<'t, const COMMENTS: bool> Parser<'t, COMMENTS> {
    fn of(source: &'t SourceText<'t>) -> Self {
        Self {
            scanner: Scanner::new(source),
            state: State::StreamStart,
            states: Vec::new(),
            marks: Vec::new(),
            tag_directives: HashMap::new(),
            comments: Comments::default(),
        }
    }

    /// The next event.
    pub(crate) fn next_event(&mut self) -> Result<Event, Error> {
        match self.state {
            State::StreamStart => self.parse_stream_start(),
            State::ImplicitDocumentStart => self.parse_document_start(true),
            State::DocumentStart => self.parse_document_start(false),
            State::DocumentContent => self.parse_document_content(),
            State::DocumentEnd => self.parse_document_end(),
            State::BlockNode => self.parse_node(true, false),
            State::BlockSequenceFirstEntry => self.parse_block_sequence_entry(true),
            State::BlockSequenceEntry => self.parse_block_sequence_entry(false),
            State::IndentlessSequenceEntry => self.parse_indentless_sequence_entry(),
            State::BlockMappingFirstKey => self.parse_block_mapping_key(true),
            State::BlockMappingKey => self.parse_block_mapping_key(false),
            State::BlockMappingValue => self.parse_block_mapping_value(),
            State::FlowSequenceFirstEntry => self.parse_flow_sequence_entry(true),
            State::FlowSequenceEntry => self.parse_flow_sequence_entry(false),
            State::FlowSequenceEntryMappingKey => self.parse_flow_sequence_entry_mapping_key(),
            State::FlowSequenceEntryMappingValue => self.parse_flow_sequence_entry_mapping_value(),
            State::FlowSequenceEntryMappingEnd => self.parse_flow_sequence_entry_mapping_end(),
            State::FlowMappingFirstKey => self.parse_flow_mapping_key(true),
            State::FlowMappingKey => self.parse_flow_mapping_key(false),
            State::FlowMappingValue => self.parse_flow_mapping_value(false),
            State::FlowMappingEmptyValue => self.parse_flow_mapping_value(true),
            State::End => {
                let mark = Mark::default();
                Ok(Event { kind: EventKind::StreamEnd, start: mark, end: mark })
            }
        }
    }

    /// The place of an event for people.
    pub(crate) fn place(&self, start: Mark, end: Mark) -> Place {
        self.scanner.place(start, end)
    }

    fn peek(&mut self) -> Result<&Token, Error> {
        if COMMENTS {
            self.comments.unfold(&mut self.scanner)?;
        }
        self.scanner.peek()
    }

    fn take(&mut self) -> Result<Token, Error> {
        self.scanner.take()
    }

    /// Where the next token stands.
    fn next_start(&mut self) -> Result<Mark, Error> {
        Ok(self.peek()?.start)
    }

    /// Goes back to what was expected before the node that is now done.
    fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// A parser error. go-yaml names the line *before* the problem (its count begins with 0 here),
    /// or else the line before the context, or none.
    fn error(&self, context: Option<Mark>, text: &'static str, problem: Mark) -> Error {
        let context_line = context.map_or(0, |mark| mark.line);
        // v3, which keeps comments, names the line of the context if it can.
        let context_first = COMMENTS && context_line != 0;
        let line = if problem.line == 0 || context_first { context_line } else { problem.line };
        let named_line = (line != 0).then_some(line as usize);
        let place = self.place(problem, problem);
        Error::Yaml(Box::new(Problem { text: text.into(), named_line, place }))
    }

    /// A scalar that is not there.
    fn empty_scalar(mark: Mark) -> Event {
        let kind = EventKind::Scalar {
            text: Text::EMPTY,
            style: crate::scanner::Style::Plain,
            implicit: true,
            properties: None,
        };
        Event { kind, start: mark, end: mark }
    }

    /// An event at the next token, which is taken.
    fn event_from_token(&mut self, kind: EventKind) -> Result<Event, Error> {
        let token = self.take()?;
        Ok(Event { kind, start: token.start, end: token.end })
    }

    /// Opens a collection at its first token, which is taken.
    fn open_collection(&mut self) -> Result<(), Error> {
        let token = self.take()?;
        self.marks.push(token.start);
        Ok(())
    }

    /// Closes a collection at the next token, which is taken.
    fn close_collection(&mut self, kind: EventKind) -> Result<Event, Error> {
        self.attach_comments();
        self.pop_state();
        self.marks.pop();
        self.event_from_token(kind)
    }

    /// An error inside the innermost collection, at the next token.
    fn collection_error(&mut self, text: &'static str) -> Result<Event, Error> {
        let context = self.marks.pop();
        let problem = self.next_start()?;
        Err(self.error(context, text, problem))
    }

    fn next_is(&mut self, test: impl Fn(&TokenKind) -> bool) -> Result<bool, Error> {
        Ok(test(&self.peek()?.kind))
    }
}
