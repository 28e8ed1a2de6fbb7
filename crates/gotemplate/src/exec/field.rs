//! Fields, keys and methods: Go's `evalField`.

use super::engine::{Engine, MissingKey, Unit};
use super::fault::Fault;
use super::{Operand, State};
use crate::node::{Name, NodeId};
use crate::program::Expression;
use crate::strconv::quote;
use crate::trace::Key;
use crate::value::{GoString, Kind, Map, Method, Object, Value};

impl Engine<'_> {
    /// `receiver.A.B.C`, the last one perhaps with arguments. `dot` is for evaluating those.
    #[allow(clippy::too_many_arguments, reason = "they are Go's evalFieldChain's")]
    pub(super) fn field_chain(
        &mut self,
        unit: Unit<'_>,
        dot: &Operand,
        receiver: &Operand,
        path: &[Name],
        node: NodeId,
        arguments: &[Expression],
        last: Option<Operand>,
    ) -> Result<Operand, Fault> {
        let Some((name, before)) = path.split_last() else { return Ok(receiver.clone()) };
        let mut current = None;
        for name in before {
            let Some(name) = unit.name(*name) else { continue };
            let receiver = current.as_ref().unwrap_or(receiver);
            current = Some(self.field(unit, dot, receiver, name, node, &[], None)?);
        }
        let Some(name) = unit.name(*name) else { return Ok(Operand::INVALID) };
        self.field(unit, dot, current.as_ref().unwrap_or(receiver), name, node, arguments, last)
    }

    #[allow(clippy::too_many_arguments, reason = "they are Go's evalField's")]
    fn field(
        &mut self,
        unit: Unit<'_>,
        dot: &Operand,
        receiver: &Operand,
        name: &GoString,
        node: NodeId,
        arguments: &[Expression],
        last: Option<Operand>,
    ) -> Result<Operand, Fault> {
        // What nearly every field is: a key of a map without methods.
        if let Value::Map(map) = &receiver.value
            && map.map_type().methods.is_empty()
            && arguments.is_empty()
            && last.is_none()
            && self.tracer.is_none()
            && let Some(value) = map.get(name)
        {
            return Ok(Operand::entry(map, value));
        }
        if receiver.state == State::Invalid {
            return match self.options.missing_key {
                MissingKey::Error => {
                    let key = quote(name.as_bytes());
                    Err(self.fault(unit, format!("nil data; no entry for key {key}")))
                }
                _ => Ok(Operand::INVALID),
            };
        }
        let methods = match &receiver.value {
            Value::Nil => {
                return Err(self.fault(unit, format!("nil pointer evaluating interface {{}}.{name}")));
            }
            Value::Map(map) => map.map_type().methods,
            Value::List(list) => list.kind().methods(),
            Value::Object(object) => object.methods(),
            _ => &[],
        };
        if let Some(method) = methods.iter().find(|method| method.name.as_bytes() == name.as_bytes()) {
            return self.method(unit, dot, receiver, method, node, arguments, last);
        }
        let has_arguments = !arguments.is_empty() || last.is_some();
        match &receiver.value {
            Value::Map(map) => {
                if has_arguments {
                    return Err(self.fault(unit, format!("{name} is not a method but has arguments")));
                }
                let mut found = self.key(unit, map, name)?;
                if let Some(tracer) = &mut self.tracer {
                    found.origin = tracer.lookup(receiver.origin, map.address(), Key::Name(name.clone()));
                }
                Ok(found)
            }
            Value::Object(object) => match self.struct_field(object.as_ref(), name) {
                Some(_) if has_arguments => {
                    let text = format!("{name} has arguments but cannot be invoked as function");
                    Err(self.fault(unit, text))
                }
                Some(mut value) => {
                    if let Some(tracer) = &mut self.tracer {
                        value.origin = tracer.lookup(receiver.origin, 0, Key::Name(name.clone()));
                    }
                    Ok(value)
                }
                None => Err(self.no_field(unit, receiver, name)),
            },
            _ => Err(self.no_field(unit, receiver, name)),
        }
    }

    fn key(&mut self, unit: Unit<'_>, map: &Map, name: &GoString) -> Result<Operand, Fault> {
        match map.get(name) {
            Some(value) => Ok(Operand::entry(map, value)),
            None => match self.options.missing_key {
                MissingKey::Invalid => Ok(Operand::INVALID),
                MissingKey::Zero => Ok(Operand::zero_entry(map)),
                MissingKey::Error => {
                    let key = quote(name.as_bytes());
                    Err(self.fault(unit, format!("map has no entry for key {key}")))
                }
            },
        }
    }

    fn struct_field(&self, object: &dyn Object, name: &GoString) -> Option<Operand> {
        if !matches!(object.kind(), Kind::Struct | Kind::Pointer) {
            return None;
        }
        match object.field(name.as_str()?)? {
            Value::Nil => Some(Operand::interface(Value::Nil)),
            value => Some(Operand::concrete(value)),
        }
    }

    #[cold]
    fn no_field(&self, unit: Unit<'_>, receiver: &Operand, name: &GoString) -> Fault {
        self.fault(unit, format!("can't evaluate field {name} in type {}", receiver.type_name()))
    }

    #[allow(clippy::too_many_arguments, reason = "they are Go's evalCall's")]
    fn method(
        &mut self,
        unit: Unit<'_>,
        dot: &Operand,
        receiver: &Operand,
        method: &Method,
        node: NodeId,
        arguments: &[Expression],
        last: Option<Operand>,
    ) -> Result<Operand, Fault> {
        let values = self.arguments(unit, method.name, method.signature, dot, arguments, last)?;
        if let Some(text) = method.signature.refusal(method.name) {
            return Err(self.fault(unit, text));
        }
        self.step(unit)?;
        self.begin_call(unit, node);
        let result = (method.call)(self, &receiver.value, &values);
        let origin = self.end_call(method.name, &values, &result);
        self.give_back_values(values);
        match result {
            Ok(value) => {
                let mut result = Operand::result(value, method.signature.result);
                if let Some(tracer) = &mut self.tracer {
                    result.origin = tracer.made(&[receiver.origin, origin]);
                }
                Ok(result)
            }
            Err(error) => {
                self.node = node;
                Err(self.call_fault(unit, method.name, error))
            }
        }
    }
}
