use super::{Event, EventKind, Parser, State};
use crate::error::Error;
use crate::scanner::{Mark, TagDirective, TokenKind};

impl<const COMMENTS: bool> Parser<'_, COMMENTS> {
    pub(super) fn parse_stream_start(&mut self) -> Result<Event, Error> {
        self.peek()?;
        self.state = State::ImplicitDocumentStart;
        self.event_from_token(EventKind::StreamStart)
    }

    pub(super) fn parse_document_start(&mut self, implicit: bool) -> Result<Event, Error> {
        if !implicit {
            while self.next_is(|kind| matches!(kind, TokenKind::DocumentEnd))? {
                self.take()?;
            }
        }
        let token = self.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            TokenKind::StreamEnd => {
                self.state = State::End;
                self.event_from_token(EventKind::StreamEnd)
            }
            TokenKind::VersionDirective { .. } | TokenKind::TagDirective(_) | TokenKind::DocumentStart => {
                self.parse_explicit_document(start)
            }
            _ if implicit => {
                self.process_directives()?;
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                self.attach_document_head();
                Ok(Event { kind: EventKind::DocumentStart, start, end })
            }
            _ => self.parse_explicit_document(start),
        }
    }

    fn parse_explicit_document(&mut self, start: Mark) -> Result<Event, Error> {
        self.process_directives()?;
        let token = self.peek()?;
        if !matches!(token.kind, TokenKind::DocumentStart) {
            let problem = token.start;
            return Err(self.error(None, "did not find expected <document start>", problem));
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        let token = self.take()?;
        Ok(Event { kind: EventKind::DocumentStart, start, end: token.end })
    }

    pub(super) fn parse_document_content(&mut self) -> Result<Event, Error> {
        let token = self.peek()?;
        if matches!(
            token.kind,
            TokenKind::VersionDirective { .. }
                | TokenKind::TagDirective(_)
                | TokenKind::DocumentStart
                | TokenKind::DocumentEnd
                | TokenKind::StreamEnd
        ) {
            let mark = token.start;
            self.pop_state();
            return Ok(Self::empty_scalar(mark));
        }
        self.parse_node(true, false)
    }

    pub(super) fn parse_document_end(&mut self) -> Result<Event, Error> {
        let token = self.peek()?;
        let start = token.start;
        let mut end = token.start;
        if matches!(token.kind, TokenKind::DocumentEnd) {
            end = self.take()?.end;
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        self.attach_comments();
        self.turn_head_into_foot();
        Ok(Event { kind: EventKind::DocumentEnd, start, end })
    }

    /// Reads the directives before a document; the tag handles `!` and `!!` need none.
    fn process_directives(&mut self) -> Result<(), Error> {
        let mut version_seen = false;
        loop {
            let token = self.peek()?;
            let start = token.start;
            match &token.kind {
                TokenKind::VersionDirective { major, minor } => {
                    let known = (*major, *minor) == (1, 1);
                    if version_seen {
                        return Err(self.error(None, "found duplicate %YAML directive", start));
                    }
                    if !known {
                        return Err(self.error(None, "found incompatible YAML document", start));
                    }
                    version_seen = true;
                }
                TokenKind::TagDirective(directive) => {
                    let TagDirective { handle, prefix } = TagDirective::clone(directive);
                    if self.tag_directives.insert(handle, prefix).is_some() {
                        return Err(self.error(None, "found duplicate %TAG directive", start));
                    }
                }
                _ => break,
            }
            self.take()?;
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            self.tag_directives.entry(handle.to_owned()).or_insert_with(|| prefix.into());
        }
        Ok(())
    }
}
