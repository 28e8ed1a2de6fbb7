use std::borrow::Cow;

/// A node's place in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(u32);

impl NodeId {
    pub(super) fn new(index: usize) -> Self {
        Self(index as u32)
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A document; its content is one node.
    Document,
    /// A list.
    Sequence,
    /// A mapping; its content is keys and values in turn.
    Mapping,
    /// A text, number or word.
    Scalar,
    /// `*name`
    Alias,
}

impl NodeKind {
    /// The name kyaml has for it (`MappingNode`).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            NodeKind::Document => "DocumentNode",
            NodeKind::Sequence => "SequenceNode",
            NodeKind::Mapping => "MappingNode",
            NodeKind::Scalar => "ScalarNode",
            NodeKind::Alias => "AliasNode",
        }
    }
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ScalarStyle {
    /// Bare, or in whatever way its text needs.
    #[default]
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// How a node is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeStyle {
    /// With its tag.
    pub tagged: bool,
    /// A collection in `[…]` or `{…}`.
    pub flow: bool,
    /// What a scalar looks like.
    pub scalar: ScalarStyle,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNode {
    /// What it is.
    pub kind: NodeKind,
    /// How it is written.
    pub style: NodeStyle,
    /// Its tag in the short form (`!!str`, `!mine`), also where none was written; empty for
    /// documents, aliases and new nodes that leave it open.
    pub tag: Cow<'static, str>,
    /// The text of a scalar, the name of an alias.
    pub value: String,
    /// The name aliases refer to it by.
    pub anchor: String,
    /// The nodes in it.
    pub content: Vec<NodeId>,
    /// Comments on the lines before it.
    pub head_comment: String,
    /// The comment at the end of its line.
    pub line_comment: String,
    /// Comments on the lines after it.
    pub foot_comment: String,
}

impl TreeNode {
    /// A node of a kind, with nothing in it and nothing said of it.
    #[must_use]
    pub fn new(kind: NodeKind) -> Self {
        Self {
            kind,
            style: NodeStyle::default(),
            tag: Cow::Borrowed(""),
            value: String::new(),
            anchor: String::new(),
            content: Vec::new(),
            head_comment: String::new(),
            line_comment: String::new(),
            foot_comment: String::new(),
        }
    }

    /// A scalar that leaves open what it means.
    #[must_use]
    pub fn scalar(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::new(NodeKind::Scalar) }
    }

    /// Keys and values of a mapping.
    pub fn entries(&self) -> impl Iterator<Item = (NodeId, NodeId)> {
        self.content.chunks_exact(2).filter_map(|pair| match pair {
            [key, value] => Some((*key, *value)),
            _ => None,
        })
    }
}
