//! Nodes to values: go-yaml's decoding into `interface{}`, then the way into JSON that
//! `sigs.k8s.io/yaml` adds.

mod go_syntax;
mod key;
mod object;

use std::collections::HashSet;

use crate::document::{Document, Kind, Node};
use crate::error::{DuplicateKey, Error, Limit};
use crate::limits::Limits;
use crate::resolve::{Resolved, resolve};
use crate::value::{Map, Value};

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
        let mut decoder = Decoder::new(options);
        let value = decoder.decode_root(root)?;
        if !decoder.duplicates.is_empty() {
            return Err(Error::DuplicateKeys(decoder.duplicates));
        }
        if decoder.has_unsupported_key {
            // Rare, and the text needs Go's own form of the value: read it again in that form.
            object::check_keys(root, options)?;
        }
        if decoder.has_special_float {
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

/// Counts what decoding costs, as go-yaml does it and by our limits.
struct Meter<'o> {
    limits: &'o Limits,
    decoded: usize,
    aliased: usize,
    alias_depth: usize,
    depth: usize,
    /// The aliases being followed.
    following: HashSet<u32>,
}

impl<'o> Meter<'o> {
    fn new(limits: &'o Limits) -> Self {
        // go-yaml counts the document itself.
        Self { limits, decoded: 1, aliased: 0, alias_depth: 0, depth: 0, following: HashSet::new() }
    }

    fn count(&mut self, node: Node<'_>) -> Result<(), Error> {
        self.decoded += 1;
        if self.alias_depth > 0 {
            self.aliased += 1;
            let ratio = self.aliased as f64 / self.decoded as f64;
            if self.aliased > 100 && self.decoded > 1000 && ratio > allowed_alias_ratio(self.decoded) {
                return Err(Error::plain("document contains excessive aliasing", node.place()));
            }
        }
        if self.decoded - 1 > self.limits.max_nodes {
            return Err(Error::Limit {
                limit: Limit::Nodes,
                max: self.limits.max_nodes,
                place: node.place(),
            });
        }
        Ok(())
    }

    fn enter(&mut self, node: Node<'_>) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > self.limits.max_depth + 1 {
            return Err(Error::Limit {
                limit: Limit::Depth,
                max: self.limits.max_depth,
                place: node.place(),
            });
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn follow(&mut self, alias: Node<'_>) -> Result<(), Error> {
        if !self.following.insert(alias.index()) {
            let name = alias.anchor().unwrap_or_default();
            return Err(Error::plain(format!("anchor '{name}' value contains itself"), alias.place()));
        }
        self.alias_depth += 1;
        Ok(())
    }

    fn followed(&mut self, alias: Node<'_>) {
        self.alias_depth -= 1;
        self.following.remove(&alias.index());
    }
}

/// The share of nodes that may come from aliases: 99 % of 400,000, falling to 10 % of 4 million.
fn allowed_alias_ratio(decoded: usize) -> f64 {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    let decoded = decoded as f64;
    if decoded <= LOW {
        0.99
    } else if decoded >= HIGH {
        0.10
    } else {
        0.99 - 0.89 * ((decoded - LOW) / (HIGH - LOW))
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

/// What can be merged into a mapping by `<<`: a mapping, or an alias of one.
fn check_merge_source(node: Node<'_>) -> Result<(), Error> {
    if node.resolved().kind() == Kind::Mapping {
        return Ok(());
    }
    Err(Error::plain("map merge requires map or sequence of maps as the value", node.place()))
}

/// The mappings a `<<` value names, in the order in which they are to be merged: earlier ones
/// count more, so they come last. The second list is checked one by one on the way.
fn merge_sources(value: Node<'_>) -> Vec<Node<'_>> {
    match value.kind() {
        Kind::Sequence => {
            let mut sources: Vec<_> = value.items().collect();
            sources.reverse();
            sources
        }
        Kind::Mapping | Kind::Alias | Kind::Scalar => vec![value],
    }
}

/// Whether a key asks for a merge.
fn is_merge(key: Node<'_>) -> bool {
    key.scalar() == Some("<<") && (key.is_implicit() || key.tag() == Some("tag:yaml.org,2002:merge"))
}

struct Decoder<'o> {
    options: &'o ReadOptions,
    meter: Meter<'o>,
    duplicates: Vec<DuplicateKey>,
    has_unsupported_key: bool,
    has_special_float: bool,
}

/// A mapping being read.
#[derive(Default)]
struct Entries<'d> {
    entries: Vec<(String, Value)>,
    /// The keys so far, in strict reading.
    seen: HashSet<Key<'d>>,
}

impl<'o> Decoder<'o> {
    fn new(options: &'o ReadOptions) -> Self {
        Self {
            options,
            meter: Meter::new(&options.limits),
            duplicates: Vec::new(),
            has_unsupported_key: false,
            has_special_float: false,
        }
    }

    fn decode_root(&mut self, root: Node<'_>) -> Result<Value, Error> {
        self.decode(root)
    }

    fn decode(&mut self, node: Node<'_>) -> Result<Value, Error> {
        self.meter.count(node)?;
        match node.kind() {
            Kind::Scalar => self.decode_scalar(node),
            Kind::Alias => {
                self.meter.follow(node)?;
                let value = self.decode(node.resolved())?;
                self.meter.followed(node);
                Ok(value)
            }
            Kind::Sequence => {
                self.meter.enter(node)?;
                let mut items = Vec::with_capacity(node.len());
                for item in node.items() {
                    items.push(self.decode(item)?);
                }
                self.meter.leave();
                Ok(Value::Seq(items))
            }
            Kind::Mapping => {
                let mut entries = Entries { entries: Vec::with_capacity(node.len()), ..Entries::default() };
                self.decode_entries(node, &mut entries)?;
                // Of equal keys the last one stays.
                Ok(Value::Map(entries.entries.into_iter().collect::<Map>()))
            }
        }
    }

    fn decode_scalar(&mut self, node: Node<'_>) -> Result<Value, Error> {
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

    /// Reads a mapping's entries into `entries`, merges included.
    fn decode_entries<'d>(&mut self, node: Node<'d>, entries: &mut Entries<'d>) -> Result<(), Error> {
        self.meter.enter(node)?;
        for (key_node, value_node) in node.entries() {
            if is_merge(key_node) {
                for source in merge_sources(value_node) {
                    check_merge_source(source)?;
                    self.merge(source, entries)?;
                }
                continue;
            }
            let key = self.decode_key(key_node)?;
            let value = self.decode(value_node)?;
            if self.options.strict && !entries.seen.insert(key.clone()) {
                self.duplicates.push(DuplicateKey { key: key.go_syntax(), place: value_node.place() });
                continue;
            }
            match key.into_text() {
                Some(text) => entries.entries.push((text, value)),
                None => self.has_unsupported_key = true,
            }
        }
        self.meter.leave();
        Ok(())
    }

    fn merge<'d>(&mut self, source: Node<'d>, entries: &mut Entries<'d>) -> Result<(), Error> {
        self.meter.count(source)?;
        if source.kind() != Kind::Alias {
            return self.decode_entries(source, entries);
        }
        self.meter.follow(source)?;
        self.meter.count(source.resolved())?;
        self.decode_entries(source.resolved(), entries)?;
        self.meter.followed(source);
        Ok(())
    }

    fn decode_key<'d>(&mut self, node: Node<'d>) -> Result<Key<'d>, Error> {
        self.meter.count(node)?;
        match node.kind() {
            Kind::Scalar => Key::new(node, resolve_scalar(node)?),
            Kind::Alias => {
                self.meter.follow(node)?;
                let key = self.decode_key(node.resolved())?;
                self.meter.followed(node);
                Ok(key)
            }
            Kind::Sequence | Kind::Mapping => Err(object::invalid_key(node, &mut self.meter)?),
        }
    }
}
