/// Why a text is no time of a layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parsing time {}{}", quote(.value), .problem)]
pub struct ParseError {
    /// The text.
    pub value: Vec<u8>,
    /// What is wrong with it, as the second half of the message.
    pub problem: String,
}

impl ParseError {
    /// An element of the layout that the text does not have at this place.
    pub(crate) fn element(layout: &[u8], value: &[u8], element: &[u8], rest: &[u8]) -> Self {
        let problem = format!(" as {}: cannot parse {} as {}", quote(layout), quote(rest), quote(element));
        Self { value: value.to_vec(), problem }
    }

    /// Something else, told by its message.
    pub(crate) fn other(value: &[u8], message: &str) -> Self {
        Self { value: value.to_vec(), problem: format!(": {message}") }
    }
}

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not a sequence of numbers with units, or too long.
    #[error("time: invalid duration {}", quote(.0))]
    Invalid(Vec<u8>),
    /// A number without unit.
    #[error("time: missing unit in duration {}", quote(.0))]
    MissingUnit(Vec<u8>),
    /// A unit that is none.
    #[error("time: unknown unit {} in duration {}", quote(.unit), quote(.duration))]
    UnknownUnit {
        /// The unit.
        unit: Vec<u8>,
        /// The whole text.
        duration: Vec<u8>,
    },
}

/// Why there is no zone of a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// The name begins with a slash or holds two dots.
    #[error("time: invalid location name")]
    Invalid,
    /// The database has no such zone.
    #[error("unknown time zone {0}")]
    Unknown(String),
}

/// Quotes a text as Go's `time` does, which is not what `%q` does: everything outside of ASCII is
/// written as bytes.
pub(crate) fn quote(text: &[u8]) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..=0x7f => quoted.push(char::from(byte)),
            _ => quoted.push_str(&format!("\\x{byte:02x}")),
        }
    }
    quoted.push('"');
    quoted
}
