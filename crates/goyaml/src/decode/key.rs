use std::borrow::Cow;

use super::{Resolved, decode_binary};
use crate::document::Node;
use crate::error::Error;

/// A mapping's key with its type, as go-yaml tells keys apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key<'d> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    /// The bits of a float; not-a-number never equals another.
    Float(u64, Option<u32>),
    Text(Cow<'d, str>),
}

impl<'d> Key<'d> {
    pub(super) fn new(node: Node<'d>, resolved: Resolved<'d>) -> Result<Self, Error> {
        Ok(match resolved {
            Resolved::Null => Key::Null,
            Resolved::Bool(value) => Key::Bool(value),
            Resolved::Int(value) => Key::Int(value),
            Resolved::Uint(value) => Key::Uint(value),
            Resolved::Float(value) => {
                // 0 and -0 are one key.
                let value = if value == 0.0 { 0.0 } else { value };
                Key::Float(value.to_bits(), value.is_nan().then(|| node.index()))
            }
            Resolved::Str(text) | Resolved::Timestamp(text) => Key::Text(Cow::Borrowed(text)),
            Resolved::Binary(text) => Key::Text(Cow::Owned(decode_binary(node, text)?)),
        })
    }

    /// The key in JSON; `None` for those that have none.
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Key::Text(text) => Some(text.into_owned()),
            Key::Bool(value) => Some(value.to_string()),
            Key::Int(value) => Some(value.to_string()),
            Key::Float(bits, _) => Some(crate::float::yaml_key(f64::from_bits(bits)).into_owned()),
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
            Key::Float(bits, _) => crate::float::go_syntax(f64::from_bits(*bits)),
            Key::Text(text) => crate::go_quote::quote(text.as_bytes()),
        }
    }
}
