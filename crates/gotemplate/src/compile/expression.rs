//! Pipelines, commands and operands.

use super::Compiler;
use crate::builtins::Builtin;
use crate::function_table::TextRole;
use crate::node::{Ideal, Many, Name, NodeId, NodeKind, Number};
use crate::program::{Callee, Command, Expression, ExpressionKind, Finish, Pipe, Place};

/// Indents wider than this are left to the function.
const WIDEST: u32 = 1000;

impl Compiler<'_> {
    pub(super) fn pipe(&mut self, id: NodeId) -> u32 {
        self.pipe_to(id, false)
    }

    /// A pipeline; `printed` if its value goes to the output.
    pub(super) fn pipe_to(&mut self, id: NodeId, printed: bool) -> u32 {
        let arena = self.arena;
        let NodeKind::Pipe { is_assign, declarations, parts } = arena.kind(id) else {
            return u32::MAX;
        };
        let (declarations, commands) = arena.pipe_parts(declarations, parts);
        let first = self.commands.len();
        for command in commands {
            let command = self.command(*command);
            self.commands.extend(command);
        }
        let mut places = [None; 2];
        for (declaration, place) in declarations.iter().zip(&mut places) {
            let NodeKind::Variable(path) = arena.kind(*declaration) else { continue };
            let Some(name) = arena.path(path).first().copied() else { continue };
            let found = if is_assign { self.find(name) } else { Place::Slot(self.scope.declare(name)) };
            *place = Some(found);
        }
        let commands = Many::take(&mut self.program.commands, self.commands, first);
        let places = Many::put(&mut self.program.places, places.into_iter().flatten());
        let finish = if printed { self.finish(commands) } else { Finish::Value };
        self.program.pipes.push(Pipe { node: id, commands, places, finish });
        u32::try_from(self.program.pipes.len() - 1).unwrap_or(u32::MAX)
    }

    /// How the value of these commands may be printed.
    fn finish(&self, commands: Many) -> Finish {
        let Some((last, before)) = commands.of(&self.program.commands).split_last() else {
            return Finish::Value;
        };
        match (callee(last), self.role(last), before) {
            (Some(Callee::Builtin(builtin @ (Builtin::Print | Builtin::Printf | Builtin::Println))), ..) => {
                Finish::Format(builtin)
            }
            (_, Some(TextRole::Include), _) => Finish::Include,
            (_, Some(role @ (TextRole::Indent | TextRole::NewlineIndent)), [_, ..]) => {
                let width = match last.arguments.of(&self.program.expressions) {
                    [Expression { kind: ExpressionKind::Number(number), .. }] => {
                        match self.arena.number(*number).map(Number::ideal) {
                            Some(Ideal::Int(width)) => {
                                u32::try_from(width).ok().filter(|width| *width <= WIDEST)
                            }
                            _ => None,
                        }
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

    fn role(&self, command: &Command) -> Option<TextRole> {
        match callee(command) {
            Some(Callee::Function(function)) => self.functions.role(function),
            _ => None,
        }
    }

    fn find(&mut self, name: Name) -> Place {
        self.scope.find(name, &mut self.program.doubted)
    }

    fn command(&mut self, id: NodeId) -> Option<Command> {
        let NodeKind::Command(operands) = self.arena.kind(id) else { return None };
        let (first, rest) = self.arena.parts(operands).split_first()?;
        let head = self.expression(*first);
        // Arguments that Go may leave out: of a method that may not be there, after a deciding one.
        let certain = match head.kind {
            ExpressionKind::Function(Callee::Builtin(Builtin::And | Builtin::Or)) => 1,
            ExpressionKind::Function(_) => rest.len(),
            _ => 0,
        };
        let mut mark = self.scope.mark();
        let waiting = self.expressions.len();
        for (index, argument) in rest.iter().enumerate() {
            let argument = self.expression(*argument);
            self.expressions.push(argument);
            if index < certain {
                mark = self.scope.mark();
            }
        }
        let clears = self.scope.doubt_since(mark);
        let arguments = Many::take(&mut self.program.expressions, self.expressions, waiting);
        let clears = Many::put(&mut self.program.slots, clears);
        Some(Command { node: id, head, arguments, clears })
    }

    fn expression(&mut self, id: NodeId) -> Expression {
        let kind = match self.arena.kind(id) {
            NodeKind::Dot => ExpressionKind::Dot,
            NodeKind::Bool(value) => ExpressionKind::Bool(value),
            NodeKind::Number(number) => ExpressionKind::Number(number),
            NodeKind::String(text) => ExpressionKind::String(text),
            NodeKind::Field(path) => ExpressionKind::Field { path },
            NodeKind::Variable(path) => match self.arena.path(path).first() {
                Some(name) => ExpressionKind::Variable { place: self.find(*name), path: path.rest() },
                None => ExpressionKind::Nil,
            },
            NodeKind::Chain { node, fields } => {
                let base = self.expression(node);
                self.program.expressions.push(base);
                let base = u32::try_from(self.program.expressions.len() - 1).unwrap_or(u32::MAX);
                ExpressionKind::Chain { base, path: fields }
            }
            NodeKind::Pipe { .. } => ExpressionKind::Pipe(self.pipe(id)),
            NodeKind::Identifier(_, callee) => ExpressionKind::Function(callee),
            _ => ExpressionKind::Nil,
        };
        Expression { node: id, kind }
    }
}

fn callee(command: &Command) -> Option<Callee> {
    match command.head.kind {
        ExpressionKind::Function(callee) => Some(callee),
        _ => None,
    }
}
