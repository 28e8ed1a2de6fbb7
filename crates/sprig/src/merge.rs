//! `merge` and `mergeOverwrite`: what `mergo` 1.0 does with maps.
//!
//! The destination is changed in place. What it lacks is taken from the source as it is, not
//! copied: a map that both then hold is one map.

use wheelhouse_gotemplate::Parameter::{Any, Map as AnyMap};
use wheelhouse_gotemplate::{
    Arguments, CallError, Context, Function, GoString, Kind, Map, MapType, Signature, Value, value::Element,
};

use crate::call::{Outcome, deeper, function};
use crate::dictionaries::assign;

const MAP_AND_MAPS: Signature = Signature::variadic(&[AnyMap, AnyMap], Any);

pub(crate) const TABLE: &[Function] = &[
    function("merge", MAP_AND_MAPS, |context, arguments| swallowing(context, arguments, Keep::Destination)),
    function("mustMerge", MAP_AND_MAPS, |context, arguments| must(context, arguments, Keep::Destination)),
    function("mergeOverwrite", MAP_AND_MAPS, |context, arguments| {
        swallowing(context, arguments, Keep::Source)
    }),
    function("mustMergeOverwrite", MAP_AND_MAPS, |context, arguments| must(context, arguments, Keep::Source)),
];

/// Whose value stays where both have one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Destination,
    Source,
}

/// Why maps do not merge.
enum MergeError {
    /// `mergo` returns an error.
    Returned(&'static str),
    /// `mergo` panics, or a limit is reached.
    Raised(CallError),
}

impl From<CallError> for MergeError {
    fn from(error: CallError) -> Self {
        MergeError::Raised(error)
    }
}

/// The variant that gives an empty string for an error.
fn swallowing(context: &mut dyn Context, arguments: Arguments<'_>, keep: Keep) -> Outcome {
    match merged(context, arguments, keep) {
        Ok(map) => Ok(Value::Map(map)),
        Err(MergeError::Returned(_)) => Ok(Value::string("")),
        Err(MergeError::Raised(error)) => Err(error),
    }
}

fn must(context: &mut dyn Context, arguments: Arguments<'_>, keep: Keep) -> Outcome {
    match merged(context, arguments, keep) {
        Ok(map) => Ok(Value::Map(map)),
        Err(MergeError::Returned(text)) => Err(CallError::message(text)),
        Err(MergeError::Raised(error)) => Err(error),
    }
}

fn merged(context: &mut dyn Context, arguments: Arguments<'_>, keep: Keep) -> Result<Map, MergeError> {
    let mut destination = arguments.map(0)?.clone();
    for source in arguments.rest(1).iter().filter_map(Value::as_map) {
        if destination.is_nil() && !source.is_nil() {
            destination = Map::of_type(MapType::ANY);
        }
        merge_maps(context, &destination, source, keep, 0)?;
    }
    Ok(destination)
}

fn merge_maps(
    context: &mut dyn Context,
    destination: &Map,
    source: &Map,
    keep: Keep,
    depth: usize,
) -> Result<(), MergeError> {
    let depth = deeper(context, depth)?;
    if destination.is_nil() && !source.is_nil() {
        return Ok(());
    }
    context.charge_steps(source.len() as u64)?;
    for (key, value) in source.entries() {
        if matches!(value, Value::Nil) {
            if keep == Keep::Source {
                put(destination, key, Value::Nil)?;
            }
            continue;
        }
        let present = destination.get(&key);
        match value.kind() {
            Kind::Map | Kind::Struct | Kind::Pointer => {
                if let Some(present) = &present {
                    merge_into(context, present, &value, keep, depth)?;
                }
            }
            _ => {}
        }
        // An empty map that was just filled is empty no more.
        let fills = present.as_ref().is_none_or(is_empty);
        let both_maps =
            value.kind() == Kind::Map && present.as_ref().is_some_and(|present| present.kind() == Kind::Map);
        if fills || (keep == Keep::Source && !both_maps) {
            put(destination, key, value)?;
        }
    }
    Ok(())
}

/// What happens inside a value that is there already, before the source may replace it.
fn merge_into(
    context: &mut dyn Context,
    present: &Value,
    value: &Value,
    keep: Keep,
    depth: usize,
) -> Result<(), MergeError> {
    match (present, value) {
        (Value::Map(present), Value::Map(value)) => merge_maps(context, present, value, keep, depth),
        (Value::Object(present), value) if present.kind() == Kind::Pointer => {
            if value.kind() == Kind::Pointer || keep == Keep::Source {
                return Ok(());
            }
            Err(MergeError::Returned("src and dst must be of same type"))
        }
        (Value::Object(present), value)
            if present.kind() == Kind::Struct
                && !present.exported_fields().is_empty()
                && value.kind() != Kind::Struct =>
        {
            let kind = value.kind().name();
            let text = format!("reflect: call of reflect.Value.Field on {kind} Value");
            Err(MergeError::Raised(CallError::message(text)))
        }
        _ => Ok(()),
    }
}

/// `SetMapIndex`: a map of another element type takes only values of that type.
fn put(map: &Map, key: GoString, value: Value) -> Result<(), MergeError> {
    let fits = match map.map_type().element {
        Element::Any => true,
        Element::String => matches!(value, Value::String(_)),
        Element::Bytes => matches!(value, Value::Bytes(_)),
    };
    if !fits {
        let element = match map.map_type().element {
            Element::Bytes => "[]uint8",
            Element::Any | Element::String => "string",
        };
        return Err(MergeError::Raised(CallError::message(format!(
            "reflect.Value.SetMapIndex: value of type interface {{}} is not assignable to type {element}"
        ))));
    }
    Ok(assign(map, key, value)?)
}

/// `mergo`'s emptiness: the zero of a kind; structs are never empty.
fn is_empty(value: &Value) -> bool {
    crate::defaults::empty(value)
}
