//! A document as a tree of nodes, each with its place in the text.

mod compose;
mod node;

use crate::error::{Error, Place};
use crate::limits::Limits;
use crate::scanner::{Mark, Style};
use crate::source_text::SourceText;
use crate::text::Text;

pub use node::{Entries, Items, Kind, Node};

/// Index that stands for "no node".
const NONE: u32 = u32::MAX;

/// One YAML document: what it says and where.
///
/// Offsets count bytes of the input (of its UTF-8 form, if it was UTF-16).
#[derive(Clone, Debug)]
pub struct Document<'a> {
    pub(crate) source: SourceText<'a>,
    nodes: Vec<NodeData>,
    properties: Vec<NodeProperties>,
    root: u32,
}

#[derive(Clone, Debug)]
struct NodeData {
    content: Content,
    start: Mark,
    end: u32,
    /// The next node of the same collection.
    next: u32,
    /// Index into the document's properties.
    properties: u32,
}

#[derive(Clone, Debug)]
enum Content {
    Scalar {
        text: Text,
        style: Style,
        implicit: bool,
    },
    Sequence {
        first: u32,
        count: u32,
        flow: bool,
    },
    /// Keys and values in turn; `count` counts both.
    Mapping {
        first: u32,
        count: u32,
        flow: bool,
    },
    Alias {
        target: u32,
    },
}

#[derive(Clone, Debug, Default)]
struct NodeProperties {
    /// The anchor of a node, or the name an alias gives.
    anchor: String,
    tag: Option<String>,
}

impl<'a> Document<'a> {
    /// Reads the first document of `input`; what follows it is not looked at.
    ///
    /// # Errors
    /// The text is not YAML (in go-yaml v2's words), or larger than `limits`.
    pub fn parse(input: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        compose::compose(input, limits)
    }

    /// The document's node; `None` if there is none (no content at all).
    #[must_use]
    pub fn root(&self) -> Option<Node<'_>> {
        self.node(self.root)
    }

    /// The text that was read, as UTF-8 without a byte order mark.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Whether any node has this tag.
    pub(crate) fn has_tag(&self, tag: &str) -> bool {
        self.properties.iter().any(|properties| properties.tag.as_deref() == Some(tag))
    }

    fn node(&self, index: u32) -> Option<Node<'_>> {
        let data = self.nodes.get(index as usize)?;
        Some(Node { document: self, data, index })
    }

    fn place(&self, data: &NodeData) -> Place {
        let skipped = self.source.skipped;
        Place {
            span: wheelhouse_source::Span::new(data.start.index() + skipped, data.end as usize + skipped),
            line: data.start.line as usize + 1,
            column: data.start.column as usize + 1,
        }
    }
}
