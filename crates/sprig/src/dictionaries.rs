//! Dictionary functions. Maps are shared: what `set` and `unset` change, everyone sees.

mod copy;

use wheelhouse_gotemplate::Parameter::{Any, Bool, List as AnyList, Map as AnyMap, String as Str, Strings};
use wheelhouse_gotemplate::{Arguments, CallError, Context, Function, GoString, List, Map, Signature, Value};

use crate::call::{Outcome, charge_elements, charge_entries, function};
use crate::convert::strval;

pub(crate) const TABLE: &[Function] = &[
    function("dict", Signature::variadic(&[Any], AnyMap), dict),
    function("get", Signature::fixed(&[AnyMap, Str], Any), |_, arguments| {
        Ok(arguments.map(0)?.get(arguments.string(1)?).unwrap_or_else(|| Value::string("")))
    }),
    function("set", Signature::fixed(&[AnyMap, Str, Any], AnyMap), |context, arguments| {
        let map = arguments.map(0)?;
        charge_entries(context, 1)?;
        assign(map, arguments.string(1)?.clone(), arguments.any(2).clone())?;
        Ok(Value::Map(map.clone()))
    }),
    function("unset", Signature::fixed(&[AnyMap, Str], AnyMap), |_, arguments| {
        let map = arguments.map(0)?;
        map.remove(arguments.string(1)?);
        Ok(Value::Map(map.clone()))
    }),
    function("hasKey", Signature::fixed(&[AnyMap, Str], Bool), |_, arguments| {
        Ok(Value::Bool(arguments.map(0)?.contains(arguments.string(1)?)))
    }),
    function("pluck", Signature::variadic(&[Str, AnyMap], AnyList), |_, arguments| {
        let key = arguments.string(0)?;
        let maps = arguments.rest(1).iter().filter_map(Value::as_map);
        Ok(Value::list(maps.filter_map(|map| map.get(key)).collect()))
    }),
    function("keys", Signature::variadic(&[AnyMap], Strings), |context, arguments| {
        let mut keys: Vec<GoString> = Vec::new();
        for map in arguments.rest(0).iter().filter_map(Value::as_map) {
            charge_elements(context, map.len())?;
            keys.extend(map.keys());
        }
        Ok(Value::List(List::strings(keys)))
    }),
    function("values", Signature::fixed(&[AnyMap], AnyList), |context, arguments| {
        let map = arguments.map(0)?;
        charge_elements(context, map.len())?;
        Ok(Value::list(map.entries().into_iter().map(|(_, value)| value).collect()))
    }),
    function("pick", Signature::variadic(&[AnyMap, Str], AnyMap), |context, arguments| {
        let map = arguments.map(0)?;
        charge_entries(context, arguments.len())?;
        let keys = arguments.rest(1).iter().filter_map(Value::as_string);
        Ok(Value::Map(Map::from_entries(keys.filter_map(|key| Some((key.clone(), map.get(key)?))))))
    }),
    function("omit", Signature::variadic(&[AnyMap, Str], AnyMap), |context, arguments| {
        let map = arguments.map(0)?;
        charge_entries(context, map.len())?;
        let kept = Map::from_entries(map.entries());
        for key in arguments.rest(1).iter().filter_map(Value::as_string) {
            kept.remove(key);
        }
        Ok(Value::Map(kept))
    }),
    function("dig", Signature::variadic(&[Any], Any), dig),
    function("deepCopy", Signature::fixed(&[Any], Any), copy::deep_copy),
    function("mustDeepCopy", Signature::fixed(&[Any], Any), copy::deep_copy),
];

/// Go's `map[key] = value`.
///
/// # Errors
/// When the map is nil, as Go panics.
pub(crate) fn assign(map: &Map, key: GoString, value: Value) -> Result<(), CallError> {
    if map.is_nil() {
        return Err(CallError::message("assignment to entry in nil map"));
    }
    map.insert(key, value);
    Ok(())
}

/// A key without a value gets an empty string.
fn dict(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    charge_entries(context, arguments.len() / 2 + 1)?;
    let map = Map::new();
    for pair in arguments.rest(0).chunks(2) {
        if let [key, rest @ ..] = pair {
            let value = rest.first().cloned().unwrap_or_else(|| Value::string(""));
            map.insert(strval(context, key)?, value);
        }
    }
    Ok(Value::Map(map))
}

/// `dig`, whose type assertions ask for exactly `map[string]interface {}`: `common.Values` fails.
fn dig(_: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let [path @ .., default, map] = arguments.rest(0) else {
        return Err(CallError::message("dig needs at least three arguments"));
    };
    if path.is_empty() {
        return Err(CallError::message("dig needs at least three arguments"));
    }
    let mut map = plain_map(map)?.clone();
    let mut keys = Vec::with_capacity(path.len());
    for key in path {
        keys.push(key.as_string().ok_or_else(|| not_a(key, "string"))?);
    }
    let mut keys = keys.into_iter().peekable();
    while let Some(key) = keys.next() {
        let Some(step) = map.get(key) else {
            return Ok(default.clone());
        };
        if keys.peek().is_none() {
            return Ok(step);
        }
        map = plain_map(&step)?.clone();
    }
    Ok(default.clone())
}

fn plain_map(value: &Value) -> Result<&Map, CallError> {
    value.as_map().filter(|map| map.is_plain()).ok_or_else(|| not_a(value, "map[string]interface {}"))
}

/// The text of a failed Go type assertion.
fn not_a(value: &Value, wanted: &str) -> CallError {
    let found = if matches!(value, Value::Nil) { "nil" } else { value.type_name() };
    CallError::message(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}
