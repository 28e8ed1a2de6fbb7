//! `toToml` and `fromToml`: what `BurntSushi/toml` 1.6 writes and reads.

mod datetime;
mod encode;
mod key;
mod lexer;
mod parser;

use wheelhouse_gotemplate::Parameter::{Any, Map as AnyMap, String as Str};
use wheelhouse_gotemplate::{Arguments, CallError, Context, Function, Map, Signature, Value};

use crate::call::{Outcome, function};

pub(crate) const TABLE: &[Function] = &[
    function("toToml", Signature::fixed(&[Any], Str), |context, arguments| {
        match encode::encode(context, arguments.any(0)) {
            Ok(text) => Ok(Value::string(text)),
            Err(encode::Failure::Returned(text)) => Ok(Value::string(text)),
            Err(encode::Failure::Raised(error)) => Err(error),
        }
    }),
    function("mustToToml", Signature::fixed(&[Any], Str), |context, arguments| {
        match encode::encode(context, arguments.any(0)) {
            Ok(text) => Ok(Value::string(text)),
            Err(encode::Failure::Returned(text)) => Err(CallError::message(text)),
            Err(encode::Failure::Raised(error)) => Err(error),
        }
    }),
    function("fromToml", Signature::fixed(&[Str], AnyMap), from_toml),
];

/// What cannot be read gives a map with the text of the error under `Error`.
fn from_toml(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let document = arguments.string(0)?.as_bytes();
    context.charge_bytes(document.len().saturating_mul(4))?;
    context.charge_steps(document.len() as u64)?;
    match parser::parse(context, document) {
        Ok(map) => Ok(Value::Map(map)),
        Err(parser::Failure::Document(text)) => {
            Ok(Value::Map(Map::from_entries([("Error".into(), Value::string(text))])))
        }
        Err(parser::Failure::Raised(error)) => Err(error),
    }
}
