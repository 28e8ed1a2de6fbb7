//! Why a template did not parse or failed to run.

use std::fmt;

use wheelhouse_source::Span;

use crate::function::CallError;
use crate::strconv::quote;
use crate::value::GoString;

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
    #[error("exceeded maximum template depth ({limit})")]
    Depth {
        /// The deepest nesting allowed.
        limit: u64,
    },
    /// The texts given to `tpl` are too large together.
    #[error("exceeded maximum size of templates ({limit} nodes)")]
    Nodes {
        /// The most syntax nodes allowed.
        limit: usize,
    },
    /// Evaluation needs more native stack than its thread has.
    #[error("exceeded maximum evaluation depth: it took more than {limit} bytes of stack")]
    Stack {
        /// The share of the stack, in bytes.
        limit: usize,
    },
    /// A `range` over a number goes on for too long.
    #[error("range over {length} goes on for more than {limit} rounds")]
    Range {
        /// The number.
        length: u64,
        /// The most rounds allowed.
        limit: u64,
    },
    /// The wall-clock budget is used up.
    #[error("the render took longer than {limit_ms} ms")]
    Time {
        /// The budget, in milliseconds.
        limit_ms: u64,
    },
}

/// An error of a text that is no template: `template: NAME:LINE: MESSAGE`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ParseError {
    /// What the file is called; empty where the caller did not say (see [`ParseError::named`]).
    pub name: String,
    /// Line of the token read last, from 1, as Go names it.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// Line where the unfinished action started, when it is another one.
    pub action_started_on: Option<usize>,
    /// Offset of the token read last.
    pub offset: usize,
}

impl ParseError {
    pub(crate) fn new(line: usize, message: String, offset: usize) -> Self {
        Self { name: String::new(), line, message, action_started_on: None, offset }
    }

    pub(crate) fn started_on(mut self, line: usize) -> Self {
        self.action_started_on = Some(line);
        self
    }

    /// The same error of the file of this name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, line, message, .. } = self;
        write!(formatter, "template: {name}:{line}: {message}")?;
        match self.action_started_on {
            // "unclosed action started at", not "unclosed action in action started at".
            Some(line) if message.ends_with(" action") => write!(formatter, " started at {name}:{line}"),
            Some(line) => write!(formatter, " in action started at {name}:{line}"),
            None => Ok(()),
        }
    }
}

/// An error of a running template:
/// `template: NAME:LINE:COL: executing "T" at <CONTEXT>: MESSAGE`.
///
/// When the failing node called a template that failed (`include`, `tpl`), `cause` leads to that
/// error: the chain is the stack of calls, outermost first.
#[derive(Debug)]
pub struct ExecError {
    /// The file that holds the failing node, as it was called when it was parsed.
    pub template: String,
    /// The node's line, from 1.
    pub line: usize,
    /// Its column in bytes, from 0 as Go prints it.
    pub column: usize,
    /// The bytes the node was read from.
    pub span: Span,
    /// The whole text of that file.
    pub source: GoString,
    /// The template being executed.
    pub executing: String,
    /// The failing node's text, its spacing made regular.
    pub context: String,
    /// What went wrong; with a cause, what failed because of it: `error calling include`. Empty
    /// where a limit was reached right here: the cause says it all.
    pub message: String,
    /// The error of the function that was called.
    pub cause: Option<Box<CallError>>,
}

impl fmt::Display for ExecError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_chain(Link::Template(self), formatter)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_chain(Link::Call(self), formatter)
    }
}

/// An error of the chain.
#[derive(Clone, Copy)]
enum Link<'e> {
    Template(&'e ExecError),
    Call(&'e CallError),
}

/// Writes an error and its causes in one line, as Go does. A loop: a chain may be longer than
/// the reader's stack is deep.
fn write_chain(first: Link<'_>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut link = first;
    loop {
        link = match link {
            Link::Template(error) => {
                let ExecError { template, line, column, context, message, .. } = error;
                let executing = quote(error.executing.as_bytes());
                write!(
                    formatter,
                    "template: {template}:{line}:{column}: executing {executing} at <{context}>: {message}"
                )?;
                match &error.cause {
                    Some(cause) => {
                        if !message.is_empty() {
                            formatter.write_str(": ")?;
                        }
                        Link::Call(cause)
                    }
                    None => return Ok(()),
                }
            }
            Link::Call(CallError::Template(error)) => Link::Template(error),
            Link::Call(CallError::Wrapped { text, cause }) => {
                write!(formatter, "{text}: ")?;
                Link::Call(cause)
            }
            Link::Call(CallError::Message(text)) => return formatter.write_str(text),
            Link::Call(CallError::Parse(error)) => return write!(formatter, "{error}"),
            Link::Call(CallError::Limit(limit)) => return write!(formatter, "{limit}"),
        };
    }
}

impl Drop for ExecError {
    /// Frees the chain of causes in a loop, for the same reason.
    fn drop(&mut self) {
        let mut next = self.cause.take();
        while let Some(mut cause) = next {
            next = match cause.as_mut() {
                CallError::Template(error) => error.cause.take(),
                CallError::Wrapped { cause, .. } => {
                    Some(std::mem::replace(cause, Box::new(CallError::Message(String::new()))))
                }
                CallError::Message(_) | CallError::Parse(_) | CallError::Limit(_) => None,
            };
        }
    }
}

impl std::error::Error for ExecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}

impl ExecError {
    /// The limit that was reached, if that is what ended the execution.
    #[must_use]
    pub fn limit(&self) -> Option<LimitReached> {
        self.cause.as_deref().and_then(CallError::limit)
    }

    /// The error of the template called from here, if one failed.
    #[must_use]
    pub fn nested(&self) -> Option<&ExecError> {
        self.cause.as_deref().and_then(CallError::template)
    }
}
