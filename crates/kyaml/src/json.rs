//! Resources from JSON files, which are written as JSON again.

use wheelhouse_goyaml::json::{Format, to_json};
use wheelhouse_goyaml::{NodeId, NodeKind, ReadOptions, ScalarStyle, Tree, TreeWriter, read, read_map};

use crate::Error;
use crate::annotations::internal;
use crate::meta::Meta;

/// Whether a resource says that it comes from a JSON file.
pub(crate) fn is_from_json(tree: &Tree, id: NodeId) -> bool {
    let annotations = Meta::of(tree, id).unwrap_or_default().annotations;
    let path = annotations.get(internal::PATH).or_else(|| annotations.get(internal::OLD_PATH));
    path.is_some_and(|path| path.trim_end_matches('/').ends_with(".json"))
}

/// Writes a resource as JSON, indented by two. Dates stay as they stand.
pub(crate) fn write_json(tree: &mut Tree, id: NodeId) -> Result<Vec<u8>, Error> {
    quote_strings(tree, id);
    let mut yaml = Vec::new();
    TreeWriter::new(tree, &mut yaml).write(id, false);
    let options = ReadOptions { keep_integers: true, ..ReadOptions::default() };
    let root = tree.get(tree.content_of(id));
    let format = Format { escape_html: true, indent: true };
    let mut json = if root.is_some_and(|root| root.kind == NodeKind::Sequence) {
        to_json(&read(&yaml, &options).map_err(Error::Json)?, format)
    } else {
        to_json(&wheelhouse_goyaml::Value::Map(read_map(&yaml, &options).map_err(Error::Json)?), format)
    }
    .map_err(Error::Json)?;
    json.push(b'\n');
    Ok(json)
}

/// Puts words into quotes that are strings here and something else to older readers (`yes`).
fn quote_strings(tree: &mut Tree, root: NodeId) {
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let Some(node) = tree.get_mut(id) else { continue };
        if node.kind == NodeKind::Scalar && node.tag == "!!str" && node.style.scalar == ScalarStyle::Plain {
            node.style.scalar = ScalarStyle::DoubleQuoted;
        }
        open.extend_from_slice(&node.content);
    }
}
