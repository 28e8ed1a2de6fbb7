//! JSON text to YAML without Go values in between: what go-yaml read, keys with their types.

use std::cmp::Ordering;

use super::{Emitter, Flavor};
use crate::decode::{Key, Object, ReadOptions, decode_object};
use crate::document::Document;
use crate::encode::{Encode, Sink};
use crate::error::Error;
use crate::key_order::KeyOrder;
use crate::limits::Limits;

/// Writes JSON text as YAML: `sigs.k8s.io/yaml.JSONToYAML`.
///
/// # Errors
/// What go-yaml does not read as YAML. (Escaped slashes, surrogate pairs and tabs that JSON allows
/// are refused.)
pub fn json_to_yaml(text: &[u8]) -> Result<Vec<u8>, Error> {
    // The text comes from a value that fits the memory already.
    let limits = Limits { max_nodes: usize::MAX, max_bytes: usize::MAX, ..Limits::default() };
    let document = Document::parse(text, &limits)?;
    let object = decode_object(&document, &ReadOptions { limits, ..ReadOptions::default() })?;
    let mut out = Vec::new();
    let mut emitter = Emitter::new(&mut out, Flavor::V2);
    write(&object, &mut emitter)?;
    emitter.finish();
    Ok(out)
}

fn write(object: &Object<'_>, emitter: &mut Emitter<'_>) -> Result<(), Error> {
    match object {
        Object::Scalar(_) => object.encode(emitter),
        Object::Seq(items) => {
            emitter.begin_seq(items.len())?;
            for item in items {
                write(item, emitter)?;
            }
            emitter.end_seq();
            Ok(())
        }
        Object::Map(map) => {
            let mut words = Vec::new();
            let mut texts = Vec::new();
            for (key, value) in &map.entries {
                match key {
                    Key::Text(text) => texts.push((text.as_ref(), value)),
                    other => words.push((other, value)),
                }
            }
            words.sort_by(|(left, _), (right, _)| compare(left, right));
            crate::key_order::sort(&mut texts, KeyOrder::Natural);
            emitter.begin_map(map.entries.len())?;
            for (key, value) in words {
                emitter.write_word_key(&word(key));
                write(value, emitter)?;
            }
            for (key, value) in texts {
                emitter.key(key)?;
                write(value, emitter)?;
            }
            emitter.end_map();
            Ok(())
        }
    }
}

/// What is written for a key that is no text.
fn word(key: &Key<'_>) -> String {
    match key {
        Key::Null => "null".to_owned(),
        Key::Bool(value) => value.to_string(),
        Key::Int(value) => value.to_string(),
        Key::Uint(value) => value.to_string(),
        Key::Float(value) => crate::float::yaml(value.get()).into_owned(),
        Key::Text(text) => crate::json::to_valid_text(text).into_owned(),
    }
}

/// go-yaml's order of keys that are no texts: by value (true is 1), then by type; null is last.
fn compare(left: &Key<'_>, right: &Key<'_>) -> Ordering {
    let number = |key: &Key<'_>| match key {
        Key::Bool(value) => Some((f64::from(u8::from(*value)), 1)),
        Key::Int(value) => Some((*value as f64, 2)),
        Key::Uint(value) => Some((*value as f64, 3)),
        Key::Float(value) => Some((value.get(), 4)),
        Key::Null | Key::Text(_) => None,
    };
    let exact = match (left, right) {
        (Key::Int(left), Key::Int(right)) => left.cmp(right),
        (Key::Uint(left), Key::Uint(right)) => left.cmp(right),
        _ => Ordering::Equal,
    };
    match (number(left), number(right)) {
        (Some((left, left_type)), Some((right, right_type))) => {
            left.total_cmp(&right).then(left_type.cmp(&right_type)).then(exact)
        }
        (left, right) => right.is_some().cmp(&left.is_some()),
    }
}
