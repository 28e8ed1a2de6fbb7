//! Function calls: Go's `evalCall`.

use super::Operand;
use super::engine::{Engine, Unit};
use super::fault::Fault;
use crate::builtins::Builtin;
use crate::function::{Arguments, CallError, Function, Parameter, Signature};
use crate::node::NodeId;
use crate::program::{Callee, Expression};
use crate::trace::{CallKind, OriginId};
use crate::value::{GoString, Value};

impl Engine<'_> {
    /// Calls a function. `node` is what an error of the function is told of.
    pub(super) fn call(
        &mut self,
        unit: Unit<'_>,
        callee: Callee,
        node: NodeId,
        dot: &Operand,
        arguments: &[Expression],
        last: Option<Operand>,
    ) -> Result<Operand, Fault> {
        match callee {
            Callee::Function(place) => match unit.function(place) {
                Some(function) => self.call_function(unit, function, node, dot, arguments, last),
                None => Ok(Operand::INVALID),
            },
            Callee::Builtin(builtin) => self.call_builtin(unit, builtin, node, dot, arguments, last),
        }
    }

    fn call_function(
        &mut self,
        unit: Unit<'_>,
        function: &Function,
        node: NodeId,
        dot: &Operand,
        arguments: &[Expression],
        last: Option<Operand>,
    ) -> Result<Operand, Fault> {
        let values = self.arguments(unit, function.name, function.signature, dot, arguments, last)?;
        self.step(unit)?;
        self.pay_for_texts(unit, function.signature, &values)?;
        self.begin_call(unit, node);
        let result = (function.call)(self, Arguments(&values));
        let origin = self.end_call(function.name, &values, &result);
        self.give_back_values(values);
        match result {
            Ok(value) => Ok(Operand { origin, ..Operand::result(value, function.signature.result) }),
            Err(error) => {
                self.node = node;
                Err(self.call_fault(unit, function.name, error))
            }
        }
    }

    fn call_builtin(
        &mut self,
        unit: Unit<'_>,
        builtin: Builtin,
        node: NodeId,
        dot: &Operand,
        arguments: &[Expression],
        last: Option<Operand>,
    ) -> Result<Operand, Fault> {
        let signature = builtin.signature();
        if matches!(builtin, Builtin::And | Builtin::Or) {
            self.check_count(unit, builtin.name(), signature, arguments.len(), last.is_some())?;
            return self.decide(unit, builtin, dot, arguments, last);
        }
        let result = if builtin.takes_operands() {
            self.check_count(unit, builtin.name(), signature, arguments.len(), last.is_some())?;
            let mut operands = self.spare_operands.pop().unwrap_or_default();
            for argument in arguments {
                operands.push(self.reflect_argument(unit, *argument, dot)?);
            }
            operands.extend(last);
            self.step(unit)?;
            let texts = operands.iter().filter_map(|operand| operand.value.as_string());
            let steps = texts.map(looked_at).sum();
            self.pay(unit, steps)?;
            let result = if builtin == Builtin::Call {
                let callee = self.callee_name(unit, arguments, &operands);
                builtin.call_operands(&operands, &callee)
            } else {
                builtin.call_operands(&operands, "")
            };
            let result = result.map(|result| self.trace_operands(builtin, &operands, result));
            operands.clear();
            self.spare_operands.push(operands);
            result
        } else {
            let values = self.arguments(unit, builtin.name(), signature, dot, arguments, last)?;
            // They make texts, which takes the time of three steps.
            for _ in 0..3 {
                self.step(unit)?;
            }
            let result = builtin.call_values(self, &values);
            let origin = self.end_call(builtin.name(), &values, &result);
            self.give_back_values(values);
            result.map(|value| Operand { origin, ..Operand::concrete(value) })
        };
        result.map_err(|error| {
            self.node = node;
            self.call_fault(unit, builtin.name(), error)
        })
    }

    /// What `call` calls its function: the argument as it is written, or what Go's
    /// `reflect.Value.String` makes of a piped one.
    fn callee_name(&self, unit: Unit<'_>, arguments: &[Expression], operands: &[Operand]) -> String {
        match (arguments.first(), operands.first().map(|operand| &operand.value)) {
            (Some(first), _) => unit.text(first.node),
            (None, Some(Value::String(text))) => text.to_string(),
            (None, Some(Value::Nil) | None) => "<invalid Value>".to_owned(),
            (None, Some(value)) => format!("<{} Value>", value.type_name()),
        }
    }

    /// `and` and `or`: the first argument that decides, or the last one.
    fn decide(
        &mut self,
        unit: Unit<'_>,
        builtin: Builtin,
        dot: &Operand,
        arguments: &[Expression],
        last: Option<Operand>,
    ) -> Result<Operand, Fault> {
        self.step(unit)?;
        let mut value = Operand::INVALID;
        for argument in arguments {
            value = self.reflect_argument(unit, *argument, dot)?;
            if value.truth() == (builtin == Builtin::Or) {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    pub(super) fn check_count(
        &self,
        unit: Unit<'_>,
        name: &str,
        signature: Signature,
        written: usize,
        has_last: bool,
    ) -> Result<(), Fault> {
        let given = written + usize::from(has_last);
        let wanted = signature.parameters.len();
        if signature.variadic {
            let least = wanted.saturating_sub(1);
            if given < least {
                let text = format!("wrong number of args for {name}: want at least {least} got {written}");
                return Err(self.fault(unit, text));
            }
        } else if given != wanted {
            let text = format!("wrong number of args for {name}: want {wanted} got {given}");
            return Err(self.fault(unit, text));
        }
        Ok(())
    }

    /// The arguments of a call, made to fit its signature.
    pub(super) fn arguments(
        &mut self,
        unit: Unit<'_>,
        name: &str,
        signature: Signature,
        dot: &Operand,
        arguments: &[Expression],
        last: Option<Operand>,
    ) -> Result<Vec<Value>, Fault> {
        self.check_count(unit, name, signature, arguments.len(), last.is_some())?;
        let parameter = |index: usize| {
            let parameters = signature.parameters;
            parameters.get(index).or(parameters.last()).copied().unwrap_or(Parameter::Any)
        };
        let mut values = self.spare_values.pop().unwrap_or_default();
        for (index, argument) in arguments.iter().enumerate() {
            let value = self.argument(unit, parameter(index), *argument, dot)?;
            values.push(value);
        }
        if let Some(last) = last {
            self.trace_argument(last.origin);
            let value = self.fit(unit, last, parameter(arguments.len()))?;
            values.push(value);
        }
        Ok(values)
    }

    /// Pays for what a function does with its texts. One that asks for a string goes through it;
    /// one that takes anything mostly hands it on, but may compare or convert it.
    fn pay_for_texts(&mut self, unit: Unit<'_>, signature: Signature, values: &[Value]) -> Result<(), Fault> {
        /// Bytes a function goes through in the time of a step.
        const BYTES_A_STEP: u64 = 8;
        let parameter = |index: usize| signature.parameters.get(index).or(signature.parameters.last());
        let steps = values.iter().enumerate().map(|(index, value)| match value {
            Value::String(text) if parameter(index) == Some(&Parameter::String) => {
                text.len() as u64 / BYTES_A_STEP
            }
            Value::String(text) => looked_at(text),
            _ => 0,
        });
        self.pay(unit, steps.sum())
    }

    /// Takes steps, unless they are too few to count.
    fn pay(&mut self, unit: Unit<'_>, steps: u64) -> Result<(), Fault> {
        const FEW: u64 = 16;
        if steps < FEW {
            return Ok(());
        }
        self.take_steps(steps).map_err(|limit| self.limit_fault(unit, limit))
    }

    /// Before a function is called: a traced run notes where.
    pub(super) fn begin_call(&mut self, unit: Unit<'_>, node: NodeId) {
        if let Some(tracer) = &mut self.tracer {
            tracer.call = (unit.span(node), CallKind::Include);
        }
    }

    /// After a function was called: a traced run notes what its result was made of.
    pub(super) fn end_call(
        &mut self,
        name: &str,
        values: &[Value],
        result: &Result<Value, CallError>,
    ) -> OriginId {
        match (&mut self.tracer, result) {
            (Some(tracer), Ok(result)) => tracer.called(name, values, result),
            _ => OriginId::NONE,
        }
    }

    fn trace_operands(&mut self, builtin: Builtin, operands: &[Operand], mut result: Operand) -> Operand {
        if let Some(tracer) = &mut self.tracer {
            result.origin = match (builtin, operands.split_first()) {
                (Builtin::Index, Some((item, indexes))) => tracer.indexed(item, indexes),
                _ => {
                    let origins: Vec<OriginId> = operands.iter().map(|operand| operand.origin).collect();
                    tracer.made(&origins)
                }
            };
        }
        result
    }

    pub(super) fn give_back_values(&mut self, mut values: Vec<Value>) {
        values.clear();
        self.spare_values.push(values);
    }
}

/// Steps for a text that is perhaps looked at: only long ones count.
fn looked_at(text: &GoString) -> u64 {
    const LONG: usize = 1 << 16;
    const BYTES_A_STEP: u64 = 256;
    if text.len() < LONG { 0 } else { text.len() as u64 / BYTES_A_STEP }
}
