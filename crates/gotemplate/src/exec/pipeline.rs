//! Pipelines, commands and variables: Go's `evalPipeline` and `evalCommand`.

use std::rc::Rc;

use super::engine::{Engine, Unit};
use super::fault::Fault;
use super::{Operand, State};
use crate::node::{Ideal, Name, Number};
use crate::program::{Command, Expression, ExpressionKind, Place};
use crate::value::{Complex, Value};

impl Engine<'_> {
    /// The value of a pipeline; sets its variables.
    pub(super) fn pipe(&mut self, unit: Unit<'_>, pipe: u32, dot: &Operand) -> Result<Operand, Fault> {
        let Some(pipe) = unit.program.pipes.get(pipe as usize) else { return Ok(Operand::INVALID) };
        self.node = pipe.node;
        let Some((first, rest)) = pipe.commands.of(&unit.program.commands).split_first() else {
            return Ok(Operand::INVALID);
        };
        let mut value = self.command(unit, first, dot, None)?.unwrapped();
        for command in rest {
            value = self.command(unit, command, dot, Some(value))?.unwrapped();
        }
        for place in pipe.places.of(&unit.program.places) {
            self.assign(unit, *place, value.clone())?;
        }
        Ok(value)
    }

    /// The value of a command; `last` is the value of the one before, its last argument.
    pub(super) fn command(
        &mut self,
        unit: Unit<'_>,
        command: &Command,
        dot: &Operand,
        last: Option<Operand>,
    ) -> Result<Operand, Fault> {
        self.clear_doubted(unit, command);
        let head = command.head;
        let arguments = command.arguments.of(&unit.program.expressions);
        match head.kind {
            ExpressionKind::Function(callee) => {
                self.node = head.node;
                self.call(unit, callee, command.node, dot, arguments, last)
            }
            ExpressionKind::Field { path } => {
                self.node = head.node;
                self.field_chain(unit, dot, dot, unit.path(path), head.node, arguments, last)
            }
            ExpressionKind::Variable { place, path } => {
                self.node = head.node;
                let path = unit.path(path);
                let value = self.variable(unit, place)?;
                if path.is_empty() {
                    self.not_a_function(unit, head, arguments, &last)?;
                    return Ok(value);
                }
                self.field_chain(unit, dot, &value, path, head.node, arguments, last)
            }
            ExpressionKind::Chain { base, path } => {
                let value = self.chain_base(unit, head, base, dot)?;
                self.field_chain(unit, dot, &value, unit.path(path), head.node, arguments, last)
            }
            ExpressionKind::Pipe(pipe) => {
                self.not_a_function(unit, head, arguments, &last)?;
                self.check_stack(unit)?;
                self.pipe(unit, pipe, dot)
            }
            _ => {
                self.node = head.node;
                self.not_a_function(unit, head, arguments, &last)?;
                match head.kind {
                    ExpressionKind::Dot => Ok(dot.clone()),
                    ExpressionKind::Nil => Err(self.fault(unit, "nil is not a command")),
                    _ => self.constant(unit, head),
                }
            }
        }
    }

    /// Variables that an argument of the command may declare are not declared yet.
    pub(super) fn clear_doubted(&mut self, unit: Unit<'_>, command: &Command) {
        for slot in command.clears.of(&unit.program.slots) {
            if let Some(variable) = self.variables.get_mut(unit.base + *slot as usize) {
                *variable = Operand::UNDECLARED;
            }
        }
    }

    /// Arguments make sense for functions and methods only.
    fn not_a_function(
        &self,
        unit: Unit<'_>,
        head: Expression,
        arguments: &[Expression],
        last: &Option<Operand>,
    ) -> Result<(), Fault> {
        if arguments.is_empty() && last.is_none() {
            return Ok(());
        }
        let text = unit.text(head.node);
        Err(self.fault(unit, format!("can't give argument to non-function {text}")))
    }

    /// What the fields of a chain are taken of.
    pub(super) fn chain_base(
        &mut self,
        unit: Unit<'_>,
        chain: Expression,
        base: u32,
        dot: &Operand,
    ) -> Result<Operand, Fault> {
        self.node = chain.node;
        let Some(base) = unit.program.expressions.get(base as usize) else { return Ok(Operand::INVALID) };
        self.node = base.node;
        self.operand(unit, *base, dot)
    }

    /// A constant where nothing asks for a type.
    pub(super) fn constant(&self, unit: Unit<'_>, constant: Expression) -> Result<Operand, Fault> {
        Ok(Operand::concrete(match constant.kind {
            ExpressionKind::Bool(value) => Value::Bool(value),
            ExpressionKind::String(index) => Value::String(unit.name(index).cloned().unwrap_or_default()),
            ExpressionKind::Number(number) => match unit.number(number).map(Number::ideal) {
                Some(Ideal::Int(number)) => Value::Int(number),
                Some(Ideal::Float(number)) => Value::Float64(number),
                Some(Ideal::Complex(real, imaginary)) => Value::Object(Rc::new(Complex { real, imaginary })),
                Some(Ideal::Overflow) | None => {
                    let text = unit.text(constant.node);
                    return Err(self.fault(unit, format!("{text} overflows int")));
                }
            },
            _ => Value::Nil,
        }))
    }

    pub(super) fn variable(&self, unit: Unit<'_>, place: Place) -> Result<Operand, Fault> {
        let mut place = place;
        loop {
            match place {
                Place::Slot(slot) => {
                    let variable = self.variables.get(unit.base + slot as usize);
                    return Ok(variable.cloned().unwrap_or(Operand::INVALID));
                }
                Place::Maybe(doubted) => {
                    let (slot, otherwise) = doubted_place(unit, doubted);
                    match self.variables.get(unit.base + slot as usize) {
                        Some(variable) if variable.state != State::Undeclared => {
                            return Ok(variable.clone());
                        }
                        _ => place = otherwise,
                    }
                }
                Place::Undefined(name) => return Err(self.undefined(unit, name)),
            }
        }
    }

    pub(super) fn assign(&mut self, unit: Unit<'_>, place: Place, value: Operand) -> Result<(), Fault> {
        let mut place = place;
        let slot = loop {
            match place {
                Place::Slot(slot) => break slot,
                Place::Maybe(doubted) => {
                    let (slot, otherwise) = doubted_place(unit, doubted);
                    let declared = self
                        .variables
                        .get(unit.base + slot as usize)
                        .is_some_and(|variable| variable.state != State::Undeclared);
                    if declared {
                        break slot;
                    }
                    place = otherwise;
                }
                Place::Undefined(name) => return Err(self.undefined(unit, name)),
            }
        };
        if let Some(variable) = self.variables.get_mut(unit.base + slot as usize) {
            *variable = value;
        }
        Ok(())
    }

    fn undefined(&self, unit: Unit<'_>, name: Name) -> Fault {
        let name = unit.name(name).cloned().unwrap_or_default();
        self.fault(unit, format!("undefined variable: {name}"))
    }
}

fn doubted_place(unit: Unit<'_>, index: u32) -> (u32, Place) {
    unit.program.doubted.get(index as usize).copied().unwrap_or((0, Place::Slot(0)))
}
