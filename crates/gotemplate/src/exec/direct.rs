//! Printed pipelines whose last functions can write to the output themselves: the text is made
//! once and never copied. The values, errors and their nodes are the same as the long way round.

use super::Operand;
use super::engine::{Engine, Unit};
use super::fault::Fault;
use crate::builtins::Builtin;
use crate::format::Printer;
use crate::function::{CallError, Parameter};
use crate::program::{Callee, Command, ExpressionKind, Finish, Pipe};
use crate::value::Value;

impl Engine<'_> {
    /// Writes the value of a pipeline as its [`Finish`] allows.
    pub(super) fn write_pipe(&mut self, unit: Unit<'_>, pipe: &Pipe, dot: &Operand) -> Result<(), Fault> {
        self.node = pipe.node;
        let Some((last, before)) = pipe.commands.of(&unit.program.commands).split_last() else {
            return Ok(());
        };
        match pipe.finish {
            Finish::Value => Ok(()),
            Finish::Format(builtin) => {
                let piped = self.piped(unit, before, dot)?;
                self.write_format(unit, builtin, last, dot, piped)
            }
            Finish::Include => {
                let piped = self.piped(unit, before, dot)?;
                self.write_include(unit, last, dot, piped)
            }
            Finish::Indent { newline, width, includes: true } => {
                let from = self.output.bytes.len();
                if let Some(include) = before.first() {
                    self.write_include(unit, include, dot, None)?;
                }
                self.step(unit)?;
                self.indent_from(unit, last, from, newline, width as usize)
            }
            Finish::Indent { newline, width, includes: false } => {
                let piped = self.piped(unit, before, dot)?.unwrap_or(Operand::INVALID);
                if let Some(argument) = last.arguments.of(&unit.program.expressions).first() {
                    self.node = argument.node;
                }
                let text = self.fit(unit, piped, Parameter::String)?;
                self.step(unit)?;
                let from = self.output.bytes.len();
                if let Value::String(text) = &text {
                    self.charge(unit, text.len())?;
                    self.output.bytes.extend_from_slice(text.as_bytes());
                }
                self.indent_from(unit, last, from, newline, width as usize)
            }
        }
    }

    /// The value the last command gets from those before it.
    fn piped(&mut self, unit: Unit<'_>, before: &[Command], dot: &Operand) -> Result<Option<Operand>, Fault> {
        let mut value = None;
        for command in before {
            value = Some(self.command(unit, command, dot, value)?.unwrapped());
        }
        Ok(value)
    }

    fn write_format(
        &mut self,
        unit: Unit<'_>,
        builtin: Builtin,
        command: &Command,
        dot: &Operand,
        piped: Option<Operand>,
    ) -> Result<(), Fault> {
        self.begin_command(unit, command);
        let arguments = command.arguments.of(&unit.program.expressions);
        let values = self.arguments(unit, builtin.name(), builtin.signature(), dot, arguments, piped)?;
        self.step(unit)?;
        let before = self.output.bytes.len();
        let left = self.meter.bytes_left();
        let mut printer = Printer::new(std::mem::take(&mut self.output.bytes), left);
        match (builtin, values.split_first()) {
            (Builtin::Printf, Some((Value::String(format), rest))) => {
                printer.print_format(format.as_bytes(), rest);
            }
            (Builtin::Println, _) => printer.print_line(&values),
            _ => printer.print(&values),
        }
        let result = printer.finish();
        self.give_back_values(values);
        match result {
            Ok(bytes) => {
                self.output.bytes = bytes;
                self.charge(unit, self.output.bytes.len() - before)
            }
            Err(_) => {
                self.node = command.node;
                let limit = self.meter.bytes(left.saturating_add(1));
                let error = match limit {
                    Err(limit) => CallError::Limit(limit),
                    Ok(()) => CallError::message("value is nested too deep to print"),
                };
                Err(self.call_fault(unit, builtin.name(), error))
            }
        }
    }

    fn write_include(
        &mut self,
        unit: Unit<'_>,
        command: &Command,
        dot: &Operand,
        piped: Option<Operand>,
    ) -> Result<(), Fault> {
        self.begin_command(unit, command);
        let ExpressionKind::Function(Callee::Function(place)) = command.head.kind else { return Ok(()) };
        let Some(function) = unit.function(place) else { return Ok(()) };
        let arguments = command.arguments.of(&unit.program.expressions);
        let mut values = self.arguments(unit, function.name, function.signature, dot, arguments, piped)?;
        self.step(unit)?;
        let data = values.pop().unwrap_or_default();
        let result = match values.first() {
            Some(Value::String(name)) => self.include(name.as_bytes(), data),
            _ => Ok(()),
        };
        self.give_back_values(values);
        result.map_err(|error| {
            self.node = command.node;
            self.call_fault(unit, function.name, error)
        })
    }

    /// Runs a named template into the current output.
    fn include(&mut self, name: &[u8], data: Value) -> Result<(), CallError> {
        let template = self.open_include(name)?;
        let node = self.node;
        let depth = std::mem::take(&mut self.depth);
        let result = self.run(&template, Operand::concrete(data));
        self.depth = depth;
        self.node = node;
        self.close_include();
        result.map_err(CallError::Template)
    }

    /// Indents every line of the output from `from` on, and starts a new line before it if asked.
    fn indent_from(
        &mut self,
        unit: Unit<'_>,
        command: &Command,
        from: usize,
        newline: bool,
        width: usize,
    ) -> Result<(), Fault> {
        let text = self.output.bytes.get(from..).unwrap_or_default();
        let lines = 1 + memchr::memchr_iter(b'\n', text).count();
        let added = lines.saturating_mul(width).saturating_add(usize::from(newline));
        self.node = command.node;
        self.charge(unit, added)?;
        indent(&mut self.output.bytes, from, newline, width, added);
        Ok(())
    }

    /// What [`Engine::command`] does before it looks at the head.
    fn begin_command(&mut self, unit: Unit<'_>, command: &Command) {
        self.clear_doubted(unit, command);
        self.node = command.head.node;
    }
}

/// Moves the lines apart from the last one to the first; `added` is by how much the text grows.
fn indent(bytes: &mut Vec<u8>, from: usize, newline: bool, width: usize, added: usize) {
    let mut end = bytes.len();
    bytes.resize(end + added, b' ');
    let mut target = bytes.len();
    loop {
        let line = bytes.get(from..end).and_then(|text| memchr::memrchr(b'\n', text));
        let start = line.map_or(from, |at| from + at + 1);
        let length = end.saturating_sub(start);
        target = target.saturating_sub(length);
        bytes.copy_within(start..end, target);
        target = target.saturating_sub(width);
        if let Some(pad) = bytes.get_mut(target..target + width) {
            pad.fill(b' ');
        }
        if line.is_none() {
            break;
        }
        target = target.saturating_sub(1);
        if let Some(byte) = bytes.get_mut(target) {
            *byte = b'\n';
        }
        end = start.saturating_sub(1);
    }
    if newline && let Some(byte) = bytes.get_mut(from) {
        *byte = b'\n';
    }
}

#[cfg(test)]
mod tests {
    use super::indent;

    #[test]
    fn indenting_in_place_is_indenting() {
        for text in ["", "a", "a\nb", "\n", "a\n\nb\n", "\n\n\n", "one\n  two\nthree"] {
            for width in 0..5 {
                for newline in [false, true] {
                    let pad = " ".repeat(width);
                    let start = if newline { "\n" } else { "" };
                    let expect = format!("before{start}{pad}{}", text.replace('\n', &format!("\n{pad}")));
                    let mut bytes = format!("before{text}").into_bytes();
                    let added = expect.len() - bytes.len();
                    indent(&mut bytes, 6, newline, width, added);
                    assert_eq!(String::from_utf8(bytes).unwrap(), expect);
                }
            }
        }
    }
}
