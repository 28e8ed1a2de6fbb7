//! `index`, `slice` and `len`.

use std::sync::Arc;

use crate::exec::{Operand, State};
use crate::function::CallError;
use crate::value::{GoString, List, Map, Value};

fn error<T>(text: impl Into<String>) -> Result<T, CallError> {
    Err(CallError::Message(text.into()))
}

/// The type of a value, or of what it points to.
fn pointed_to(value: &Value) -> String {
    value.type_name().trim_start_matches('*').to_owned()
}

/// The length of a string, list or map.
pub(super) fn len(item: &Operand) -> Result<i64, CallError> {
    let length = match (&item.value, item.state) {
        (Value::Nil, State::Interface) => return error("len of nil pointer"),
        (Value::Nil, _) => return error("reflect: call of reflect.Value.Type on zero Value"),
        (Value::String(text), _) => text.len(),
        (Value::Bytes(bytes), _) => bytes.len(),
        (Value::List(list), _) => list.len(),
        (Value::Map(map), _) => map.len(),
        (Value::Object(object), _) if object.elements().is_some() => {
            object.elements().map_or(0, |list| list.len())
        }
        (other, _) => return error(format!("len of type {}", pointed_to(other))),
    };
    Ok(i64::try_from(length).unwrap_or(i64::MAX))
}

/// `index x 1 "a"` is Go's `x[1]["a"]`.
pub(super) fn index(item: &Operand, indexes: &[Operand]) -> Result<Operand, CallError> {
    let mut item = item.clone().unwrapped();
    if item.state == State::Invalid {
        return error("index of untyped nil");
    }
    for index in indexes {
        if matches!(item.value, Value::Nil) {
            return error("index of nil pointer");
        }
        if let Value::Object(object) = &item.value
            && let Some(list) = object.elements()
        {
            item = Operand::concrete(Value::List(list));
        }
        item = match &item.value {
            Value::List(list) => {
                let at = position(index, list.len())?;
                match list.items().get(at) {
                    Some(element) => Operand::element(list, element.clone()),
                    None => return error("reflect: slice index out of range"),
                }
            }
            Value::Bytes(bytes) => match bytes.get(position(index, bytes.len())?) {
                Some(byte) => Operand::concrete(Value::Uint8(*byte)),
                None => return error("reflect: slice index out of range"),
            },
            Value::String(text) => match text.as_bytes().get(position(index, text.len())?) {
                Some(byte) => Operand::concrete(Value::Uint8(*byte)),
                None => return error("reflect: string index out of range"),
            },
            Value::Map(map) => entry(map, &key(index)?),
            other => return error(format!("can't index item of type {}", pointed_to(other))),
        };
    }
    Ok(item)
}

/// The entry of a map; the zero of its element type when it is not there.
fn entry(map: &Map, key: &GoString) -> Operand {
    map.get(key).map_or_else(|| Operand::zero_entry(map), |value| Operand::entry(map, value))
}

fn key(index: &Operand) -> Result<GoString, CallError> {
    match &index.value {
        Value::String(text) => Ok(text.clone()),
        Value::Nil => error("value is nil; should be of type string"),
        other => error(format!("value has type {}; should be string", other.type_name())),
    }
}

/// An index into something of this length. The length itself passes: Go notices it later.
fn position(index: &Operand, length: usize) -> Result<usize, CallError> {
    let number = match (index.value.as_signed(), index.value.as_unsigned()) {
        (Some(number), _) => number,
        // Go converts, and large numbers become negative.
        (_, Some(number)) => number.cast_signed(),
        _ if matches!(index.value, Value::Nil) => return error("cannot index slice/array with nil"),
        _ => {
            return error(format!("cannot index slice/array with type {}", index.value.type_name()));
        }
    };
    match usize::try_from(number) {
        Ok(at) if at <= length => Ok(at),
        _ => error(format!("index out of range: {number}")),
    }
}

/// `slice x 1 2` is Go's `x[1:2]`.
pub(super) fn slice(item: &Operand, indexes: &[Operand]) -> Result<Operand, CallError> {
    let item = item.clone().unwrapped();
    if item.state == State::Invalid {
        return error("slice of untyped nil");
    }
    if indexes.len() > 3 {
        return error(format!("too many slice indexes: {}", indexes.len()));
    }
    let length = match &item.value {
        Value::String(_) if indexes.len() == 3 => return error("cannot 3-index slice a string"),
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        other => return error(format!("can't slice item of type {}", other.type_name())),
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        // Unlike index, Go's slice does not look inside an interface.
        *bound = match index.state {
            State::Interface => return error("cannot index slice/array with type interface {}"),
            _ => position(index, length)?,
        };
    }
    let [from, to, most] = bounds;
    if from > to {
        return error(format!("invalid slice index: {from} > {to}"));
    }
    if to > most {
        return error(format!("invalid slice index: {to} > {most}"));
    }
    let value = match &item.value {
        Value::String(text) => Value::from(GoString::from(text.as_bytes().get(from..to).unwrap_or_default())),
        Value::Bytes(bytes) => Value::Bytes(Arc::from(bytes.get(from..to).unwrap_or_default())),
        Value::List(list) => {
            Value::List(List::new(list.kind(), list.items().get(from..to).unwrap_or_default().to_vec()))
        }
        _ => Value::Nil,
    };
    Ok(Operand::concrete(value))
}
