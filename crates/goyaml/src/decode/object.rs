//! Values in go-yaml's own form, where keys have types. Only needed for the texts of errors that
//! print a Go value.

use std::collections::HashMap;

use super::go_syntax::go_syntax;
use super::key::Key;
use super::{
    Document, Kind, Meter, Node, ReadOptions, check_merge_source, is_merge, merge_sources, resolve_scalar,
};
use crate::encode::{Encode, Sink, encode_map, encode_seq};
use crate::error::Error;

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
    fn insert(&mut self, key: Key<'d>, value: Object<'d>) {
        match self.places.get(&key).and_then(|place| self.entries.get_mut(*place)) {
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
    let Some(root) = document.root() else { return Ok(Object::Scalar(Key::Null)) };
    decode_counted(root, &mut Meter::new(&options.limits))
}

/// The error for a key that is a list or mapping.
pub(super) fn invalid_key(node: Node<'_>, meter: &mut Meter<'_>) -> Result<Error, Error> {
    let key = decode(node, meter)?;
    Ok(Error::plain(format!("invalid map key: {}", go_syntax(&key)), node.place()))
}

/// Finds a key that has no JSON form.
pub(super) fn check_keys(root: Node<'_>, options: &ReadOptions) -> Result<(), Error> {
    let mut meter = Meter::new(&options.limits);
    meter.count(root)?;
    check(&decode(root, &mut meter)?)
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

/// Decodes a node that has been counted already.
fn decode<'d>(node: Node<'d>, meter: &mut Meter<'_>) -> Result<Object<'d>, Error> {
    match node.kind() {
        Kind::Scalar => Key::new(node, resolve_scalar(node)?).map(Object::Scalar),
        Kind::Alias => {
            meter.follow(node)?;
            let object = decode_counted(node.resolved(), meter)?;
            meter.followed(node);
            Ok(object)
        }
        Kind::Sequence => {
            meter.enter(node)?;
            let items = node.items().map(|item| decode_counted(item, meter)).collect::<Result<_, _>>()?;
            meter.leave();
            Ok(Object::Seq(items))
        }
        Kind::Mapping => {
            let mut map = ObjectMap::default();
            decode_entries(node, &mut map, meter)?;
            Ok(Object::Map(map))
        }
    }
}

fn decode_counted<'d>(node: Node<'d>, meter: &mut Meter<'_>) -> Result<Object<'d>, Error> {
    meter.count(node)?;
    decode(node, meter)
}

fn decode_entries<'d>(node: Node<'d>, map: &mut ObjectMap<'d>, meter: &mut Meter<'_>) -> Result<(), Error> {
    meter.enter(node)?;
    for (key_node, value_node) in node.entries() {
        if is_merge(key_node) {
            for source in merge_sources(value_node) {
                check_merge_source(source)?;
                meter.count(source)?;
                if source.kind() == Kind::Alias {
                    meter.follow(source)?;
                    meter.count(source.resolved())?;
                }
                decode_entries(source.resolved(), map, meter)?;
                if source.kind() == Kind::Alias {
                    meter.followed(source);
                }
            }
            continue;
        }
        let key = match decode_counted(key_node, meter)? {
            Object::Scalar(key) => key,
            key => {
                let text = format!("invalid map key: {}", go_syntax(&key));
                return Err(Error::plain(text, key_node.place()));
            }
        };
        let value = decode_counted(value_node, meter)?;
        map.insert(key, value);
    }
    meter.leave();
    Ok(())
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
