//! Fields of mappings. kyaml takes the first of equal keys, and a null for nothing.

use wheelhouse_goyaml::{NodeId, NodeKind, Tree, TreeNode, TreeWriter};

use crate::Error;

/// The tag of nulls.
const NULL: &str = "!!null";

pub(crate) fn is_null(tree: &Tree, id: NodeId) -> bool {
    tree.get(tree.content_of(id)).is_none_or(|node| node.tag == NULL)
}

/// Whether a node is null, `{}` or `[]`.
pub(crate) fn is_null_or_empty(tree: &Tree, id: NodeId) -> bool {
    tree.get(id).is_none_or(|node| {
        node.tag == NULL
            || (matches!(node.kind, NodeKind::Mapping | NodeKind::Sequence) && node.content.is_empty())
    })
}

/// The text of a scalar; that of a null is empty.
pub(crate) fn value_of(tree: &Tree, id: NodeId) -> &str {
    tree.get(id).filter(|node| node.tag != NULL).map_or("", |node| node.value.as_str())
}

/// Keys and values of a node's content, of whatever kind it is.
pub(crate) fn entries(tree: &Tree, id: NodeId) -> impl Iterator<Item = (&str, NodeId)> {
    let pairs = tree.get(id).into_iter().flat_map(TreeNode::entries);
    pairs.map(|(key, value)| (tree.get(key).map_or("", |key| key.value.as_str()), value))
}

/// The first value of this name in a node's content.
pub(crate) fn entry(tree: &Tree, id: NodeId, name: &str) -> Option<NodeId> {
    entries(tree, id).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The field of a mapping; nothing else has any.
pub(crate) fn field(tree: &Tree, id: NodeId, name: &str) -> Option<NodeId> {
    let id = tree.content_of(id);
    tree.get(id).filter(|node| node.kind == NodeKind::Mapping)?;
    entry(tree, id, name)
}

/// Refuses what is neither a mapping nor null.
fn check_mapping(tree: &Tree, id: NodeId) -> Result<(), Error> {
    match tree.get(id) {
        Some(node) if node.kind != NodeKind::Mapping && !is_null(tree, id) => {
            let mut contents = Vec::new();
            TreeWriter::new(tree, &mut contents).write(id, false);
            Err(Error::WrongKind {
                expected: NodeKind::Mapping,
                found: node.kind,
                contents: String::from_utf8_lossy(&contents).into_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// The field of what has to be a mapping or null.
pub(crate) fn lookup(tree: &Tree, id: NodeId, name: &str) -> Result<Option<NodeId>, Error> {
    let id = tree.content_of(id);
    check_mapping(tree, id)?;
    Ok(if is_null(tree, id) { None } else { entry(tree, id, name) })
}

/// The field of what has to be a mapping, made if it is not there; a null gets none.
pub(crate) fn lookup_or_create(tree: &mut Tree, id: NodeId, name: &str) -> Result<Option<NodeId>, Error> {
    if let Some(found) = lookup(tree, id, name)? {
        return Ok(Some(found));
    }
    let id = tree.content_of(id);
    if is_null(tree, id) {
        return Ok(None);
    }
    let value = tree.add(TreeNode::new(NodeKind::Mapping));
    append(tree, id, name, value);
    Ok(Some(value))
}

/// Puts a field behind the others.
pub(crate) fn append(tree: &mut Tree, id: NodeId, name: &str, value: NodeId) {
    let key = tree.add(TreeNode::scalar(name));
    if let Some(node) = tree.get_mut(id) {
        node.content.extend([key, value]);
    }
}

/// Takes away the first field of this name; `if_empty`: the first that contains nothing.
pub(crate) fn clear(tree: &mut Tree, id: NodeId, name: &str, if_empty: bool) -> Result<(), Error> {
    let id = tree.content_of(id);
    check_mapping(tree, id)?;
    let cleared = |(key, value): &(&str, NodeId)| {
        *key == name && !(if_empty && tree.get(*value).is_some_and(|value| !value.content.is_empty()))
    };
    let found = entries(tree, id).position(|entry| cleared(&entry));
    if let (Some(index), Some(node)) = (found, tree.get_mut(id)) {
        node.content.drain(2 * index..2 * index + 2);
    }
    Ok(())
}
