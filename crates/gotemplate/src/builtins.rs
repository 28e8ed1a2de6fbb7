//! Go's builtin functions.
//!
//! Those that take `interface {}` work on values; those that take `reflect.Value` see operands:
//! they can tell an invalid value from a nil interface.

mod compare;
mod escape;
mod index;

use crate::exec::{Operand, State};
use crate::format;
use crate::function::{CallError, Context, Parameter, Signature};
use crate::value::Value;

/// A builtin function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    And,
    Call,
    Eq,
    Ge,
    Gt,
    Html,
    Index,
    Js,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Slice,
    Urlquery,
}

impl Builtin {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "and" => Builtin::And,
            "call" => Builtin::Call,
            "eq" => Builtin::Eq,
            "ge" => Builtin::Ge,
            "gt" => Builtin::Gt,
            "html" => Builtin::Html,
            "index" => Builtin::Index,
            "js" => Builtin::Js,
            "le" => Builtin::Le,
            "len" => Builtin::Len,
            "lt" => Builtin::Lt,
            "ne" => Builtin::Ne,
            "not" => Builtin::Not,
            "or" => Builtin::Or,
            "print" => Builtin::Print,
            "printf" => Builtin::Printf,
            "println" => Builtin::Println,
            "slice" => Builtin::Slice,
            "urlquery" => Builtin::Urlquery,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Builtin::And => "and",
            Builtin::Call => "call",
            Builtin::Eq => "eq",
            Builtin::Ge => "ge",
            Builtin::Gt => "gt",
            Builtin::Html => "html",
            Builtin::Index => "index",
            Builtin::Js => "js",
            Builtin::Le => "le",
            Builtin::Len => "len",
            Builtin::Lt => "lt",
            Builtin::Ne => "ne",
            Builtin::Not => "not",
            Builtin::Or => "or",
            Builtin::Print => "print",
            Builtin::Printf => "printf",
            Builtin::Println => "println",
            Builtin::Slice => "slice",
            Builtin::Urlquery => "urlquery",
        }
    }

    pub(crate) fn signature(self) -> Signature {
        const ONE: &[Parameter] = &[Parameter::Reflect];
        const TWO: &[Parameter] = &[Parameter::Reflect, Parameter::Reflect];
        const ANY: &[Parameter] = &[Parameter::Any];
        const FORMAT: &[Parameter] = &[Parameter::String, Parameter::Any];
        match self {
            Builtin::And | Builtin::Or | Builtin::Call | Builtin::Index | Builtin::Slice => {
                Signature::variadic(TWO, Parameter::Reflect)
            }
            Builtin::Eq => Signature::variadic(TWO, Parameter::Bool),
            Builtin::Ge | Builtin::Gt | Builtin::Le | Builtin::Lt | Builtin::Ne => {
                Signature::fixed(TWO, Parameter::Bool)
            }
            Builtin::Not => Signature::fixed(ONE, Parameter::Bool),
            Builtin::Len => Signature::fixed(ONE, Parameter::Int),
            Builtin::Printf => Signature::variadic(FORMAT, Parameter::String),
            Builtin::Html | Builtin::Js | Builtin::Urlquery | Builtin::Print | Builtin::Println => {
                Signature::variadic(ANY, Parameter::String)
            }
        }
    }

    /// Whether it takes operands rather than values.
    pub(crate) fn takes_operands(self) -> bool {
        self.signature().parameters.first() == Some(&Parameter::Reflect)
    }

    /// Calls one that takes operands. `callee` is the first argument as it was written, which
    /// `call` names in its errors.
    pub(crate) fn call_operands(self, arguments: &[Operand], callee: &str) -> Result<Operand, CallError> {
        let first = arguments.first().unwrap_or(&Operand::INVALID);
        let rest = arguments.get(1..).unwrap_or_default();
        let second = rest.first().unwrap_or(&Operand::INVALID);
        let truth = |answer: bool| Ok(Operand::concrete(Value::Bool(answer)));
        match self {
            Builtin::Not => truth(!first.truth()),
            Builtin::Eq => truth(compare::eq(first, rest)?),
            Builtin::Ne => truth(!compare::eq(first, std::slice::from_ref(second))?),
            Builtin::Lt => truth(compare::lt(first, second)?),
            Builtin::Le => truth(compare::le(first, second)?),
            Builtin::Gt => truth(!compare::le(first, second)?),
            Builtin::Ge => truth(!compare::lt(first, second)?),
            Builtin::Len => index::len(first).map(|length| Operand::concrete(Value::Int(length))),
            Builtin::Index => index::index(first, rest),
            Builtin::Slice => index::slice(first, rest),
            Builtin::Call => Err(call(first, callee)),
            // The evaluator itself decides which arguments of these to evaluate.
            _ => Ok(Operand::INVALID),
        }
    }

    /// Calls one that takes values.
    pub(crate) fn call_values(
        self,
        context: &mut dyn Context,
        arguments: &[Value],
    ) -> Result<Value, CallError> {
        if matches!(self, Builtin::Html | Builtin::Js | Builtin::Urlquery) {
            let lengths = arguments.iter().filter_map(Value::as_string).map(|text| text.len() as u64);
            context.charge_steps(lengths.sum::<u64>() / 8)?;
        }
        let text = match self {
            Builtin::Print => format::sprint(context, arguments)?,
            Builtin::Println => format::sprintln(context, arguments)?,
            Builtin::Printf => {
                let format = arguments.first().and_then(Value::as_string).cloned().unwrap_or_default();
                format::sprintf(context, format.as_bytes(), arguments.get(1..).unwrap_or_default())?
            }
            Builtin::Html => escape::html(&escape::text(context, arguments)?),
            Builtin::Js => escape::js(&escape::text(context, arguments)?),
            Builtin::Urlquery => escape::url_query(&escape::text(context, arguments)?),
            _ => return Ok(Value::Nil),
        };
        if matches!(self, Builtin::Html | Builtin::Js | Builtin::Urlquery) {
            context.charge_bytes(text.len())?;
        }
        Ok(Value::String(text))
    }
}

/// Templates have no function values: `call` can only say so.
fn call(function: &Operand, name: &str) -> CallError {
    let function = function.clone().unwrapped();
    match function.state {
        State::Concrete => {
            CallError::Message(format!("non-function {name} of type {}", function.value.type_name()))
        }
        _ => CallError::message("call of nil"),
    }
}
