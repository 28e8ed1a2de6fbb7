//! Trees to text: go-yaml v3's emitter with all it knows of comments and styles.
//!
//! The shape follows libyaml's state machine on purpose: where a comment ends up depends on what
//! was being written when it came. Nothing recurses, however deep the tree.

mod block;
mod comments;
mod flow;
mod item;
mod scalar;

use super::{Emitter, Flavor};
use crate::tree::{NodeId, NodeKind, Tree, TreeNode};

use comments::PendingComments;
use item::{Item, ItemKind};

/// What the writer expects next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    DocumentContent,
    DocumentEnd,
    BlockSequenceFirstItem,
    BlockSequenceItem,
    BlockMappingFirstKey,
    BlockMappingKey,
    BlockMappingSimpleValue,
    BlockMappingValue,
    FlowSequenceFirstItem,
    /// After an item whose comma has been written already.
    FlowSequenceTrailItem,
    FlowSequenceItem,
    FlowMappingFirstKey,
    /// After an entry whose comma has been written already.
    FlowMappingTrailKey,
    FlowMappingKey,
    FlowMappingSimpleValue,
    FlowMappingValue,
}

/// Writes nodes as the documents of one stream, with an indentation of 2.
pub struct TreeWriter<'t> {
    tree: &'t Tree,
    page: Emitter<'t>,
    state: State,
    /// What to expect when the current node is done.
    states: Vec<State>,
    indents: Vec<i64>,
    flow_level: usize,
    first_document: bool,
    /// Whether sequences in mappings are indented.
    wide_sequences: bool,
    comments: PendingComments<'t>,
    /// Whether what is being written is a mapping's key or value.
    in_mapping: bool,
    in_simple_key: bool,
}

/// A collection whose content is being walked.
struct Walk<'t> {
    node: &'t TreeNode,
    next: usize,
    foot: &'t str,
    /// The foot of the last key: it goes after the value, with what comes next.
    tail: &'t str,
}

impl<'t> TreeWriter<'t> {
    /// A writer at the start of a stream.
    pub fn new(tree: &'t Tree, out: &'t mut Vec<u8>) -> Self {
        Self {
            tree,
            page: Emitter::new(out, Flavor::V3),
            state: State::DocumentContent,
            states: Vec::new(),
            indents: Vec::new(),
            flow_level: 0,
            first_document: true,
            wide_sequences: false,
            comments: PendingComments::default(),
            in_mapping: false,
            in_simple_key: false,
        }
    }

    /// Writes a document or, as one, any other node; `wide_sequences`: sequences in mappings are
    /// indented.
    pub fn write(&mut self, id: NodeId, wide_sequences: bool) {
        self.wide_sequences = wide_sequences;
        let Some(node) = self.tree.get(id) else { return };
        let is_document = node.kind == NodeKind::Document;
        let (head, foot) =
            if is_document { (node.head_comment.as_str(), node.foot_comment.as_str()) } else { ("", "") };
        self.begin_document(head);
        self.walk(self.tree.content_of(id));
        self.end_document(foot);
    }

    fn begin_document(&mut self, head: &'t str) {
        self.comments.add_head(head);
        if !self.first_document {
            self.write_indent();
            self.page.copy(b"---");
            self.page.whitespace = false;
            self.page.indention = false;
            self.write_indent();
        }
        self.first_document = false;
        if self.comments.has_head() {
            self.write_head_comment();
            self.page.put_break();
        }
        self.state = State::DocumentContent;
    }

    fn end_document(&mut self, foot: &'t str) {
        self.comments.add_foot(foot);
        // An empty line goes before what stands at the end of a document.
        self.comments.separate_at(0);
        self.write_foot_comment();
        self.comments.forget_separation();
        self.write_indent();
    }

    /// Hands a node and all that is in it to the state machine.
    fn walk(&mut self, root: NodeId) {
        let mut open: Vec<Walk<'t>> = Vec::new();
        self.begin_node(root, "", &mut open);
        while let Some(walk) = open.last_mut() {
            let mapping = walk.node.kind == NodeKind::Mapping;
            match walk.node.content.get(walk.next).copied() {
                // A key without a value is not written.
                Some(id) if !mapping || walk.next % 2 == 1 || walk.next + 1 < walk.node.content.len() => {
                    let mut tail = "";
                    if mapping && walk.next.is_multiple_of(2) {
                        let foot = self.tree.get(id).map_or("", |key| key.foot_comment.as_str());
                        tail = std::mem::replace(&mut walk.tail, foot);
                    }
                    let is_key = mapping && walk.next.is_multiple_of(2);
                    walk.next += 1;
                    if is_key {
                        self.begin_key(id, tail, &mut open);
                    } else {
                        self.begin_node(id, tail, &mut open);
                    }
                }
                _ => {
                    let item = Item::end(walk.node, walk.foot, walk.tail);
                    open.pop();
                    self.process(&item);
                }
            }
        }
    }

    fn begin_node(&mut self, id: NodeId, tail: &'t str, open: &mut Vec<Walk<'t>>) {
        let foot = self.tree.get(id).map_or("", |node| node.foot_comment.as_str());
        self.begin_with_foot(id, tail, foot, open);
    }

    /// A key's own foot is kept for later.
    fn begin_key(&mut self, id: NodeId, tail: &'t str, open: &mut Vec<Walk<'t>>) {
        self.begin_with_foot(id, tail, "", open);
    }

    fn begin_with_foot(&mut self, id: NodeId, tail: &'t str, foot: &'t str, open: &mut Vec<Walk<'t>>) {
        let Some(node) = self.tree.get(id) else { return };
        let item = Item::begin(node, tail, foot);
        self.process(&item);
        if matches!(item.kind, ItemKind::SequenceStart | ItemKind::MappingStart) {
            open.push(Walk { node, next: 0, foot, tail: "" });
        }
    }

    fn process(&mut self, item: &Item<'t>) {
        self.comments.add(item);
        match self.state {
            State::DocumentContent => self.write_root(item),
            State::DocumentEnd => {}
            State::BlockSequenceFirstItem => self.write_block_sequence_item(item, true),
            State::BlockSequenceItem => self.write_block_sequence_item(item, false),
            State::BlockMappingFirstKey => self.write_block_mapping_key(item, true),
            State::BlockMappingKey => self.write_block_mapping_key(item, false),
            State::BlockMappingSimpleValue => self.write_block_mapping_value(item, true),
            State::BlockMappingValue => self.write_block_mapping_value(item, false),
            State::FlowSequenceFirstItem => self.write_flow_sequence_item(item, true, false),
            State::FlowSequenceTrailItem => self.write_flow_sequence_item(item, false, true),
            State::FlowSequenceItem => self.write_flow_sequence_item(item, false, false),
            State::FlowMappingFirstKey => self.write_flow_mapping_key(item, true, false),
            State::FlowMappingTrailKey => self.write_flow_mapping_key(item, false, true),
            State::FlowMappingKey => self.write_flow_mapping_key(item, false, false),
            State::FlowMappingSimpleValue => self.write_flow_mapping_value(item, true),
            State::FlowMappingValue => self.write_flow_mapping_value(item, false),
        }
    }

    fn write_root(&mut self, item: &Item<'t>) {
        self.states.push(State::DocumentEnd);
        self.write_head_comment();
        self.write_node(item, false, false);
        self.write_line_comment();
        self.write_foot_comment();
    }

    /// Writes a node, or the beginning of one.
    fn write_node(&mut self, item: &Item<'t>, in_mapping: bool, in_simple_key: bool) {
        self.in_mapping = in_mapping;
        self.in_simple_key = in_simple_key;
        match item.kind {
            ItemKind::Alias => {
                self.page.write_indicator(b'*', true, false);
                self.page.copy(item.anchor.as_bytes());
                self.pop_state();
            }
            ItemKind::Scalar => self.write_scalar_item(item),
            ItemKind::SequenceStart => {
                self.write_properties(item);
                self.state = if self.flow_level > 0 || item.flow || item.is_empty {
                    State::FlowSequenceFirstItem
                } else {
                    State::BlockSequenceFirstItem
                };
            }
            ItemKind::MappingStart => {
                self.write_properties(item);
                self.state = if self.flow_level > 0 || item.flow || item.is_empty {
                    State::FlowMappingFirstKey
                } else {
                    State::BlockMappingFirstKey
                };
            }
            ItemKind::SequenceEnd | ItemKind::MappingEnd => {}
        }
    }

    /// Writes anchor and tag.
    fn write_properties(&mut self, item: &Item<'t>) {
        if !item.anchor.is_empty() {
            self.page.write_indicator(b'&', true, false);
            self.page.copy(item.anchor.as_bytes());
        }
        if let Some(tag) = &item.tag {
            if !self.page.whitespace {
                self.page.put(b' ');
            }
            tag.write(&mut self.page);
            self.page.whitespace = false;
            self.page.indention = false;
        }
    }

    fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::DocumentEnd);
    }

    /// Indents what comes next; `compact`: the `- ` of a sequence is part of the indentation.
    fn increase_indent(&mut self, flow: bool, compact: bool) {
        let indent = self.page.indent;
        self.indents.push(indent);
        self.page.indent = match indent {
            ..0 if flow => 2,
            ..0 => 0,
            _ if self.states.last() == Some(&State::BlockSequenceItem) => indent + 2,
            _ if compact => indent / 2 * 2,
            _ => indent / 2 * 2 + 2,
        };
    }

    fn decrease_indent(&mut self) {
        self.page.indent = self.indents.pop().unwrap_or(-1);
    }

    /// Goes to the current indentation, on a new line if something stands on this one, and after
    /// an empty line if a foot comment stands above.
    fn write_indent(&mut self) {
        let page = &mut self.page;
        let indent = page.indent.max(0);
        let column = page.column as i64;
        if !page.indention || column > indent || (column == indent && !page.whitespace) {
            page.put_break();
        }
        if self.comments.is_separated_at(indent) {
            page.put_break();
        }
        while (page.column as i64) < indent {
            page.put(b' ');
        }
        page.whitespace = true;
        self.comments.forget_separation();
    }
}
