//! Why a template failed to run.

/// A limit of the render that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitReached {
    /// The budget of evaluation steps is used up.
    #[error("the render took more than {limit} evaluation steps")]
    Steps {
        /// The budget.
        limit: u64,
    },
    /// The budget of bytes made by functions and output is used up.
    #[error("the render made more than {limit} bytes of text")]
    Bytes {
        /// The budget, in bytes.
        limit: u64,
    },
    /// Templates call each other too deep.
    #[error("templates are nested more than {limit} deep")]
    Depth {
        /// The deepest nesting allowed.
        limit: u64,
    },
    /// The wall-clock budget is used up.
    #[error("the render took longer than {limit_ms} ms")]
    Time {
        /// The budget, in milliseconds.
        limit_ms: u64,
    },
}

/// An error of a running template: `template: NAME:LINE:COL: executing "T" at <CONTEXT>: MESSAGE`.
#[derive(Debug, thiserror::Error)]
#[error("template: {template}:{line}:{column}: executing {executing:?} at <{context}>: {message}")]
pub struct ExecError {
    /// The file or template that holds the failing node.
    pub template: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its column in bytes, from 0 as Go prints it.
    pub column: usize,
    /// The template being executed.
    pub executing: String,
    /// The failing node's text.
    pub context: String,
    /// What went wrong.
    pub message: String,
}
