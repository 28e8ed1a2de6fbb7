use std::collections::BTreeMap;

/// A mapping with text keys, by their bytes: the order in which Go's JSON and Go's templates walk
/// a map.
pub type Map = BTreeMap<String, Value>;

/// The data model of JSON, with integers kept apart from floats.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number (Go's `int`).
    Int(i64),
    /// A whole number above `i64::MAX` (Go's `uint64`).
    Uint(u64),
    /// Any other number, and every number that came through JSON (Go's `float64`).
    Float(f64),
    /// A text.
    String(String),
    /// A list.
    Seq(Vec<Value>),
    /// Keys and values.
    Map(Map),
}

impl Value {
    /// The word Go's JSON errors use for a value of this kind.
    #[must_use]
    pub fn json_kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => "number",
            Value::String(_) => "string",
            Value::Seq(_) => "array",
            Value::Map(_) => "object",
        }
    }

    /// The text a Go string field receives from this value: `version: 1.20` gives `1.2`, `yes`
    /// gives `true`. `None` for a value that a string field cannot take.
    ///
    /// As in `sigs.k8s.io/yaml`, floats are written with the precision of 32 bits.
    #[must_use]
    pub fn as_string_field(&self) -> Option<String> {
        match self {
            Value::String(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Int(value) => Some(value.to_string()),
            Value::Uint(value) => Some(value.to_string()),
            Value::Float(value) => Some(crate::float::general_32(*value)),
            Value::Null | Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn as_seq(&self) -> Option<&[Value]> {
        match self {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// Turns every number into a float, as a way through Go's JSON does.
    pub fn make_floats(&mut self) {
        match self {
            Value::Int(value) => *self = Value::Float(*value as f64),
            Value::Uint(value) => *self = Value::Float(*value as f64),
            Value::Seq(items) => items.iter_mut().for_each(Value::make_floats),
            Value::Map(map) => map.values_mut().for_each(Value::make_floats),
            Value::Null | Value::Bool(_) | Value::Float(_) | Value::String(_) => {}
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::String(text)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Value::Seq(items)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Value::Map(map)
    }
}
