//! Defaults, emptiness and choices.

use wheelhouse_gotemplate::Parameter::{Any, Bool};
use wheelhouse_gotemplate::{Function, Kind, Signature, Value};

use crate::call::function;

pub(crate) const TABLE: &[Function] = &[
    function("default", Signature::variadic(&[Any, Any], Any), |_, arguments| {
        let given = arguments.any(1);
        Ok(if empty(given) { arguments.any(0).clone() } else { given.clone() })
    }),
    function("empty", Signature::fixed(&[Any], Bool), |_, arguments| {
        Ok(Value::Bool(empty(arguments.any(0))))
    }),
    function("coalesce", Signature::variadic(&[Any], Any), |_, arguments| {
        Ok(arguments.rest(0).iter().find(|value| !empty(value)).cloned().unwrap_or_default())
    }),
    function("all", Signature::variadic(&[Any], Bool), |_, arguments| {
        Ok(Value::Bool(!arguments.rest(0).iter().any(empty)))
    }),
    function("any", Signature::variadic(&[Any], Bool), |_, arguments| {
        Ok(Value::Bool(!arguments.rest(0).iter().all(empty)))
    }),
    function("ternary", Signature::fixed(&[Any, Any, Bool], Any), |_, arguments| {
        let chosen = if arguments.bool(2)? { 0 } else { 1 };
        Ok(arguments.any(chosen).clone())
    }),
];

/// Sprig's emptiness: the zero of a kind. Structs are never empty.
pub(crate) fn empty(value: &Value) -> bool {
    match value {
        Value::Object(object) if matches!(object.kind(), Kind::Struct | Kind::Pointer) => false,
        other => !other.truth(),
    }
}
