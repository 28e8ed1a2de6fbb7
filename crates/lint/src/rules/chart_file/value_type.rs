use wheelhouse_goyaml::{Map, Value};

/// A field that is read as text is written as text: `version: 1.10` is a number, and becomes `1.1`.
///
/// # Errors
/// When it is written as something else.
pub fn check_value_type(as_written: &Map, field: &str) -> Result<(), String> {
    let Some(value) = as_written.get(field) else { return Ok(()) };
    let go_type = match value {
        Value::String(_) => return Ok(()),
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => "float64",
        Value::Seq(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    };
    Err(format!("{field} should be of type string but it's of type {go_type}"))
}
