//! Tables: the columns `kubectl get` shows.

use serde_json::{Value, json};

use crate::meta;
use crate::resources::Resource;

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
    let definitions = json!([
        {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0},
        {"name": "Created At", "type": "date", "format": "", "description": "", "priority": 0}
    ]);
    let _ = resource;
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let cells = json!([meta::name(object), meta::text(object, &["metadata", "creationTimestamp"])]);
            let mut row = json!({"cells": cells});
            match include {
                Include::Nothing => {}
                Include::Metadata => meta::set(
                    &mut row,
                    "object",
                    json!({
                        "kind": "PartialObjectMetadata", "apiVersion": format!("meta.k8s.io/{version}"),
                        "metadata": object.get("metadata").cloned().unwrap_or_default()
                    }),
                ),
                Include::Object => meta::set(&mut row, "object", object.clone()),
            }
            row
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": format!("meta.k8s.io/{version}"), "metadata": metadata,
        "columnDefinitions": if columns { definitions } else { json!([]) }, "rows": rows
    })
}
