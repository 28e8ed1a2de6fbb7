use wheelhouse_goyaml::{NodeId, Tree, TreeWriter};

use crate::Error;
use crate::annotations::{clear_annotation, clear_empty_annotations, internal, raw_annotation};
use crate::fields::{is_null_or_empty, lookup};
use crate::json::{is_from_json, write_json};

/// The field that stands for a list which has no fields of its own.
const BARE_SEQUENCE: &str = "bareSeqNodeWrappingKey";

/// Writes resources, without what [`read_all`](crate::read_all) noted in them: this is taken out
/// of the tree itself. A resource may say how its lists were indented, and a single one that it
/// is to be JSON.
///
/// # Errors
/// A resource, its metadata or its annotations are no mapping.
pub fn write_all(tree: &mut Tree, resources: &[NodeId]) -> Result<Vec<u8>, Error> {
    let json = match resources {
        [single] if is_from_json(tree, *single) => Some(*single),
        _ => None,
    };
    let wide: Vec<bool> = resources
        .iter()
        .map(|id| raw_annotation(tree, *id, internal::SEQUENCE_INDENT) == Some("wide"))
        .collect();
    for id in resources {
        for key in [internal::INDEX, internal::OLD_INDEX, internal::SEQUENCE_INDENT] {
            clear_annotation(tree, *id, key)?;
        }
        clear_empty_annotations(tree, *id)?;
    }
    if let Some(id) = json {
        return write_json(tree, id);
    }
    let mut text = Vec::new();
    let mut writer = TreeWriter::new(tree, &mut text);
    for (id, wide) in resources.iter().zip(wide) {
        let bare = lookup(tree, *id, BARE_SEQUENCE).ok().flatten();
        writer.write(bare.filter(|list| !is_null_or_empty(tree, *list)).unwrap_or(*id), wide);
    }
    Ok(text)
}
