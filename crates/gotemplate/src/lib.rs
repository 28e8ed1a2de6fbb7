//! Go's `text/template`, as Helm runs it.
//!
//! - [`value`]: Go's dynamic values: what templates compute with.
//! - [`function`]: what a template function is: its Go signature, its body, and what it may ask
//!   of the running engine.
//!
//! The crate does no I/O: functions that need a clock, randomness or a cluster get it from the
//! environment value their caller hands to the engine.

pub mod error;
pub mod function;
pub mod value;

pub use function::{Arguments, CallError, Context, Function, Parameter, Signature};
pub use value::{GoString, Kind, List, ListKind, ListType, Map, MapType, Method, Object, Value};
