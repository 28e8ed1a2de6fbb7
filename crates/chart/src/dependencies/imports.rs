use std::rc::Rc;
use std::sync::Arc;

use wheelhouse_gotemplate::{GoString, Map};

use super::graph::Node;
use crate::metadata::ImportValue;
use crate::values::{Coalescer, Data, Mode, Nulls, Origins, Shown, table_at, to_map, to_table};
use crate::{Compat, Error, Warning};

/// Copies the tables that `import-values` name from subcharts' defaults into those of their
/// parents, from the leaves to the root. The parent's own values win.
pub(super) fn import_values(
    node: &Rc<Node>,
    compat: Compat,
    origins: &mut Origins,
    warnings: &mut Vec<Warning>,
) -> Result<(), Error> {
    for subchart in node.subcharts() {
        import_values(&subchart, compat, origins, warnings)?;
    }
    let Some(requirements) = node.requirements() else { return Ok(()) };

    let mut coalescer = Coalescer::new(compat, origins, warnings);
    let values = coalescer.coalesce_into(&node.to_chart(), Map::new(), Mode::Merge)?;
    let imported = Map::new();
    for requirement in &requirements {
        let mut requirement = requirement.borrow_mut();
        let entries = requirement.import_values.take().unwrap_or_default();
        let mut processed = Vec::with_capacity(entries.len());
        for (entry, (child, parent)) in entries.iter().filter_map(|entry| Some((entry, paths_of(entry)?))) {
            match table_at(&values, &format!("{}.{child}", requirement.name)) {
                Ok(table) => coalescer.lay_under(&imported, &nest(&parent, table), Mode::Merge)?,
                Err(name) => coalescer.warnings.push(match entry {
                    ImportValue::Export(_) => Warning::ExportMissing { name },
                    _ => Warning::ImportMissing { chart: requirement.name.clone(), name },
                }),
            }
            processed.push(ImportValue::Paths { child, parent });
        }
        requirement.import_values = Some(processed).filter(|entries| !entries.is_empty());
    }

    // Imported tables are parts of `values`: a copy keeps them apart while both are laid together.
    let own = to_table(&values, coalescer.origins)?;
    let merged = match imported.is_empty() {
        true => own,
        false => {
            let own = to_map(&own, Nulls::Keep, coalescer.origins);
            coalescer.lay_under(&own, &imported, Mode::Merge)?;
            to_table(&own, coalescer.origins)?
        }
    };
    *node.values.borrow_mut() = Arc::new(merged);
    Ok(())
}

/// The paths in the child's and the parent's values, unless the entry is of a kind Helm ignores:
/// one it has processed already is (the requirement is shared by two aliases of a chart).
fn paths_of(entry: &ImportValue) -> Option<(String, String)> {
    match entry {
        ImportValue::Export(name) => Some((format!("exports.{name}"), ".".to_owned())),
        ImportValue::Table(table) => {
            let path = |name: &str| Shown(table.get(name).map_or(&Data::Null, |node| &node.data)).to_string();
            Some((path("child"), path("parent")))
        }
        ImportValue::Paths { .. } | ImportValue::Other(_) => None,
    }
}

/// The table at the end of a dotted path of fresh tables; `.` is no path at all.
fn nest(path: &str, table: Map) -> Map {
    if path == "." {
        return table;
    }
    path.rsplit('.').fold(table, |inner, name| Map::from_entries([(GoString::from(name), inner.into())]))
}
