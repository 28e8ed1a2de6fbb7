//! Events to nodes. Collections being read are kept in a list of our own, not on the stack.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{NodeId, NodeKind, NodeStyle, ScalarStyle, Tree, TreeNode};
use crate::error::{Error, Place};
use crate::limits::{Limit, Limits};
use crate::parser::{Event, EventComments, EventKind, Parser, Properties};
use crate::resolve::{MERGE_TAG, short_tag, tag_of_plain};
use crate::scanner::Style;
use crate::source_text::SourceText;

struct Composer<'t> {
    tree: &'t mut Tree,
    source: &'t SourceText<'t>,
    anchors: HashSet<String>,
    open: Vec<NodeId>,
    root: Option<NodeId>,
    max_nodes: usize,
}

pub(super) fn compose(tree: &mut Tree, input: &[u8], limits: &Limits) -> Result<Option<NodeId>, Error> {
    let max = limits.max_bytes.min(Limits::MOST_BYTES);
    if input.len() > max {
        let place = Place { line: 1, column: 1, ..Place::default() };
        return Err(Error::Limit { limit: Limit::Bytes, max, place });
    }
    let source = SourceText::new(input);
    let mut composer = Composer {
        max_nodes: limits.max_nodes,
        tree,
        source: &source,
        anchors: HashSet::new(),
        open: Vec::new(),
        root: None,
    };
    let mut parser = Parser::with_comments(&source);
    parser.next_event()?;
    loop {
        let event = parser.next_event()?;
        let comments = parser.take_event_comments();
        if matches!(event.kind, EventKind::StreamEnd) {
            return Ok(None);
        }
        let is_end = matches!(event.kind, EventKind::DocumentEnd);
        composer.add(event, comments, &parser)?;
        if is_end {
            return Ok(composer.root);
        }
    }
}

impl Composer<'_> {
    fn add(&mut self, event: Event, comments: EventComments, parser: &Parser<'_, true>) -> Result<(), Error> {
        if self.tree.nodes.len() >= self.max_nodes {
            let place = parser.place(event.start, event.end);
            return Err(Error::Limit { limit: Limit::Nodes, max: self.max_nodes, place });
        }
        match event.kind {
            EventKind::StreamStart | EventKind::StreamEnd => {}
            EventKind::DocumentStart => self.begin(with_comments(NodeKind::Document, comments)),
            EventKind::DocumentEnd => {
                self.change_last(|node| node.foot_comment = comments.foot);
                self.root = self.open.pop();
            }
            EventKind::Alias(name) => {
                let name = name.get(&self.source.text).to_owned();
                if !self.anchors.contains(&name) {
                    let text = format!("unknown anchor '{name}' referenced");
                    return Err(Error::plain(text, parser.place(event.start, event.end)));
                }
                self.begin(TreeNode { value: name, ..with_comments(NodeKind::Alias, comments) });
                self.end();
            }
            EventKind::Scalar { text, style, properties, .. } => {
                let value = text.get(&self.source.text).to_owned();
                let scalar = scalar_style(style);
                let mut node = with_comments(NodeKind::Scalar, comments);
                node.style.scalar = scalar;
                let default_tag = match scalar {
                    ScalarStyle::Plain if value == "<<" => MERGE_TAG,
                    ScalarStyle::Plain => "",
                    _ => "!!str",
                };
                self.set_properties(&mut node, properties, default_tag);
                if node.tag.is_empty() {
                    node.tag = Cow::Borrowed(tag_of_plain(&value));
                }
                node.value = value;
                self.begin(node);
                self.end();
            }
            EventKind::SequenceStart { style, properties } => {
                self.begin_collection(NodeKind::Sequence, "!!seq", style, properties, comments);
            }
            EventKind::MappingStart { style, properties } => {
                self.begin_collection(NodeKind::Mapping, "!!map", style, properties, comments);
            }
            EventKind::SequenceEnd => {
                self.change_last(|node| {
                    node.line_comment = comments.line;
                    node.foot_comment = comments.foot;
                });
                self.end();
            }
            EventKind::MappingEnd => self.end_mapping(comments),
        }
        Ok(())
    }

    fn begin_collection(
        &mut self,
        kind: NodeKind,
        default_tag: &'static str,
        style: Style,
        properties: Option<Box<Properties>>,
        comments: EventComments,
    ) {
        let mut node = with_comments(kind, comments);
        node.style.flow = style == Style::Flow;
        self.set_properties(&mut node, properties, default_tag);
        self.begin(node);
    }

    /// Sets anchor and tag; what is not tagged, or tagged `!`, has the default one.
    fn set_properties(
        &mut self,
        node: &mut TreeNode,
        properties: Option<Box<Properties>>,
        default_tag: &'static str,
    ) {
        let Properties { anchor, tag } = properties.map(|properties| *properties).unwrap_or_default();
        if let Some(anchor) = anchor {
            node.anchor = anchor.get(&self.source.text).to_owned();
            self.anchors.insert(node.anchor.clone());
        }
        match tag {
            Some(tag) if tag != "!" => {
                node.tag = Cow::Owned(short_tag(&tag).into_owned());
                node.style = NodeStyle { tagged: true, ..node.style };
            }
            _ => node.tag = Cow::Borrowed(default_tag),
        }
    }

    fn begin(&mut self, node: TreeNode) {
        let id = self.tree.add(node);
        self.open.push(id);
    }

    fn change_last(&mut self, change: impl FnOnce(&mut TreeNode)) {
        if let Some(node) = self.open.last().and_then(|id| self.tree.get_mut(*id)) {
            change(node);
        }
    }

    /// Ends the innermost node and puts it into the one around it.
    fn end(&mut self) {
        let Some(id) = self.open.pop() else { return };
        let Some(parent_id) = self.open.last().copied() else { return };
        let Some(parent) = self.tree.get_mut(parent_id) else { return };
        parent.content.push(id);
        if parent.kind != NodeKind::Mapping {
            return;
        }
        match *parent.content.as_slice() {
            [.., key, value] if parent.content.len().is_multiple_of(2) => self.move_foot(value, key),
            // A comment that is indented less belongs to the entry before.
            [.., key_before, _, key] if !parent.style.flow => {
                let foot = self.take_foot(key);
                if !foot.is_empty() {
                    self.set_foot(key_before, foot);
                }
            }
            _ => {}
        }
    }

    /// The foot of a value is one of the entry, and kept with the key.
    fn move_foot(&mut self, value: NodeId, key: NodeId) {
        if self.tree.get(key).is_some_and(|key| key.foot_comment.is_empty()) {
            let foot = self.take_foot(value);
            self.set_foot(key, foot);
        }
    }

    fn take_foot(&mut self, id: NodeId) -> String {
        self.tree.get_mut(id).map(|node| std::mem::take(&mut node.foot_comment)).unwrap_or_default()
    }

    fn set_foot(&mut self, id: NodeId, foot: String) {
        if let Some(node) = self.tree.get_mut(id) {
            node.foot_comment = foot;
        }
    }

    fn end_mapping(&mut self, comments: EventComments) {
        let mut last_key = None;
        let has_foot = !comments.foot.is_empty();
        self.change_last(|node| {
            node.line_comment = comments.line;
            node.foot_comment = comments.foot;
            if !node.style.flow && has_foot && node.content.len() > 1 {
                last_key = node.content.iter().rev().nth(1).copied();
            }
        });
        if let (Some(key), Some(id)) = (last_key, self.open.last().copied()) {
            let foot = self.take_foot(id);
            self.set_foot(key, foot);
        }
        self.end();
    }
}

fn with_comments(kind: NodeKind, comments: EventComments) -> TreeNode {
    let EventComments { head, line, foot } = comments;
    TreeNode { head_comment: head, line_comment: line, foot_comment: foot, ..TreeNode::new(kind) }
}

fn scalar_style(style: Style) -> ScalarStyle {
    match style {
        Style::SingleQuoted => ScalarStyle::SingleQuoted,
        Style::DoubleQuoted => ScalarStyle::DoubleQuoted,
        Style::Literal => ScalarStyle::Literal,
        Style::Folded => ScalarStyle::Folded,
        Style::Plain | Style::Block | Style::Flow => ScalarStyle::Plain,
    }
}
