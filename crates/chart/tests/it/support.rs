//! JSON for values, to write tests with.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wheelhouse_chart::values::{Data, Mark, Node, Table};

/// A file of the shared answers, or `None` with a note where the folder is absent.
pub(crate) fn vectors(name: &str) -> Option<String> {
    let shared = std::env::var_os("WHEELHOUSE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("data/vectors").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("SKIPPED: no vectors at {}", path.display());
    }
    text
}

pub(crate) fn table(value: &Value) -> Table {
    let entries = value.as_object().expect("a table is a JSON object");
    entries.iter().map(|(key, value)| (key.as_str(), Node::new(data(value), Mark::default()))).collect()
}

fn data(value: &Value) -> Data {
    match value {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(*value),
        Value::Number(number) => Data::Float(number.as_f64().expect("a number")),
        Value::String(text) => Data::String(text.as_str().into()),
        Value::Array(items) => {
            Data::List(items.iter().map(|item| Node::new(data(item), Mark::default())).collect())
        }
        Value::Object(_) => Data::Table(table(value)),
    }
}

/// Values as JSON; floats without a fraction show as integers, as Go writes them.
pub(crate) fn to_json(table: &Table) -> Value {
    Value::Object(table.iter().map(|(key, node)| (key.to_string(), data_to_json(&node.data))).collect())
}

fn data_to_json(data: &Data) -> Value {
    match data {
        Data::Null => Value::Null,
        Data::Bool(value) => json!(value),
        Data::Int(value) => json!(value),
        Data::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => json!(*value as i64),
        Data::Float(value) => json!(value),
        Data::String(text) => json!(text.to_string()),
        Data::List(nodes) => nodes.iter().map(|node| data_to_json(&node.data)).collect(),
        Data::Table(table) => to_json(table),
    }
}
