//! Pipelines, commands and operands.

use super::Compiler;
use crate::builtins::Builtin;
use crate::function_table::TextRole;
use crate::node::{NodeId, NodeKind, Number};
use crate::program::{Callee, Command, Expression, ExpressionKind, Finish, Ideal, Many, Pipe, Place};
use crate::value::GoString;

/// Indents wider than this are left to the function.
const WIDEST: u32 = 1000;

impl Compiler<'_> {
    pub(super) fn pipe(&mut self, id: NodeId) -> u32 {
        self.pipe_to(id, false)
    }

    /// A pipeline; `printed` if its value goes to the output.
    pub(super) fn pipe_to(&mut self, id: NodeId, printed: bool) -> u32 {
        let NodeKind::Pipe { is_assign, declarations, commands } = self.kind(id) else {
            return u32::MAX;
        };
        let commands: Vec<Command> = commands.iter().filter_map(|command| self.command(*command)).collect();
        let mut places = Vec::with_capacity(declarations.len());
        for declaration in declarations {
            let name = match self.kind(*declaration) {
                NodeKind::Variable(names) => names.first().cloned().unwrap_or_default(),
                _ => continue,
            };
            places.push(if *is_assign { self.find(&name) } else { Place::Slot(self.scope.declare(name)) });
        }
        let commands = Many::put(&mut self.program.commands, commands);
        let places = Many::put(&mut self.program.places, places);
        let finish = if printed { self.finish(commands) } else { Finish::Value };
        self.program.pipes.push(Pipe { node: id, commands, places, finish });
        u32::try_from(self.program.pipes.len() - 1).unwrap_or(u32::MAX)
    }

    /// How the value of these commands may be printed.
    fn finish(&self, commands: Many) -> Finish {
        let Some((last, before)) = commands.of(&self.program.commands).split_last() else {
            return Finish::Value;
        };
        match (self.callee(last), self.role(last), before) {
            (Some(Callee::Builtin(builtin @ (Builtin::Print | Builtin::Printf | Builtin::Println))), ..) => {
                Finish::Format(*builtin)
            }
            (_, Some(TextRole::Include), _) => Finish::Include,
            (_, Some(role @ (TextRole::Indent | TextRole::NewlineIndent)), [_, ..]) => {
                let width = match last.arguments.of(&self.program.expressions) {
                    [Expression { kind: ExpressionKind::Number(Ideal::Int(width)), .. }] => {
                        u32::try_from(*width).ok().filter(|width| *width <= WIDEST)
                    }
                    _ => None,
                };
                let Some(width) = width else { return Finish::Value };
                let includes = match before {
                    [only] => self.role(only) == Some(TextRole::Include),
                    _ => false,
                };
                Finish::Indent { newline: role == TextRole::NewlineIndent, width, includes }
            }
            _ => Finish::Value,
        }
    }

    fn callee(&self, command: &Command) -> Option<&Callee> {
        match command.head.kind {
            ExpressionKind::Function(callee) => self.program.callees.get(callee as usize),
            _ => None,
        }
    }

    fn role(&self, command: &Command) -> Option<TextRole> {
        match self.callee(command) {
            Some(Callee::Function(function)) => self.functions.role(function.name),
            _ => None,
        }
    }

    fn find(&mut self, name: &GoString) -> Place {
        let undefined = Place::Undefined(self.name(name.clone()));
        self.scope.find(name, &mut self.program.places, undefined)
    }

    fn command(&mut self, id: NodeId) -> Option<Command> {
        let NodeKind::Command(operands) = self.kind(id) else { return None };
        let (first, rest) = operands.split_first()?;
        let head = self.expression(*first);
        // Arguments that Go may leave out: of a method that may not be there, after a deciding one.
        let certain = match head.kind {
            ExpressionKind::Function(callee) => match self.program.callees.get(callee as usize) {
                Some(Callee::Builtin(Builtin::And | Builtin::Or)) => 1,
                _ => rest.len(),
            },
            _ => 0,
        };
        let mut mark = self.scope.mark();
        let mut arguments = Vec::with_capacity(rest.len());
        for (index, argument) in rest.iter().enumerate() {
            arguments.push(self.expression(*argument));
            if index < certain {
                mark = self.scope.mark();
            }
        }
        let clears = self.scope.doubt_since(mark);
        let arguments = Many::put(&mut self.program.expressions, arguments);
        let clears = Many::put(&mut self.program.slots, clears);
        Some(Command { node: id, head, arguments, clears })
    }

    fn expression(&mut self, id: NodeId) -> Expression {
        let kind = match self.kind(id) {
            NodeKind::Dot => ExpressionKind::Dot,
            NodeKind::Bool(value) => ExpressionKind::Bool(*value),
            NodeKind::Number(number) => ExpressionKind::Number(ideal(number)),
            NodeKind::String(text) => ExpressionKind::String(self.name(text.clone())),
            NodeKind::Field(names) => ExpressionKind::Field { path: self.path(names) },
            NodeKind::Variable(names) => match names.split_first() {
                Some((name, fields)) => {
                    let place = self.find(name);
                    ExpressionKind::Variable { place, path: self.path(fields) }
                }
                None => ExpressionKind::Nil,
            },
            NodeKind::Chain { node, fields } => {
                let base = self.expression(*node);
                self.program.expressions.push(base);
                let base = u32::try_from(self.program.expressions.len() - 1).unwrap_or(u32::MAX);
                ExpressionKind::Chain { base, path: self.path(fields) }
            }
            NodeKind::Pipe { .. } => ExpressionKind::Pipe(self.pipe(id)),
            NodeKind::Identifier(name) => match self.functions.get(name) {
                Some(callee) => {
                    self.program.callees.push(callee);
                    let index = u32::try_from(self.program.callees.len() - 1).unwrap_or(u32::MAX);
                    ExpressionKind::Function(index)
                }
                None => ExpressionKind::Nil,
            },
            _ => ExpressionKind::Nil,
        };
        Expression { node: id, kind }
    }

    fn path(&mut self, names: &[GoString]) -> Many {
        Many::put(&mut self.program.names, names.iter().cloned())
    }
}

/// The value of a number where its syntax must tell the type.
fn ideal(number: &Number) -> Ideal {
    let text = number.text.as_bytes();
    let looks_like_float = text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E' | b'p' | b'P'));
    let is_hexadecimal =
        matches!(text, [b'0', b'x' | b'X', _, ..]) && !text.iter().any(|byte| matches!(byte, b'p' | b'P'));
    let is_character = text.first() == Some(&b'\'');
    match (number.complex, number.float, number.int) {
        (Some((real, imaginary)), ..) => Ideal::Complex(real, imaginary),
        (None, Some(value), _) if looks_like_float && !is_hexadecimal && !is_character => Ideal::Float(value),
        (None, _, Some(value)) => Ideal::Int(value),
        _ => Ideal::Overflow,
    }
}
