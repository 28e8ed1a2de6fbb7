//! YAML as a tree that can be changed and written back: comments, styles, tags, anchors and the
//! order of keys stay. go-yaml v3's `Node`, as kustomize's libraries use it.
//!
//! Aliases stay aliases: nothing here follows them, so a small text makes a small tree.

mod compose;
mod node;

use crate::error::Error;
use crate::limits::Limits;

pub use node::{NodeId, NodeKind, NodeStyle, ScalarStyle, TreeNode};

/// Nodes of any number of documents.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: Vec<TreeNode>,
}

impl Tree {
    /// A tree without nodes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the first document of `input`; what follows it is not looked at. `None` if there is
    /// no content at all.
    ///
    /// # Errors
    /// The text is not YAML (in go-yaml v3's words), or there is more of it than `limits` allow;
    /// their depth is not looked at, as nothing here recurses.
    pub fn read_document(&mut self, input: &[u8], limits: &Limits) -> Result<Option<NodeId>, Error> {
        compose::compose(self, input, limits)
    }

    /// A node of this tree; `None` for one of another.
    #[must_use]
    pub fn get(&self, id: NodeId) -> Option<&TreeNode> {
        self.nodes.get(id.index())
    }

    /// A node of this tree, to be changed.
    pub fn get_mut(&mut self, id: NodeId) -> Option<&mut TreeNode> {
        self.nodes.get_mut(id.index())
    }

    /// Adds a node; it stands nowhere until another contains it.
    pub fn add(&mut self, node: TreeNode) -> NodeId {
        self.nodes.push(node);
        NodeId::new(self.nodes.len() - 1)
    }

    /// What a document contains; any other node is its own content.
    #[must_use]
    pub fn content_of(&self, id: NodeId) -> NodeId {
        match self.get(id) {
            Some(node) if node.kind == NodeKind::Document => node.content.first().copied().unwrap_or(id),
            _ => id,
        }
    }
}
