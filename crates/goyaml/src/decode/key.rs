use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use super::{Resolved, decode_binary};
use crate::document::Node;
use crate::error::Error;

/// A mapping's key with its type, as go-yaml tells keys apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key<'d> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(KeyFloat),
    /// Bytes, as `!!binary` keys need not be UTF-8.
    Text(Cow<'d, [u8]>),
}

/// A float as a key: 0 and -0 are one key, and no not-a-number equals another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyFloat {
    value: f64,
    node: u32,
}

impl KeyFloat {
    pub(crate) fn get(self) -> f64 {
        self.value
    }

    fn identity(self) -> (u64, Option<u32>) {
        let value = if self.value == 0.0 { 0.0 } else { self.value };
        (value.to_bits(), value.is_nan().then_some(self.node))
    }
}

impl PartialEq for KeyFloat {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for KeyFloat {}

impl Hash for KeyFloat {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl<'d> Key<'d> {
    pub(super) fn new(node: Node<'d>, resolved: Resolved<'d>) -> Result<Self, Error> {
        Ok(match resolved {
            Resolved::Null => Key::Null,
            Resolved::Bool(value) => Key::Bool(value),
            Resolved::Int(value) => Key::Int(value),
            Resolved::Uint(value) => Key::Uint(value),
            Resolved::Float(value) => Key::Float(KeyFloat { value, node: node.index() }),
            Resolved::Str(text) | Resolved::Timestamp(text) => Key::Text(Cow::Borrowed(text.as_bytes())),
            Resolved::Binary(text) => Key::Text(Cow::Owned(decode_binary(node, text)?)),
        })
    }

    /// Whether the key has a form in JSON.
    pub(super) fn has_text(&self) -> bool {
        !matches!(self, Key::Null | Key::Uint(_))
    }

    /// The key in JSON; `None` for those that have none.
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Key::Text(text) => Some(to_text(text)),
            Key::Bool(value) => Some(value.to_string()),
            Key::Int(value) => Some(value.to_string()),
            Key::Float(value) => Some(crate::float::yaml_key(value.get()).into_owned()),
            Key::Null | Key::Uint(_) => None,
        }
    }

    /// The key as Go's `%#v` prints it.
    pub(super) fn go_syntax(&self) -> String {
        match self {
            Key::Null => "<nil>".to_owned(),
            Key::Bool(value) => value.to_string(),
            Key::Int(value) => value.to_string(),
            Key::Uint(value) => format!("{value:#x}"),
            Key::Float(value) => crate::float::go_syntax(value.get()),
            Key::Text(text) => crate::go_quote::quote(text),
        }
    }
}

/// The text that bytes become in JSON.
fn to_text(bytes: Cow<'_, [u8]>) -> String {
    String::from_utf8(bytes.into_owned())
        .unwrap_or_else(|error| crate::json::to_valid_text(error.as_bytes()).into_owned())
}
