use crate::limits::Limit;

/// What can be wrong with JSON, in the words of Go's `encoding/json`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not JSON.
    #[error("{text}")]
    Syntax {
        /// Go's text.
        text: String,
        /// Offset of the byte that cannot stand there.
        offset: usize,
    },
    /// The text ends within a value.
    #[error("unexpected end of JSON input")]
    UnexpectedEnd,
    /// A stream ends within a value.
    #[error("unexpected EOF")]
    UnexpectedEof,
    /// A stream holds no further value.
    #[error("EOF")]
    Eof,
    /// A value does not fit what it is read into.
    #[error("json: cannot unmarshal {value} into Go value of type {target}")]
    Type {
        /// The kind of the value, with its text if it is a number out of range.
        value: String,
        /// The Go type it was to become.
        target: &'static str,
    },
    /// The value is nested deeper than our limit, or has more nodes.
    #[error("json: more than {max} {limit}")]
    Limit {
        /// Which limit was reached.
        limit: Limit,
        /// Its value.
        max: usize,
    },
}
