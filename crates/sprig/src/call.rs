//! Shorthand for function tables and bodies.

use wheelhouse_gotemplate::{CallError, Context, Function, GoString, Signature, Value};

use crate::environment::MAX_DEPTH;

/// What a body gives back.
pub(crate) type Outcome = Result<Value, CallError>;

/// A row of a function table.
pub(crate) const fn function(
    name: &'static str,
    signature: Signature,
    call: fn(&mut dyn Context, wheelhouse_gotemplate::Arguments<'_>) -> Outcome,
) -> Function {
    Function { name, signature, call }
}

/// A string result, paid for.
pub(crate) fn text(context: &mut dyn Context, bytes: impl Into<GoString>) -> Outcome {
    let string = bytes.into();
    context.charge_bytes(string.len())?;
    Ok(Value::String(string))
}

/// What a list or map takes beside its elements, in bytes.
const CONTAINER: usize = 96;

/// What an entry of a map takes beside its key's text, in bytes.
const ENTRY: usize = 96;

/// Pays for a list of this many elements before it is made.
pub(crate) fn charge_elements(context: &mut dyn Context, count: usize) -> Result<(), CallError> {
    context.charge_bytes(CONTAINER.saturating_add(count.saturating_mul(size_of::<Value>())))
}

/// Pays for a map of this many entries before it is made.
pub(crate) fn charge_entries(context: &mut dyn Context, count: usize) -> Result<(), CallError> {
    context.charge_bytes(CONTAINER.saturating_add(count.saturating_mul(ENTRY)))
}

/// Goes one level deeper into a value.
///
/// # Errors
/// When it nests deeper than any real value does, or than the stack holds. It may hold itself
/// (`set $d "self" $d`), where Go runs until its stack is full.
pub(crate) fn deeper(context: &dyn Context, depth: usize) -> Result<usize, CallError> {
    if depth >= MAX_DEPTH || context.stack_left() == 0 {
        return Err(CallError::message(format!(
            "the value is nested more than {depth} levels deep or holds itself"
        )));
    }
    Ok(depth + 1)
}

/// How many levels a reader may recurse on the stack that is left.
pub(crate) fn levels_left(context: &dyn Context) -> usize {
    /// More than a level takes in any build.
    const LEVEL: usize = 4 * 1024;
    (context.stack_left() / LEVEL).min(MAX_DEPTH)
}

/// Go's panic for a slice expression out of range.
pub(crate) fn slice_out_of_range(bounds: impl std::fmt::Display) -> CallError {
    CallError::message(format!("runtime error: slice bounds out of range {bounds}"))
}
