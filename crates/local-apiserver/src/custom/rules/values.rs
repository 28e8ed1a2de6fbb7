//! What expressions see of an object.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use kube_cel::cel::Value as Cel;
use kube_cel::cel::objects::{Key, Map};
use serde_json::Value;

use crate::meta;

/// Words of the language that are no names of fields.
const WORDS: [&str; 20] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
];

/// The name of a field in expressions; `None` when it cannot have one.
pub(super) fn name(field: &str) -> Option<String> {
    let mut letters = field.chars();
    let first = letters.next()?;
    if !(first.is_ascii_alphabetic() || first == '_') {
        return None;
    }
    if WORDS.contains(&field) || field == "while" {
        return Some(format!("__{field}__"));
    }
    if !field.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')) {
        return None;
    }
    let escaped = field.replace("__", "__underscores__");
    Some(escaped.replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__"))
}

/// A value as expressions see it: only what its schema declares. Of the metadata of objects that is
/// their name.
pub(super) fn cel(value: &Value, schema: &Value, object: bool) -> Cel {
    let flag = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    match value {
        Value::Null => Cel::Null,
        Value::Bool(flag) => Cel::Bool(*flag),
        Value::Number(number) => {
            let whole = number.as_i64().filter(|_| meta::text(schema, &["type"]) != "number");
            whole.map_or_else(|| Cel::Float(number.as_f64().unwrap_or(f64::NAN)), Cel::Int)
        }
        Value::String(text) => formatted(text, schema),
        Value::Array(items) => {
            let item_schema = schema.get("items").unwrap_or(&Value::Null);
            Cel::List(Arc::new(items.iter().map(|item| cel(item, item_schema, false)).collect()))
        }
        Value::Object(map) => {
            let embedded = object || flag("x-kubernetes-embedded-resource");
            let open = flag("x-kubernetes-preserve-unknown-fields") || schema.is_null();
            let extra = schema.get("additionalProperties").filter(|extra| **extra != Value::Bool(false));
            let mut seen = HashMap::with_capacity(map.len());
            for (key, value) in map {
                let declared = meta::at(schema, &["properties", key]);
                let shown = match (key.as_str(), declared, extra) {
                    ("metadata", _, _) if embedded => (name(key), names(value)),
                    ("apiVersion" | "kind", _, _) if embedded => (name(key), cel(value, &Value::Null, false)),
                    (_, Some(inner), _) => (name(key), cel(value, inner, false)),
                    // keys of maps are data
                    (_, None, Some(inner)) => (Some(key.clone()), cel(value, inner, false)),
                    (_, None, None) if open => (name(key), cel(value, &Value::Null, false)),
                    _ => continue,
                };
                if let (Some(key), value) = shown {
                    seen.insert(Key::String(Arc::new(key)), value);
                }
            }
            Cel::Map(Map { map: Arc::new(seen) })
        }
    }
}

fn names(metadata: &Value) -> Cel {
    let mut seen = HashMap::new();
    for key in ["name", "generateName"] {
        if let Some(text) = metadata.get(key).and_then(Value::as_str) {
            seen.insert(Key::String(Arc::new(key.to_owned())), Cel::String(Arc::new(text.to_owned())));
        }
    }
    Cel::Map(Map { map: Arc::new(seen) })
}

/// A text by its format.
fn formatted(text: &str, schema: &Value) -> Cel {
    let plain = || Cel::String(Arc::new(text.to_owned()));
    match meta::text(schema, &["format"]) {
        "byte" => match base64::engine::general_purpose::STANDARD.decode(text) {
            Ok(bytes) => Cel::Bytes(Arc::new(bytes)),
            Err(_) => plain(),
        },
        "date-time" => chrono::DateTime::parse_from_rfc3339(text).map_or_else(|_| plain(), Cel::Timestamp),
        "date" => chrono::DateTime::parse_from_rfc3339(&format!("{text}T00:00:00Z"))
            .map_or_else(|_| plain(), Cel::Timestamp),
        "duration" => duration(text).map_or_else(plain, Cel::Duration),
        _ => plain(),
    }
}

/// A duration as Go writes it: `1h30m`, `1.5s`.
fn duration(text: &str) -> Option<chrono::Duration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(chrono::Duration::zero());
    }
    let mut nanoseconds = 0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(end)?;
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_end)?;
        let factor = match unit {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        nanoseconds += number.parse::<f64>().ok()? * factor;
        rest = tail;
    }
    if nanoseconds > 9.2e18 {
        return None;
    }
    let whole = nanoseconds.round() as i64;
    Some(chrono::Duration::nanoseconds(if negative { -whole } else { whole }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_the_api_does() {
        for (field, expect) in [
            ("plain", Some("plain")),
            ("with_one", Some("with_one")),
            ("with__two", Some("with__underscores__two")),
            ("a.b-c/d", Some("a__dot__b__dash__c__slash__d")),
            ("namespace", Some("__namespace__")),
            ("1st", None),
            ("$ref", None),
        ] {
            assert_eq!(name(field).as_deref(), expect, "{field}");
        }
    }

    #[test]
    fn durations_are_those_of_go() {
        for (text, expect) in
            [("1h30m", Some(5_400_000)), ("1.5s", Some(1500)), ("-2ms", Some(-2)), ("1", None)]
        {
            assert_eq!(duration(text).map(|d| d.num_milliseconds()), expect, "{text}");
        }
    }
}
