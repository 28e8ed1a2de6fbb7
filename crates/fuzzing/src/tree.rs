//! Any bytes as a tree that is written back: it is never longer than its parts allow, and what is
//! written is read again.

use wheelhouse_goyaml::{Limits, NodeId, NodeKind, ScalarStyle, Tree, TreeWriter};
use wheelhouse_render::{RenderedFile, merge_files, split_output};

pub(crate) fn run(input: &[u8]) {
    let limits = Limits { max_nodes: 20_000, ..Limits::default() };
    let mut tree = Tree::new();
    if let Ok(Some(root)) = tree.read_document(input, &limits) {
        let written = write(&tree, root);
        // What stands in comments or folds may come back otherwise: go-yaml's habit, which is kept.
        if is_simple(&tree, root) {
            let mut again = Tree::new();
            let same = again
                .read_document(&written, &limits)
                .is_ok_and(|copy| copy.is_some_and(|copy| equal(&tree, root, &again, copy)));
            assert!(same, "what was written reads back otherwise");
        }
    }
    let file = RenderedFile { name: "c/templates/a.yaml".to_owned(), text: input.to_vec(), pieces: None };
    if let Ok(merged) = merge_files(&[file]) {
        drop(split_output(&merged));
    }
    drop(split_output(input));
}

fn write(tree: &Tree, root: NodeId) -> Vec<u8> {
    let mut out = Vec::new();
    TreeWriter::new(tree, &mut out).write(root, false);
    out
}

/// Whether a tree has neither comments nor folded texts nor tags of its own, and is not nothing.
fn is_simple(tree: &Tree, root: NodeId) -> bool {
    if is_nothing(tree, tree.content_of(root)) {
        return false;
    }
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let Some(node) = tree.get(id) else { return false };
        let commented =
            [&node.head_comment, &node.line_comment, &node.foot_comment].iter().any(|text| !text.is_empty());
        if commented || node.style.tagged || node.style.scalar == ScalarStyle::Folded || node.tag == "!!merge"
        {
            return false;
        }
        open.extend_from_slice(&node.content);
    }
    true
}

/// Whether a node is a null without a word, which flow collections and keys have to quote.
fn is_nothing(tree: &Tree, id: NodeId) -> bool {
    tree.get(id).is_none_or(|node| node.kind == NodeKind::Scalar && node.value.is_empty())
}

fn equal(left: &Tree, left_root: NodeId, right: &Tree, right_root: NodeId) -> bool {
    let mut open = vec![(left_root, right_root)];
    while let Some((one, other)) = open.pop() {
        if is_nothing(left, one) && is_nothing(right, other) {
            continue;
        }
        let (Some(one), Some(other)) = (left.get(one), right.get(other)) else { return false };
        let same_value =
            one.kind != NodeKind::Scalar && one.kind != NodeKind::Alias || one.value == other.value;
        if one.kind != other.kind
            || one.tag != other.tag
            || one.anchor != other.anchor
            || one.content.len() != other.content.len()
            || !same_value
        {
            return false;
        }
        open.extend(one.content.iter().copied().zip(other.content.iter().copied()));
    }
    true
}
