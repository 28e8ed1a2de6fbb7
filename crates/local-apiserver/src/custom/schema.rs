//! Structural schemas at work: pruning, defaults, validation.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Map, Value};
use wheelhouse_goregex::Regex;

use crate::field::{FieldError, Problem};
use crate::meta;
use crate::schema::Shape;

fn flag(schema: &Value, key: &str) -> bool {
    schema.get(key) == Some(&Value::Bool(true))
}

/// Drops fields the schema does not know from an object and names them by path.
pub(super) fn prune(schema: &Value, object: &mut Value, dropped: &mut Vec<String>) {
    prune_at(schema, object, "", true, dropped);
}

fn prune_at(schema: &Value, value: &mut Value, path: &str, resource: bool, dropped: &mut Vec<String>) {
    let within = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Array(items) => {
            if let Some(item_schema) = schema.get("items") {
                for (index, item) in items.iter_mut().enumerate() {
                    let embedded = flag(item_schema, "x-kubernetes-embedded-resource");
                    prune_at(item_schema, item, &format!("{path}[{index}]"), embedded, dropped);
                }
            }
        }
        Value::Object(map) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let extra = schema.get("additionalProperties");
            let open =
                flag(schema, "x-kubernetes-preserve-unknown-fields") || extra == Some(&Value::Bool(true));
            let keys: Vec<String> = map.keys().cloned().collect();
            for key in keys {
                if resource && matches!(key.as_str(), "apiVersion" | "kind" | "metadata") {
                    continue;
                }
                let known = properties
                    .and_then(|properties| properties.get(&key))
                    .or(extra.filter(|e| e.is_object()));
                match (known, map.get_mut(&key)) {
                    (Some(inner), Some(value)) => {
                        let embedded = flag(inner, "x-kubernetes-embedded-resource");
                        prune_at(inner, value, &within(&key), embedded, dropped);
                    }
                    (None, _) if !open => {
                        map.shift_remove(&key);
                        dropped.push(within(&key));
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Makes the metadata of objects within an object proper metadata, and names what was dropped.
pub(super) fn embedded_metadata(schema: &Value, value: &mut Value, dropped: &mut Vec<String>) {
    embedded_at(schema, value, "", dropped);
}

fn embedded_at(schema: &Value, value: &mut Value, path: &str, dropped: &mut Vec<String>) {
    let within = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Array(items) => {
            let Some(item_schema) = schema.get("items") else { return };
            for (index, item) in items.iter_mut().enumerate() {
                embedded_at(item_schema, item, &format!("{path}[{index}]"), dropped);
            }
        }
        Value::Object(map) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let extra = schema.get("additionalProperties").filter(|extra| extra.is_object());
            for (key, value) in map.iter_mut() {
                if let Some(inner) = properties.and_then(|properties| properties.get(key)).or(extra) {
                    embedded_at(inner, value, &within(key), dropped);
                }
            }
            if flag(schema, "x-kubernetes-embedded-resource")
                && let Some(metadata) = map.get_mut("metadata")
            {
                let shape = Shape::Ref { name: "meta.v1.ObjectMeta".to_owned(), atomic: false };
                if let Ok(decoded) = crate::decode::decode(&shape, metadata.clone()) {
                    let place = within("metadata");
                    dropped.extend(decoded.unknown.into_iter().map(|name| format!("{place}.{name}")));
                    *metadata = decoded.value;
                }
            }
        }
        _ => {}
    }
}

/// Fills in defaults.
pub(super) fn default(schema: &Value, value: &mut Value) {
    match value {
        Value::Array(items) => {
            if let Some(item_schema) = schema.get("items") {
                items.iter_mut().for_each(|item| default(item_schema, item));
            }
        }
        Value::Object(map) => {
            for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten()
            {
                let null = map.get(name).is_some_and(Value::is_null) && !flag(property, "nullable");
                if let Some(given) = property.get("default")
                    && (null || !map.contains_key(name))
                {
                    map.insert(name.clone(), given.clone());
                }
                if let Some(value) = map.get_mut(name) {
                    default(property, value);
                }
            }
            if let Some(extra) = schema.get("additionalProperties").filter(|extra| extra.is_object()) {
                let known = schema.get("properties").and_then(Value::as_object);
                for (_, value) in
                    map.iter_mut().filter(|(key, _)| !known.is_some_and(|k| k.contains_key(*key)))
                {
                    default(extra, value);
                }
            }
        }
        _ => {}
    }
}

/// What is wrong with an object; parts that are as they were before are not looked at.
pub(super) fn validate(schema: &Value, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check(schema, object, old, "", &mut errors);
    errors
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Checks a value that stands at a path, and was another before.
pub(super) fn check(
    schema: &Value,
    value: &Value,
    old: Option<&Value>,
    path: &str,
    errors: &mut Vec<FieldError>,
) {
    let Some(rules) = schema.as_object() else { return };
    if old == Some(value) {
        return;
    }
    let shown = if path.is_empty() { "<root>" } else { path };
    let invalid =
        |detail: String| FieldError::invalid(path, value.clone(), format!("{path} in body {detail}"));
    if value.is_null() {
        if !flag(schema, "nullable") && rules.contains_key("type") {
            let kind = meta::text(schema, &["type"]);
            errors.push(FieldError {
                field: path.to_owned(),
                problem: Problem::TypeInvalid(
                    "null".into(),
                    format!("{shown} in body must be of type {kind}: \"null\""),
                ),
            });
        }
        return;
    }
    let found = type_name(value);
    if flag(schema, "x-kubernetes-int-or-string") {
        if !matches!(found, "integer" | "string") {
            errors.push(type_error(path, found, "integer,string"));
            return;
        }
    } else if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        let whole = value.as_f64().is_some_and(|f| f.fract() == 0.0);
        let fits = kind == found
            || (kind == "number" && found == "integer")
            || (kind == "integer" && found == "number" && whole);
        if !fits {
            errors.push(type_error(path, found, kind));
            return;
        }
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let texts: Vec<String> =
            allowed.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
        errors.push(FieldError {
            field: path.to_owned(),
            problem: Problem::NotSupported(value.clone(), texts),
        });
    }
    match value {
        Value::Number(_) => check_number(schema, value, path, errors),
        Value::String(text) => check_text(schema, text, path, errors),
        Value::Array(items) => check_list(schema, items, old, path, errors),
        Value::Object(map) => check_map(schema, map, old, path, errors),
        _ => {}
    }
    let valid = |schema: &Value| {
        let mut inner = Vec::new();
        check(schema, value, old, path, &mut inner);
        inner
    };
    if let Some(all) = schema.get("allOf").and_then(Value::as_array) {
        all.iter().for_each(|one| errors.extend(valid(one)));
    }
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array)
        && !any.is_empty()
        && !any.iter().any(|one| valid(one).is_empty())
    {
        errors.push(invalid("must validate at least one schema (anyOf)".to_owned()));
    }
    if let Some(one) = schema.get("oneOf").and_then(Value::as_array) {
        let matching = one.iter().filter(|one| valid(one).is_empty()).count();
        if matching != 1 && !one.is_empty() {
            let found = if matching == 0 {
                "Found none valid".to_owned()
            } else {
                format!("Found {matching} valid alternatives")
            };
            errors.push(invalid(format!("must validate one and only one schema (oneOf). {found}")));
        }
    }
    if let Some(not) = schema.get("not").filter(|not| not.is_object())
        && valid(not).is_empty()
    {
        errors.push(invalid("must not validate the schema (not)".to_owned()));
    }
}

fn type_error(path: &str, found: &str, expected: &str) -> FieldError {
    let shown = if path.is_empty() { "<root>" } else { path };
    FieldError {
        field: path.to_owned(),
        problem: Problem::TypeInvalid(
            found.into(),
            format!("{shown} in body must be of type {expected}: {found:?}"),
        ),
    }
}

fn check_number(schema: &Value, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let number = value.as_f64().unwrap_or_default();
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let mut push = |detail: String| {
        errors.push(FieldError::invalid(path, value.clone(), format!("{path} in body {detail}")))
    };
    let text = |bound: f64| if bound.fract() == 0.0 { format!("{bound:.0}") } else { bound.to_string() };
    if let Some(least) = bound("minimum") {
        if flag(schema, "exclusiveMinimum") && number <= least {
            push(format!("should be greater than {}", text(least)));
        } else if number < least {
            push(format!("should be greater than or equal to {}", text(least)));
        }
    }
    if let Some(most) = bound("maximum") {
        if flag(schema, "exclusiveMaximum") && number >= most {
            push(format!("should be less than {}", text(most)));
        } else if number > most {
            push(format!("should be less than or equal to {}", text(most)));
        }
    }
    if let Some(step) = bound("multipleOf").filter(|step| *step != 0.0)
        && (number / step).fract() != 0.0
    {
        push(format!("should be a multiple of {}", text(step)));
    }
}

static PATTERNS: LazyLock<Mutex<HashMap<String, Option<Regex>>>> = LazyLock::new(Mutex::default);

/// Whether a text matches a pattern; what is no pattern matches everything, as definitions with such
/// patterns are refused.
fn pattern_matches(pattern: &str, text: &str) -> bool {
    let mut patterns = PATTERNS.lock().unwrap_or_else(PoisonError::into_inner);
    if patterns.len() > 1000 {
        patterns.clear();
    }
    let compiled = patterns.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
    compiled.as_ref().is_none_or(|regex| regex.is_match(text.as_bytes()))
}

fn check_text(schema: &Value, text: &str, path: &str, errors: &mut Vec<FieldError>) {
    let length = text.chars().count();
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let mut push =
        |detail: String| errors.push(FieldError::invalid(path, text, format!("{path} in body {detail}")));
    if let Some(least) = bound("minLength").filter(|least| length < *least) {
        push(format!("should be at least {least} chars long"));
    }
    if let Some(most) = bound("maxLength").filter(|most| length > *most) {
        push(format!("should be at most {most} chars long"));
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
        && !pattern_matches(pattern, text)
    {
        push(format!("should match '{pattern}'"));
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str)
        && !format_matches(format, text)
    {
        push(format!("must be of type {format}: {text:?}"));
    }
}

fn format_matches(format: &str, text: &str) -> bool {
    match format {
        "date-time" => crate::decode::parse_time(text).is_ok(),
        "date" => text.parse::<jiff::civil::Date>().is_ok(),
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "cidr" => text.split_once('/').is_some_and(|(address, bits)| {
            address.parse::<std::net::IpAddr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
        }),
        "uuid" | "uuid3" | "uuid4" | "uuid5" => {
            let hex = text.chars().filter(char::is_ascii_hexdigit).count();
            hex == 32 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
        }
        "hostname" => crate::names::subdomain(&text.to_lowercase()).is_empty(),
        "email" => text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()),
        "byte" => base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).is_ok(),
        _ => true,
    }
}

fn check_list(
    schema: &Value,
    items: &[Value],
    old: Option<&Value>,
    path: &str,
    errors: &mut Vec<FieldError>,
) {
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let list = || Value::Array(items.to_vec());
    if let Some(least) = bound("minItems").filter(|least| items.len() < *least) {
        errors.push(FieldError::invalid(
            path,
            list(),
            format!("{path} in body should have at least {least} items"),
        ));
    }
    if let Some(most) = bound("maxItems").filter(|most| items.len() > *most) {
        errors.push(FieldError { field: path.to_owned(), problem: Problem::TooMany(items.len(), most) });
    }
    let repeated = |index: usize, item: &Value| items.iter().take(index).any(|other| other == item);
    if flag(schema, "uniqueItems") && items.iter().enumerate().any(|(index, item)| repeated(index, item)) {
        errors.push(FieldError::invalid(
            path,
            list(),
            format!("{path} in body shouldn't contain duplicates"),
        ));
    }
    match meta::text(schema, &["x-kubernetes-list-type"]) {
        "set" => {
            for (index, item) in items.iter().enumerate().filter(|(index, item)| repeated(*index, item)) {
                errors.push(FieldError::duplicate(format!("{path}[{index}]"), item.clone()));
            }
        }
        "map" => {
            let keys: Vec<&str> = meta::items(schema, &["x-kubernetes-list-map-keys"])
                .iter()
                .filter_map(Value::as_str)
                .collect();
            let identity = |item: &Value| -> Map<String, Value> {
                keys.iter().filter_map(|key| Some(((*key).to_owned(), item.get(key)?.clone()))).collect()
            };
            for (index, item) in items.iter().enumerate() {
                if items.iter().take(index).any(|other| identity(other) == identity(item)) {
                    errors.push(FieldError::duplicate(
                        format!("{path}[{index}]"),
                        Value::Object(identity(item)),
                    ));
                }
            }
        }
        _ => {}
    }
    if let Some(item_schema) = schema.get("items").filter(|items| items.is_object()) {
        for (index, item) in items.iter().enumerate() {
            let old = old.and_then(|old| super::rules::same_item(schema, old, item));
            check(item_schema, item, old, &format!("{path}[{index}]"), errors);
        }
    }
}

fn check_map(
    schema: &Value,
    map: &Map<String, Value>,
    old: Option<&Value>,
    path: &str,
    errors: &mut Vec<FieldError>,
) {
    let within = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let object = || Value::Object(map.clone());
    if let Some(least) = bound("minProperties").filter(|least| map.len() < *least) {
        errors.push(FieldError::invalid(
            path,
            object(),
            format!("{path} in body should have at least {least} properties"),
        ));
    }
    if let Some(most) = bound("maxProperties").filter(|most| map.len() > *most) {
        errors.push(FieldError::invalid(
            path,
            object(),
            format!("{path} in body should have at most {most} properties"),
        ));
    }
    for name in meta::items(schema, &["required"]).iter().filter_map(Value::as_str) {
        if !map.contains_key(name) {
            errors.push(FieldError::required(within(name), ""));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, value) in map {
        if path.is_empty() && matches!(name.as_str(), "metadata" | "apiVersion" | "kind") {
            continue;
        }
        let old = old.and_then(|old| old.get(name));
        if let Some(inner) = properties.and_then(|properties| properties.get(name)) {
            check(inner, value, old, &within(name), errors);
        } else if let Some(extra) = schema.get("additionalProperties").filter(|extra| extra.is_object()) {
            check(extra, value, old, &within(name), errors);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({"type": "object", "properties": {"spec": {"type": "object", "required": ["size"], "properties": {
            "size": {"type": "integer", "minimum": 1, "default": 3},
            "mode": {"type": "string", "enum": ["a", "b"], "default": "a"},
            "names": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}, "x-kubernetes-list-type": "set"},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "port": {"x-kubernetes-int-or-string": true}
        }}}})
    }

    #[test]
    fn unknown_fields_are_pruned_and_named() {
        let mut object = json!({"kind": "X", "metadata": {"name": "a"}, "spec": {"size": 1, "x": 1, "free": {"y": 1}}, "z": 1});
        let mut dropped = Vec::new();
        prune(&schema(), &mut object, &mut dropped);
        assert_eq!(
            object,
            json!({"kind": "X", "metadata": {"name": "a"}, "spec": {"size": 1, "free": {"y": 1}}})
        );
        assert_eq!(dropped, ["spec.x", "z"]);
    }

    #[test]
    fn defaults_are_filled_where_there_is_an_object() {
        let mut object = json!({"spec": {}});
        default(&schema(), &mut object);
        assert_eq!(object, json!({"spec": {"size": 3, "mode": "a"}}));
        let mut object = json!({});
        default(&schema(), &mut object);
        assert_eq!(object, json!({}));
    }

    #[test]
    fn violations_read_as_the_api_writes_them() {
        let check = |object: Value, expect: &[&str]| {
            let errors: Vec<String> =
                validate(&schema(), &object, None).iter().map(ToString::to_string).collect();
            assert_eq!(errors, expect);
        };
        check(json!({"spec": {"size": 1, "port": "x"}}), &[]);
        check(json!({"spec": {}}), &["spec.size: Required value"]);
        check(
            json!({"spec": {"size": 0}}),
            &["spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"],
        );
        check(
            json!({"spec": {"size": "x"}}),
            &["spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\""],
        );
        check(
            json!({"spec": {"size": 1, "mode": "c"}}),
            &["spec.mode: Unsupported value: \"c\": supported values: \"a\", \"b\""],
        );
        check(json!({"spec": {"size": 1, "names": ["a", "a"]}}), &["spec.names[1]: Duplicate value: \"a\""]);
        check(
            json!({"spec": {"size": 1, "names": ["A"]}}),
            &["spec.names[0]: Invalid value: \"A\": spec.names[0] in body should match '^[a-z]+$'"],
        );
    }
}
