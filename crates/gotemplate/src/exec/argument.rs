//! Arguments made to fit parameters: Go's `evalArg` and `validateType`.

use std::rc::Rc;

use super::engine::{Engine, Unit};
use super::fault::Fault;
use super::operand::zero;
use super::{Operand, State};
use crate::function::Parameter;
use crate::node::Number;
use crate::program::{Expression, ExpressionKind};
use crate::trace::OriginId;
use crate::value::{Complex, Element, List, ListKind, MapType, Value};

impl Engine<'_> {
    /// An argument for a parameter.
    pub(super) fn argument(
        &mut self,
        unit: Unit<'_>,
        parameter: Parameter,
        argument: Expression,
        dot: &Operand,
    ) -> Result<Value, Fault> {
        self.node = argument.node;
        match argument.kind {
            ExpressionKind::Dot => {
                self.trace_argument(dot.origin);
                self.fit(unit, dot.clone(), parameter)
            }
            ExpressionKind::Nil => match zero(parameter) {
                Some(value) => {
                    self.trace_argument(OriginId::NONE);
                    Ok(value)
                }
                None => Err(self.fault(unit, format!("cannot assign nil to {}", parameter.type_name()))),
            },
            ExpressionKind::Bool(_) | ExpressionKind::Number(_) | ExpressionKind::String(_) => {
                self.trace_argument(OriginId::NONE);
                self.typed_constant(unit, parameter, argument)
            }
            _ => {
                let operand = self.operand(unit, argument, dot)?;
                self.trace_argument(operand.origin);
                self.fit(unit, operand, parameter)
            }
        }
    }

    /// A traced run notes where an argument came from.
    pub(super) fn trace_argument(&mut self, origin: OriginId) {
        if let Some(tracer) = &mut self.tracer {
            tracer.arguments.push(origin);
        }
    }

    /// An argument for a parameter of type `reflect.Value`.
    pub(super) fn reflect_argument(
        &mut self,
        unit: Unit<'_>,
        argument: Expression,
        dot: &Operand,
    ) -> Result<Operand, Fault> {
        self.node = argument.node;
        match argument.kind {
            ExpressionKind::Dot => Ok(dot.clone()),
            ExpressionKind::Nil => Ok(Operand::INVALID),
            ExpressionKind::Bool(_) | ExpressionKind::Number(_) | ExpressionKind::String(_) => {
                self.constant(unit, argument)
            }
            _ => self.operand(unit, argument, dot),
        }
    }

    /// The value of an operand that is no constant.
    pub(super) fn operand(
        &mut self,
        unit: Unit<'_>,
        operand: Expression,
        dot: &Operand,
    ) -> Result<Operand, Fault> {
        match operand.kind {
            ExpressionKind::Field { path } => {
                self.field_chain(unit, dot, dot, unit.path(path), operand.node, &[], None)
            }
            ExpressionKind::Variable { place, path } => {
                let value = self.variable(unit, place)?;
                let path = unit.path(path);
                if path.is_empty() {
                    return Ok(value);
                }
                self.field_chain(unit, dot, &value, path, operand.node, &[], None)
            }
            ExpressionKind::Pipe(pipe) => {
                self.check_stack(unit)?;
                self.pipe(unit, pipe, dot)
            }
            ExpressionKind::Function(callee) => self.call(unit, callee, operand.node, dot, &[], None),
            ExpressionKind::Chain { base, path } => {
                let value = self.chain_base(unit, operand, base, dot)?;
                self.field_chain(unit, dot, &value, unit.path(path), operand.node, &[], None)
            }
            ExpressionKind::Dot => Ok(dot.clone()),
            _ => self.constant(unit, operand),
        }
    }

    /// A value for a parameter: Go's `validateType`.
    pub(super) fn fit(&self, unit: Unit<'_>, operand: Operand, parameter: Parameter) -> Result<Value, Fault> {
        match parameter {
            // What goes into an interface is a copy.
            Parameter::Any => {
                return Ok(match &operand.value {
                    Value::Object(object) => object.without_address().unwrap_or(operand.value),
                    _ => operand.value,
                });
            }
            Parameter::Reflect => return Ok(operand.value),
            _ => {}
        }
        if operand.state == State::Invalid {
            return match zero(parameter) {
                Some(value) => Ok(value),
                None => Err(self.fault(unit, format!("invalid value; expected {}", parameter.type_name()))),
            };
        }
        match assign(operand.value, parameter) {
            Ok(value) => Ok(value),
            Err(value) => {
                let got = match value {
                    Value::Nil => "interface {}",
                    value => value.type_name(),
                };
                let expected = parameter.type_name();
                Err(self.fault(unit, format!("wrong type for value; expected {expected}; got {got}")))
            }
        }
    }

    /// A constant for a parameter: it takes the parameter's type if its syntax allows.
    fn typed_constant(
        &self,
        unit: Unit<'_>,
        parameter: Parameter,
        constant: Expression,
    ) -> Result<Value, Fault> {
        let number = match constant.kind {
            ExpressionKind::Number(number) => unit.number(number),
            _ => None,
        };
        let int = || number.and_then(|number| number.int);
        let uint = || number.and_then(|number| number.uint);
        // Go stores an integer into a narrower one without a check.
        #[allow(clippy::cast_possible_truncation, reason = "as Go's reflect.Value.SetUint does")]
        let (value, expected) = match parameter {
            Parameter::Any | Parameter::Reflect => {
                return self.constant(unit, constant).map(|operand| operand.value);
            }
            Parameter::Bool => (boolean(constant), "bool"),
            Parameter::String => (string(unit, constant), "string"),
            Parameter::Int => (int().map(Value::Int), "integer"),
            Parameter::Int64 | Parameter::NamedInt64(_) => (int().map(Value::Int64), "integer"),
            Parameter::Uint32 => (uint().map(|value| Value::Uint32(value as u32)), "unsigned integer"),
            Parameter::Uint64 => (uint().map(Value::Uint64), "unsigned integer"),
            Parameter::Float64 => {
                (number.and_then(|number: &Number| number.float).map(Value::Float64), "float")
            }
            Parameter::Named("complex128") => (complex(number), "complex"),
            _ => {
                let text = unit.text(constant.node);
                let name = parameter.type_name();
                return Err(self.fault(unit, format!("can't handle {text} for arg of type {name}")));
            }
        };
        value.ok_or_else(|| {
            let text = unit.text(constant.node);
            self.fault(unit, format!("expected {expected}; found {text}"))
        })
    }
}

fn string(unit: Unit<'_>, constant: Expression) -> Option<Value> {
    match constant.kind {
        ExpressionKind::String(index) => unit.name(index).cloned().map(Value::String),
        _ => None,
    }
}

fn boolean(constant: Expression) -> Option<Value> {
    match constant.kind {
        ExpressionKind::Bool(value) => Some(Value::Bool(value)),
        _ => None,
    }
}

fn complex(number: Option<&Number>) -> Option<Value> {
    let (real, imaginary) = number?.complex?;
    Some(Value::Object(Rc::new(Complex { real, imaginary })))
}

/// The value as Go's assignment to the type gives it, or the value back if it does not fit.
fn assign(value: Value, parameter: Parameter) -> Result<Value, Value> {
    let fits = match (parameter, &value) {
        (Parameter::Bool, Value::Bool(_))
        | (Parameter::String, Value::String(_))
        | (Parameter::Int, Value::Int(_))
        | (Parameter::Int64, Value::Int64(_))
        | (Parameter::Uint32, Value::Uint32(_))
        | (Parameter::Uint64, Value::Uint64(_))
        | (Parameter::Float64, Value::Float64(_))
        | (Parameter::Bytes, Value::Bytes(_)) => true,
        (Parameter::List, Value::List(list)) => return as_list(list, ListKind::Any).ok_or(value),
        (Parameter::Strings, Value::List(list)) => return as_list(list, ListKind::String).ok_or(value),
        (Parameter::Ints, Value::List(list)) => return as_list(list, ListKind::Int).ok_or(value),
        (Parameter::Map, Value::Map(map)) if map.map_type().element == Element::Any => {
            return Ok(Value::Map(map.with_type(MapType::ANY)));
        }
        (Parameter::StringMap, Value::Map(map)) if map.map_type().element == Element::String => {
            return Ok(Value::Map(map.with_type(MapType::STRINGS)));
        }
        (Parameter::NamedInt64(name), value) => value.type_name() == name,
        (Parameter::Named(name), value) => {
            let given = value.type_name();
            // One dereference is done: *T for T.
            given == name || given.strip_prefix('*') == Some(name)
        }
        _ => false,
    };
    if fits { Ok(value) } else { Err(value) }
}

/// The list as a slice of the unnamed type, if its type allows.
fn as_list(list: &List, kind: ListKind) -> Option<Value> {
    if list.kind() == kind {
        return Some(Value::List(list.clone()));
    }
    match list.kind() {
        ListKind::Named(named) if named.underlying == kind => {
            Some(Value::List(List::new(kind, list.items().to_vec())))
        }
        _ => None,
    }
}
