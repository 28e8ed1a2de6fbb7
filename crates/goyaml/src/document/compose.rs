//! Events to nodes.

use std::collections::HashMap;

use super::{Content, Document, NONE, NodeData, NodeProperties};
use crate::error::{Error, Place};
use crate::limits::{Limit, Limits};
use crate::parser::{Event, EventKind, Parser, Properties};
use crate::scanner::{Mark, Style};
use crate::source_text::SourceText;

/// A collection being filled.
struct Open {
    node: u32,
    last: u32,
    count: u32,
}

struct Composer<'t> {
    source: &'t SourceText<'t>,
    limits: &'t Limits,
    nodes: Vec<NodeData>,
    properties: Vec<NodeProperties>,
    anchors: HashMap<String, u32>,
    open: Vec<Open>,
    root: u32,
    /// The first limit that was reached. Reading goes on without keeping anything, as an error
    /// that Go reports too is the better answer.
    reached: Option<Error>,
    /// Open collections that are not kept.
    unkept: usize,
}

pub(super) fn compose<'a>(input: &'a [u8], limits: &Limits) -> Result<Document<'a>, Error> {
    let max = limits.max_bytes.min(Limits::MOST_BYTES);
    if input.len() > max {
        let place = Place { line: 1, column: 1, ..Place::default() };
        return Err(Error::Limit { limit: Limit::Bytes, max, place });
    }
    let source = SourceText::new(input);
    let (nodes, properties, root) = {
        let mut composer = Composer {
            source: &source,
            limits,
            nodes: Vec::new(),
            properties: Vec::new(),
            anchors: HashMap::new(),
            open: Vec::new(),
            root: NONE,
            reached: None,
            unkept: 0,
        };
        composer.read()?;
        (composer.nodes, composer.properties, composer.root)
    };
    Ok(Document { source, nodes, properties, root })
}

impl Composer<'_> {
    fn read(&mut self) -> Result<(), Error> {
        let mut parser = Parser::new(self.source);
        parser.next_event()?;
        if matches!(parser.next_event()?.kind, EventKind::StreamEnd) {
            return Ok(());
        }
        loop {
            let event = parser.next_event()?;
            if matches!(event.kind, EventKind::DocumentEnd | EventKind::StreamEnd) {
                break;
            }
            self.add(event, &parser)?;
        }
        self.reached.take().map_or(Ok(()), Err)
    }

    fn add(&mut self, event: Event, parser: &Parser<'_>) -> Result<(), Error> {
        let Event { kind, start, end } = event;
        match kind {
            EventKind::Alias(name) => {
                let name = name.get(&self.source.text).to_owned();
                let Some(target) = self.anchors.get(&name).copied() else {
                    let text = format!("unknown anchor '{name}' referenced");
                    return Err(Error::plain(text, parser.place(start, end)));
                };
                if self.may_keep(parser, start, end) {
                    self.properties.push(NodeProperties { anchor: name, tag: None });
                    let properties = self.properties.len() as u32 - 1;
                    self.push(Content::Alias { target }, start, end, properties);
                }
            }
            EventKind::Scalar { text, style, implicit, properties } => {
                let keep = self.may_keep(parser, start, end);
                let properties = self.add_properties(properties, keep);
                if keep {
                    self.push(Content::Scalar { text, style, implicit }, start, end, properties);
                }
            }
            EventKind::SequenceStart { style, properties } => {
                let flow = style == Style::Flow;
                self.open(Content::Sequence { first: NONE, count: 0, flow }, properties, parser, start, end);
            }
            EventKind::MappingStart { style, properties } => {
                let flow = style == Style::Flow;
                self.open(Content::Mapping { first: NONE, count: 0, flow }, properties, parser, start, end);
            }
            EventKind::SequenceEnd | EventKind::MappingEnd => self.close(end),
            EventKind::StreamStart
            | EventKind::StreamEnd
            | EventKind::DocumentStart
            | EventKind::DocumentEnd => {}
        }
        Ok(())
    }

    /// Whether the limits leave room for one more node.
    fn may_keep(&mut self, parser: &Parser<'_>, start: Mark, end: Mark) -> bool {
        if self.reached.is_some() {
            return false;
        }
        let (limit, max) = if self.nodes.len() >= self.limits.max_nodes {
            (Limit::Nodes, self.limits.max_nodes)
        } else if self.open.len() > self.limits.max_depth {
            (Limit::Depth, self.limits.max_depth)
        } else {
            return true;
        };
        self.reached = Some(Error::Limit { limit, max, place: parser.place(start, end) });
        false
    }

    fn open(
        &mut self,
        content: Content,
        properties: Option<Box<Properties>>,
        parser: &Parser<'_>,
        start: Mark,
        end: Mark,
    ) {
        let keep = self.may_keep(parser, start, end);
        let properties = self.add_properties(properties, keep);
        if keep {
            let node = self.push(content, start, end, properties);
            self.open.push(Open { node, last: NONE, count: 0 });
        } else {
            self.unkept += 1;
        }
    }

    fn close(&mut self, end: Mark) {
        if self.unkept > 0 {
            self.unkept -= 1;
            return;
        }
        let Some(closed) = self.open.pop() else { return };
        let last_end = self.nodes.get(closed.last as usize).map(|node| node.end);
        if let Some(node) = self.nodes.get_mut(closed.node as usize) {
            match &mut node.content {
                Content::Sequence { count, flow, .. } | Content::Mapping { count, flow, .. } => {
                    *count = closed.count;
                    // A block collection ends with its last node: its own end is only noticed
                    // after the white space and comments that follow.
                    node.end = if *flow { end.offset } else { last_end.unwrap_or(node.end).max(node.end) };
                }
                Content::Scalar { .. } | Content::Alias { .. } => {}
            }
        }
    }

    /// Adds a node to the innermost open collection.
    fn push(&mut self, content: Content, start: Mark, end: Mark, properties: u32) -> u32 {
        let index = self.nodes.len() as u32;
        self.nodes.push(NodeData { content, start, end: end.offset, next: NONE, properties });
        let Some(open) = self.open.last_mut() else {
            self.root = index;
            return index;
        };
        let previous = std::mem::replace(&mut open.last, index);
        open.count += 1;
        if let Some(previous) = self.nodes.get_mut(previous as usize) {
            previous.next = index;
        } else if let Some(parent) = self.nodes.get_mut(open.node as usize) {
            match &mut parent.content {
                Content::Sequence { first, .. } | Content::Mapping { first, .. } => *first = index,
                Content::Scalar { .. } | Content::Alias { .. } => {}
            }
        }
        index
    }

    /// Notes the anchor for the node that comes next, and keeps the properties.
    fn add_properties(&mut self, properties: Option<Box<Properties>>, keep: bool) -> u32 {
        let Some(properties) = properties else { return NONE };
        let text = &self.source.text;
        let anchor = properties.anchor.map_or_else(String::new, |name| name.get(text).to_owned());
        if !anchor.is_empty() {
            self.anchors.insert(anchor.clone(), self.nodes.len() as u32);
        }
        if !keep {
            return NONE;
        }
        self.properties.push(NodeProperties { anchor, tag: properties.tag });
        self.properties.len() as u32 - 1
    }
}
