use super::{Event, EventKind, Parser, Properties, State};
use crate::error::Error;
use crate::scanner::{Mark, Style, TokenKind};

/// The properties of a node as they were found.
struct Found {
    properties: Properties,
    start: Mark,
    end: Mark,
}

impl<const COMMENTS: bool> Parser<'_, COMMENTS> {
    /// A node, in block or flow context; `indentless`: a sequence may begin at the same column.
    pub(super) fn parse_node(&mut self, block: bool, indentless: bool) -> Result<Event, Error> {
        if self.next_is(|kind| matches!(kind, TokenKind::Alias(_)))? {
            return self.parse_alias();
        }
        let Found { properties, start, mut end } = self.parse_properties()?;
        let has_properties = properties.anchor.is_some() || properties.tag.is_some();
        let boxed = |properties| has_properties.then(|| Box::new(properties));

        let token = self.peek()?;
        let token_end = token.end;
        let (state, style, mapping) = match &token.kind {
            TokenKind::Scalar(..) => return self.parse_scalar(start, properties),
            TokenKind::BlockEntry if indentless => (State::IndentlessSequenceEntry, Style::Block, false),
            TokenKind::FlowSequenceStart => (State::FlowSequenceFirstEntry, Style::Flow, false),
            TokenKind::FlowMappingStart => (State::FlowMappingFirstKey, Style::Flow, true),
            TokenKind::BlockSequenceStart if block => (State::BlockSequenceFirstEntry, Style::Block, false),
            TokenKind::BlockMappingStart if block => (State::BlockMappingFirstKey, Style::Block, true),
            _ if has_properties => {
                self.pop_state();
                let implicit = properties.tag.is_none();
                let kind = EventKind::Scalar {
                    text: crate::text::Text::EMPTY,
                    style: Style::Plain,
                    implicit,
                    properties: boxed(properties),
                };
                return Ok(Event { kind, start, end });
            }
            _ => {
                let problem = token.start;
                return Err(self.error(Some(start), "did not find expected node content", problem));
            }
        };
        end = end.max_by_offset(token_end);
        self.state = state;
        if style == Style::Flow {
            self.attach_comments();
        } else if state != State::IndentlessSequenceEntry {
            self.attach_stem_comment();
        }
        let properties = boxed(properties);
        let kind = if mapping {
            EventKind::MappingStart { style, properties }
        } else {
            EventKind::SequenceStart { style, properties }
        };
        Ok(Event { kind, start, end })
    }

    fn parse_alias(&mut self) -> Result<Event, Error> {
        self.attach_comments();
        self.pop_state();
        let token = self.take()?;
        let TokenKind::Alias(name) = token.kind else {
            return Err(self.error(None, "did not find expected node content", token.start));
        };
        Ok(Event { kind: EventKind::Alias(name), start: token.start, end: token.end })
    }

    fn parse_scalar(&mut self, start: Mark, properties: Properties) -> Result<Event, Error> {
        self.attach_comments();
        self.pop_state();
        let token = self.take()?;
        let TokenKind::Scalar(text, style) = token.kind else {
            return Err(self.error(None, "did not find expected node content", token.start));
        };
        // A scalar tagged `!` is resolved as a plain one, whatever its quotes.
        let implicit = match properties.tag.as_deref() {
            None => style == Style::Plain,
            Some(tag) => tag == "!",
        };
        let has_properties = properties.anchor.is_some() || properties.tag.is_some();
        let properties = has_properties.then(|| Box::new(properties));
        Ok(Event { kind: EventKind::Scalar { text, style, implicit, properties }, start, end: token.end })
    }

    /// An anchor and a tag, in either order.
    fn parse_properties(&mut self) -> Result<Found, Error> {
        let start = self.next_start()?;
        let mut found = Found { properties: Properties::default(), start, end: start };
        let mut tag = None;
        for _ in 0..2 {
            match &self.peek()?.kind {
                TokenKind::Anchor(_) if found.properties.anchor.is_none() => {
                    let token = self.take()?;
                    found.end = token.end;
                    if let TokenKind::Anchor(name) = token.kind {
                        found.properties.anchor = Some(name);
                    }
                }
                TokenKind::Tag(_) if tag.is_none() => {
                    let token = self.take()?;
                    found.end = token.end;
                    if let TokenKind::Tag(parts) = token.kind {
                        tag = Some((parts, token.start));
                    }
                }
                _ => break,
            }
        }
        self.peek()?;
        if let Some((parts, mark)) = tag {
            let full = if parts.handle.is_empty() {
                parts.suffix
            } else {
                let prefix = self.tag_directives.get(&parts.handle);
                let full = prefix.map(|prefix| [prefix.as_slice(), &parts.suffix].concat());
                full.filter(|full| !full.is_empty())
                    .ok_or_else(|| self.error(Some(start), "found undefined tag handle", mark))?
            };
            // An empty tag (`!<>` cannot be) is none.
            if !full.is_empty() {
                found.properties.tag = Some(String::from_utf8_lossy(&full).into_owned());
            }
        }
        Ok(found)
    }
}
