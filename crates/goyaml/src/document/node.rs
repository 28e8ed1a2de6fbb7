use wheelhouse_source::Span;

use super::{Content, Document, NodeData, NodeProperties};
use crate::error::Place;
use crate::scanner::Style;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A single text.
    Scalar,
    /// A list.
    Sequence,
    /// Keys and values.
    Mapping,
    /// `*name`: the node with that anchor once more.
    Alias,
}

/// A node of a document.
#[derive(Clone, Copy, Debug)]
pub struct Node<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) data: &'d NodeData,
    pub(super) index: u32,
}

impl<'d> Node<'d> {
    /// What it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.data.content {
            Content::Scalar { .. } => Kind::Scalar,
            Content::Sequence { .. } => Kind::Sequence,
            Content::Mapping { .. } => Kind::Mapping,
            Content::Alias { .. } => Kind::Alias,
        }
    }

    /// How it was written; an alias counts as plain.
    #[must_use]
    pub fn style(self) -> Style {
        match self.data.content {
            Content::Scalar { style, .. } => style,
            Content::Sequence { flow, .. } | Content::Mapping { flow, .. } => {
                if flow {
                    Style::Flow
                } else {
                    Style::Block
                }
            }
            Content::Alias { .. } => Style::Plain,
        }
    }

    /// Where it stands: bytes, line and column of its first character. Properties count in.
    #[must_use]
    pub fn place(self) -> Place {
        self.document.place(self.data)
    }

    /// The bytes it stands on.
    #[must_use]
    pub fn span(self) -> Span {
        self.place().span
    }

    /// A scalar's text with quotes, escapes and folds undone.
    #[must_use]
    pub fn scalar(self) -> Option<&'d str> {
        match &self.data.content {
            Content::Scalar { text, .. } => Some(text.get(&self.document.source.text)),
            _ => None,
        }
    }

    /// Whether a scalar's type is to be found from its text (it is plain and untagged).
    #[must_use]
    pub fn is_implicit(self) -> bool {
        matches!(self.data.content, Content::Scalar { implicit: true, .. })
    }

    /// The tag in full, if one was written.
    #[must_use]
    pub fn tag(self) -> Option<&'d str> {
        self.properties()?.tag.as_deref()
    }

    /// The anchor's name, or for an alias the name it gives.
    #[must_use]
    pub fn anchor(self) -> Option<&'d str> {
        self.properties().map(|properties| properties.anchor.as_str()).filter(|name| !name.is_empty())
    }

    /// The node an alias stands for; any other node itself.
    #[must_use]
    pub fn resolved(self) -> Node<'d> {
        match self.data.content {
            Content::Alias { target } => self.document.node(target).unwrap_or(self),
            _ => self,
        }
    }

    /// Number of items of a sequence, or of entries of a mapping (aliases are not followed).
    #[must_use]
    pub fn len(self) -> usize {
        match self.data.content {
            Content::Sequence { count, .. } => count as usize,
            Content::Mapping { count, .. } => count as usize / 2,
            _ => 0,
        }
    }

    /// Whether it has no items or entries.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// A sequence's items; none for any other node.
    #[must_use]
    pub fn items(self) -> Items<'d> {
        let next = match self.data.content {
            Content::Sequence { first, .. } => first,
            _ => super::NONE,
        };
        Items { document: self.document, next }
    }

    /// A mapping's keys and values as written (`<<` included); none for any other node.
    #[must_use]
    pub fn entries(self) -> Entries<'d> {
        let next = match self.data.content {
            Content::Mapping { first, .. } => first,
            _ => super::NONE,
        };
        Entries(Items { document: self.document, next })
    }

    /// The item of a sequence at `index`, aliases followed.
    #[must_use]
    pub fn item(self, index: usize) -> Option<Node<'d>> {
        self.resolved().items().nth(index)
    }

    /// A number that tells the nodes of one document apart.
    pub(crate) fn index(self) -> u32 {
        self.index
    }

    fn properties(self) -> Option<&'d NodeProperties> {
        self.document.properties.get(self.data.properties as usize)
    }
}

/// The items of a sequence.
#[derive(Clone, Debug)]
pub struct Items<'d> {
    document: &'d Document<'d>,
    next: u32,
}

impl<'d> Iterator for Items<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Node<'d>> {
        let node = self.document.node(self.next)?;
        self.next = node.data.next;
        Some(node)
    }
}

/// The entries of a mapping.
#[derive(Clone, Debug)]
pub struct Entries<'d>(Items<'d>);

impl<'d> Iterator for Entries<'d> {
    type Item = (Node<'d>, Node<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}
