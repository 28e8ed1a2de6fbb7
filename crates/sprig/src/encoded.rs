//! Template values as `goyaml` writes and reads them.

use std::cell::Cell;
use std::rc::Rc;

use wheelhouse_gotemplate::{CallError, Context, GoString, Kind, Map, Object, Value};
use wheelhouse_goyaml::{self as goyaml, Encode, Error, KeyOrder, Limits, Sink, encode_map};

use crate::call::levels_left;
use crate::elements::Slice;

/// Writes a value with one of `goyaml`'s writers, and pays for the text.
///
/// The outer error is a limit that was reached, the inner one the writer's.
///
/// # Errors
/// When the text is larger than the render may make: a list that holds one list twice, which holds
/// another twice, and so on, is small itself and endless as text.
pub(crate) fn encode(
    context: &mut dyn Context,
    value: &Value,
    write: impl FnOnce(&Encoded<'_>) -> Result<Vec<u8>, Error>,
) -> Result<Result<Vec<u8>, Error>, CallError> {
    let left = context.bytes_left();
    let budget = Cell::new(Some(left));
    let written = write(&Encoded { value, depth: 0, context, budget: &budget });
    if budget.get().is_none() {
        context.charge_bytes(left.saturating_add(1))?;
    }
    if let Ok(text) = &written {
        context.charge_bytes(text.len())?;
    }
    Ok(written)
}

/// Bytes a node counts for besides its text: small nodes cost time, too.
const NODE: usize = 8;
/// Spaces before a node, by its depth.
const INDENT: usize = 2;

/// A value to be written.
pub(crate) struct Encoded<'a> {
    value: &'a Value,
    depth: usize,
    context: &'a dyn Context,
    /// Bytes that may still be written; `None` when there were not enough.
    budget: &'a Cell<Option<usize>>,
}

impl Encoded<'_> {
    fn of<'b>(&'b self, value: &'b Value) -> Encoded<'b> {
        Encoded { value, depth: self.depth + 1, ..*self }
    }

    fn pay(&self, bytes: usize) -> Result<(), Error> {
        let left = self.budget.get().and_then(|left| left.checked_sub(bytes));
        self.budget.set(left);
        match left {
            Some(_) => Ok(()),
            // Only ends the writing; what the caller sees is the limit.
            None => Err(Error::TooDeep { max: 0 }),
        }
    }

    fn slice<S: Sink + ?Sized>(&self, slice: &Slice<'_>, sink: &mut S) -> Result<(), Error> {
        self.pay(slice.len())?;
        sink.begin_seq(slice.len())?;
        for element in slice.iter() {
            self.of(&element).encode(sink)?;
        }
        sink.end_seq();
        Ok(())
    }

    fn map<S: Sink + ?Sized>(&self, map: &Map, sink: &mut S) -> Result<(), Error> {
        let entries = map.entries();
        self.pay(entries.iter().map(|(key, _)| key.len() + 2).sum())?;
        encode_map(sink, entries.iter().map(|(key, value)| (key, self.of(value))))
    }

    fn object<S: Sink + ?Sized>(&self, object: &Rc<dyn Object>, sink: &mut S) -> Result<(), Error> {
        if matches!(object.kind(), Kind::Complex128 | Kind::Func) {
            let refused = Error::UnsupportedType(object.type_name());
            return Err(match sink.key_order() {
                KeyOrder::Natural => Error::Marshaling(Box::new(refused)),
                _ => refused,
            });
        }
        if sink.key_order() == KeyOrder::NaturalV3 {
            // Without the way through JSON times and durations are what they are.
            match object.type_name() {
                "time.Time" => return sink.time(text(object.to_json()).as_bytes()),
                "time.Duration" => return sink.string(object.display().unwrap_or_default().as_bytes()),
                _ => {}
            }
        }
        if sink.key_order() != KeyOrder::NaturalV3
            && let Some(fields) = object.json_fields()
        {
            return self.fields(&fields, sink);
        }
        if let Some(value) = object.to_json() {
            return self.of(&value).encode(sink);
        }
        if let Some(list) = object.elements() {
            return self.slice(&Slice::Named(list), sink);
        }
        if let Some(number) = object.as_int64() {
            return sink.int(number);
        }
        self.fields(&object.exported_fields(), sink)
    }

    /// A struct: JSON and go-yaml v3 keep the order of the fields, v3 writes their names small.
    fn fields<S: Sink + ?Sized>(&self, fields: &[(&str, Value)], sink: &mut S) -> Result<(), Error> {
        if sink.key_order() == KeyOrder::Natural {
            return encode_map(sink, fields.iter().map(|(name, value)| (name, self.of(value))));
        }
        sink.begin_map(fields.len())?;
        for (name, value) in fields {
            if sink.key_order() == KeyOrder::NaturalV3 {
                sink.key(name.to_lowercase().as_bytes())?;
            } else {
                sink.key(name.as_bytes())?;
            }
            self.of(value).encode(sink)?;
        }
        sink.end_map();
        Ok(())
    }
}

impl Encode for Encoded<'_> {
    fn encode<S: Sink + ?Sized>(&self, sink: &mut S) -> Result<(), Error> {
        self.pay(NODE + INDENT * self.depth)?;
        if self.context.stack_left() == 0 {
            return Err(Error::TooDeep { max: 0 });
        }
        match self.value {
            Value::Nil => sink.null(),
            Value::Bool(value) => sink.bool(*value),
            Value::Float64(number) => sink.float(*number),
            Value::String(text) => {
                self.pay(text.len())?;
                sink.string(text.as_bytes())
            }
            Value::Bytes(bytes) => {
                self.pay(bytes.len())?;
                sink.bytes(bytes)
            }
            Value::List(list) if list.is_nil() => sink.nil_seq(),
            Value::List(list) => self.slice(&Slice::List(list), sink),
            Value::Map(map) if map.is_nil() => sink.nil_map(),
            Value::Map(map) => self.map(map, sink),
            Value::Object(object) => self.object(object, sink),
            integer => match (integer.as_signed(), integer.as_unsigned()) {
                (Some(number), _) => sink.int(number),
                (_, Some(number)) => sink.uint(number),
                _ => sink.null(),
            },
        }
    }
}

fn text(value: Option<Value>) -> GoString {
    match value {
        Some(Value::String(text)) => text,
        _ => GoString::default(),
    }
}

/// What was read as a template value; `goyaml` made floats of all numbers already.
pub(crate) fn decoded(value: goyaml::Value) -> Value {
    match value {
        goyaml::Value::Null => Value::Nil,
        goyaml::Value::Bool(value) => Value::Bool(value),
        goyaml::Value::Int(number) => Value::Int64(number),
        goyaml::Value::Uint(number) => Value::Uint64(number),
        goyaml::Value::Float(number) => Value::Float64(number),
        goyaml::Value::String(text) => Value::string(text),
        goyaml::Value::Seq(items) => decoded_list(items),
        goyaml::Value::Map(map) => Value::Map(decoded_map(map)),
    }
}

pub(crate) fn decoded_map(map: goyaml::Map) -> Map {
    Map::from_entries(map.into_iter().map(|(key, value)| (GoString::from(key), decoded(value))))
}

pub(crate) fn decoded_list(items: Vec<goyaml::Value>) -> Value {
    Value::list(items.into_iter().map(decoded).collect())
}

/// What a reader may take in, with the stack that is left.
pub(crate) fn limits(context: &dyn Context) -> Limits {
    let limits = Limits::default();
    Limits { max_depth: limits.max_depth.min(levels_left(context)), ..limits }
}

/// The answer of `fromJson` and `fromYaml` to what they cannot read.
pub(crate) fn error_map(error: impl ToString) -> Value {
    Value::Map(Map::from_entries([(GoString::from("Error"), Value::string(error.to_string()))]))
}

/// The answer of `fromJsonArray` and `fromYamlArray` to what they cannot read.
pub(crate) fn error_list(error: impl ToString) -> Value {
    Value::list(vec![Value::string(error.to_string())])
}
