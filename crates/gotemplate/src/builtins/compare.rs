//! `eq ne lt le gt ge`: only values of one basic kind compare, whatever their size.

use std::cmp::Ordering;

use crate::exec::Operand;
use crate::format::Printer;
use crate::function::CallError;
use crate::value::{Kind, Object, Value};

/// A value as comparison sees it.
enum Basic<'v> {
    Bool(bool),
    Complex(f64, f64),
    Int(i64),
    Float(f64),
    String(&'v [u8]),
    Uint(u64),
    /// Not basic, or no value at all.
    None,
}

impl Basic<'_> {
    fn of(value: &Value) -> Basic<'_> {
        match value {
            Value::Bool(value) => Basic::Bool(*value),
            Value::Float64(value) => Basic::Float(*value),
            Value::String(text) => Basic::String(text.as_bytes()),
            Value::Object(object) => {
                if let Some((real, imaginary)) = crate::value::complex_parts(object.as_ref()) {
                    Basic::Complex(real, imaginary)
                } else {
                    object.as_int64().map_or(Basic::None, Basic::Int)
                }
            }
            other => match (other.as_signed(), other.as_unsigned()) {
                (Some(number), _) => Basic::Int(number),
                (_, Some(number)) => Basic::Uint(number),
                _ => Basic::None,
            },
        }
    }
}

const BAD_TYPE: &str = "invalid type for comparison";

fn incompatible(left: &Value, right: &Value) -> CallError {
    let (left, right) = (left.type_name(), right.type_name());
    CallError::Message(format!("incompatible types for comparison: {left} and {right}"))
}

/// Whether the first equals any of the others.
pub(super) fn eq(first: &Operand, others: &[Operand]) -> Result<bool, CallError> {
    if others.is_empty() {
        return Err(CallError::message("missing argument for comparison"));
    }
    for other in others {
        if equal(&first.value, &other.value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal(left: &Value, right: &Value) -> Result<bool, CallError> {
    Ok(match (Basic::of(left), Basic::of(right)) {
        (Basic::Bool(left), Basic::Bool(right)) => left == right,
        (Basic::Complex(a, b), Basic::Complex(c, d)) => a == c && b == d,
        (Basic::Float(left), Basic::Float(right)) => left == right,
        (Basic::Int(left), Basic::Int(right)) => left == right,
        (Basic::String(left), Basic::String(right)) => left == right,
        (Basic::Uint(left), Basic::Uint(right)) => left == right,
        (Basic::Int(int), Basic::Uint(uint)) | (Basic::Uint(uint), Basic::Int(int)) => {
            u64::try_from(int) == Ok(uint)
        }
        (Basic::None, Basic::None) => return equal_others(left, right),
        _ if matches!(left, Value::Nil) || matches!(right, Value::Nil) => false,
        _ => return Err(incompatible(left, right)),
    })
}

/// Values of no basic kind: nil, maps, lists, structs, pointers.
fn equal_others(left: &Value, right: &Value) -> Result<bool, CallError> {
    let has_nil = matches!(left, Value::Nil) || matches!(right, Value::Nil);
    if left.kind() != right.kind() && !has_nil {
        let text = format!(
            "non-comparable types {}: {}, {}: {}",
            shown(left, b"%s"),
            left.type_name(),
            right.type_name(),
            shown(right, b"%v"),
        );
        return Err(CallError::Message(text));
    }
    if is_nil(left) || is_nil(right) {
        return Ok(is_nil(left) == is_nil(right));
    }
    match (left, right) {
        (Value::Object(left), Value::Object(right)) if right.is_comparable() => {
            Ok(std::ptr::addr_eq(std::rc::Rc::as_ptr(left), std::rc::Rc::as_ptr(right))
                || (left.kind() != Kind::Pointer && left.equals(right.as_ref() as &dyn Object)))
        }
        _ => {
            let text = format!("non-comparable type {}: {}", shown(right, b"%s"), right.type_name());
            Err(CallError::Message(text))
        }
    }
}

fn is_nil(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::List(list) => list.is_nil(),
        Value::Map(map) => map.is_nil(),
        _ => false,
    }
}

/// A value inside an error text, which no one needs to be long.
fn shown(value: &Value, format: &[u8]) -> String {
    let mut printer = Printer::new(Vec::new(), 1 << 20);
    printer.print_format(format, std::slice::from_ref(value));
    printer.finish().map_or_else(|_| "…".to_owned(), |text| String::from_utf8_lossy(&text).into_owned())
}

pub(super) fn lt(left: &Operand, right: &Operand) -> Result<bool, CallError> {
    Ok(ordering(&left.value, &right.value)? == Some(Ordering::Less))
}

pub(super) fn le(left: &Operand, right: &Operand) -> Result<bool, CallError> {
    Ok(lt(left, right)? || equal(&left.value, &right.value)?)
}

/// How two values compare; `None` where a NaN is.
fn ordering(left: &Value, right: &Value) -> Result<Option<Ordering>, CallError> {
    Ok(match (Basic::of(left), Basic::of(right)) {
        (Basic::None, _) | (_, Basic::None) => return Err(CallError::message(BAD_TYPE)),
        (Basic::Float(left), Basic::Float(right)) => left.partial_cmp(&right),
        (Basic::Int(left), Basic::Int(right)) => Some(left.cmp(&right)),
        (Basic::String(left), Basic::String(right)) => Some(left.cmp(right)),
        (Basic::Uint(left), Basic::Uint(right)) => Some(left.cmp(&right)),
        (Basic::Int(left), Basic::Uint(right)) => Some(i128::from(left).cmp(&i128::from(right))),
        (Basic::Uint(left), Basic::Int(right)) => Some(i128::from(left).cmp(&i128::from(right))),
        (Basic::Bool(_), Basic::Bool(_)) | (Basic::Complex(..), Basic::Complex(..)) => {
            return Err(CallError::message(BAD_TYPE));
        }
        _ => return Err(incompatible(left, right)),
    })
}
