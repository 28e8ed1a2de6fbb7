use std::fmt;

/// What is wrong with a pattern, and the part of it where it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {code}: `{}`", String::from_utf8_lossy(.expression))]
pub struct Error {
    /// What is wrong.
    pub code: ErrorCode,
    /// The offending part of the pattern, as bytes of it.
    pub expression: Vec<u8>,
}

impl Error {
    pub(crate) fn new(code: ErrorCode, expression: &[u8]) -> Self {
        Self { code, expression: expression.to_vec() }
    }
}

/// The kinds of errors, displayed in the words of Go's `regexp/syntax`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// A class range that ends before it begins, or an unknown class name.
    InvalidCharRange,
    /// A backslash before something it gives no meaning.
    InvalidEscape,
    /// A group name that is empty, unfinished or has other letters than `[A-Za-z0-9_]`.
    InvalidNamedCapture,
    /// An unknown `(?…`.
    InvalidPerlOp,
    /// A repetition of a repetition, such as `a**`.
    InvalidRepeatOp,
    /// A repeat count over 1000, alone or multiplied with those inside, or a range turned around.
    InvalidRepeatSize,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// A `[` without its `]`.
    MissingBracket,
    /// A `(` without its `)`.
    MissingParen,
    /// A repetition of nothing.
    MissingRepeatArgument,
    /// A backslash at the end.
    TrailingBackslash,
    /// A `)` without its `(`.
    UnexpectedParen,
    /// Groups and repetitions inside each other, too deep.
    NestingDepth,
    /// A pattern that would take too much memory.
    Large,
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorCode::InvalidCharRange => "invalid character class range",
            ErrorCode::InvalidEscape => "invalid escape sequence",
            ErrorCode::InvalidNamedCapture => "invalid named capture",
            ErrorCode::InvalidPerlOp => "invalid or unsupported Perl syntax",
            ErrorCode::InvalidRepeatOp => "invalid nested repetition operator",
            ErrorCode::InvalidRepeatSize => "invalid repeat count",
            ErrorCode::InvalidUtf8 => "invalid UTF-8",
            ErrorCode::MissingBracket => "missing closing ]",
            ErrorCode::MissingParen => "missing closing )",
            ErrorCode::MissingRepeatArgument => "missing argument to repetition operator",
            ErrorCode::TrailingBackslash => "trailing backslash at end of expression",
            ErrorCode::UnexpectedParen => "unexpected )",
            ErrorCode::NestingDepth => "expression nests too deeply",
            ErrorCode::Large => "expression too large",
        })
    }
}
