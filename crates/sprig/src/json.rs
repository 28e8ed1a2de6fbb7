//! JSON as Go's `encoding/json` writes and reads it.
//!
//! Helm's `toJson`, `fromJson` and their like hide errors; the `must…` ones and `toRawJson` stop.

use wheelhouse_gotemplate::Parameter::{Any, List as AnyList, Map as AnyMap, String as Str};
use wheelhouse_gotemplate::{
    Arguments, CallError, Context, Function, List, ListKind, Map, MapType, Signature, Value,
};
use wheelhouse_goyaml as goyaml;
use wheelhouse_goyaml::json::{self, DecodeOptions, Format};

use crate::call::{Outcome, function};
use crate::encoded::{decoded, decoded_list, decoded_map, encode, error_list, error_map, limits};

const TO_TEXT: Signature = Signature::fixed(&[Any], Str);

const COMPACT: Format = Format { escape_html: true, indent: false };
const PRETTY: Format = Format { escape_html: true, indent: true };
const RAW: Format = Format { escape_html: false, indent: false };

pub(crate) const TABLE: &[Function] = &[
    function("toJson", TO_TEXT, |context, arguments| lenient(context, arguments, COMPACT)),
    function("mustToJson", TO_TEXT, |context, arguments| strict(context, arguments, COMPACT)),
    function("toPrettyJson", TO_TEXT, |context, arguments| lenient(context, arguments, PRETTY)),
    function("mustToPrettyJson", TO_TEXT, |context, arguments| strict(context, arguments, PRETTY)),
    function("toRawJson", TO_TEXT, |context, arguments| strict(context, arguments, RAW)),
    function("mustToRawJson", TO_TEXT, |context, arguments| strict(context, arguments, RAW)),
    function("fromJson", Signature::fixed(&[Str], AnyMap), |context, arguments| {
        Ok(match read(context, arguments)? {
            Ok((goyaml::Value::Map(map), error)) => {
                let map = decoded_map(map);
                if let Some(error) = error {
                    map.insert("Error", error.to_string());
                }
                Value::Map(map)
            }
            Ok((goyaml::Value::Null, _)) => Value::Map(Map::nil(MapType::ANY)),
            Ok((other, _)) => error_map(not_of_type(&other, "map[string]interface {}")),
            Err(error) => error_map(error),
        })
    }),
    function("fromJsonArray", Signature::fixed(&[Str], AnyList), |context, arguments| {
        Ok(match read(context, arguments)? {
            Ok((goyaml::Value::Seq(items), None)) => decoded_list(items),
            Ok((goyaml::Value::Seq(_), Some(error))) | Err(error) => error_list(error),
            Ok((goyaml::Value::Null, _)) => Value::List(List::nil(ListKind::Any)),
            Ok((other, _)) => error_list(not_of_type(&other, "[]interface {}")),
        })
    }),
    function("mustFromJson", Signature::fixed(&[Str], Any), |context, arguments| {
        match read(context, arguments)? {
            Ok((value, None)) => Ok(decoded(value)),
            Ok((_, Some(error))) | Err(error) => Err(CallError::message(error.to_string())),
        }
    }),
];

fn lenient(context: &mut dyn Context, arguments: Arguments<'_>, format: Format) -> Outcome {
    let written = encode(context, arguments.any(0), |value| json::to_json(value, format))?;
    Ok(Value::string(written.unwrap_or_default()))
}

fn strict(context: &mut dyn Context, arguments: Arguments<'_>, format: Format) -> Outcome {
    let written = encode(context, arguments.any(0), |value| json::to_json(value, format))?;
    written.map(Value::string).map_err(|error| CallError::message(error.to_string()))
}

/// The outer error is a limit that was reached, the inner ones the reader's.
#[allow(clippy::type_complexity)] // a value with its error, or an error alone
fn read(
    context: &mut dyn Context,
    arguments: Arguments<'_>,
) -> Result<Result<(goyaml::Value, Option<json::Error>), json::Error>, CallError> {
    let text = arguments.string(0)?.as_bytes();
    context.charge_bytes(text.len().saturating_mul(2))?;
    context.charge_steps(text.len() as u64 / 4)?;
    let options = DecodeOptions { limits: limits(context), ..DecodeOptions::default() };
    Ok(json::decode_partly(text, &options))
}

/// Go's complaint about JSON of another type than the variable's.
fn not_of_type(value: &goyaml::Value, target: &'static str) -> json::Error {
    json::Error::Type { value: value.json_kind().to_owned(), target }
}
