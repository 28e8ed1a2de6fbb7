//! Nodes to values: go-yaml's decoding into `interface{}`, then the way into JSON that
//! `sigs.k8s.io/yaml` adds.

mod go_syntax;
mod key;
mod lookup;
mod meter;
mod object;
mod partial;
mod walk;

use std::collections::HashSet;

use crate::document::{Document, Node};
use crate::error::{DuplicateKey, Error};
use crate::limits::Limits;
use crate::resolve::{Resolved, resolve};
use crate::value::Value;

use walk::{Target, walk};

pub(crate) use key::Key;
pub(crate) use object::{Object, decode_object};

/// How values are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// What may be read at all.
    pub limits: Limits,
    /// Whether a key given twice is an error; otherwise the last one counts.
    pub strict: bool,
    /// Whether integers stay integers. Without it all numbers become floats, as Go's JSON makes
    /// them when no type is asked for.
    pub keep_integers: bool,
}

impl Document<'_> {
    /// The document as a JSON value; null if it has no content.
    ///
    /// # Errors
    /// What go-yaml and `sigs.k8s.io/yaml` report: keys that are lists or null, tags that do not
    /// fit, merges of what is no mapping, too many aliases, infinite numbers; keys given twice if
    /// that was asked for; and the limits.
    pub fn to_value(&self, options: &ReadOptions) -> Result<Value, Error> {
        let Some(root) = self.root() else { return Ok(Value::Null) };
        let mut target = ValueTarget::new(options);
        let value = walk(root, &options.limits, &mut target)?;
        if !target.duplicates.is_empty() {
            return Err(Error::DuplicateKeys(target.duplicates));
        }
        if target.has_unsupported_key {
            // Rare, and the text needs Go's own form of the value: read it again in that form.
            object::check_keys(self, options)?;
        }
        if target.has_special_float {
            check_floats(&value)?;
        }
        Ok(value)
    }
}

/// Finds the first number, in the order JSON writes them, that JSON has no form for.
fn check_floats(value: &Value) -> Result<(), Error> {
    match value {
        Value::Float(number) => crate::float::json(*number).map(drop).map_err(Error::UnsupportedValue),
        Value::Seq(items) => items.iter().try_for_each(check_floats),
        Value::Map(map) => map.values().try_for_each(check_floats),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::String(_) => Ok(()),
    }
}

/// The value of a scalar node.
fn resolve_scalar<'d>(node: Node<'d>) -> Result<Resolved<'d>, Error> {
    let text = node.scalar().unwrap_or_default();
    match node.tag() {
        None if !node.is_implicit() => Ok(Resolved::Str(text)),
        tag => resolve(tag, text).map_err(|problem| Error::plain(problem, node.place())),
    }
}

/// The bytes of a `!!binary` scalar.
fn decode_binary(node: Node<'_>, text: &str) -> Result<Vec<u8>, Error> {
    crate::base64::decode(text)
        .ok_or_else(|| Error::plain("!!binary value contains invalid base64 data", node.place()))
}

/// Decodes into [`Value`].
struct ValueTarget<'o> {
    options: &'o ReadOptions,
    duplicates: Vec<DuplicateKey>,
    has_unsupported_key: bool,
    has_special_float: bool,
}

impl<'o> ValueTarget<'o> {
    fn new(options: &'o ReadOptions) -> Self {
        Self { options, duplicates: Vec::new(), has_unsupported_key: false, has_special_float: false }
    }
}

/// A mapping being read.
#[derive(Default)]
struct Entries<'d> {
    entries: Vec<(String, Value)>,
    /// The keys so far, in strict reading.
    seen: HashSet<Key<'d>>,
}

impl<'d> Target<'d> for ValueTarget<'_> {
    type Value = Value;
    type Map = Entries<'d>;

    fn is_strict(&self) -> bool {
        self.options.strict
    }

    fn scalar(&mut self, node: Node<'d>) -> Result<Value, Error> {
        let keep = self.options.keep_integers;
        Ok(match resolve_scalar(node)? {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Int(value) if keep => Value::Int(value),
            Resolved::Int(value) => Value::Float(value as f64),
            Resolved::Uint(value) if keep => Value::Uint(value),
            Resolved::Uint(value) => Value::Float(value as f64),
            Resolved::Float(value) => {
                self.has_special_float |= !value.is_finite();
                Value::Float(value)
            }
            Resolved::Str(text) | Resolved::Timestamp(text) => Value::String(text.to_owned()),
            Resolved::Binary(text) => {
                Value::String(crate::json::to_valid_text(&decode_binary(node, text)?).into_owned())
            }
        })
    }

    fn seq(&mut self, items: Vec<Value>) -> Value {
        Value::Seq(items)
    }

    fn insert(&mut self, map: &mut Entries<'d>, key: Key<'d>, value: Value, value_node: Node<'d>) {
        if self.options.strict && !map.seen.insert(key.clone()) {
            self.duplicates.push(DuplicateKey { key: key.go_syntax(), place: value_node.place() });
            return;
        }
        match key.into_text() {
            Some(text) => map.entries.push((text, value)),
            None => self.has_unsupported_key = true,
        }
    }

    fn map(&mut self, map: Entries<'d>) -> Value {
        // Of equal keys the last one stays.
        Value::Map(map.entries.into_iter().collect())
    }
}
