//! Values in go-yaml's own form, where keys have types. Only needed for the texts of errors that
//! print a Go value.

use std::collections::HashMap;

use super::go_syntax::go_syntax;
use super::key::Key;
use super::walk::{Target, walk};
use super::{Document, Node, ReadOptions, resolve_scalar};
use crate::encode::{Encode, Sink, encode_map, encode_seq};
use crate::error::Error;
use crate::limits::Limits;

/// What go-yaml decodes into `interface{}`.
pub(crate) enum Object<'d> {
    Scalar(Key<'d>),
    Seq(Vec<Object<'d>>),
    Map(ObjectMap<'d>),
}

/// A `map[interface{}]interface{}`.
#[derive(Default)]
pub(crate) struct ObjectMap<'d> {
    pub(crate) entries: Vec<(Key<'d>, Object<'d>)>,
    places: HashMap<Key<'d>, usize>,
}

impl<'d> ObjectMap<'d> {
    fn insert(&mut self, key: Key<'d>, value: Object<'d>, keep_first: bool) {
        match self.places.get(&key).and_then(|place| self.entries.get_mut(*place)) {
            Some(_) if keep_first => {}
            Some(entry) => entry.1 = value,
            None => {
                self.places.insert(key.clone(), self.entries.len());
                self.entries.push((key, value));
            }
        }
    }
}

/// What go-yaml decodes a document into.
pub(crate) fn decode_object<'d>(
    document: &'d Document<'_>,
    options: &ReadOptions,
) -> Result<Object<'d>, Error> {
    match document.root() {
        Some(root) => walk(root, &options.limits, &mut ObjectTarget { strict: options.strict }),
        None => Ok(Object::Scalar(Key::Null)),
    }
}

/// The error for a key that is a list or mapping.
pub(super) fn invalid_key(node: Node<'_>, limits: &Limits, strict: bool) -> Error {
    match walk(node, limits, &mut ObjectTarget { strict }) {
        Ok(key) => Error::plain(format!("invalid map key: {}", go_syntax(&key)), node.place()),
        Err(error) => error,
    }
}

/// Finds a key that has no JSON form.
pub(super) fn check_keys(document: &Document<'_>, options: &ReadOptions) -> Result<(), Error> {
    check(&decode_object(document, options)?)
}

fn check(object: &Object<'_>) -> Result<(), Error> {
    match object {
        Object::Scalar(_) => Ok(()),
        Object::Seq(items) => items.iter().try_for_each(check),
        Object::Map(map) => map.entries.iter().try_for_each(|(key, value)| {
            let type_name = match key {
                Key::Null => "%!s(<nil>)",
                Key::Uint(_) => "uint64",
                _ => return check(value),
            };
            Err(Error::UnsupportedKey { type_name, key: key.go_syntax(), value: go_syntax(value) })
        }),
    }
}

/// Decodes into [`Object`].
struct ObjectTarget {
    /// Whether of equal keys the first one stays, as it does in go-yaml's strict reading.
    strict: bool,
}

impl<'d> Target<'d> for ObjectTarget {
    type Value = Object<'d>;
    type Map = ObjectMap<'d>;

    fn is_strict(&self) -> bool {
        self.strict
    }

    fn scalar(&mut self, node: Node<'d>) -> Result<Object<'d>, Error> {
        Key::new(node, resolve_scalar(node)?).map(Object::Scalar)
    }

    fn seq(&mut self, items: Vec<Object<'d>>) -> Object<'d> {
        Object::Seq(items)
    }

    fn insert(&mut self, map: &mut ObjectMap<'d>, key: Key<'d>, value: Object<'d>, _value_node: Node<'d>) {
        map.insert(key, value, self.strict);
    }

    fn map(&mut self, map: ObjectMap<'d>) -> Object<'d> {
        Object::Map(map)
    }
}

/// The object in JSON, once [`check_keys`] has let it pass.
impl Encode for Object<'_> {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), Error> {
        match self {
            Object::Scalar(Key::Null) => sink.null(),
            Object::Scalar(Key::Bool(value)) => sink.bool(*value),
            Object::Scalar(Key::Int(value)) => sink.int(*value),
            Object::Scalar(Key::Uint(value)) => sink.uint(*value),
            Object::Scalar(Key::Float(value)) => sink.float(value.get()),
            Object::Scalar(Key::Text(text)) => sink.string(text),
            Object::Seq(items) => encode_seq(sink, items),
            Object::Map(map) => {
                let entries = map.entries.iter().map(|(key, value)| match key {
                    Key::Text(text) => (text.clone(), value),
                    other => (other.clone().into_text().unwrap_or_default().into_bytes().into(), value),
                });
                encode_map(sink, entries)
            }
        }
    }
}
