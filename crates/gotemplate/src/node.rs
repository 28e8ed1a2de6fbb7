//! The syntax tree of one parsed file.
//!
//! Nodes lie in one flat arena and name each other by [`NodeId`], so that freeing or sharing a
//! tree costs nothing per level. Every node knows Go's position of it (the one error texts
//! count their column from, which for `.a.b` is the second dot) and its own span.

mod names;
mod number;
mod text;

use std::num::NonZeroU32;

use wheelhouse_source::Span;

use crate::program::Callee;
use crate::value::GoString;
pub(crate) use names::Names;
pub(crate) use number::{Ideal, Number};

/// Names a node of one [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(NonZeroU32);

/// Names a text of one [`Arena`]: of a function, a field, a variable, a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name(u32);

/// A run of elements in one table.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Many {
    start: u32,
    length: u32,
}

/// A node: what it is and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// What it is.
    pub(crate) kind: NodeKind,
    /// The byte Go's errors point at.
    pub(crate) position: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// What a node is: Go's node types.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NodeKind {
    /// Text between actions: the node's span.
    Text,
    /// Actions and text in order.
    List(Many),
    /// `{{pipeline}}`
    Action(NodeId),
    /// `{{if pipeline}} … {{end}}`
    If(Branch),
    /// `{{with pipeline}} … {{end}}`
    With(Branch),
    /// `{{range pipeline}} … {{end}}`
    Range(Branch),
    /// `{{break}}`
    Break,
    /// `{{continue}}`
    Continue,
    /// `{{template "name" pipeline}}`
    Template {
        /// The template to run.
        name: Name,
        /// Its dot; nil without one.
        pipe: Option<NodeId>,
    },
    /// `$x := command | command`
    Pipe {
        /// `=` rather than `:=`.
        is_assign: bool,
        /// How many of the parts are variables declared or assigned.
        declarations: u8,
        /// These variables, then the commands.
        parts: Many,
    },
    /// Operands in a row: a call with its arguments, or a single value.
    Command(Many),
    /// A function's name, and what it calls.
    Identifier(Name, Callee),
    /// `$x.Field.Field`: the name with its `$`, then fields.
    Variable(Many),
    /// `.`
    Dot,
    /// `nil`
    Nil,
    /// `.Field.Field`
    Field(Many),
    /// `(pipeline).Field.Field`
    Chain {
        /// What the fields are taken of.
        node: NodeId,
        /// The fields.
        fields: Many,
    },
    /// `true` or `false`
    Bool(bool),
    /// A number or character constant: its place among the arena's.
    Number(u32),
    /// A string constant; the node's span is its literal.
    String(Name),
}

/// A pipeline and what it chooses between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Branch {
    /// The condition, or what is ranged over.
    pub(crate) pipe: NodeId,
    /// The list for a true condition, or for each element.
    pub(crate) list: NodeId,
    /// The `else` list.
    pub(crate) otherwise: Option<NodeId>,
}

/// All nodes of a file, and what they are made of.
///
/// What a node has several of lies in tables: a file takes few pieces of memory, all of its own
/// size.
#[derive(Clone, Debug, Default)]
pub struct Arena {
    nodes: Vec<Node>,
    /// The parts of nodes.
    parts: Vec<NodeId>,
    /// Names in a row: `.Field.Field`.
    paths: Vec<Name>,
    names: Vec<GoString>,
    numbers: Vec<Number>,
}

impl NodeId {
    /// The id of an arena's first node.
    pub(crate) const FIRST: NodeId = NodeId(NonZeroU32::MIN);

    fn at(index: usize) -> Self {
        NodeId(NonZeroU32::MIN.saturating_add(number(index)))
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl Name {
    /// `$`, which every file knows.
    pub(crate) const DOLLAR: Name = Name(0);
}

impl Many {
    /// Moves the items from `first` on to the end of `table`.
    pub(crate) fn take<T>(table: &mut Vec<T>, items: &mut Vec<T>, first: usize) -> Self {
        Self::put(table, items.drain(first.min(items.len())..))
    }

    /// Moves `items` to the end of `table`.
    pub(crate) fn put<T>(table: &mut Vec<T>, items: impl IntoIterator<Item = T>) -> Self {
        let start = table.len();
        table.extend(items);
        Many { start: number(start), length: number(table.len() - start) }
    }

    pub(crate) fn of<T>(self, table: &[T]) -> &[T] {
        let start = self.start as usize;
        table.get(start..start + self.length as usize).unwrap_or_default()
    }

    /// The run without its first element.
    pub(crate) fn rest(self) -> Self {
        match self.length.checked_sub(1) {
            Some(length) => Many { start: self.start + 1, length },
            None => self,
        }
    }

    /// The run and the one right behind it.
    pub(crate) fn joined(self, next: Self) -> Self {
        if self.is_empty() { next } else { Many { start: self.start, length: self.length + next.length } }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.length == 0
    }
}

impl Node {
    fn new(kind: NodeKind, position: usize, span: Span) -> Self {
        Self { kind, position: number(position), start: number(span.start), end: number(span.end) }
    }

    /// The bytes it was read from; for an action, the delimiters too.
    pub(crate) fn span(&self) -> Span {
        Span { start: self.start as usize, end: self.end as usize }
    }
}

impl Arena {
    /// The node of an id this arena gave out.
    pub(crate) fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())
    }

    /// What the node of an id is; nil where there is none.
    pub(crate) fn kind(&self, id: NodeId) -> NodeKind {
        self.get(id).map_or(NodeKind::Nil, |node| node.kind)
    }

    pub(crate) fn parts(&self, parts: Many) -> &[NodeId] {
        parts.of(&self.parts)
    }

    pub(crate) fn path(&self, path: Many) -> &[Name] {
        path.of(&self.paths)
    }

    pub(crate) fn name(&self, name: Name) -> Option<&GoString> {
        self.names.get(name.0 as usize)
    }

    pub(crate) fn number(&self, index: u32) -> Option<&Number> {
        self.numbers.get(index as usize)
    }

    /// The declarations of a pipeline and its commands.
    pub(crate) fn pipe_parts(&self, declarations: u8, parts: Many) -> (&[NodeId], &[NodeId]) {
        let parts = self.parts(parts);
        parts.split_at_checked(declarations.into()).unwrap_or((&[], parts))
    }

    /// Every `if`, `with` and `range`: where it stands, and its pipeline.
    pub fn branches(&self) -> impl Iterator<Item = (Span, NodeId)> {
        self.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::If(branch) | NodeKind::With(branch) | NodeKind::Range(branch) => {
                Some((node.span(), branch.pipe))
            }
            _ => None,
        })
    }

    /// The text constants of a pipeline.
    #[must_use]
    pub fn texts_below(&self, id: NodeId) -> Vec<String> {
        let mut texts = Vec::new();
        let mut waiting = vec![id];
        while let Some(node) = waiting.pop().and_then(|id| self.get(id)) {
            match node.kind {
                NodeKind::Pipe { declarations, parts, .. } => {
                    waiting.extend(self.pipe_parts(declarations, parts).1.iter().rev());
                }
                NodeKind::Command(words) => waiting.extend(self.parts(words).iter().rev()),
                NodeKind::Chain { node, .. } => waiting.push(node),
                NodeKind::String(text) => texts.extend(self.name(text).map(GoString::to_string)),
                _ => {}
            }
        }
        texts
    }

    /// Whether its memory is so little that it may be kept for another file.
    pub(crate) fn is_small(&self) -> bool {
        self.nodes.capacity() <= 1 << 16
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(crate) fn push(&mut self, kind: NodeKind, position: usize, span: Span) -> NodeId {
        let id = NodeId::at(self.nodes.len());
        self.nodes.push(Node::new(kind, position, span));
        id
    }

    /// Takes the parts from `first` on.
    pub(crate) fn take_parts(&mut self, parts: &mut Vec<NodeId>, first: usize) -> Many {
        Many::take(&mut self.parts, parts, first)
    }

    pub(crate) fn push_path(&mut self, path: impl IntoIterator<Item = Name>) -> Many {
        Many::put(&mut self.paths, path)
    }

    pub(crate) fn push_name(&mut self, name: GoString) -> Name {
        self.names.push(name);
        Name(number(self.names.len() - 1))
    }

    pub(crate) fn push_number(&mut self, value: Number) -> u32 {
        self.numbers.push(value);
        number(self.numbers.len() - 1)
    }

    /// Makes another node of one.
    pub(crate) fn replace(&mut self, id: NodeId, kind: NodeKind, position: usize, span: Span) {
        if let Some(node) = self.nodes.get_mut(id.index()) {
            *node = Node::new(kind, position, span);
        }
    }

    /// Gives a node a new span.
    pub(crate) fn widen(&mut self, id: NodeId, span: Span) {
        if let Some(node) = self.nodes.get_mut(id.index()) {
            *node = Node::new(node.kind, node.position as usize, span);
        }
    }

    /// Takes everything out, into memory of its size; the memory it grew in is kept for the next
    /// file.
    pub(crate) fn take(&mut self) -> Arena {
        let taken = self.clone();
        self.clear();
        taken
    }

    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
        self.parts.clear();
        self.paths.clear();
        self.names.clear();
        self.numbers.clear();
    }

    /// Whether the node holds nothing but white space (comments are no nodes at all):
    /// such a body never replaces a template.
    pub(crate) fn is_empty_tree(&self, id: NodeId, source: &[u8]) -> bool {
        match self.get(id) {
            None => true,
            Some(Node { kind: NodeKind::List(nodes), .. }) => {
                self.parts(*nodes).iter().all(|node| self.is_empty_tree(*node, source))
            }
            Some(node @ Node { kind: NodeKind::Text, .. }) => is_white_space(source.get(node.span().range())),
            Some(_) => false,
        }
    }
}

/// A place in a table. A text too long for it was refused before.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether Go's `bytes.TrimSpace` leaves nothing.
fn is_white_space(text: Option<&[u8]>) -> bool {
    text.is_none_or(|text| {
        crate::unicode::characters(text).all(|character| {
            matches!(character, '\t'..='\r' | ' ' | '\u{85}' | '\u{A0}')
                || (!character.is_ascii() && character.is_whitespace())
        })
    })
}
