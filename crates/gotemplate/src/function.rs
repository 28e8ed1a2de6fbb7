//! What a template function is.
//!
//! A function's Go [`Signature`] decides which arguments it takes and the text of the error when
//! they do not fit, so every function states it exactly. The engine checks and converts arguments
//! before the call; the body gets values that fit.

use std::any::Any;
use std::fmt;

use crate::value::{GoString, List, Map, Value};

/// A Go parameter or result type, as far as template functions use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// `interface {}`
    Any,
    /// `bool`
    Bool,
    /// `string`
    String,
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
    /// `float64`
    Float64,
    /// `[]interface {}`
    List,
    /// `[]string`
    Strings,
    /// `[]int`
    Ints,
    /// `[]uint8`
    Bytes,
    /// `map[string]interface {}`
    Map,
    /// `map[string]string`
    StringMap,
    /// `reflect.Value`: takes anything, even an invalid value (Go's builtins).
    Reflect,
    /// A type of this name, exactly: `time.Time`, `sprig.certificate`.
    Named(&'static str),
    /// A type of this name whose kind is `int64`, such as `time.Duration`. A constant of the
    /// template is given as an `int64`.
    NamedInt64(&'static str),
}

impl Parameter {
    /// The Go type's name as error texts show it.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self {
            Parameter::Any => "interface {}",
            Parameter::Bool => "bool",
            Parameter::String => "string",
            Parameter::Int => "int",
            Parameter::Int64 => "int64",
            Parameter::Uint32 => "uint32",
            Parameter::Uint64 => "uint64",
            Parameter::Float64 => "float64",
            Parameter::List => "[]interface {}",
            Parameter::Strings => "[]string",
            Parameter::Ints => "[]int",
            Parameter::Bytes => "[]uint8",
            Parameter::Map => "map[string]interface {}",
            Parameter::StringMap => "map[string]string",
            Parameter::Reflect => "reflect.Value",
            Parameter::Named(name) | Parameter::NamedInt64(name) => name,
        }
    }
}

/// The Go type of a function.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Parameters in order; the last one repeats when `variadic`.
    pub parameters: &'static [Parameter],
    /// Whether the last parameter takes any number of arguments.
    pub variadic: bool,
    /// The static type of the first result.
    pub result: Parameter,
}

impl Signature {
    /// A function with a fixed number of parameters.
    #[must_use]
    pub const fn fixed(parameters: &'static [Parameter], result: Parameter) -> Self {
        Self { parameters, variadic: false, result }
    }

    /// A function whose last parameter repeats.
    #[must_use]
    pub const fn variadic(parameters: &'static [Parameter], result: Parameter) -> Self {
        Self { parameters, variadic: true, result }
    }

    /// A function without parameters that has several results, none of them an error: Go's templates
    /// refuse to call it. `results` are their types as Go writes them, `(int, time.Month, int)`.
    #[must_use]
    pub const fn several(results: &'static str) -> Self {
        Self { parameters: &[], variadic: false, result: Parameter::Named(results) }
    }

    /// Why Go's templates refuse to call a function of this type, if they do.
    pub(crate) fn refusal(&self, name: &str) -> Option<String> {
        let Parameter::Named(results) = self.result else { return None };
        let results: Vec<&str> = results.strip_prefix('(')?.trim_end_matches(')').split(", ").collect();
        Some(match results.as_slice() {
            [_, second] => format!(
                "invalid function signature for {name}: second return value should be error; is {second}"
            ),
            _ => format!("function {name} has {} return values; should be 1 or 2", results.len()),
        })
    }
}

/// A template function.
#[derive(Clone, Copy)]
pub struct Function {
    /// The name templates use.
    pub name: &'static str,
    /// Its Go type.
    pub signature: Signature,
    /// The body; arguments fit the signature.
    pub call: fn(&mut dyn Context, Arguments<'_>) -> Result<Value, CallError>,
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Function").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a function may ask of the engine that runs it.
pub trait Context {
    /// Pays for work beyond the call itself: one step is about one small evaluation.
    ///
    /// # Errors
    /// When the render's budget of steps or its time is used up.
    fn charge_steps(&mut self, steps: u64) -> Result<(), CallError>;

    /// Pays for memory a function is about to make, in bytes.
    ///
    /// # Errors
    /// When the render's budget of bytes is used up.
    fn charge_bytes(&mut self, bytes: usize) -> Result<(), CallError>;

    /// How many bytes are left to pay for.
    fn bytes_left(&self) -> usize {
        usize::MAX
    }

    /// How many bytes of the native stack a function may still use. One that recurses into values
    /// asks before every level.
    fn stack_left(&self) -> usize {
        usize::MAX
    }

    /// Runs a named template with `data` as its dot and gives its output (Helm's `include`).
    ///
    /// # Errors
    /// When there is no such template, it fails, or templates nest too deep.
    fn execute_template(&mut self, name: &str, data: Value) -> Result<GoString, CallError>;

    /// Parses `text` beside the known templates and runs it with `data` as its dot (Helm's `tpl`).
    /// What `text` defines is visible inside it only.
    ///
    /// # Errors
    /// When the text does not parse, or fails.
    fn execute_text(&mut self, text: &GoString, data: Value) -> Result<GoString, CallError>;

    /// What the caller of the engine handed in for its functions: clock, randomness, cluster.
    fn environment(&self) -> &dyn Any;
}

/// Why a call failed.
#[derive(Debug)]
pub enum CallError {
    /// The function returned an error or panicked, with this text.
    Message(String),
    /// A nested template failed (`include`, `tpl`).
    Template(Box<crate::error::ExecError>),
    /// The text given to `tpl` is no template.
    Parse(Box<crate::error::ParseError>),
    /// An error with words before it, as Go's `fmt.Errorf("…: %w", …)` makes it.
    Wrapped {
        /// The words before.
        text: String,
        /// The error inside.
        cause: Box<CallError>,
    },
    /// A limit of the render was reached; nothing recovers from it.
    Limit(crate::error::LimitReached),
}

impl std::error::Error for CallError {}

impl CallError {
    /// The limit that was reached, however deep inside.
    #[must_use]
    pub fn limit(&self) -> Option<crate::error::LimitReached> {
        let mut error = self;
        loop {
            match error {
                CallError::Limit(limit) => return Some(*limit),
                CallError::Wrapped { cause, .. } => error = cause,
                CallError::Template(template) => error = template.cause.as_deref()?,
                CallError::Message(_) | CallError::Parse(_) => return None,
            }
        }
    }

    /// The error of a nested template, under any words put before it.
    #[must_use]
    pub fn template(&self) -> Option<&crate::error::ExecError> {
        let mut error = self;
        loop {
            match error {
                CallError::Template(template) => return Some(template),
                CallError::Wrapped { cause, .. } => error = cause,
                _ => return None,
            }
        }
    }

    /// An error with a text of its own.
    #[must_use]
    pub fn message(text: impl Into<String>) -> Self {
        CallError::Message(text.into())
    }

    /// A Go panic that `text/template` turned into an error.
    #[must_use]
    pub fn nil_dereference() -> Self {
        CallError::message("runtime error: invalid memory address or nil pointer dereference")
    }
}

/// The arguments of a call. The engine made them fit the signature, so an accessor of the
/// declared type always answers; the error case only keeps a mismatch from becoming a panic.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<'a>(pub &'a [Value]);

macro_rules! scalar {
    ($($(#[$doc:meta])* $name:ident -> $type:ty, $($pattern:pat => $value:expr),+;)+) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// When the argument is of another type.
        pub fn $name(&self, index: usize) -> Result<$type, CallError> {
            match self.any(index) {
                $($pattern => Ok($value),)+
                other => Err(mismatch(index, other)),
            }
        }
    )+};
}

fn mismatch(index: usize, value: &Value) -> CallError {
    CallError::Message(format!("argument {index} has unexpected type {}", value.type_name()))
}

impl<'a> Arguments<'a> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One argument, nil when it was not given.
    #[must_use]
    pub fn any(&self, index: usize) -> &'a Value {
        self.0.get(index).unwrap_or(&Value::Nil)
    }

    /// The arguments from `index` on.
    #[must_use]
    pub fn rest(&self, index: usize) -> &'a [Value] {
        self.0.get(index..).unwrap_or(&[])
    }

    scalar! {
        /// A `bool` argument.
        bool -> bool, Value::Bool(value) => *value;
        /// A `string` argument.
        string -> &'a GoString, Value::String(value) => value;
        /// An `int` or `int64` argument.
        int -> i64, Value::Int(value) | Value::Int64(value) => *value;
        /// A `uint32` argument.
        uint32 -> u32, Value::Uint32(value) => *value;
        /// A `uint64` argument.
        uint64 -> u64, Value::Uint64(value) => *value;
        /// A `float64` argument.
        float64 -> f64, Value::Float64(value) => *value;
        /// A slice argument.
        list -> &'a List, Value::List(value) => value;
        /// A map argument.
        map -> &'a Map, Value::Map(value) => value;
    }
}
