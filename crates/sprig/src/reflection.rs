//! Functions that tell types and kinds, and Go's deep equality.

use std::rc::Rc;

use wheelhouse_gotemplate::Parameter::{Any, Bool, String as Str};
use wheelhouse_gotemplate::{CallError, Context, Function, Signature, Value};

use crate::call::{deeper, function};

pub(crate) const TABLE: &[Function] = &[
    function("typeOf", Signature::fixed(&[Any], Str), |_, arguments| {
        Ok(Value::string(arguments.any(0).type_name()))
    }),
    function("typeIs", Signature::fixed(&[Str, Any], Bool), |_, arguments| {
        Ok(Value::Bool(arguments.string(0)?.as_bytes() == arguments.any(1).type_name().as_bytes()))
    }),
    function("typeIsLike", Signature::fixed(&[Str, Any], Bool), |_, arguments| {
        let (target, name) = (arguments.string(0)?.as_bytes(), arguments.any(1).type_name().as_bytes());
        Ok(Value::Bool(target == name || name.strip_prefix(b"*") == Some(target)))
    }),
    function("kindOf", Signature::fixed(&[Any], Str), |_, arguments| {
        Ok(Value::string(arguments.any(0).kind().name()))
    }),
    function("kindIs", Signature::fixed(&[Str, Any], Bool), |_, arguments| {
        Ok(Value::Bool(arguments.string(0)?.as_bytes() == arguments.any(1).kind().name().as_bytes()))
    }),
    function("deepEqual", Signature::fixed(&[Any, Any], Bool), |context, arguments| {
        Ok(Value::Bool(deep_equal(context, arguments.any(0), arguments.any(1))?))
    }),
];

/// `reflect.DeepEqual`: values of different Go types are never equal, a nil map or slice is not
/// an empty one, and NaN is not itself except inside one and the same map or slice.
///
/// # Errors
/// When the values nest too deep, or the budget of steps is used up.
pub(crate) fn deep_equal(context: &mut dyn Context, left: &Value, right: &Value) -> Result<bool, CallError> {
    equal_at(context, left, right, 0)
}

fn equal_at(context: &mut dyn Context, left: &Value, right: &Value, depth: usize) -> Result<bool, CallError> {
    let depth = deeper(context, depth)?;
    Ok(match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left), Value::Int(right)) | (Value::Int64(left), Value::Int64(right)) => left == right,
        (Value::Int32(left), Value::Int32(right)) => left == right,
        (Value::Uint8(left), Value::Uint8(right)) => left == right,
        (Value::Uint32(left), Value::Uint32(right)) => left == right,
        (Value::Uint(left), Value::Uint(right)) | (Value::Uint64(left), Value::Uint64(right)) => {
            left == right
        }
        #[allow(clippy::float_cmp)] // as Go compares
        (Value::Float64(left), Value::Float64(right)) => left == right,
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Bytes(left), Value::Bytes(right)) => left == right,
        (Value::List(left), Value::List(right)) => {
            if left.kind() != right.kind() || left.is_nil() != right.is_nil() || left.len() != right.len() {
                return Ok(false);
            }
            if left.address() == right.address() {
                return Ok(true);
            }
            context.charge_steps(left.len() as u64)?;
            for (left, right) in left.items().iter().zip(right.items()) {
                if !equal_at(context, left, right, depth)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(left), Value::Map(right)) => {
            let same_type = left.map_type().name == right.map_type().name;
            if !same_type || left.is_nil() != right.is_nil() || left.len() != right.len() {
                return Ok(false);
            }
            if left.same(right) {
                return Ok(true);
            }
            context.charge_steps(left.len() as u64)?;
            for (key, left) in left.entries() {
                match right.get(&key) {
                    Some(right) if equal_at(context, &left, &right, depth)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (Value::Object(left), Value::Object(right)) => {
            let is_same = std::ptr::addr_eq(Rc::as_ptr(left), Rc::as_ptr(right));
            is_same || left.type_name() == right.type_name() && left.equals(right.as_ref())
        }
        _ => false,
    })
}
