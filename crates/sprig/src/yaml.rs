//! YAML as Helm writes and reads it: go-yaml v2 on a way through JSON, go-yaml v3 for
//! `toYamlPretty`. The last line break is always left off.

use wheelhouse_gotemplate::Parameter::{Any, List as AnyList, Map as AnyMap, String as Str};
use wheelhouse_gotemplate::{Arguments, CallError, Context, Function, GoString, Signature, Value};
use wheelhouse_goyaml::{Error, ReadOptions, read_list, read_map, to_yaml, to_yaml_pretty};

use crate::call::{Outcome, function};
use crate::encoded::{Encoded, decoded_list, decoded_map, encode, error_list, error_map, limits};

const TO_TEXT: Signature = Signature::fixed(&[Any], Str);

pub(crate) const TABLE: &[Function] = &[
    function("toYaml", TO_TEXT, |context, arguments| {
        Ok(Value::string(written(context, arguments, |value| to_yaml(value))?.unwrap_or_default()))
    }),
    function("mustToYaml", TO_TEXT, |context, arguments| {
        let text = written(context, arguments, |value| to_yaml(value))?;
        text.map(Value::string).map_err(|error| CallError::message(error.to_string()))
    }),
    function("toYamlPretty", TO_TEXT, |context, arguments| {
        match written(context, arguments, |value| to_yaml_pretty(value))? {
            // go-yaml v3 panics, and a panic is an error of the call.
            Err(Error::UnsupportedType(name)) => {
                Err(CallError::message(format!("cannot marshal type: {name}")))
            }
            text => Ok(Value::string(text.unwrap_or_default())),
        }
    }),
    function("fromYaml", Signature::fixed(&[Str], AnyMap), from_yaml),
    function("fromYamlArray", Signature::fixed(&[Str], AnyList), from_yaml_array),
];

/// The text `toYaml` gives for a value: empty where there is none.
///
/// # Errors
/// When a limit of the render is reached.
pub fn to_yaml_text(context: &mut dyn Context, value: &Value) -> Result<GoString, CallError> {
    let arguments = Arguments(std::slice::from_ref(value));
    Ok(GoString::from(written(context, arguments, |value| to_yaml(value))?.unwrap_or_default()))
}

/// The outer error is a limit that was reached, the inner one the writer's.
fn written(
    context: &mut dyn Context,
    arguments: Arguments<'_>,
    write: impl FnOnce(&Encoded<'_>) -> Result<Vec<u8>, Error>,
) -> Result<Result<Vec<u8>, Error>, CallError> {
    let written = encode(context, arguments.any(0), write)?;
    Ok(written.map(|mut text| {
        if text.last() == Some(&b'\n') {
            text.pop();
        }
        text
    }))
}

/// What cannot be read gives a map with the text of the error under `Error`.
fn from_yaml(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let text = charged_text(context, arguments)?;
    Ok(match read_map(text, &options(context)) {
        Ok(map) => Value::Map(decoded_map(map)),
        Err(error) => error_map(error),
    })
}

/// What cannot be read gives a list of one text, that of the error.
fn from_yaml_array(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let text = charged_text(context, arguments)?;
    Ok(match read_list(text, &options(context)) {
        Ok(items) => decoded_list(items),
        Err(error) => error_list(error),
    })
}

fn options(context: &dyn Context) -> ReadOptions {
    ReadOptions { limits: limits(context), ..ReadOptions::default() }
}

fn charged_text<'a>(context: &mut dyn Context, arguments: Arguments<'a>) -> Result<&'a [u8], CallError> {
    let text = arguments.string(0)?.as_bytes();
    context.charge_bytes(text.len().saturating_mul(4))?;
    context.charge_steps(text.len() as u64)?;
    Ok(text)
}
