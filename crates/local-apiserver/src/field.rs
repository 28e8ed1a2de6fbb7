//! Field errors: what is wrong with which field of an object, in the API's words.

use std::fmt;

use serde_json::Value;

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Problem {
    /// Missing.
    Required(String),
    /// Missing or set to what is as good as missing: the value and what is valid.
    RequiredValid(Value, String),
    /// A value of the wrong form.
    Invalid(Value, String),
    /// A list or an object that is wrong in itself; it is not shown.
    InvalidPart(String),
    /// A value of the wrong type.
    TypeInvalid(Value, String),
    /// A value that is not one of these.
    NotSupported(Value, Vec<String>),
    /// A value that occurs twice.
    Duplicate(Value),
    /// A list or an object that occurs twice; it is not shown.
    DuplicatePart,
    /// Not allowed here.
    Forbidden(String),
    /// Names something that is not there.
    NotFound(Value),
    /// Longer than this many bytes.
    TooLong(usize),
    /// More than this many items: (actual, most).
    TooMany(usize, usize),
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldError {
    /// Path of the field, such as `spec.containers[0].name`.
    pub(crate) field: String,
    /// What is wrong.
    pub(crate) problem: Problem,
}

impl FieldError {
    /// A missing field.
    pub(crate) fn required(field: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError { field: field.into(), problem: Problem::Required(detail.into()) }
    }

    /// A malformed value.
    pub(crate) fn invalid(
        field: impl Into<String>,
        value: impl Into<Value>,
        detail: impl Into<String>,
    ) -> Self {
        FieldError { field: field.into(), problem: Problem::Invalid(value.into(), detail.into()) }
    }

    /// A value outside a closed list.
    pub(crate) fn not_supported(
        field: impl Into<String>,
        value: impl Into<Value>,
        supported: &[&str],
    ) -> Self {
        let supported: Vec<String> = supported.iter().map(|s| (*s).to_owned()).collect();
        FieldError { field: field.into(), problem: Problem::NotSupported(value.into(), supported) }
    }

    /// A repeated value.
    pub(crate) fn duplicate(field: impl Into<String>, value: impl Into<Value>) -> Self {
        FieldError { field: field.into(), problem: Problem::Duplicate(value.into()) }
    }

    /// A field that may not be set or changed.
    pub(crate) fn forbidden(field: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError { field: field.into(), problem: Problem::Forbidden(detail.into()) }
    }

    /// A reference to something missing.
    pub(crate) fn not_found(field: impl Into<String>, value: impl Into<Value>) -> Self {
        FieldError { field: field.into(), problem: Problem::NotFound(value.into()) }
    }

    /// Too long a text.
    pub(crate) fn too_long(field: impl Into<String>, most: usize) -> Self {
        FieldError { field: field.into(), problem: Problem::TooLong(most) }
    }

    /// The reason of the status cause.
    pub(crate) fn reason(&self) -> &'static str {
        match self.problem {
            Problem::Required(_) | Problem::RequiredValid(..) => "FieldValueRequired",
            Problem::Invalid(..) | Problem::InvalidPart(_) => "FieldValueInvalid",
            Problem::TypeInvalid(..) => "FieldValueTypeInvalid",
            Problem::NotSupported(..) => "FieldValueNotSupported",
            Problem::Duplicate(_) | Problem::DuplicatePart => "FieldValueDuplicate",
            Problem::Forbidden(_) => "FieldValueForbidden",
            Problem::NotFound(_) => "FieldValueNotFound",
            Problem::TooLong(_) => "FieldValueTooLong",
            Problem::TooMany(..) => "FieldValueTooMany",
        }
    }

    /// The message of the status cause: the error without its path.
    pub(crate) fn detail_text(&self) -> String {
        let with = |head: String, detail: &str| {
            if detail.is_empty() { head } else { format!("{head}: {detail}") }
        };
        match &self.problem {
            Problem::Required(detail) => with("Required value".to_owned(), detail),
            Problem::RequiredValid(_, detail) => with("Required value".to_owned(), detail),
            Problem::Invalid(value, detail) | Problem::TypeInvalid(value, detail) => {
                with(format!("Invalid value: {}", shown(value)), detail)
            }
            Problem::NotSupported(value, supported) => {
                let list: Vec<String> = supported.iter().map(|s| format!("{s:?}")).collect();
                let head = format!("Unsupported value: {}", shown(value));
                if list.is_empty() { head } else { format!("{head}: supported values: {}", list.join(", ")) }
            }
            Problem::InvalidPart(detail) => with("Invalid value".to_owned(), detail),
            Problem::DuplicatePart => "Duplicate value".to_owned(),
            Problem::Duplicate(value) => format!("Duplicate value: {}", shown(value)),
            Problem::Forbidden(detail) => with("Forbidden".to_owned(), detail),
            Problem::NotFound(value) => format!("Not found: {}", shown(value)),
            Problem::TooLong(most) => format!("Too long: may not be more than {most} bytes"),
            Problem::TooMany(actual, most) => format!("Too many: {actual}: must have at most {most} items"),
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return f.write_str(&self.detail_text());
        }
        write!(f, "{}: {}", self.field, self.detail_text())
    }
}

/// A value the way field errors show it: text quoted, objects as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        other => escaped(&other.to_string()),
    }
}

/// JSON as Go writes it: with escapes for what has a meaning in HTML.
pub(crate) fn escaped(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_as_the_api_writes_them() {
        let check = |error: FieldError, expect: &str| assert_eq!(error.to_string(), expect);
        check(FieldError::required("spec.containers", ""), "spec.containers: Required value");
        check(
            FieldError::invalid("spec.replicas", -1, "must be greater than or equal to 0"),
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        );
        check(
            FieldError::not_supported("spec.type", "X", &["A", "B"]),
            "spec.type: Unsupported value: \"X\": supported values: \"A\", \"B\"",
        );
        check(FieldError::duplicate("spec.ports[1].name", "a"), "spec.ports[1].name: Duplicate value: \"a\"");
        check(
            FieldError::too_long("metadata.annotations", 5),
            "metadata.annotations: Too long: may not be more than 5 bytes",
        );
    }
}
