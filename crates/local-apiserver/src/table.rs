//! Tables: the columns and cells `kubectl get` shows.

use serde_json::{Value, json};

use crate::meta;
use crate::resources::Resource;

mod cells;
mod pod;
mod text;

/// What a table carries of each object beside its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Include {
    /// Nothing.
    Nothing,
    /// The metadata.
    Metadata,
    /// The whole object.
    Object,
}

/// The table of some objects; columns are left out of later parts of a stream.
pub(crate) fn table(
    resource: &Resource,
    objects: &[Value],
    include: Include,
    version: &str,
    metadata: Value,
    columns: bool,
) -> Value {
    let definitions = match &resource.custom {
        Some(custom) => custom_columns(&custom.columns),
        None => columns_of(cells::columns(&resource.group, &resource.plural)),
    };
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let cells = match &resource.custom {
                Some(custom) => custom_cells(&custom.columns, object),
                None => cells::cells(&resource.group, &resource.plural, object),
            };
            let mut row = json!({ "cells": cells });
            if resource.group.is_empty() && resource.plural == "pods" {
                let phase = meta::text(object, &["status", "phase"]);
                if matches!(phase, "Succeeded" | "Failed") {
                    let message = if phase == "Failed" {
                        "The pod failed."
                    } else {
                        "The pod has completed successfully."
                    };
                    let condition =
                        json!([{"type": "Completed", "status": "True", "reason": phase, "message": message}]);
                    meta::set(&mut row, "conditions", condition);
                }
            }
            match include {
                Include::Nothing => meta::set(&mut row, "object", Value::Null),
                Include::Metadata => meta::set(
                    &mut row,
                    "object",
                    json!({
                        "kind": "PartialObjectMetadata", "apiVersion": format!("meta.k8s.io/{version}"),
                        "metadata": shown_metadata(resource, object)
                    }),
                ),
                Include::Object => meta::set(&mut row, "object", object.clone()),
            }
            row
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": format!("meta.k8s.io/{version}"), "metadata": metadata,
        "columnDefinitions": if columns { Value::Array(definitions) } else { Value::Null }, "rows": rows
    })
}

/// The metadata of an object in a table. The template generation of a daemon set is an annotation on
/// the wire only: tables are made of the inner form, which has it as a field.
fn shown_metadata(resource: &Resource, object: &Value) -> Value {
    let mut metadata = object.get("metadata").cloned().unwrap_or_default();
    if resource.group == "apps"
        && resource.plural == "daemonsets"
        && let Some(annotations) = meta::map_mut(&mut metadata, "annotations")
    {
        annotations.shift_remove(crate::defaulting::TEMPLATE_GENERATION);
        if annotations.is_empty() {
            meta::remove(&mut metadata, "annotations");
        }
    }
    metadata
}

/// Columns from their short form: `Name|Ready|IP+|Count:i`: `+` in wide tables only, `:` the type.
fn columns_of(text: &str) -> Vec<Value> {
    text.split('|')
        .map(|column| {
            let (name, kind) = column.split_once(':').unwrap_or((column, "s"));
            let wide = name.ends_with('+');
            let name = name.trim_end_matches('+');
            let kind = match kind {
                "i" => "integer",
                "b" => "boolean",
                "d" => "date",
                _ => "string",
            };
            let format = if name == "Name" { "name" } else { "" };
            json!({"name": name, "type": kind, "format": format, "description": "", "priority": i32::from(wide)})
        })
        .collect()
}

fn custom_columns(columns: &[Value]) -> Vec<Value> {
    let mut definitions = columns_of("Name");
    if columns.is_empty() {
        definitions.extend(columns_of("Age:d"));
    }
    for column in columns {
        definitions.push(json!({
            "name": meta::text(column, &["name"]), "type": meta::text(column, &["type"]),
            "format": meta::text(column, &["format"]), "description": meta::text(column, &["description"]),
            "priority": column.get("priority").and_then(Value::as_i64).unwrap_or(0)
        }));
    }
    definitions
}

fn custom_cells(columns: &[Value], object: &Value) -> Vec<Value> {
    let mut cells = vec![Value::from(meta::name(object))];
    if columns.is_empty() {
        cells.push(text::age(meta::text(object, &["metadata", "creationTimestamp"])).into());
    }
    for column in columns {
        let found = text::json_path(object, meta::text(column, &["jsonPath"]));
        let cell = match (meta::text(column, &["type"]), found) {
            (_, None) => Value::Null,
            ("date", Some(value)) => text::age(value.as_str().unwrap_or_default()).into(),
            ("string", Some(Value::String(text))) => text.clone().into(),
            ("string", Some(other)) => other.to_string().into(),
            ("integer", Some(value)) => value.as_i64().map_or(Value::Null, Value::from),
            ("number", Some(value)) => value.as_f64().map_or(Value::Null, Value::from),
            ("boolean", Some(value)) => value.as_bool().map_or(Value::Null, Value::from),
            (_, Some(value)) => value.clone(),
        };
        cells.push(cell);
    }
    cells
}
