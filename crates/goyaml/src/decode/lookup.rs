//! Which nodes decide what the value of a mapping has under a key.

use super::key::Key;
use super::resolve_scalar;
use super::walk::{is_merge, merge_sources};
use crate::document::{Kind, Node};

impl<'d> Node<'d> {
    /// The key and value nodes that decide what the value has under `key`: of several the last,
    /// and where a `<<` brought it, the nodes in the mapping it was merged from.
    ///
    /// `key` is the key as JSON has it: `yes: 1` is found under `true`.
    #[must_use]
    pub fn entry(self, key: &str) -> Option<(Node<'d>, Node<'d>)> {
        // Aliases in a chain of merges are followed a limited number of times: a mapping that
        // merges itself has no value to be explained.
        find_entry(self.resolved(), key, 16)
    }

    /// A scalar's text as a key in JSON (`~` has none).
    #[must_use]
    pub fn key_text(self) -> Option<String> {
        key_text(self.resolved())
    }
}

/// A scalar node as a key in JSON.
fn key_text(node: Node<'_>) -> Option<String> {
    if node.kind() != Kind::Scalar {
        return None;
    }
    Key::new(node, resolve_scalar(node).ok()?).ok()?.into_text()
}

/// The entry of a mapping that counts for `key`; `merges` bounds how many merges lead to it.
fn find_entry<'d>(mapping: Node<'d>, key: &str, merges: usize) -> Option<(Node<'d>, Node<'d>)> {
    let mut found = None;
    for (key_node, value_node) in mapping.entries() {
        if !is_merge(key_node) {
            if key_text(key_node.resolved()).as_deref() == Some(key) {
                found = Some((key_node, value_node));
            }
        } else if let Some(merges) = merges.checked_sub(1) {
            let sources = merge_sources(value_node);
            let merged = sources.into_iter().find_map(|source| find_entry(source.resolved(), key, merges));
            found = merged.or(found);
        }
    }
    found
}
