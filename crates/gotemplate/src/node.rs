//! The syntax tree of one parsed file.
//!
//! Nodes lie in one flat arena and name each other by [`NodeId`], so that freeing or sharing a
//! tree costs nothing per level. Every node knows Go's position of it (the one error texts
//! count their column from, which for `.a.b` is the second dot) and its own span.

mod text;

use wheelhouse_source::Span;

use crate::value::GoString;

/// Names a node of one [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(u32);

/// A node: what it is and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// The byte Go's errors point at.
    pub position: u32,
    /// The bytes it was read from; for an action, the delimiters too.
    pub span: Span,
}

/// What a node is: Go's node types.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// Text between actions: the node's span.
    Text,
    /// Actions and text in order.
    List(Box<[NodeId]>),
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
        name: GoString,
        /// Its dot; nil without one.
        pipe: Option<NodeId>,
    },
    /// `$x := command | command`
    Pipe {
        /// `=` rather than `:=`.
        is_assign: bool,
        /// The variables declared or assigned.
        declarations: Box<[NodeId]>,
        /// The commands.
        commands: Box<[NodeId]>,
    },
    /// Operands in a row: a call with its arguments, or a single value.
    Command(Box<[NodeId]>),
    /// A function's name.
    Identifier(GoString),
    /// `$x.Field.Field`: the name with its `$`, then fields.
    Variable(Box<[GoString]>),
    /// `.`
    Dot,
    /// `nil`
    Nil,
    /// `.Field.Field`
    Field(Box<[GoString]>),
    /// `(pipeline).Field.Field`
    Chain {
        /// What the fields are taken of.
        node: NodeId,
        /// The fields.
        fields: Box<[GoString]>,
    },
    /// `true` or `false`
    Bool(bool),
    /// A number or character constant.
    Number(Box<Number>),
    /// A string constant; the node's span is its literal.
    String(GoString),
}

/// A pipeline and what it chooses between.
#[derive(Clone, Copy, Debug)]
pub struct Branch {
    /// The condition, or what is ranged over.
    pub pipe: NodeId,
    /// The list for a true condition, or for each element.
    pub list: NodeId,
    /// The `else` list.
    pub otherwise: Option<NodeId>,
}

/// A constant that may be several kinds of number at once, as Go's untyped constants are.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// As it stands in the source.
    pub text: GoString,
    /// Its value as a signed integer, if it has one.
    pub int: Option<i64>,
    /// Its value as an unsigned integer, if it has one.
    pub uint: Option<u64>,
    /// Its value as a floating-point number, if it has one.
    pub float: Option<f64>,
    /// Its real and imaginary part, if it was written as a complex number.
    pub complex: Option<(f64, f64)>,
}

/// All nodes of a file.
#[derive(Clone, Debug, Default)]
pub struct Arena {
    nodes: Vec<Node>,
}

impl NodeId {
    /// The id of an arena's first node.
    pub(crate) const FIRST: NodeId = NodeId(0);
}

impl Arena {
    /// The node of an id this arena gave out.
    #[must_use]
    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// Every `if`, `with` and `range`: where it stands, and its pipeline.
    pub fn branches(&self) -> impl Iterator<Item = (Span, NodeId)> {
        self.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::If(branch) | NodeKind::With(branch) | NodeKind::Range(branch) => {
                Some((node.span, branch.pipe))
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
            match &node.kind {
                NodeKind::Pipe { commands, .. } => waiting.extend(commands.iter().rev()),
                NodeKind::Command(words) => waiting.extend(words.iter().rev()),
                NodeKind::Chain { node, .. } => waiting.push(*node),
                NodeKind::String(text) => texts.push(text.to_string()),
                _ => {}
            }
        }
        texts
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
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { kind, position: u32::try_from(position).unwrap_or(u32::MAX), span });
        id
    }

    /// Gives a node a new span.
    pub(crate) fn widen(&mut self, id: NodeId, span: Span) {
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.span = span;
        }
    }

    /// Whether the node holds nothing but white space (comments are no nodes at all):
    /// such a body never replaces a template.
    pub(crate) fn is_empty_tree(&self, id: NodeId, source: &[u8]) -> bool {
        match self.get(id) {
            None => true,
            Some(Node { kind: NodeKind::List(nodes), .. }) => {
                nodes.iter().all(|node| self.is_empty_tree(*node, source))
            }
            Some(Node { kind: NodeKind::Text, span, .. }) => is_white_space(source.get(span.range())),
            Some(_) => false,
        }
    }
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
