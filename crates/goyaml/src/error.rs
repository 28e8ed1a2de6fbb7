use std::borrow::Cow;

use wheelhouse_source::Span;

use crate::json_error;
use crate::limits::Limit;

/// Where in the read text an error stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The bytes concerned; empty where the trouble is a point.
    pub span: Span,
    /// Line, from 1 (the true one: Go's texts sometimes name the line before, or none).
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A problem at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in go-yaml's words.
    pub text: Cow<'static, str>,
    /// The line go-yaml names in its text, if it names one.
    pub named_line: Option<usize>,
    /// Where it is.
    pub place: Place,
}

/// A key that a strict reader found twice in one mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The key in Go syntax (`"a"`, `1`, `true`).
    pub key: String,
    /// The place of the second key's value, whose line Go names.
    pub place: Place,
}

/// What can go wrong when YAML is read or written. `Display` gives the text Helm shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not YAML, or go-yaml cannot make a value of it.
    #[error("yaml: {}{}", named_line(.0), .0.text)]
    Yaml(Box<Problem>),
    /// Keys given twice (strict reading only).
    #[error("yaml: unmarshal errors:{}", duplicate_lines(.0))]
    DuplicateKeys(Vec<DuplicateKey>),
    /// A mapping key that has no JSON form (null, or an integer above 2^63).
    #[error("unsupported map key of type: {type_name}, key: {key}, value: {value}")]
    UnsupportedKey {
        /// Go's name of the key's type.
        type_name: &'static str,
        /// The key in Go syntax.
        key: String,
        /// The value in Go syntax.
        value: String,
    },
    /// A number that JSON cannot write: `+Inf`, `-Inf` or `NaN`.
    #[error("json: unsupported value: {0}")]
    UnsupportedValue(&'static str),
    /// A Go type that neither JSON nor YAML can write, such as `complex128`.
    #[error("json: unsupported type: {0}")]
    UnsupportedType(&'static str),
    /// Any of the above, met on the way from YAML to JSON inside `Unmarshal`.
    #[error("error converting YAML to JSON: {0}")]
    Converting(Box<Error>),
    /// The JSON does not fit the target (`fromYaml` of a list).
    #[error("error unmarshaling JSON: while decoding JSON: {0}")]
    Unmarshaling(json_error::Error),
    /// A value has no JSON form (`toYaml` of infinity).
    #[error("error marshaling into JSON: {0}")]
    Marshaling(Box<Error>),
    /// A document of a values file cannot be read.
    #[error("cannot unmarshal yaml document: {0}")]
    ValuesDocument(Box<Error>),
    /// Something but a comment after `---` in a values file.
    #[error("error reading yaml document: invalid Yaml document separator: {text}")]
    ValuesSeparator {
        /// What stands there.
        text: String,
        /// Where it stands.
        place: Place,
    },
    /// One of our own limits was reached.
    #[error("yaml: line {}: more than {max} {limit}", .place.line)]
    Limit {
        /// Which one.
        limit: Limit,
        /// Its value.
        max: usize,
        /// Where reading stopped.
        place: Place,
    },
    /// A value to be written is nested too deeply, or contains itself.
    #[error("exceeded max depth of {max}")]
    TooDeep {
        /// The limit.
        max: usize,
    },
}

impl Error {
    /// Where the trouble is, if it has a place in the text.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Error::Yaml(problem) => Some(problem.place),
            Error::DuplicateKeys(keys) => keys.first().map(|key| key.place),
            Error::Converting(inner) | Error::Marshaling(inner) | Error::ValuesDocument(inner) => {
                inner.place()
            }
            Error::ValuesSeparator { place, .. } | Error::Limit { place, .. } => Some(*place),
            Error::UnsupportedKey { .. }
            | Error::UnsupportedValue(_)
            | Error::UnsupportedType(_)
            | Error::Unmarshaling(_)
            | Error::TooDeep { .. } => None,
        }
    }

    /// A problem whose text names no line.
    pub(crate) fn plain(text: impl Into<Cow<'static, str>>, place: Place) -> Self {
        Error::Yaml(Box::new(Problem { text: text.into(), named_line: None, place }))
    }
}

fn named_line(problem: &Problem) -> String {
    problem.named_line.map_or_else(String::new, |line| format!("line {line}: "))
}

fn duplicate_lines(keys: &[DuplicateKey]) -> String {
    keys.iter()
        .map(|key| format!("\n  line {}: key {} already set in map", key.place.line, key.key))
        .collect()
}
