//! Conversions between kinds: Sprig's `strval` and `spf13/cast`, whose failures give zero.

use wheelhouse_gotemplate::Parameter::{Any, Float64, Int, Int64, String as Str};
use wheelhouse_gotemplate::format::display;
use wheelhouse_gotemplate::strconv::{parse_float, parse_int};
use wheelhouse_gotemplate::value::Capacity;
use wheelhouse_gotemplate::{
    CallError, Context, Function, GoString, List, ListKind, Object, Signature, Value,
};

use crate::call::{charge_elements, function};
use crate::elements::slice;

pub(crate) const TABLE: &[Function] = &[
    function("int", Signature::fixed(&[Any], Int), |_, arguments| Ok(Value::Int(to_int64(arguments.any(0))))),
    function("int64", Signature::fixed(&[Any], Int64), |_, arguments| {
        Ok(Value::Int64(to_int64(arguments.any(0))))
    }),
    function("float64", Signature::fixed(&[Any], Float64), |_, arguments| {
        Ok(Value::Float64(to_float64(arguments.any(0))))
    }),
    function("atoi", Signature::fixed(&[Str], Int), |_, arguments| {
        Ok(Value::Int(atoi(arguments.string(0)?.as_str().unwrap_or_default())))
    }),
    function("toDecimal", Signature::fixed(&[Any], Int64), |context, arguments| {
        let printed = display(context, arguments.any(0))?;
        let number = printed.as_str().and_then(|text| parse_int(text, 8));
        Ok(Value::Int64(number.unwrap_or(0)))
    }),
];

/// `cast.ToInt64`, and `cast.ToInt` on a 64-bit machine.
pub(crate) fn to_int64(value: &Value) -> i64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number,
        Value::Int32(number) => i64::from(*number),
        Value::Uint8(number) => i64::from(*number),
        Value::Uint32(number) => i64::from(*number),
        Value::Uint(number) | Value::Uint64(number) => number.cast_signed(),
        Value::Float64(number) => truncate(*number),
        Value::String(text) => {
            text.as_str().and_then(|text| parse_int(trim_zero_decimal(text), 0)).unwrap_or(0)
        }
        Value::Bool(value) => i64::from(*value),
        Value::Object(object) => calendar_number(object.as_ref()).unwrap_or(0),
        Value::Nil | Value::Bytes(_) | Value::List(_) | Value::Map(_) => 0,
    }
}

/// `cast.ToFloat64`.
pub(crate) fn to_float64(value: &Value) -> f64 {
    #[allow(clippy::cast_precision_loss)] // as Go's conversion
    match value {
        Value::Int(number) | Value::Int64(number) => *number as f64,
        Value::Int32(number) => f64::from(*number),
        Value::Uint8(number) => f64::from(*number),
        Value::Uint32(number) => f64::from(*number),
        Value::Uint(number) | Value::Uint64(number) => *number as f64,
        Value::Float64(number) => *number,
        Value::String(text) => text.as_str().and_then(parse_float).unwrap_or(0.0),
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Object(object) => calendar_number(object.as_ref()).unwrap_or(0) as f64,
        Value::Nil | Value::Bytes(_) | Value::List(_) | Value::Map(_) => 0.0,
    }
}

/// `cast` knows two named integer types and no other.
fn calendar_number(object: &dyn Object) -> Option<i64> {
    matches!(object.type_name(), "time.Month" | "time.Weekday").then(|| object.as_int64())?
}

/// Go's `int64(f)` as amd64 does it: what does not fit, and NaN, is the least integer.
pub(crate) fn truncate(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[allow(clippy::cast_possible_truncation)] // in range
    if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN }
}

/// Drops a decimal point with nothing but zeros behind it, at least one: `1.00` is `1`, `1.` stays.
fn trim_zero_decimal(text: &str) -> &str {
    let kept = text.trim_end_matches('0');
    if kept.len() == text.len() { text } else { kept.strip_suffix('.').unwrap_or(text) }
}

/// Go's `strconv.Atoi` with the error dropped: a number that does not fit comes as the nearest one
/// that does.
fn atoi(text: &str) -> i64 {
    parse_int(text, 10).unwrap_or_else(|| {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            0
        } else if text.starts_with('-') {
            i64::MIN
        } else {
            i64::MAX
        }
    })
}

/// Sprig's `strval`: text as it is, everything else as `%v` prints it.
pub(crate) fn strval(context: &mut dyn Context, value: &Value) -> Result<GoString, CallError> {
    match value {
        Value::Bytes(bytes) => Ok(GoString::from(&**bytes)),
        other => display(context, other),
    }
}

/// Sprig's `strslice`: the elements that are not nil as strings, anything that is no slice as its
/// only string.
pub(crate) fn strings(context: &mut dyn Context, value: &Value) -> Result<List, CallError> {
    match (value, slice(value)) {
        (Value::List(list), _) if list.kind() == ListKind::String => Ok(list.clone()),
        (Value::Nil, _) => Ok(List::new(ListKind::String, Vec::new())),
        (_, Some(slice)) => {
            charge_elements(context, slice.len())?;
            let mut strings = Vec::with_capacity(slice.len());
            for element in slice.iter().filter(|element| !matches!(element, Value::Nil)) {
                strings.push(Value::String(strval(context, &element)?));
            }
            Ok(List::with_capacity(ListKind::String, strings, Capacity::Exactly(slice.len())))
        }
        (other, None) => Ok(List::strings([strval(context, other)?])),
    }
}
