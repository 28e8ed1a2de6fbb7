use std::fmt;

use crate::tree::Node;

/// A Kubernetes object as a chart rendered it.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// The document.
    pub root: Node,
    /// Index of the rendered file it comes from, in the caller's own list.
    pub file: usize,
    /// `apiVersion`, or that of the list it stood in; empty if absent.
    pub api_version: String,
    /// `kind`, or that of the list it stood in; empty if absent.
    pub kind: String,
}

impl Object {
    /// Reads `apiVersion` and `kind` of a document.
    #[must_use]
    pub fn new(root: Node, file: usize) -> Self {
        let text = |key| root.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
        Object { api_version: text("apiVersion"), kind: text("kind"), root, file }
    }

    /// The API group; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Whether group and kind are these.
    #[must_use]
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group() == group
    }

    /// `metadata.name`; empty if absent.
    #[must_use]
    pub fn name(&self) -> &str {
        self.root.at("metadata.name").and_then(Node::as_str).unwrap_or_default()
    }

    /// An annotation's text.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.root.at("metadata.annotations")?.get(key)?.as_str()
    }
}

impl fmt::Display for Object {
    /// `Deployment/web`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind, self.name())
    }
}
