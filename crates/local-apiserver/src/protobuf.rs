//! Objects as Kubernetes' own clients send them: protocol buffers, behind four bytes that say so.
//!
//! The numbers of the fields come from one committed table (`data/wire.txt`, one line per type, taken from the
//! tags of the published Go types): `name number=field… number@type…`, where `@` is a message whose fields
//! JSON has in place. What a field holds is said by the table of types ([`crate::schema`]).

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine as _;
use serde_json::{Map, Value};

use crate::decode::{format_micro, format_seconds};
use crate::meta;
use crate::schema::{self, Shape, TypeDef};

mod wire;

use wire::{Field, Fields};

/// What every such body begins with.
const MAGIC: &[u8] = b"k8s\0";
/// How deep messages may nest.
const DEPTH: usize = 64;

/// What a field number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Field(&'static str),
    /// A message whose fields JSON has in place.
    InPlace(&'static str),
}

static TABLE: LazyLock<HashMap<&'static str, HashMap<u32, Number>>> = LazyLock::new(|| {
    let number = |word: &'static str| {
        let at = word.find(['=', '@'])?;
        let (number, rest) = word.split_at_checked(at)?;
        let name = rest.get(1..)?;
        let meaning = if rest.starts_with('@') { Number::InPlace(name) } else { Number::Field(name) };
        Some((number.parse().ok()?, meaning))
    };
    include_str!("../data/wire.txt")
        .lines()
        .filter_map(|line| {
            let (name, words) = line.split_once(' ')?;
            Some((name, words.split(' ').filter_map(number).collect()))
        })
        .collect()
});

/// Reads a body into the object that JSON would have given.
///
/// # Errors
/// What is wrong with the bytes, or that the type is not among those of the table.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, String> {
    let body = bytes
        .strip_prefix(MAGIC)
        .ok_or("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for field in Fields::of(body) {
        match field? {
            (1, Field::Bytes(identity)) => {
                for field in Fields::of(identity) {
                    match field? {
                        (1, Field::Bytes(text)) => api_version = utf8(text)?,
                        (2, Field::Bytes(text)) => kind = utf8(text)?,
                        _ => {}
                    }
                }
            }
            (2, Field::Bytes(object)) => raw = object,
            _ => {}
        }
    }
    let (group, version) = meta::group_version(&api_version);
    let name = schema::kind_type(group, version, &kind)
        .or_else(|| Some(format!("meta.v1.{kind}")).filter(|name| schema::type_def(name).is_some()))
        .filter(|name| TABLE.contains_key(name.as_str()))
        .ok_or_else(|| format!("no kind {kind:?} of version {api_version:?} is known in this encoding"))?;
    let mut object = message(&name, raw, DEPTH)?;
    object.insert("apiVersion".to_owned(), api_version.into());
    object.insert("kind".to_owned(), kind.into());
    Ok(Value::Object(object))
}

fn message(name: &str, bytes: &[u8], depth: usize) -> Result<Map<String, Value>, String> {
    let def = schema::type_def(name).ok_or_else(|| format!("no type {name}"))?;
    let mut object = Map::new();
    fill(&mut object, &def, name, bytes, depth)?;
    Ok(object)
}

/// Puts the fields of a message into an object of a type; `numbers` names the message's own type, which
/// is another one where JSON has the fields in place.
fn fill(
    object: &mut Map<String, Value>,
    def: &TypeDef,
    numbers: &str,
    bytes: &[u8],
    depth: usize,
) -> Result<(), String> {
    let depth = depth.checked_sub(1).ok_or("messages nest too deeply")?;
    let Some(numbers) = TABLE.get(numbers) else { return Ok(()) };
    for entry in Fields::of(bytes) {
        let (number, field) = entry?;
        match numbers.get(&number) {
            Some(Number::InPlace(name)) => fill(object, def, name, field.bytes()?, depth)?,
            Some(Number::Field(name)) => {
                // A field that the published schema does not have is dropped, as from JSON.
                let Some(known) = def.field(name) else { continue };
                add(object, name, &known.shape, field, depth)?;
            }
            None => {}
        }
    }
    Ok(())
}

/// Adds one occurrence of a field: an item of a list, an entry of a map, or the value.
fn add(
    object: &mut Map<String, Value>,
    name: &str,
    shape: &Shape,
    field: Field<'_>,
    depth: usize,
) -> Result<(), String> {
    match resolved(shape) {
        Shape::List { item, .. } => {
            let list = object.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(value(&item, field, depth)?);
            }
        }
        Shape::Map { value: shape, .. } => {
            let (mut key, mut held) = (String::new(), None);
            for entry in Fields::of(field.bytes()?) {
                match entry? {
                    (1, Field::Bytes(text)) => key = utf8(text)?,
                    (2, field) => held = Some(field),
                    _ => {}
                }
            }
            // What is left out is empty.
            let held = value(&shape, held.unwrap_or(Field::Bytes(&[])), depth)?;
            let map = object.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(map) = map {
                map.insert(key, held);
            }
        }
        shape => {
            let value = value(&shape, field, depth)?;
            object.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

/// What an alias stands for.
fn resolved(shape: &Shape) -> Shape {
    match shape {
        Shape::Ref { name, .. } => {
            let alias = schema::type_def(name).and_then(|def| def.alias.clone());
            alias.map_or_else(|| shape.clone(), |alias| resolved(&alias))
        }
        other => other.clone(),
    }
}

fn value(shape: &Shape, field: Field<'_>, depth: usize) -> Result<Value, String> {
    Ok(match resolved(shape) {
        Shape::String => utf8(field.bytes()?)?.into(),
        Shape::Boolean => (field.number()? != 0).into(),
        Shape::Int32 | Shape::Int64 => field.number()?.cast_signed().into(),
        Shape::Number => match field {
            Field::Fixed64(bits) => f64::from_bits(bits).into(),
            other => other.number()?.cast_signed().into(),
        },
        Shape::Bytes => base64::engine::general_purpose::STANDARD.encode(field.bytes()?).into(),
        Shape::Time => time(field.bytes()?, format_seconds)?,
        Shape::MicroTime => time(field.bytes()?, format_micro)?,
        Shape::Quantity => utf8(first(field.bytes()?)?)?.into(),
        Shape::IntOrString => int_or_string(field.bytes()?)?,
        Shape::Any | Shape::FieldSet => match first(field.bytes()?)? {
            [] => Value::Null,
            raw => serde_json::from_slice(raw).map_err(|error| error.to_string())?,
        },
        Shape::Ref { name, .. } => Value::Object(message(&name, field.bytes()?, depth)?),
        // A list within a list or a map is a message of its own, which holds the items.
        Shape::List { item, .. } => {
            let mut items = Vec::new();
            for entry in Fields::of(field.bytes()?) {
                items.push(value(&item, entry?.1, depth)?);
            }
            items.into()
        }
        Shape::Map { .. } | Shape::Inline(_) => return Err("a map cannot be within a map".to_owned()),
    })
}

/// The bytes of a message's first field.
fn first(bytes: &[u8]) -> Result<&[u8], String> {
    for entry in Fields::of(bytes) {
        if let (1, Field::Bytes(found)) = entry? {
            return Ok(found);
        }
    }
    Ok(&[])
}

/// A time of seconds and nanoseconds; nothing is said for none.
fn time(bytes: &[u8], format: impl Fn(jiff::Timestamp) -> String) -> Result<Value, String> {
    let (mut seconds, mut nanos, mut said) = (0, 0, false);
    for entry in Fields::of(bytes) {
        let (number, field) = entry?;
        match number {
            1 => (seconds, said) = (field.number()?.cast_signed(), true),
            2 => nanos = i32::try_from(field.number()?).map_err(|error| error.to_string())?,
            _ => {}
        }
    }
    if !said {
        return Ok(Value::Null);
    }
    let at = jiff::Timestamp::new(seconds, nanos).map_err(|error| error.to_string())?;
    Ok(format(at).into())
}

fn int_or_string(bytes: &[u8]) -> Result<Value, String> {
    let (mut is_text, mut number, mut text) = (false, 0_i64, String::new());
    for entry in Fields::of(bytes) {
        match entry? {
            (1, field) => is_text = field.number()? == 1,
            (2, field) => number = field.number()?.cast_signed(),
            (3, field) => text = utf8(field.bytes()?)?,
            _ => {}
        }
    }
    Ok(if is_text { text.into() } else { number.into() })
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A message of fields: numbers as varints, texts and messages as bytes.
    fn encode(fields: &[(u32, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, bytes) in fields {
            out.push(u8::try_from(number << 3 | 2).unwrap());
            out.push(u8::try_from(bytes.len()).unwrap());
            out.extend_from_slice(bytes);
        }
        out
    }

    fn body(api_version: &str, kind: &str, object: &[u8]) -> Vec<u8> {
        let identity = encode(&[(1, api_version.as_bytes()), (2, kind.as_bytes())]);
        [MAGIC, &encode(&[(1, &identity), (2, object)])].concat()
    }

    #[test]
    fn an_object_is_what_json_would_have_given() {
        let entry = encode(&[(1, b"colour"), (2, b"red")]);
        let metadata = encode(&[(1, b"settings"), (8, b""), (11, &entry)]);
        let read = read(&body(
            "v1",
            "ConfigMap",
            &encode(&[(1, &metadata), (2, &entry), (2, &encode(&[(1, b"empty")]))]),
        ));
        assert_eq!(
            read.unwrap(),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"colour": "red", "empty": ""},
                   "metadata": {"name": "settings", "creationTimestamp": null, "labels": {"colour": "red"}}})
        );
    }

    #[test]
    fn messages_that_json_has_in_place_are_found() {
        // A volume whose source is an emptyDir with a size, and a port that is a number.
        let quantity = encode(&[(1, b"1Mi")]);
        let source = encode(&[(2, &encode(&[(1, b"Memory"), (2, &quantity)]))]);
        let volume = encode(&[(1, b"scratch"), (2, &source)]);
        let probe = encode(&[(1, &encode(&[(3, &encode(&[(1, &[8, 0, 16, 80])]))]))]);
        let container = encode(&[(1, b"main"), (10, &[probe, vec![16, 3]].concat())]);
        let spec = encode(&[(1, &volume), (2, &container)]);
        let read = read(&body("v1", "Pod", &encode(&[(2, &spec)]))).unwrap();
        assert_eq!(
            read["spec"],
            json!({"volumes": [{"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}],
                   "containers": [{"name": "main", "livenessProbe": {"tcpSocket": {"port": 80}, "initialDelaySeconds": 3}}]})
        );
    }

    #[test]
    fn bad_bytes_are_told() {
        assert!(read(b"{}").unwrap_err().starts_with("provided data does not appear to be a protobuf"));
        assert!(read(&body("v1", "Nothing", b"")).unwrap_err().contains("no kind \"Nothing\""));
        // A length beyond the end.
        assert!(read(&[MAGIC, &[0x12, 0x7f, 0]].concat()).is_err());
        for end in 0..12 {
            let whole = body("v1", "ConfigMap", &encode(&[(1, b"x")]));
            let _ = read(whole.get(..end).unwrap());
        }
    }

    #[test]
    fn every_number_stands_for_a_field_of_its_type() {
        for (name, numbers) in TABLE.iter() {
            let Some(def) = schema::type_def(name) else { continue };
            if def.alias.is_some() {
                continue;
            }
            for number in numbers.values() {
                match number {
                    Number::Field(field) => assert!(def.field(field).is_some(), "{name} has no {field}"),
                    Number::InPlace(inner) => assert!(TABLE.contains_key(inner), "{name} holds {inner}"),
                }
            }
        }
        assert!(TABLE.len() > 500);
    }
}
