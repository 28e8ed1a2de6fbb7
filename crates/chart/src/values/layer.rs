use std::fmt;

use wheelhouse_gotemplate::{GoString, Map, Value};

use super::coalesce::{Coalescer, Mode};
use super::origins::{Nulls, to_data, to_value};
use super::{Data, MAX_DEPTH, Mark, Node, Origins, Table};
use crate::{Error, Warning};

/// How a layer of lower values goes under a map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// What a null of the upper map does.
    pub(super) mode: Mode,
    /// What becomes of nulls of the lower table.
    pub(super) nulls: Nulls,
}

/// A value of the lower layer.
enum Lower<'a> {
    Written(&'a Node),
    Merged {
        value: Value,
        /// What it was before nulls of the upper map were written over it.
        was_null: bool,
        mark: Mark,
    },
}

/// Lays a table under a map: entries of the map win.
pub(super) fn lay_table_under(
    coalescer: &mut Coalescer<'_>,
    dest: &Map,
    source: &Table,
    path: &Path<'_>,
    rule: Rule,
) -> Result<(), Error> {
    for (key, node) in source.iter() {
        if rule.nulls == Nulls::Keep || !matches!(node.data, Data::Null) {
            lay_entry_under(coalescer, dest, key, Lower::Written(node), path, rule)?;
        }
    }
    Ok(())
}

/// Lays a map under another: entries of the upper one win. Tables only the lower one has are
/// shared by both from then on, and nulls of the upper one are written into the lower one: both
/// can be seen later, when tables of one `import-values` are laid upon another's.
pub(super) fn lay_map_under(
    coalescer: &mut Coalescer<'_>,
    dest: &Map,
    source: &Map,
    path: &Path<'_>,
    mode: Mode,
) -> Result<(), Error> {
    let entries = source.entries();
    for (key, value) in dest.entries() {
        if matches!(value, Value::Nil) {
            source.insert(key, Value::Nil);
        }
    }
    for (key, value) in entries {
        let was_null = matches!(value, Value::Nil);
        let mark = coalescer.origins.mark(source, &key);
        let value = source.get(&key).unwrap_or_default();
        let rule = Rule { mode, nulls: Nulls::Keep };
        lay_entry_under(coalescer, dest, &key, Lower::Merged { value, was_null, mark }, path, rule)?;
    }
    Ok(())
}

fn lay_entry_under(
    coalescer: &mut Coalescer<'_>,
    dest: &Map,
    key: &GoString,
    lower: Lower<'_>,
    path: &Path<'_>,
    rule: Rule,
) -> Result<(), Error> {
    let path = Path::below(Some(path), key.as_bytes());
    if path.depth > MAX_DEPTH {
        return Err(Error::TooDeep { limit: MAX_DEPTH });
    }
    match dest.get(key) {
        None => {
            let (value, mark) = lower.into_value(rule.nulls, coalescer);
            coalescer.put(dest, key, value, &mark)?;
        }
        Some(Value::Nil) => {
            // The user takes a default away. A null over a null, or over nothing, stays.
            if rule.mode == Mode::Coalesce && !lower.was_null() {
                dest.remove(key);
            }
        }
        Some(Value::Map(inner)) => match lower {
            Lower::Written(Node { data: Data::Table(table), .. }) => {
                lay_table_under(coalescer, &inner, table, &path, rule)?;
            }
            Lower::Merged { value: Value::Map(table), .. } => {
                lay_map_under(coalescer, &inner, &table, &path, rule.mode)?;
            }
            _ => {
                let ignored = lower.to_data(rule.nulls, coalescer)?;
                if ignored != Data::Null {
                    coalescer.warnings.push(Warning::ValueUnderTable { path: path.to_string(), ignored });
                }
            }
        },
        Some(_) => {
            if lower.is_table() {
                let ignored = lower.to_data(rule.nulls, coalescer)?;
                coalescer.warnings.push(Warning::TableUnderValue { path: path.to_string(), ignored });
            }
        }
    }
    Ok(())
}

impl Lower<'_> {
    fn was_null(&self) -> bool {
        match self {
            Lower::Written(node) => matches!(node.data, Data::Null),
            Lower::Merged { was_null, .. } => *was_null,
        }
    }

    fn is_table(&self) -> bool {
        match self {
            Lower::Written(node) => node.data.as_table().is_some(),
            Lower::Merged { value, .. } => value.as_map().is_some(),
        }
    }

    fn into_value(self, nulls: Nulls, coalescer: &mut Coalescer<'_>) -> (Value, Mark) {
        match self {
            Lower::Written(node) => (to_value(&node.data, nulls, coalescer.origins), node.mark.clone()),
            Lower::Merged { value, mark, .. } => (value, mark),
        }
    }

    fn to_data(&self, nulls: Nulls, coalescer: &Coalescer<'_>) -> Result<Data, Error> {
        match self {
            Lower::Written(node) => {
                let value = to_value(&node.data, nulls, &mut Origins::off());
                to_data(&value, coalescer.origins)
            }
            Lower::Merged { value, .. } => to_data(value, coalescer.origins),
        }
    }
}

/// The dotted path of a value, put together only when a warning needs it.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    name: &'a [u8],
    depth: usize,
}

impl<'a> Path<'a> {
    pub(super) fn root() -> Self {
        Path { parent: None, name: b"", depth: 0 }
    }

    pub(super) fn below(parent: Option<&'a Path<'a>>, name: &'a [u8]) -> Self {
        let depth = parent.map_or(0, |parent| parent.depth + 1);
        Path { parent: parent.filter(|parent| !parent.is_empty()), name, depth }
    }

    fn is_empty(&self) -> bool {
        self.parent.is_none() && self.name.is_empty()
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(formatter, "{parent}.")?;
        }
        formatter.write_str(&String::from_utf8_lossy(self.name))
    }
}
