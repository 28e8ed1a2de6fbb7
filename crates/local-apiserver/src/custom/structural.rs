//! What is wrong with a schema of a definition: it must be structural, which means that every field
//! has a type and value rules add nothing to the structure.

use serde_json::Value;

use crate::field::FieldError;
use crate::meta;

/// Where a schema stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Field,
    Item,
}

/// Checks a schema; the errors of each of the two looks at it are in the order of their texts.
pub(super) fn check(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let mut found = Vec::new();
    let mut expressions = Vec::new();
    document(schema, path, true, &mut found, &mut expressions);
    if found.is_empty() {
        found = expressions;
    }
    let mut invariants = Vec::new();
    structure(schema, path, Level::Root, &mut invariants);
    if invariants.is_empty() {
        defaults(schema, path, &mut invariants);
    }
    invariants.sort_by_cached_key(ToString::to_string);
    errors.extend(found);
    errors.extend(invariants);
}

fn flag(schema: &Value, key: &str) -> bool {
    schema.get(key) == Some(&Value::Bool(true))
}

fn object<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    schema.get(key).filter(|inner| inner.is_object())
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// What OpenAPI documents of definitions may not hold.
fn document(
    schema: &Value,
    path: &str,
    root: bool,
    errors: &mut Vec<FieldError>,
    expressions: &mut Vec<FieldError>,
) {
    let mut forbid = |key: &str, why: &str| errors.push(FieldError::forbidden(format!("{path}.{key}"), why));
    if root && flag(schema, "nullable") {
        forbid("nullable", "nullable cannot be true at the root");
    }
    for key in ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"] {
        if schema.get(key).is_some_and(|value| !value.is_null() && value != "") {
            forbid(key, &format!("{key} is not supported"));
        }
    }
    if schema.get("items").is_some_and(Value::is_array) {
        forbid("items", "items must be a schema object and not an array");
    }
    if flag(schema, "uniqueItems") {
        forbid(
            "uniqueItems",
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
        );
    }
    let extra = schema.get("additionalProperties").filter(|extra| **extra != Value::Bool(true));
    if extra.is_some_and(|extra| !extra.is_null()) && properties(schema).next().is_some() {
        forbid("additionalProperties", "additionalProperties and properties are mutual exclusive");
    }
    let kind = meta::text(schema, &["type"]);
    const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
    if !kind.is_empty() && !TYPES.contains(&kind) {
        errors.push(FieldError::not_supported(format!("{path}.type"), kind, &TYPES));
    }
    if let Some(extra) = object(schema, "additionalProperties") {
        document(extra, &format!("{path}.additionalProperties"), false, errors, expressions);
    }
    for (name, property) in properties(schema) {
        document(property, &format!("{path}.properties[{name}]"), false, errors, expressions);
    }
    if let Some(items) = object(schema, "items") {
        document(items, &format!("{path}.items"), false, errors, expressions);
    }
    if schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(false)) {
        let field = format!("{path}.x-kubernetes-preserve-unknown-fields");
        errors.push(FieldError::invalid(field, false, "must be true or undefined"));
    }
    let must_be = |expected: &str, by: &str, errors: &mut Vec<FieldError>| {
        let why = format!("must be {expected} if {by} is specified");
        if kind.is_empty() {
            errors.push(FieldError::required(format!("{path}.type"), why));
        } else if kind != expected {
            errors.push(FieldError::invalid(format!("{path}.type"), kind, why));
        }
    };
    if let Some(map_type) = schema.get("x-kubernetes-map-type").and_then(Value::as_str) {
        must_be("object", "x-kubernetes-map-type", errors);
        if !matches!(map_type, "atomic" | "granular") {
            let field = format!("{path}.x-kubernetes-map-type");
            errors.push(FieldError::not_supported(field, map_type, &["atomic", "granular"]));
        }
    }
    if let Some(list_type) = schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
        must_be("array", "x-kubernetes-list-type", errors);
        if !matches!(list_type, "atomic" | "set" | "map") {
            let field = format!("{path}.x-kubernetes-list-type");
            errors.push(FieldError::not_supported(field, list_type, &["atomic", "set", "map"]));
        }
    }
    list_keys(schema, path, errors);
    super::rules::check(schema, path, errors, expressions);
}

fn list_keys(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let list_type = meta::text(schema, &["x-kubernetes-list-type"]);
    let keys: Vec<&str> =
        meta::items(schema, &["x-kubernetes-list-map-keys"]).iter().filter_map(Value::as_str).collect();
    if !keys.is_empty() && list_type != "map" {
        let field = format!("{path}.x-kubernetes-list-type");
        let why = "must be map if x-kubernetes-list-map-keys is non-empty";
        errors.push(match list_type {
            "" => FieldError::required(field, why),
            other => FieldError::invalid(field, other, why),
        });
    }
    let items = object(schema, "items");
    if matches!(list_type, "set" | "map") && items.is_some_and(|items| flag(items, "nullable")) {
        let why = format!("cannot be nullable when x-kubernetes-list-type is {list_type}");
        errors.push(FieldError::forbidden(format!("{path}.items.nullable"), why));
    }
    if list_type != "map" {
        return;
    }
    if keys.is_empty() {
        let field = format!("{path}.x-kubernetes-list-map-keys");
        errors.push(FieldError::required(field, "must not be empty if x-kubernetes-list-type is map"));
    }
    let Some(items) = items else {
        let why = "must have a schema if x-kubernetes-list-type is map";
        errors.push(FieldError::required(format!("{path}.items"), why));
        return;
    };
    let kind = meta::text(items, &["type"]);
    if kind != "object" {
        let why = "must be object if parent array's x-kubernetes-list-type is map";
        errors.push(FieldError::invalid(format!("{path}.items.type"), kind, why));
        return;
    }
    let required = meta::items(items, &["required"]);
    for (index, key) in keys.iter().enumerate() {
        let place = format!("{path}.items.properties[{key}]");
        match meta::at(items, &["properties", key]) {
            None => errors.push(FieldError::invalid(
                format!("{path}.x-kubernetes-list-map-keys"),
                serde_json::json!(keys),
                "entries must all be names of item properties",
            )),
            Some(property) => {
                if matches!(meta::text(property, &["type"]), "array" | "object") {
                    let why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
                    errors.push(FieldError::invalid(format!("{place}.type"), kind, why));
                }
                if !required.iter().any(|name| name == key) && property.get("default").is_none() {
                    errors.push(FieldError::required(
                        format!("{place}.default"),
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
                    ));
                }
            }
        }
        if keys.iter().take(index).any(|other| other == key) {
            errors.push(FieldError::invalid(
                format!("{path}.x-kubernetes-list-map-keys"),
                serde_json::json!(keys),
                "must not contain duplicate entries",
            ));
        }
    }
}

/// Every node of the structure has a type, and metadata is left to the API.
fn structure(schema: &Value, path: &str, level: Level, errors: &mut Vec<FieldError>) {
    let kind = meta::text(schema, &["type"]);
    let place = format!("{path}.type");
    if kind == "array" && schema.get("items").is_none() {
        errors.push(FieldError::required(format!("{path}.items"), "must be specified"));
    }
    if let Some(items) = object(schema, "items") {
        structure(items, &format!("{path}.items"), Level::Item, errors);
    }
    for (name, property) in properties(schema) {
        if level == Level::Root && name == "metadata" {
            metadata(property, &format!("{path}.properties[{name}]"), errors);
        }
        structure(property, &format!("{path}.properties[{name}]"), Level::Field, errors);
    }
    if level == Level::Root && schema.get("additionalProperties").is_some_and(|extra| !extra.is_null()) {
        let field = format!("{path}.additionalProperties");
        errors.push(FieldError::forbidden(field, "must not be used at the root"));
    }
    if let Some(extra) = object(schema, "additionalProperties") {
        structure(extra, &format!("{path}.additionalProperties"), Level::Field, errors);
    }
    let either = flag(schema, "x-kubernetes-int-or-string");
    let open = flag(schema, "x-kubernetes-preserve-unknown-fields");
    let embedded = flag(schema, "x-kubernetes-embedded-resource");
    for (key, set) in
        [("x-kubernetes-preserve-unknown-fields", open), ("x-kubernetes-embedded-resource", embedded)]
    {
        if either && set {
            let why = "must be false if x-kubernetes-int-or-string is true";
            errors.push(FieldError::invalid(format!("{path}.{key}"), true, why));
        }
    }
    values(schema, path, !either, errors);
    if embedded && kind != "object" {
        let why = "must be object if x-kubernetes-embedded-resource is true";
        errors.push(match kind {
            "" => FieldError::required(place, why),
            other => FieldError::invalid(place, other, why),
        });
    } else if kind.is_empty() && !either && !open {
        errors.push(FieldError::required(
            place,
            match level {
                Level::Root => "must not be empty at the root",
                Level::Item => "must not be empty for specified array items",
                Level::Field => "must not be empty for specified object fields",
            },
        ));
    } else if level == Level::Root && !kind.is_empty() && kind != "object" {
        errors.push(FieldError::invalid(place, kind, "must be object at the root"));
    }
    if embedded && !open && properties(schema).next().is_none() {
        errors.push(FieldError::required(
            format!("{path}.properties"),
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        ));
    }
    if level == Level::Root || embedded {
        for key in ["kind", "apiVersion"] {
            let of = meta::at(schema, &["properties", key]);
            if let Some(kind) = of.map(|of| meta::text(of, &["type"])).filter(|kind| *kind != "string") {
                let field = format!("{path}.properties[{key}].type");
                errors.push(FieldError::invalid(field, kind, "must be string"));
            }
        }
    }
}

fn metadata(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let kind = meta::text(schema, &["type"]);
    if kind != "object" {
        errors.push(FieldError::invalid(format!("{path}.type"), kind, "must be object"));
    }
    let only_names = properties(schema).all(|(name, _)| matches!(name.as_str(), "name" | "generateName"));
    let more = schema.as_object().into_iter().flatten();
    if !only_names || more.into_iter().any(|(key, _)| !matches!(key.as_str(), "type" | "properties")) {
        errors.push(FieldError::forbidden(
            path,
            "must not specify anything other than name and generateName, but metadata is implicitly specified",
        ));
    }
}

/// Rules about values: patterns compile, and alternatives hold rules about values only.
fn values(schema: &Value, path: &str, alternatives: bool, errors: &mut Vec<FieldError>) {
    for key in ["anyOf", "allOf", "oneOf"] {
        for (index, inner) in meta::items(schema, &[key]).iter().enumerate() {
            // a number or a string is written as an alternative of two types
            if alternatives {
                nested(inner, &format!("{path}.{key}[{index}]"), errors);
            }
        }
    }
    if let Some(not) = object(schema, "not") {
        nested(not, &format!("{path}.not"), errors);
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
        && let Err(error) = wheelhouse_goregex::Regex::new(pattern)
    {
        let why = format!("must be a valid regular expression, but isn't: {error}");
        errors.push(FieldError::invalid(format!("{path}.pattern"), pattern, why));
    }
}

fn nested(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    values(schema, path, true, errors);
    if let Some(items) = object(schema, "items") {
        nested(items, &format!("{path}.items"), errors);
    }
    for (name, property) in properties(schema) {
        nested(property, &format!("{path}.properties[{name}]"), errors);
    }
    let mut forbid = |key: &str, why: &str| errors.push(FieldError::forbidden(format!("{path}.{key}"), why));
    for key in ["type", "title", "description"] {
        if !meta::text(schema, &[key]).is_empty() {
            forbid(key, "must be empty to be structural");
        }
    }
    for key in ["additionalProperties", "default"] {
        if schema.get(key).is_some_and(|value| !value.is_null()) {
            forbid(key, "must be undefined to be structural");
        }
    }
    for key in [
        "nullable",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
    ] {
        if flag(schema, key) {
            forbid(key, "must be false to be structural");
        }
    }
}

/// Defaults fit the schema they stand in.
fn defaults(schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if let Some(default) = schema.get("default") {
        super::schema::check(schema, default, None, &format!("{path}.default"), errors);
    }
    for (name, property) in properties(schema) {
        defaults(property, &format!("{path}.properties[{name}]"), errors);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = object(schema, key) {
            defaults(inner, &format!("{path}.{key}"), errors);
        }
    }
}
