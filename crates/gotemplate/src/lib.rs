//! Go's `text/template`, as Helm runs it.
//!
//! - [`value`]: Go's dynamic values: what templates compute with.
//! - [`function`]: what a template function is: its Go signature, its body, and what it may ask
//!   of the running engine.
//! - [`strconv`] and [`unicode`]: Go's quoting, number syntax and character classes.
//!
//! The crate does no I/O: functions that need a clock, randomness or a cluster get it from the
//! environment value their caller hands to the engine.

pub mod error;
pub mod function;
#[allow(dead_code, reason = "the evaluator that uses it comes next")]
mod lexer;
pub mod node;
#[allow(dead_code, reason = "the evaluator that uses it comes next")]
mod parser;
#[allow(dead_code, reason = "the evaluator that uses it comes next")]
mod stack;
pub mod strconv;
pub mod unicode;
pub mod value;

pub use function::{Arguments, CallError, Context, Function, Parameter, Signature};
pub use value::{GoString, Kind, List, ListKind, ListType, Map, MapType, Method, Object, Value};
