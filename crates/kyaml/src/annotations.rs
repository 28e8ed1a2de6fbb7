use std::borrow::Cow;

use wheelhouse_goyaml::{NodeId, NodeStyle, ScalarStyle, Tree, TreeNode};

use crate::Error;
use crate::fields::{append, clear, entry, lookup, lookup_or_create};

/// Sets an annotation; `metadata` and `annotations` that contain nothing are made anew, behind
/// the other fields. A document that is null gets none.
///
/// # Errors
/// The resource, its metadata or its annotations are no mapping.
pub fn set_annotation(tree: &mut Tree, id: NodeId, key: &str, value: &str) -> Result<(), Error> {
    clear_empty_annotations(tree, id)?;
    let Some(metadata) = lookup_or_create(tree, id, "metadata")? else { return Ok(()) };
    let Some(annotations) = lookup_or_create(tree, metadata, "annotations")? else { return Ok(()) };
    let mut node = TreeNode {
        tag: Cow::Borrowed("!!str"),
        style: NodeStyle { scalar: ScalarStyle::SingleQuoted, ..NodeStyle::default() },
        ..TreeNode::scalar(value)
    };
    if let Some(found) = lookup(tree, annotations, key)? {
        // What was there keeps its style, and loses its comments.
        if let Some(old) = tree.get_mut(found) {
            node.style = old.style;
            *old = node;
        }
    } else {
        let value = tree.add(node);
        append(tree, annotations, key, value);
    }
    Ok(())
}

/// Takes an annotation away; `annotations` stays, even with nothing in it.
///
/// # Errors
/// As [`set_annotation`].
pub fn clear_annotation(tree: &mut Tree, id: NodeId, key: &str) -> Result<(), Error> {
    let Some(metadata) = lookup(tree, id, "metadata")? else { return Ok(()) };
    let Some(annotations) = lookup(tree, metadata, "annotations")? else { return Ok(()) };
    clear(tree, annotations, key, false)
}

/// Takes away `annotations` and then `metadata` if nothing is in them.
pub(crate) fn clear_empty_annotations(tree: &mut Tree, id: NodeId) -> Result<(), Error> {
    if let Some(metadata) = lookup(tree, id, "metadata")? {
        clear(tree, metadata, "annotations", true)?;
    }
    clear(tree, id, "metadata", true)
}

/// An annotation as it stands, whatever it is; `None` if there is none.
pub(crate) fn raw_annotation<'t>(tree: &'t Tree, id: NodeId, name: &str) -> Option<&'t str> {
    let metadata = entry(tree, tree.content_of(id), "metadata")?;
    if crate::fields::is_null_or_empty(tree, metadata) {
        return None;
    }
    let annotations = entry(tree, metadata, "annotations")?;
    let found = crate::fields::entries(tree, annotations).filter(|(key, _)| *key == name).last();
    found.and_then(|(_, value)| tree.get(value)).map(|node| node.value.as_str())
}

/// What kyaml notes in resources while it has them.
pub(crate) mod internal {
    pub(crate) const INDEX: &str = "internal.config.kubernetes.io/index";
    pub(crate) const PATH: &str = "internal.config.kubernetes.io/path";
    pub(crate) const ID: &str = "internal.config.kubernetes.io/id";
    pub(crate) const SEQUENCE_INDENT: &str = "internal.config.kubernetes.io/seqindent";
    pub(crate) const OLD_INDEX: &str = "config.kubernetes.io/index";
    pub(crate) const OLD_PATH: &str = "config.kubernetes.io/path";
    pub(crate) const OLD_ID: &str = "config.k8s.io/id";
}
