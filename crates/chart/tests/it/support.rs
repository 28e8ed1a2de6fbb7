//! JSON for values, to write tests with.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wheelhouse_chart::values::{Coalescer, Data, Mark, Node, Origins, Table};
use wheelhouse_chart::{Chart, Compat, File, LoadOptions, Warning, load_files, process_dependencies};
use wheelhouse_gotemplate::{Map, Value as TemplateValue};

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

/// Files of a chart given as paths and texts.
pub(crate) fn files(files: &[(&str, &str)]) -> Vec<File> {
    files.iter().map(|(name, text)| File::new(*name, text.as_bytes())).collect()
}

/// A chart of paths and texts, loaded as Helm 4 does.
pub(crate) fn chart(texts: &[(&str, &str)]) -> Chart {
    load_files(files(texts), LoadOptions::default(), &mut Vec::new()).unwrap()
}

/// The error of loading a chart.
pub(crate) fn load_error(texts: &[(&str, &str)]) -> String {
    load_files(files(texts), LoadOptions::default(), &mut Vec::new()).unwrap_err().to_string()
}

/// What templates see, as JSON.
pub(crate) fn map_to_json(map: &Map) -> Value {
    Value::Object(
        map.entries().into_iter().map(|(key, value)| (key.to_string(), value_to_json(&value))).collect(),
    )
}

fn value_to_json(value: &TemplateValue) -> Value {
    match value {
        TemplateValue::Nil => Value::Null,
        TemplateValue::Bool(value) => json!(value),
        TemplateValue::Int64(value) => json!(value),
        TemplateValue::Float64(value) if value.fract() == 0.0 && value.abs() < 1e15 => json!(*value as i64),
        TemplateValue::Float64(value) => json!(value),
        TemplateValue::String(text) => json!(text.to_string()),
        TemplateValue::List(list) => list.items().iter().map(value_to_json).collect(),
        TemplateValue::Map(map) => map_to_json(map),
        other => panic!("values hold no {}", other.type_name()),
    }
}

/// A chart's values as its templates see them, after dependencies are decided; with warnings.
pub(crate) fn rendered_values(chart: &Chart, user: &Value, compat: Compat) -> (Chart, Value, Vec<String>) {
    let (mut chart, user) = (chart.clone(), table(user));
    let mut warnings = Vec::new();
    process_dependencies(&mut chart, &user, compat, false, &mut warnings).unwrap();
    let mut origins = Origins::off();
    let values = Coalescer::new(compat, &mut origins, &mut warnings).coalesce(&chart, &user).unwrap();
    let values = map_to_json(&values);
    (chart, values, warnings.iter().map(Warning::message).collect())
}
