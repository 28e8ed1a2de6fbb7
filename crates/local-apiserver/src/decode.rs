//! Makes a sent object into one of a known type: what a round trip through the API's own types does.
//!
//! Unknown fields are dropped (and named, for strict field validation), nulls and empty optional
//! values are dropped, required ones are filled with their zero, quantities and times are written
//! canonically, and a value of the wrong type is refused with the words of the real API.

use base64::Engine;
use serde_json::{Map, Value};
use wheelhouse_objects::Quantity;

use crate::schema::{Field, Omit, Shape, TypeDef};

mod time;

pub(crate) use time::{format_micro, format_seconds, parse_micro, parse_time};

/// A value of the wrong type, in the words of the API: `json: cannot unmarshal …`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongType(pub String);

/// A decoded object with the paths of the fields its type does not have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decoded {
    /// The object.
    pub(crate) value: Value,
    /// Paths of unknown fields, such as `spec.containers[0].foo`.
    pub(crate) unknown: Vec<String>,
}

/// Decodes a value as this type.
///
/// # Errors
/// When a value has the wrong type.
pub(crate) fn decode(shape: &Shape, value: Value) -> Result<Decoded, WrongType> {
    let mut decoder =
        Decoder { go_path: Vec::new(), path: String::new(), unknown: Vec::new(), owner: String::new() };
    let value = decoder.value(shape, value)?;
    Ok(Decoded { value, unknown: decoder.unknown })
}

/// Whether a merged object fits its type, in the words of the API's other reader, which takes objects
/// apart that are in memory already.
///
/// # Errors
/// When a value has the wrong type.
pub(crate) fn restore(shape: &Shape, value: &Value) -> Result<(), String> {
    let found = match value {
        Value::Null => return Ok(()),
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    };
    let simple = |kind: &str, convertible: bool| {
        Err(if convertible {
            format!("cannot convert {found} to {kind}")
        } else {
            format!("unrecognized type: {kind}")
        })
    };
    match (resolved(shape), value) {
        (Shape::Any | Shape::FieldSet, _)
        | (Shape::String, Value::String(_))
        | (Shape::Boolean, Value::Bool(_))
        | (Shape::Int32 | Shape::Int64 | Shape::Number, Value::Number(_)) => Ok(()),
        (Shape::String, _) => simple("string", found == "int64"),
        (Shape::Boolean, _) => simple("bool", false),
        (Shape::Int32, _) => simple("int32", false),
        (Shape::Int64, _) => simple("int64", false),
        (Shape::Number, _) => simple("float64", false),
        (Shape::List { item, .. }, Value::Array(items)) => {
            items.iter().try_for_each(|value| restore(&item, value))
        }
        (Shape::List { .. }, _) => Err(format!("cannot restore slice from {found}")),
        (Shape::Map { value: shape, .. }, Value::Object(map)) => {
            map.values().try_for_each(|value| restore(&shape, value))
        }
        (Shape::Map { .. }, _) => Err(format!("cannot restore map from {found}")),
        (shape @ (Shape::Ref { .. } | Shape::Inline(_)), value) => match (shape.type_def(), value) {
            (None, _) => Ok(()),
            (Some(def), Value::Object(map)) => def.fields.iter().try_for_each(|field| {
                map.get(&field.name).map_or(Ok(()), |value| restore(&field.shape, value))
            }),
            (Some(_), _) => Err(format!("cannot restore struct from: {found}")),
        },
        (shape, value) => decode(&shape, value.clone()).map(drop).map_err(|why| why.0),
    }
}

/// Makes the required lists and maps of an object that are empty none, as they are stored.
pub(crate) fn settle(shape: &Shape, object: &mut Value) {
    let Some(def) = shape.type_def() else { return };
    for field in def.fields.iter().filter(|field| field.omit == Omit::Never) {
        if let Some(value) = object.get_mut(&field.name)
            && (value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty))
            && matches!(resolved(&field.shape), Shape::List { .. } | Shape::Map { .. })
        {
            *value = Value::Null;
        }
    }
}

/// The type of the schemas of definitions.
const SCHEMA: &str = "apiextensions.v1.JSONSchemaProps";

struct Decoder {
    go_path: Vec<String>,
    path: String,
    unknown: Vec<String>,
    owner: String,
}

impl Decoder {
    fn mismatch(&self, found: &Value, expected: &str) -> WrongType {
        let found = match found {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) if expected.starts_with("int") => format!("number {number}"),
            Value::Number(_) => "number".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Object(_) => "object".to_owned(),
        };
        if self.go_path.is_empty() {
            return WrongType(format!("json: cannot unmarshal {found} into Go value of type {expected}"));
        }
        WrongType(format!(
            "json: cannot unmarshal {found} into Go struct field {}.{} of type {expected}",
            self.owner,
            self.go_path.join(".")
        ))
    }

    fn value(&mut self, shape: &Shape, value: Value) -> Result<Value, WrongType> {
        match (shape, value) {
            (Shape::Any | Shape::FieldSet, value) => Ok(value),
            (Shape::Ref { name, .. }, value) => match crate::schema::type_def(name) {
                Some(def) => match &def.alias {
                    Some(alias) => self.value(alias, value),
                    None => self.object(&def, value),
                },
                None => Ok(value),
            },
            (Shape::Inline(def), value) => self.object(def, value),
            (shape, Value::Null) => Ok(zero(shape)),
            (Shape::String, Value::String(text)) => Ok(Value::String(text)),
            (Shape::Boolean, Value::Bool(flag)) => Ok(Value::Bool(flag)),
            (Shape::Int32, Value::Number(number)) => match whole(&number) {
                Some(value) if i32::try_from(value).is_ok() => Ok(value.into()),
                _ => Err(self.mismatch(&Value::Number(number), "int32")),
            },
            (Shape::Int64, Value::Number(number)) => match whole(&number) {
                Some(value) => Ok(value.into()),
                None => Err(self.mismatch(&Value::Number(number), "int64")),
            },
            (Shape::Number, Value::Number(number)) => Ok(Value::Number(number)),
            (Shape::Bytes, Value::String(text)) => bytes(text),
            (Shape::Time, Value::String(text)) => match parse_time(&text) {
                Ok(stamp) => Ok(Value::String(format_seconds(stamp))),
                Err(why) => Err(WrongType(why)),
            },
            (Shape::MicroTime, Value::String(text)) => match parse_micro(&text) {
                Ok(stamp) => Ok(Value::String(format_micro(stamp))),
                Err(why) => Err(WrongType(why)),
            },
            (Shape::Quantity, Value::String(text)) => quantity(text.trim()),
            (Shape::Quantity, Value::Number(number)) => quantity(&number.to_string()),
            (Shape::IntOrString, Value::String(text)) => Ok(Value::String(text)),
            (Shape::IntOrString, Value::Number(number)) => match whole(&number) {
                Some(value) if i32::try_from(value).is_ok() => Ok(value.into()),
                _ => Err(self.mismatch(&Value::Number(number), "int32")),
            },
            (Shape::List { item, .. }, Value::Array(items)) => self.list(item, items),
            (Shape::Map { value: shape, .. }, Value::Object(entries)) => self.map(shape, entries),
            (shape, value) => Err(self.mismatch(&value, &go_type(shape))),
        }
    }

    fn list(&mut self, item: &Shape, items: Vec<Value>) -> Result<Value, WrongType> {
        let length = self.path.len();
        let mut list = Vec::with_capacity(items.len());
        for (index, value) in items.into_iter().enumerate() {
            self.path.push_str(&format!("[{index}]"));
            list.push(self.value(item, value)?);
            self.path.truncate(length);
        }
        Ok(Value::Array(list))
    }

    fn map(&mut self, shape: &Shape, entries: Map<String, Value>) -> Result<Value, WrongType> {
        let mut map = Map::new();
        let length = self.path.len();
        let mut entries: Vec<(String, Value)> = entries.into_iter().collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        for (key, value) in entries {
            self.path.push('.');
            self.path.push_str(&key);
            let value = self.value(shape, value)?;
            self.path.truncate(length);
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }

    /// What stands where a schema, a list of them or a boolean may: read by a reader of its own, which
    /// passes over unknown fields.
    fn schema(&mut self, value: Value) -> Result<Value, WrongType> {
        let shape = Shape::Ref { name: SCHEMA.to_owned(), atomic: false };
        let known = self.unknown.len();
        let value = match value {
            Value::Object(_) => self.value(&shape, value)?,
            Value::Array(items) => self.list(&shape, items)?,
            other => other,
        };
        self.unknown.truncate(known);
        Ok(value)
    }

    fn object(&mut self, def: &TypeDef, value: Value) -> Result<Value, WrongType> {
        let mut given = match value {
            Value::Object(given) => given,
            Value::Null => Map::new(),
            other => {
                let name = go_struct(def);
                return Err(self.mismatch(&other, &name));
            }
        };
        let owner = std::mem::replace(&mut self.owner, def.go_name().to_owned());
        let length = self.path.len();
        let mut object = Map::new();
        // in the order of the document: the first wrong type is the one that is told
        let mut extra = Map::new();
        let mut unknown = Vec::new();
        for (key, value) in &mut given {
            let Some(field) = def.field(key) else {
                if def.open {
                    extra.insert(key.clone(), value.take());
                } else if length > 0 {
                    unknown.push(format!("{}.{key}", self.path));
                } else {
                    unknown.push(key.clone());
                }
                continue;
            };
            if value.is_null() {
                continue;
            }
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(key);
            self.go_path.push(key.clone());
            *value = match key.as_str() {
                "items" | "additionalProperties" | "additionalItems" if def.name == SCHEMA => {
                    self.schema(value.take())?
                }
                _ => self.value(&field.shape, value.take())?,
            };
            self.go_path.pop();
            self.path.truncate(length);
        }
        for field in &def.fields {
            let given = given.get_mut(&field.name).map(Value::take);
            let Some(value) = given.filter(|value| !value.is_null()) else {
                if let Some(zero) = absent(field) {
                    object.insert(field.name.clone(), zero);
                }
                continue;
            };
            // required lists and maps that are empty are stored as none; those of the object itself
            // later, by `settle`, because who set them is recorded first
            if length > 0
                && field.omit == Omit::Never
                && matches!(resolved(&field.shape), Shape::List { .. } | Shape::Map { .. })
                && (value.as_array().is_some_and(Vec::is_empty)
                    || value.as_object().is_some_and(Map::is_empty))
            {
                object.insert(field.name.clone(), Value::Null);
                continue;
            }
            if !dropped(field, &value) {
                object.insert(field.name.clone(), value);
            }
        }
        object.extend(extra);
        self.unknown.extend(unknown);
        self.owner = owner;
        Ok(Value::Object(object))
    }
}

/// What an absent field is written as, if at all.
fn absent(field: &Field) -> Option<Value> {
    match (field.omit, field.pointer) {
        (Omit::Never, true) => Some(Value::Null),
        (Omit::Never, false) => Some(zero(&field.shape)),
        (_, true) | (Omit::Zero, false) => None,
        (Omit::Empty, false) => match resolved(&field.shape) {
            shape @ (Shape::Ref { .. }
            | Shape::Inline(_)
            | Shape::Time
            | Shape::MicroTime
            | Shape::Quantity
            | Shape::IntOrString) => Some(zero(&shape)),
            _ => None,
        },
    }
}

/// Whether a given value is left out because it is zero.
fn dropped(field: &Field, value: &Value) -> bool {
    if field.omit == Omit::Never || (field.pointer && !value.is_null()) {
        return false;
    }
    match resolved(&field.shape) {
        Shape::Ref { .. } | Shape::Inline(_) => {
            field.omit == Omit::Zero && value.as_object().is_some_and(Map::is_empty)
        }
        Shape::Quantity | Shape::IntOrString => false,
        Shape::Any | Shape::FieldSet => value.is_null(),
        _ => match value {
            Value::Null => true,
            Value::Bool(flag) => !flag,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(entries) => entries.is_empty(),
        },
    }
}

fn resolved(shape: &Shape) -> Shape {
    if let Shape::Ref { name, .. } = shape
        && let Some(def) = crate::schema::type_def(name)
        && let Some(alias) = &def.alias
    {
        return alias.clone();
    }
    shape.clone()
}

/// The zero value of a type as it is written.
pub(crate) fn zero(shape: &Shape) -> Value {
    match shape {
        Shape::String => "".into(),
        Shape::Boolean => false.into(),
        Shape::Int32 | Shape::Int64 | Shape::Number | Shape::IntOrString => 0.into(),
        Shape::Quantity => "0".into(),
        Shape::Ref { .. } | Shape::Inline(_) => match shape.type_def() {
            Some(def) => Value::Object(
                def.fields.iter().filter_map(|field| Some((field.name.clone(), absent(field)?))).collect(),
            ),
            None => zero(&match resolved(shape) {
                Shape::Ref { .. } => Shape::Any,
                other => other,
            }),
        },
        _ => Value::Null,
    }
}

fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        // JSON written by programs with floats only: 3.0 is 3
        number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64)
    })
}

fn bytes(text: String) -> Result<Value, WrongType> {
    let clean: String = text.chars().filter(|c| *c != '\n' && *c != '\r').collect();
    match base64::engine::general_purpose::STANDARD.decode(&clean) {
        Ok(_) => Ok(Value::String(clean)),
        Err(base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _)) => {
            Err(WrongType(format!("illegal base64 data at input byte {at}")))
        }
        Err(_) => Err(WrongType(format!("illegal base64 data at input byte {}", clean.len() / 4 * 4))),
    }
}

fn quantity(text: &str) -> Result<Value, WrongType> {
    match Quantity::parse(text) {
        Some(quantity) => Ok(Value::String(quantity.to_string())),
        None => Err(WrongType(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                .to_owned(),
        )),
    }
}

fn go_struct(def: &TypeDef) -> String {
    let mut parts = def.name.rsplit('.');
    let name = parts.next().unwrap_or_default();
    format!("{}.{name}", parts.next().unwrap_or("v1"))
}

fn go_type(shape: &Shape) -> String {
    match shape {
        Shape::String => "string".to_owned(),
        Shape::Boolean => "bool".to_owned(),
        Shape::Int32 | Shape::IntOrString => "int32".to_owned(),
        Shape::Int64 => "int64".to_owned(),
        Shape::Number => "float64".to_owned(),
        Shape::Bytes => "[]uint8".to_owned(),
        Shape::Time | Shape::MicroTime | Shape::Quantity => "string".to_owned(),
        Shape::Any | Shape::FieldSet => "interface {}".to_owned(),
        Shape::Ref { .. } | Shape::Inline(_) => {
            shape.type_def().map_or_else(|| go_type(&resolved(shape)), |def| go_struct(&def))
        }
        Shape::List { item, .. } => format!("[]{}", go_type(item)),
        Shape::Map { value, .. } => format!("map[string]{}", go_type(value)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shape(name: &str) -> Shape {
        Shape::Ref { name: name.to_owned(), atomic: false }
    }

    #[test]
    fn an_object_is_written_as_its_type_writes_it() {
        let pod = json!({
            "kind": "Pod", "apiVersion": "v1", "foo": 1,
            "metadata": {"name": "a", "creationTimestamp": null, "labels": {}},
            "spec": {"hostNetwork": false, "containers": [{"name": "c", "bar": {},
                "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}}}]}
        });
        let decoded = decode(&shape("core.v1.Pod"), pod).unwrap();
        assert_eq!(
            decoded.value,
            json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
                "spec": {"containers": [{"name": "c",
                    "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}}]},
                "status": {}
            })
        );
        assert_eq!(decoded.unknown, ["spec.containers[0].bar", "foo"]);
    }

    #[test]
    fn required_zero_values_are_filled_and_pointers_keep_theirs() {
        let decoded = decode(&shape("apps.v1.Deployment"), json!({"spec": {"replicas": 0}})).unwrap();
        assert_eq!(decoded.value["spec"]["replicas"], 0);
        assert_eq!(decoded.value["spec"]["selector"], Value::Null);
        assert_eq!(decoded.value["spec"]["template"]["spec"], json!({"containers": null}));
        assert_eq!(decoded.value["spec"]["strategy"], json!({}));
    }

    #[test]
    fn wrong_types_are_refused_in_the_words_of_the_api() {
        let check = |name: &str, value: Value, expect: &str| {
            assert_eq!(decode(&shape(name), value).unwrap_err().0, expect);
        };
        check(
            "apps.v1.Deployment",
            json!({"spec": {"replicas": "3"}}),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        );
        check(
            "core.v1.Pod",
            json!({"spec": {"containers": {}}}),
            "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container",
        );
        check(
            "core.v1.ConfigMap",
            json!({"data": {"a": 1}}),
            "json: cannot unmarshal number into Go struct field ConfigMap.data of type string",
        );
        check("core.v1.Secret", json!({"data": {"a": "x_"}}), "illegal base64 data at input byte 1");
    }
}
