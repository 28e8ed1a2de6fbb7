//! Go's dynamic values.
//!
//! A [`Value`] is what a Go `interface{}` holds. Maps are shared and mutable (`set` is seen by
//! everyone who holds the map); lists and strings are shared and immutable, as no template
//! function changes them in place. Values live on one thread: rendering a chart is sequential.

mod complex;
mod growth;
mod list;
mod map;
mod object;
mod text;

pub(crate) use complex::{Complex, complex_parts};
pub use growth::Capacity;
pub use list::{List, ListKind, ListType};
pub use map::{Element, Map, MapType};
pub use object::{Method, Object};
pub use text::GoString;

use std::rc::Rc;
use std::sync::Arc;

/// What a Go `interface{}` can hold inside a template.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// An interface that holds nothing.
    #[default]
    Nil,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `int32`, also Go's `rune`
    Int32(i32),
    /// `int64`
    Int64(i64),
    /// `uint8`, also Go's `byte`
    Uint8(u8),
    /// `uint32`
    Uint32(u32),
    /// `uint`
    Uint(u64),
    /// `uint64`
    Uint64(u64),
    /// `float64`
    Float64(f64),
    /// `string`: any bytes, usually UTF-8
    String(GoString),
    /// `[]byte`
    Bytes(Arc<[u8]>),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// Anything else: a struct, a pointer, a named type with methods.
    Object(Rc<dyn Object>),
}

/// Go's `reflect.Kind`, as far as templates can tell kinds apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No value at all.
    Invalid,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint8`
    Uint8,
    /// `uint32`
    Uint32,
    /// `uint`
    Uint,
    /// `uint64`
    Uint64,
    /// `float64`
    Float64,
    /// `complex128`
    Complex128,
    /// `string`
    String,
    /// `slice`
    Slice,
    /// `array`
    Array,
    /// `map`
    Map,
    /// `struct`
    Struct,
    /// `ptr`
    Pointer,
    /// `func`
    Func,
}

impl Kind {
    /// The name `reflect.Kind.String` gives.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Int32 => "int32",
            Kind::Int64 => "int64",
            Kind::Uint8 => "uint8",
            Kind::Uint32 => "uint32",
            Kind::Uint => "uint",
            Kind::Uint64 => "uint64",
            Kind::Float64 => "float64",
            Kind::Complex128 => "complex128",
            Kind::String => "string",
            Kind::Slice => "slice",
            Kind::Array => "array",
            Kind::Map => "map",
            Kind::Struct => "struct",
            Kind::Pointer => "ptr",
            Kind::Func => "func",
        }
    }
}

impl Value {
    /// A string value.
    #[must_use]
    pub fn string(text: impl Into<GoString>) -> Self {
        Value::String(text.into())
    }

    /// A `[]interface {}` value.
    #[must_use]
    pub fn list(items: Vec<Value>) -> Self {
        Value::List(List::new(ListKind::Any, items))
    }

    /// An object value.
    #[must_use]
    pub fn object(object: impl Object) -> Self {
        Value::Object(Rc::new(object))
    }

    /// The kind of what is held; `Invalid` for nil.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Value::Nil => Kind::Invalid,
            Value::Bool(_) => Kind::Bool,
            Value::Int(_) => Kind::Int,
            Value::Int32(_) => Kind::Int32,
            Value::Int64(_) => Kind::Int64,
            Value::Uint8(_) => Kind::Uint8,
            Value::Uint32(_) => Kind::Uint32,
            Value::Uint(_) => Kind::Uint,
            Value::Uint64(_) => Kind::Uint64,
            Value::Float64(_) => Kind::Float64,
            Value::String(_) => Kind::String,
            Value::Bytes(_) | Value::List(_) => Kind::Slice,
            Value::Map(_) => Kind::Map,
            Value::Object(object) => object.kind(),
        }
    }

    /// The Go type's name as `%T` prints it; `<nil>` for nil.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Nil => "<nil>",
            Value::Bytes(_) => "[]uint8",
            Value::List(list) => list.kind().type_name(),
            Value::Map(map) => map.map_type().name,
            Value::Object(object) => object.type_name(),
            scalar => scalar.kind().name(),
        }
    }

    /// Go templates' truth: whether the value is not the zero of its kind.
    /// Structs are always true; NaN is true.
    #[must_use]
    pub fn truth(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(value) => *value,
            Value::Int(value) | Value::Int64(value) => *value != 0,
            Value::Int32(value) => *value != 0,
            Value::Uint8(value) => *value != 0,
            Value::Uint32(value) => *value != 0,
            Value::Uint(value) | Value::Uint64(value) => *value != 0,
            Value::Float64(value) => *value != 0.0,
            Value::String(text) => !text.is_empty(),
            Value::Bytes(bytes) => !bytes.is_empty(),
            Value::List(list) => !list.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Object(object) => object.truth(),
        }
    }

    /// The integer held by any signed integer kind.
    #[must_use]
    pub fn as_signed(&self) -> Option<i64> {
        match self {
            Value::Int(value) | Value::Int64(value) => Some(*value),
            Value::Int32(value) => Some(i64::from(*value)),
            Value::Object(object) => object.as_int64(),
            _ => None,
        }
    }

    /// The integer held by any unsigned integer kind.
    #[must_use]
    pub fn as_unsigned(&self) -> Option<u64> {
        match self {
            Value::Uint(value) | Value::Uint64(value) => Some(*value),
            Value::Uint8(value) => Some(u64::from(*value)),
            Value::Uint32(value) => Some(u64::from(*value)),
            _ => None,
        }
    }

    /// The string held, if it is one.
    #[must_use]
    pub fn as_string(&self) -> Option<&GoString> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The list held, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The map held, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<GoString> for Value {
    fn from(value: GoString) -> Self {
        Value::String(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::String(value.into())
    }
}

impl From<List> for Value {
    fn from(value: List) -> Self {
        Value::List(value)
    }
}

impl From<Map> for Value {
    fn from(value: Map) -> Self {
        Value::Map(value)
    }
}
