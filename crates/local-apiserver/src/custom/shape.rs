//! The type a structural schema describes, for server-side apply.

use std::sync::Arc;

use serde_json::Value;

use crate::meta;
use crate::schema::{Field, Omit, Shape, Topology, TypeDef};

/// The type of the whole object.
pub(super) fn root(schema: &Value, preserve: bool) -> TypeDef {
    let mut def = object(schema);
    def.open |= preserve;
    for (name, shape) in [
        ("apiVersion", Shape::String),
        ("kind", Shape::String),
        ("metadata", Shape::Ref { name: "meta.v1.ObjectMeta".to_owned(), atomic: false }),
    ] {
        def.fields.retain(|field| field.name != name);
        def.fields.push(field(name, shape));
    }
    def.fields.sort_by(|a, b| a.name.cmp(&b.name));
    def
}

fn field(name: &str, shape: Shape) -> Field {
    Field {
        name: name.to_owned(),
        required: false,
        omit: Omit::Empty,
        pointer: true,
        shape,
        merge_key: None,
        merge: false,
        retain_keys: false,
        default: None,
    }
}

fn object(schema: &Value) -> TypeDef {
    let embedded = schema.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true));
    let mut fields: Vec<Field> = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, property)| Field {
            default: property.get("default").cloned(),
            ..field(name, shape(property))
        })
        .collect();
    if embedded {
        for (name, shape) in [
            ("apiVersion", Shape::String),
            ("kind", Shape::String),
            ("metadata", Shape::Ref { name: "meta.v1.ObjectMeta".to_owned(), atomic: false }),
        ] {
            fields.retain(|field| field.name != name);
            fields.push(field(name, shape));
        }
    }
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    TypeDef {
        name: String::new(),
        atomic: meta::text(schema, &["x-kubernetes-map-type"]) == "atomic",
        open: schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true)),
        fields,
        alias: None,
    }
}

fn shape(schema: &Value) -> Shape {
    if schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) {
        return Shape::IntOrString;
    }
    match meta::text(schema, &["type"]) {
        "string" => Shape::String,
        "boolean" => Shape::Boolean,
        "integer" => Shape::Int64,
        "number" => Shape::Number,
        "array" => {
            let item = Box::new(schema.get("items").map_or(Shape::Any, shape));
            let keys = || {
                meta::items(schema, &["x-kubernetes-list-map-keys"])
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect()
            };
            let topology = match meta::text(schema, &["x-kubernetes-list-type"]) {
                "set" => Topology::Set,
                "map" => Topology::Map(keys()),
                _ => Topology::Atomic,
            };
            Shape::List { item, topology }
        }
        "object" => match schema.get("additionalProperties") {
            Some(extra) if extra.is_object() => Shape::Map {
                value: Box::new(shape(extra)),
                atomic: meta::text(schema, &["x-kubernetes-map-type"]) == "atomic",
            },
            Some(Value::Bool(true)) => Shape::Map { value: Box::new(Shape::Any), atomic: false },
            _ => Shape::Inline(Arc::new(object(schema))),
        },
        _ => Shape::Any,
    }
}
