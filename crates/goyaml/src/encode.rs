//! How values of any crate are written as YAML or JSON without being copied first.

use crate::error::Error;
use crate::key_order::{self, KeyOrder};
use crate::value::Value;

/// A value that can be written.
///
/// One description serves every output: a type tells a [`Sink`] what it holds, and the sink is
/// the JSON encoder or one of the YAML emitters. To write a foreign type, wrap a reference to it.
pub trait Encode {
    /// Tells `sink` what the value holds: exactly one node.
    ///
    /// # Errors
    /// Whatever the sink refuses; the error is passed on.
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), Error>;
}

/// What values are written to. Each call is one node, or the beginning or end of one.
pub trait Sink {
    /// Nothing.
    ///
    /// # Errors
    /// Only what the output refuses, as for all calls of this trait.
    fn null(&mut self) -> Result<(), Error>;
    /// A truth value.
    ///
    /// # Errors
    /// See [`null`](Self::null).
    fn bool(&mut self, value: bool) -> Result<(), Error>;
    /// A whole number.
    ///
    /// # Errors
    /// See [`null`](Self::null).
    fn int(&mut self, value: i64) -> Result<(), Error>;
    /// A whole number that need not fit `i64`.
    ///
    /// # Errors
    /// See [`null`](Self::null).
    fn uint(&mut self, value: u64) -> Result<(), Error>;
    /// A floating-point number.
    ///
    /// # Errors
    /// JSON has no infinities and no not-a-number.
    fn float(&mut self, value: f64) -> Result<(), Error>;
    /// A text, which like a Go string may hold any bytes.
    ///
    /// # Errors
    /// go-yaml refuses some control characters.
    fn string(&mut self, text: &[u8]) -> Result<(), Error>;
    /// A point in time as RFC 3339 writes it: a text, but for go-yaml v3, which knows times and
    /// leaves them plain.
    ///
    /// # Errors
    /// See [`string`](Self::string).
    fn time(&mut self, text: &[u8]) -> Result<(), Error> {
        self.string(text)
    }
    /// A Go `[]byte`: base64 text in JSON, a list of numbers in YAML that does not go through it.
    ///
    /// # Errors
    /// See [`null`](Self::null).
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error>;
    /// A Go slice that is nil: null in JSON, an empty list without it.
    ///
    /// # Errors
    /// See [`null`](Self::null).
    fn nil_seq(&mut self) -> Result<(), Error>;
    /// A Go map that is nil: null in JSON, an empty mapping without it.
    ///
    /// # Errors
    /// See [`null`](Self::null).
    fn nil_map(&mut self) -> Result<(), Error>;
    /// Begins a list of `len` nodes, which follow.
    ///
    /// # Errors
    /// The nesting is too deep.
    fn begin_seq(&mut self, len: usize) -> Result<(), Error>;
    /// Ends the list.
    fn end_seq(&mut self);
    /// Begins a mapping of `len` entries, which follow: [`key`](Self::key), then a node. They
    /// must come in the order of [`key_order`](Self::key_order).
    ///
    /// # Errors
    /// The nesting is too deep.
    fn begin_map(&mut self, len: usize) -> Result<(), Error>;
    /// A key; its value's node follows.
    ///
    /// # Errors
    /// As for [`string`](Self::string).
    fn key(&mut self, key: &[u8]) -> Result<(), Error>;
    /// Ends the mapping.
    fn end_map(&mut self);
    /// The order in which this output wants keys.
    fn key_order(&self) -> KeyOrder;
}

/// Writes a list.
///
/// # Errors
/// Whatever the sink refuses.
pub fn encode_seq<S, I>(sink: &mut S, items: I) -> Result<(), Error>
where
    S: Sink + ?Sized,
    I: IntoIterator,
    I::IntoIter: ExactSizeIterator,
    I::Item: Encode,
{
    let items = items.into_iter();
    sink.begin_seq(items.len())?;
    for item in items {
        item.encode(sink)?;
    }
    sink.end_seq();
    Ok(())
}

/// Writes a mapping whose entries may come in any order; they are sorted as the sink wants them.
///
/// # Errors
/// Whatever the sink refuses.
pub fn encode_map<S, I, K, V>(sink: &mut S, entries: I) -> Result<(), Error>
where
    S: Sink + ?Sized,
    I: IntoIterator<Item = (K, V)>,
    K: AsRef<[u8]>,
    V: Encode,
{
    let mut entries: Vec<(K, V)> = entries.into_iter().collect();
    key_order::sort(&mut entries, sink.key_order());
    sink.begin_map(entries.len())?;
    for (key, value) in entries {
        sink.key(key.as_ref())?;
        value.encode(sink)?;
    }
    sink.end_map();
    Ok(())
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), Error> {
        (**self).encode(sink)
    }
}

impl Encode for Value {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), Error> {
        match self {
            Value::Null => sink.null(),
            Value::Bool(value) => sink.bool(*value),
            Value::Int(value) => sink.int(*value),
            Value::Uint(value) => sink.uint(*value),
            Value::Float(value) => sink.float(*value),
            Value::String(text) => sink.string(text.as_bytes()),
            Value::Seq(items) => encode_seq(sink, items),
            Value::Map(map) => map.encode(sink),
        }
    }
}

impl Encode for crate::value::Map {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), Error> {
        encode_map(sink, self)
    }
}
