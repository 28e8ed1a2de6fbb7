//! Go's `text/template`, as Helm runs it.
//!
//! - [`value`]: Go's dynamic values: what templates compute with.
//! - [`function`]: what a template function is: its Go signature, its body, and what it may ask
//!   of the running engine.
//! - [`Parser`], [`TemplateSet`], [`Engine`]: texts become files, files a set, a set runs.
//! - [`trace`]: where every byte of an output comes from.
//! - [`mod@format`]: Go's `fmt` for values.
//! - [`strconv`] and [`unicode`]: Go's quoting, number syntax and character classes.
//!
//! The crate does no I/O: functions that need a clock, randomness or a cluster get it from the
//! environment value their caller hands to the engine.

mod builtins;
mod compile;
pub mod error;
mod exec;
pub mod format;
pub mod function;
mod function_table;
mod lexer;
pub mod node;
mod parser;
mod program;
mod stack;
pub mod strconv;
mod template_set;
pub mod trace;
pub mod unicode;
pub mod value;

pub use error::{ExecError, LimitReached, ParseError};
pub use exec::{Clock, Engine, Limits, MissingKey, Options, Output, TemplateCost, Usage};
pub use function::{Arguments, CallError, Context, Function, Parameter, Signature};
pub use function_table::{FunctionTable, TextRole};
pub use template_set::{ParsedFile, Parser, TemplateSet};
pub use trace::{Piece, Pieces, Trace};
pub use value::{GoString, Kind, List, ListKind, ListType, Map, MapType, Method, Object, Value};
