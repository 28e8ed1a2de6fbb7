use wheelhouse_gotemplate::{Map, Value};

/// The table at a dotted path, as Helm's `Values.Table` finds it.
///
/// # Errors
/// The first name on the path that is no table.
pub(crate) fn table_at(values: &Map, path: &str) -> Result<Map, String> {
    path.split('.').try_fold(values.clone(), |table, name| match table.get(name) {
        Some(Value::Map(inner)) => Ok(inner),
        _ => Err(name.to_owned()),
    })
}

/// The value at a dotted path, as Helm's `Values.PathValue` finds it: not a table, but maybe null.
pub(crate) fn value_at(values: &Map, path: &str) -> Option<Value> {
    let (table, name) = match path.rsplit_once('.') {
        None => (values.clone(), path),
        Some((table, name)) => (table_at(values, table).ok()?, name),
    };
    table.get(name).filter(|value| value.as_map().is_none())
}
