//! `deepCopy`: `copystructure.Copy`.

use wheelhouse_gotemplate::value::Capacity;
use wheelhouse_gotemplate::{Arguments, CallError, Context, List, Map, Value};

use crate::call::{Outcome, charge_elements, charge_entries, deeper};

pub(super) fn deep_copy(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    match arguments.any(0) {
        Value::Nil => Err(CallError::message("reflect: call of reflect.Value.Type on zero Value")),
        value => copied(context, value, 0),
    }
}

/// Maps and slices keep their types, and nil ones stay nil.
fn copied(context: &mut dyn Context, value: &Value, depth: usize) -> Outcome {
    let depth = deeper(context, depth)?;
    Ok(match value {
        Value::Map(map) if map.is_nil() => Value::Map(Map::nil(map.map_type())),
        Value::Map(map) => {
            charge_entries(context, map.len())?;
            let copy = Map::of_type(map.map_type());
            for (key, element) in map.entries() {
                copy.insert(key, copied(context, &element, depth)?);
            }
            Value::Map(copy)
        }
        Value::List(list) if list.is_nil() => Value::List(List::nil(list.kind())),
        Value::List(list) => {
            charge_elements(context, list.len())?;
            let elements = list.items().iter().map(|element| copied(context, element, depth));
            let elements = elements.collect::<Result<_, _>>()?;
            Value::List(List::with_capacity(list.kind(), elements, Capacity::Exactly(list.capacity())))
        }
        Value::Object(object) => {
            crate::versions::deep_copied(object.as_ref()).unwrap_or_else(|| value.clone())
        }
        other => other.clone(),
    })
}
