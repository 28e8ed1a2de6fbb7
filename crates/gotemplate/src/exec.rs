//! Runs compiled templates.
//!
//! The evaluator follows Go's `text/template/exec.go` step by step where users can see it: which
//! node is "current" when an error is told, when an interface is looked into, how an argument is
//! made to fit a parameter.

mod argument;
mod call;
mod context;
mod direct;
mod engine;
mod fault;
mod field;
mod limits;
mod operand;
mod output;
mod pipeline;
mod profiler;
mod scope;
mod statement;
mod tracer;

pub use engine::{Engine, MissingKey, Options};
pub use limits::{Limits, Usage};
pub(crate) use operand::{Operand, State};
pub use output::Output;
pub use profiler::{Clock, TemplateCost};
