//! Walks statements: Go's `walk` functions.

use wheelhouse_source::Span;

use super::engine::{Engine, Unit};
use super::fault::Fault;
use super::{Operand, State};
use crate::error::LimitReached;
use crate::format::Printer;
use crate::node::{Many, Name, NodeId};
use crate::program::{Choice, Finish, Place, StatementKind};
use crate::strconv::{FloatStyle, append_float, append_uint, quote};
use crate::template_set::Template;
use crate::trace::{CallKind, Key, OriginId};
use crate::value::{Kind, Value};

/// How a block ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

/// An output is long from here on, in bytes.
const LONG_OUTPUT: usize = 32 << 20;

impl Engine<'_> {
    /// Runs a template's body; its variables start anew.
    pub(super) fn run(&mut self, template: &Template, dot: Operand) -> Result<(), Fault> {
        if self.profiler.is_some() {
            return self.run_counted(template, dot);
        }
        self.run_uncounted(template, dot)
    }

    pub(super) fn run_uncounted(&mut self, template: &Template, dot: Operand) -> Result<(), Fault> {
        let base = self.variables.len();
        let Some(unit) = Unit::new(template, base) else { return Ok(()) };
        self.check_stack(unit)?;
        self.variables.push(dot.clone());
        self.variables.resize(base + unit.program.most as usize, Operand::INVALID);
        self.depth += 1;
        let caller = self.tracer.as_mut().map(|tracer| {
            let frame = tracer.enter(template);
            tracer.text = OriginId::NONE;
            tracer.frame.replace(frame)
        });
        let result = self.block(unit, unit.program.block, &dot);
        if let (Some(tracer), Some(caller)) = (&mut self.tracer, caller) {
            tracer.frame = caller;
        }
        self.depth -= 1;
        self.variables.truncate(base);
        result.map(|_| ())
    }

    fn block(&mut self, unit: Unit<'_>, block: Many, dot: &Operand) -> Result<Flow, Fault> {
        for statement in block.of(&unit.program.statements) {
            self.node = statement.node;
            self.step(unit)?;
            let flow = match statement.kind {
                StatementKind::Text { start, end } => {
                    self.text(unit, start as usize, end as usize)?;
                    Flow::Next
                }
                StatementKind::Print(pipe) if self.writes_directly(unit, pipe) => {
                    if let Some(pipe) = unit.program.pipes.get(pipe as usize) {
                        self.write_pipe(unit, pipe, dot)?;
                    }
                    Flow::Next
                }
                StatementKind::Print(pipe) => {
                    let value = self.pipe(unit, pipe, dot)?;
                    self.node = statement.node;
                    let from = self.output.bytes.len();
                    self.print(unit, &value)?;
                    if let Some(tracer) = &mut self.tracer {
                        let source = unit.span(statement.node);
                        tracer.wrote(Span::new(from, self.output.bytes.len()), source, Some(&value));
                        if tracer.owes_much() {
                            self.take_steps(0).map_err(|limit| self.limit_fault(unit, limit))?;
                        }
                    }
                    Flow::Next
                }
                StatementKind::Bind(pipe) => {
                    self.pipe(unit, pipe, dot)?;
                    Flow::Next
                }
                StatementKind::If(choice) => {
                    let value = self.pipe(unit, choice.pipe, dot)?;
                    let truth = value.truth();
                    self.branched(unit, statement.node, truth, value.origin);
                    self.nested_block(unit, if truth { choice.block } else { choice.otherwise }, dot)?
                }
                StatementKind::With(choice) => {
                    let value = self.pipe(unit, choice.pipe, dot)?;
                    self.branched(unit, statement.node, value.truth(), value.origin);
                    if value.truth() {
                        self.nested_block(unit, choice.block, &value)?
                    } else {
                        self.nested_block(unit, choice.otherwise, dot)?
                    }
                }
                StatementKind::Range(choice) => self.range(unit, choice, dot)?,
                StatementKind::Template { name, pipe } => {
                    self.template(unit, name, pipe, dot)?;
                    Flow::Next
                }
                StatementKind::Break => Flow::Break,
                StatementKind::Continue => Flow::Continue,
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// A traced run notes how a branch went.
    fn branched(&mut self, unit: Unit<'_>, node: NodeId, taken: bool, condition: OriginId) {
        if let Some(tracer) = &mut self.tracer {
            let parsed = std::sync::Arc::as_ptr(&unit.file.parsed) as usize;
            tracer.branched(parsed, unit.span(node), taken, condition);
        }
    }

    /// Whether a printed pipeline need not make its value. A traced run needs the value.
    fn writes_directly(&self, unit: Unit<'_>, pipe: u32) -> bool {
        self.tracer.is_none()
            && unit.program.pipes.get(pipe as usize).is_some_and(|pipe| pipe.finish != Finish::Value)
    }

    fn nested_block(&mut self, unit: Unit<'_>, block: Many, dot: &Operand) -> Result<Flow, Fault> {
        if block.is_empty() {
            return Ok(Flow::Next);
        }
        self.check_stack(unit)?;
        self.block(unit, block, dot)
    }

    fn text(&mut self, unit: Unit<'_>, start: usize, end: usize) -> Result<(), Fault> {
        let text = unit.file.parsed.source().as_bytes().get(start..end).unwrap_or_default();
        self.charge(unit, text.len())?;
        let from = self.output.bytes.len();
        self.output.bytes.extend_from_slice(text);
        if let Some(tracer) = &mut self.tracer {
            tracer.wrote(Span::new(from, self.output.bytes.len()), Span::new(start, end), None);
        }
        Ok(())
    }

    pub(super) fn charge(&mut self, unit: Unit<'_>, bytes: usize) -> Result<(), Fault> {
        // What has outgrown its place is moved to one of twice the size: a long output is in memory
        // several times, and pays for it.
        let times = if self.output.bytes.len() > LONG_OUTPUT { 4 } else { 1 };
        self.meter.bytes(bytes.saturating_mul(times)).map_err(|limit| self.limit_fault(unit, limit))
    }

    /// Writes a value as `print` shows it.
    fn print(&mut self, unit: Unit<'_>, operand: &Operand) -> Result<(), Fault> {
        match &operand.value {
            Value::String(text) => {
                self.charge(unit, text.len())?;
                self.output.bytes.extend_from_slice(text.as_bytes());
                Ok(())
            }
            // Only an invalid value gets here as nil: a pipeline looks into interfaces.
            Value::Nil => {
                let text: &[u8] = if operand.state == State::Interface { b"<nil>" } else { b"<no value>" };
                self.charge(unit, text.len())?;
                self.output.bytes.extend_from_slice(text);
                Ok(())
            }
            Value::Object(object) if object.kind() == Kind::Func => {
                let node = unit.text(self.node);
                Err(self.fault(unit, format!("can't print {node} of type {}", object.type_name())))
            }
            Value::Bool(value) => {
                let text: &[u8] = if *value { b"true" } else { b"false" };
                self.charge(unit, text.len())?;
                self.output.bytes.extend_from_slice(text);
                Ok(())
            }
            Value::Int(number) | Value::Int64(number) => {
                let before = self.output.bytes.len();
                if *number < 0 {
                    self.output.bytes.push(b'-');
                }
                append_uint(&mut self.output.bytes, number.unsigned_abs());
                self.charge(unit, self.output.bytes.len() - before)
            }
            Value::Float64(number) => {
                let before = self.output.bytes.len();
                append_float(&mut self.output.bytes, *number, FloatStyle::General, None, false);
                self.charge(unit, self.output.bytes.len() - before)
            }
            value => {
                let before = self.output.bytes.len();
                let left = self.meter.bytes_left();
                let mut printer = Printer::new(std::mem::take(&mut self.output.bytes), left);
                printer.print_action(value);
                match printer.finish() {
                    Ok(mut bytes) => {
                        // An action prints what a pointer points to, without the `&` of `%v`.
                        let is_pointer = value.kind() == Kind::Pointer;
                        if is_pointer && bytes.get(before) == Some(&b'&') {
                            bytes.remove(before);
                        }
                        self.output.bytes = bytes;
                        self.charge(unit, self.output.bytes.len() - before)
                    }
                    Err(_) => {
                        let limit = LimitReached::Bytes { limit: self.options.limits.bytes };
                        Err(self.limit_fault(unit, limit))
                    }
                }
            }
        }
    }

    fn template(
        &mut self,
        unit: Unit<'_>,
        name: Name,
        pipe: Option<u32>,
        dot: &Operand,
    ) -> Result<(), Fault> {
        let name = unit.name(name).map_or(&[][..], |name| name.as_bytes());
        let Some(template) = self.scope.get(name) else {
            return Err(self.fault(unit, format!("template {} not defined", quote(name))));
        };
        // The outermost template is not counted.
        if self.depth > self.options.limits.depth {
            return Err(self.limit_fault(unit, LimitReached::Depth { limit: self.options.limits.depth }));
        }
        let node = self.node;
        let dot = match pipe {
            Some(pipe) => self.pipe(unit, pipe, dot)?,
            None => Operand::INVALID,
        };
        if let Some(tracer) = &mut self.tracer {
            tracer.call = (unit.span(node), CallKind::Template);
        }
        self.node = node;
        // An error of the other template is told as one of its own, without a trace of this one.
        self.run(&template, dot)?;
        self.node = node;
        Ok(())
    }

    fn range(&mut self, unit: Unit<'_>, choice: Choice, dot: &Operand) -> Result<Flow, Fault> {
        let node = self.node;
        let mut value = self.pipe(unit, choice.pipe, dot)?.unwrapped();
        if let Value::Object(object) = &value.value
            && let Some(list) = object.elements()
        {
            value.value = Value::List(list);
        }
        let places = match unit.program.pipes.get(choice.pipe as usize) {
            Some(pipe) => pipe.places.of(&unit.program.places),
            None => &[],
        };
        self.check_stack(unit)?;
        let mut rounds = 0_u64;
        macro_rules! round {
            ($index:expr, $element:expr) => {{
                rounds += 1;
                let element: Operand = $element;
                self.step(unit)?;
                self.bind_round(unit, places, $index, &element)?;
                if rounds == 1 {
                    self.branched(unit, node, true, value.origin);
                }
                if self.block(unit, choice.block, &element)? == Flow::Break {
                    return Ok(Flow::Next);
                }
            }};
        }
        match &value.value {
            Value::List(list) => {
                for (index, element) in list.items().iter().enumerate() {
                    let mut element = Operand::element(list, element.clone());
                    if let Some(tracer) = &mut self.tracer {
                        element.origin = tracer.lookup(value.origin, list.address(), Key::Index(index));
                    }
                    let index = Operand::concrete(Value::Int(i64::try_from(index).unwrap_or(i64::MAX)));
                    round!(index, element);
                }
            }
            Value::Bytes(bytes) => {
                for (index, byte) in bytes.iter().enumerate() {
                    let index = Operand::concrete(Value::Int(i64::try_from(index).unwrap_or(i64::MAX)));
                    round!(index, Operand::concrete(Value::Uint8(*byte)));
                }
            }
            Value::Map(map) => {
                for (key, element) in map.entries() {
                    let mut element = Operand::entry(map, element);
                    if let Some(tracer) = &mut self.tracer {
                        element.origin = tracer.lookup(value.origin, map.address(), Key::Name(key.clone()));
                    }
                    let mut key = Operand::concrete(Value::String(key));
                    key.origin = element.origin;
                    round!(key, element);
                }
            }
            Value::Nil => {}
            number => {
                let Some(last) = whole_number(number) else {
                    let shown = self.show(number);
                    // What a pointer leads to is shown, not the pointer.
                    let shown = shown
                        .strip_prefix('&')
                        .filter(|_| matches!(number, Value::Object(_)))
                        .unwrap_or(&shown);
                    return Err(self.fault(unit, format!("range can't iterate over {shown}")));
                };
                if places.len() > 1 {
                    let shown = self.show(number);
                    return Err(
                        self.fault(unit, format!("can't use {shown} to iterate over more than one variable"))
                    );
                }
                let limit = self.options.limits.range;
                if last > limit {
                    return Err(self.limit_fault(unit, LimitReached::Range { length: last, limit }));
                }
                for count in 0..last {
                    round!(Operand::INVALID, Operand::concrete(same_kind(number, count)));
                }
            }
        }
        if rounds == 0 {
            self.branched(unit, node, false, value.origin);
            return self.nested_block(unit, choice.otherwise, dot);
        }
        Ok(Flow::Next)
    }

    /// Sets the variables of a `range` for one round.
    fn bind_round(
        &mut self,
        unit: Unit<'_>,
        places: &[Place],
        index: Operand,
        element: &Operand,
    ) -> Result<(), Fault> {
        match places {
            [] => Ok(()),
            [only] => self.assign(unit, *only, element.clone()),
            [first, second, ..] => {
                self.assign(unit, *first, index)?;
                self.assign(unit, *second, element.clone())
            }
        }
    }

    /// A value inside an error text.
    fn show(&self, value: &Value) -> String {
        let mut printer = Printer::new(Vec::new(), 1 << 20);
        printer.print(std::slice::from_ref(value));
        printer.finish().map_or_else(|_| "…".to_owned(), |text| String::from_utf8_lossy(&text).into_owned())
    }
}

/// How many rounds a `range` over the number has; `None` if it is no integer.
fn whole_number(value: &Value) -> Option<u64> {
    match (value.as_signed(), value.as_unsigned()) {
        (Some(number), _) => Some(u64::try_from(number).unwrap_or(0)),
        (_, number) => number,
    }
}

/// A count as a value of the type of `like`.
fn same_kind(like: &Value, count: u64) -> Value {
    let signed = i64::try_from(count).unwrap_or(i64::MAX);
    match like {
        Value::Int32(_) => Value::Int32(i32::try_from(count).unwrap_or(i32::MAX)),
        Value::Int64(_) => Value::Int64(signed),
        Value::Uint8(_) => Value::Uint8(u8::try_from(count).unwrap_or(u8::MAX)),
        Value::Uint32(_) => Value::Uint32(u32::try_from(count).unwrap_or(u32::MAX)),
        Value::Uint(_) => Value::Uint(count),
        Value::Uint64(_) => Value::Uint64(count),
        _ => Value::Int(signed),
    }
}
