//! List functions. They read slices of any type and mostly give `[]interface {}`; each has a
//! `must…` twin, which does the same: where one panics the other returns the error, and a template
//! sees the same text.

use wheelhouse_gotemplate::Parameter::{Any, Bool, Int, List as AnyList, Named};
use wheelhouse_gotemplate::value::Capacity;
use wheelhouse_gotemplate::{
    Arguments, CallError, Context, Function, List, ListKind, Parameter, Signature, Value,
};

use crate::call::{Outcome, charge_elements, function};
use crate::convert::{to_int64, truncate};
use crate::defaults::empty;
use crate::elements::{Slice, appended_to_nil, slice_or};
use crate::reflection::deep_equal;

const OF_ONE: Signature = Signature::fixed(&[Any], Any);
const LIST_OF_ONE: Signature = Signature::fixed(&[Any], AnyList);
const LIST_OF_TWO: Signature = Signature::fixed(&[Any, Any], AnyList);
const LIST_OF_MANY: Signature = Signature::variadic(&[Any], AnyList);
const LIST_OF_ONE_AND_MANY: Signature = Signature::variadic(&[Any, Any], AnyList);
const LISTS: Parameter = Named("[][]interface {}");

pub(crate) const TABLE: &[Function] = &[
    function("list", LIST_OF_MANY, list),
    function("tuple", LIST_OF_MANY, list),
    function("append", LIST_OF_TWO, push),
    function("mustAppend", LIST_OF_TWO, push),
    function("push", LIST_OF_TWO, push),
    function("mustPush", LIST_OF_TWO, push),
    function("prepend", LIST_OF_TWO, prepend),
    function("mustPrepend", LIST_OF_TWO, prepend),
    function("first", OF_ONE, first),
    function("mustFirst", OF_ONE, first),
    function("last", OF_ONE, last),
    function("mustLast", OF_ONE, last),
    function("rest", LIST_OF_ONE, rest),
    function("mustRest", LIST_OF_ONE, rest),
    function("initial", LIST_OF_ONE, initial),
    function("mustInitial", LIST_OF_ONE, initial),
    function("reverse", LIST_OF_ONE, reverse),
    function("mustReverse", LIST_OF_ONE, reverse),
    function("compact", LIST_OF_ONE, compact),
    function("mustCompact", LIST_OF_ONE, compact),
    function("uniq", LIST_OF_ONE, uniq),
    function("mustUniq", LIST_OF_ONE, uniq),
    function("without", LIST_OF_ONE_AND_MANY, without),
    function("mustWithout", LIST_OF_ONE_AND_MANY, without),
    function("has", Signature::fixed(&[Any, Any], Bool), has),
    function("mustHas", Signature::fixed(&[Any, Any], Bool), has),
    function("slice", Signature::variadic(&[Any, Any], Any), slice),
    function("mustSlice", Signature::variadic(&[Any, Any], Any), slice),
    function("concat", Signature::variadic(&[Any], Any), concat),
    function("chunk", Signature::fixed(&[Int, Any], LISTS), chunk),
    function("mustChunk", Signature::fixed(&[Int, Any], LISTS), chunk),
];

/// The elements as a new list, paid for.
fn elements(context: &mut dyn Context, slice: &Slice<'_>) -> Result<Vec<Value>, CallError> {
    charge_elements(context, slice.len() + 1)?;
    Ok(slice.iter().collect())
}

/// No argument at all is a nil slice in Go, as `reflect` passes an empty variadic.
fn list(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    charge_elements(context, arguments.len())?;
    Ok(exact(arguments.rest(0).to_vec()))
}

/// A list without room behind its elements.
fn exact(items: Vec<Value>) -> Value {
    Value::List(List::exact(ListKind::Any, items))
}

fn with_capacity(items: Vec<Value>, capacity: Capacity) -> Value {
    Value::List(List::with_capacity(ListKind::Any, items, capacity))
}

fn push(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let mut items = elements(context, &slice_or(arguments.any(0), "Cannot push on type")?)?;
    let copied = items.len();
    items.push(arguments.any(1).clone());
    Ok(with_capacity(items, Capacity::GrownFrom(copied)))
}

fn prepend(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let slice = slice_or(arguments.any(0), "Cannot prepend on type")?;
    charge_elements(context, slice.len() + 1)?;
    let first = arguments.any(1).clone();
    Ok(with_capacity(std::iter::once(first).chain(slice.iter()).collect(), Capacity::GrownAtOnce))
}

fn first(_: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let slice = slice_or(arguments.any(0), "Cannot find first on type")?;
    Ok(slice.get(0).unwrap_or_default())
}

fn last(_: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let slice = slice_or(arguments.any(0), "Cannot find last on type")?;
    Ok(slice.iter().next_back().unwrap_or_default())
}

fn rest(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    part_or_nil(context, &slice_or(arguments.any(0), "Cannot find rest on type")?, 1, 0)
}

fn initial(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    part_or_nil(context, &slice_or(arguments.any(0), "Cannot find initial on type")?, 0, 1)
}

/// All but some elements at each end; of an empty list a nil one.
fn part_or_nil(context: &mut dyn Context, slice: &Slice<'_>, skip: usize, drop: usize) -> Outcome {
    let Some(kept) = slice.len().checked_sub(skip + drop) else {
        return Ok(Value::List(List::nil(ListKind::Any)));
    };
    charge_elements(context, kept)?;
    Ok(exact(slice.iter().skip(skip).take(kept).collect()))
}

fn reverse(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let mut items = elements(context, &slice_or(arguments.any(0), "Cannot find reverse on type")?)?;
    items.reverse();
    Ok(exact(items))
}

fn compact(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let mut items = elements(context, &slice_or(arguments.any(0), "Cannot compact on type")?)?;
    items.retain(|item| !empty(item));
    Ok(Value::list(items))
}

fn uniq(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let items = elements(context, &slice_or(arguments.any(0), "Cannot find uniq on type")?)?;
    let mut unique: Vec<Value> = Vec::new();
    for item in items {
        if !in_list(context, &unique, &item)? {
            unique.push(item);
        }
    }
    Ok(Value::list(unique))
}

fn without(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let items = elements(context, &slice_or(arguments.any(0), "Cannot find without on type")?)?;
    let mut kept = Vec::new();
    for item in items {
        if !in_list(context, arguments.rest(1), &item)? {
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

fn has(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let haystack = arguments.any(1);
    if matches!(haystack, Value::Nil) {
        return Ok(Value::Bool(false));
    }
    let slice = slice_or(haystack, "Cannot find has on type")?;
    context.charge_steps(slice.len() as u64)?;
    for item in slice.iter() {
        if deep_equal(context, arguments.any(0), &item)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn in_list(context: &mut dyn Context, list: &[Value], item: &Value) -> Result<bool, CallError> {
    // Comparing every element with every other is the cost of `uniq`.
    context.charge_steps(list.len() as u64)?;
    for other in list {
        if deep_equal(context, item, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `slice`, which hides the builtin of that name: only lists, and the bounds go through `toInt`.
/// As in Go the end may lie beyond the last element where there is room.
fn slice(_: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let slice = slice_or(arguments.any(0), "list should be type of slice or array but")?;
    if slice.len() == 0 {
        return Ok(Value::Nil);
    }
    let start = arguments.0.get(1).map_or(Ok(0), |start| usize::try_from(to_int64(start)));
    let end = arguments.0.get(2).map_or(Ok(slice.len()), |end| usize::try_from(to_int64(end)));
    let part = start.ok().zip(end.ok()).and_then(|(start, end)| slice.part(start, end));
    part.ok_or_else(|| CallError::message("reflect.Value.Slice: slice index out of bounds"))
}

fn concat(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let mut items = Vec::new();
    for list in arguments.rest(0) {
        let slice = match slice_or(list, "Cannot concat type") {
            Err(CallError::Message(text)) if !matches!(list, Value::Nil) => {
                return Err(CallError::message(text + " as list"));
            }
            other => other?,
        };
        charge_elements(context, slice.len())?;
        items.extend(slice.iter());
    }
    Ok(appended_to_nil(items))
}

/// `chunk`, with the floating-point arithmetic Sprig finds the number of chunks by: a size of zero
/// or less mostly ends in Go's panic for a slice of negative length.
fn chunk(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let size = arguments.int(0)?;
    let slice = slice_or(arguments.any(1), "Cannot chunk type")?;
    let negative_length = || CallError::message("runtime error: makeslice: len out of range");
    #[allow(clippy::cast_precision_loss)] // as Sprig counts
    let (length, float_size) = (slice.len() as f64, size as f64);
    let chunks = truncate(((length - 1.0) / float_size).floor() + 1.0);
    let chunks = usize::try_from(chunks).map_err(|_| negative_length())?;
    charge_elements(context, slice.len().saturating_add(chunks))?;
    let mut lists = Vec::with_capacity(chunks.min(slice.len() + 1));
    for index in 0..chunks {
        let mut taken = size;
        if index + 1 == chunks {
            taken = truncate((length % float_size).floor());
            if taken == 0 {
                taken = size;
            }
        }
        let taken = usize::try_from(taken).map_err(|_| negative_length())?;
        let size = usize::try_from(size).unwrap_or(0);
        let items: Vec<Value> = slice.iter().skip(index * size).take(taken).collect();
        if items.len() < taken {
            return Err(CallError::message("reflect: slice index out of range"));
        }
        lists.push(exact(items));
    }
    Ok(Value::List(List::exact(ListKind::List, lists)))
}
