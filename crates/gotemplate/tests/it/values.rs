//! JSON as template values, as a values file gives them: every number a `float64`.

use wheelhouse_gotemplate::{GoString, Map, Value};

pub(crate) fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Float64(number.as_f64().unwrap()),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(value).collect()),
        serde_json::Value::Object(entries) => Value::Map(Map::from_entries(
            entries.iter().map(|(key, entry)| (GoString::from(key.as_str()), value(entry))),
        )),
    }
}
