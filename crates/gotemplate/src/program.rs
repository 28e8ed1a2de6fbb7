//! The compiled form of a body: its tree with everything resolved that can be known before a run,
//! laid out flat.
//!
//! Variables have become slots, functions their bodies, constants their values. Every part still
//! names the syntax node it came from: errors are told in its words.

use crate::builtins::Builtin;
use crate::node::{Many, Name, NodeId};

/// A compiled body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) statements: Vec<Statement>,
    pub(crate) pipes: Vec<Pipe>,
    pub(crate) commands: Vec<Command>,
    pub(crate) expressions: Vec<Expression>,
    pub(crate) places: Vec<Place>,
    /// Variables that may be there already, and where else they are: see [`Place::Maybe`].
    pub(crate) doubted: Vec<(u32, Place)>,
    pub(crate) slots: Vec<u32>,
    /// What runs when the template is executed.
    pub(crate) block: Many,
    /// How many variables it has at most at one time, `$` counted.
    pub(crate) most: u32,
}

impl Program {
    /// Takes everything out, into memory of its size; the memory it grew in is kept.
    pub(crate) fn take(&mut self) -> Program {
        let taken = self.clone();
        self.statements.clear();
        self.pipes.clear();
        self.commands.clear();
        self.expressions.clear();
        self.places.clear();
        self.doubted.clear();
        self.slots.clear();
        taken
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement {
    pub(crate) node: NodeId,
    pub(crate) kind: StatementKind,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum StatementKind {
    /// Writes a range of the source.
    Text {
        start: u32,
        end: u32,
    },
    /// Writes a pipeline's value.
    Print(u32),
    /// Runs a pipeline that only sets variables.
    Bind(u32),
    If(Choice),
    With(Choice),
    Range(Choice),
    Template {
        name: Name,
        pipe: Option<u32>,
    },
    Break,
    Continue,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) pipe: u32,
    pub(crate) block: Many,
    pub(crate) otherwise: Many,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Pipe {
    pub(crate) node: NodeId,
    pub(crate) commands: Many,
    /// The variables it sets.
    pub(crate) places: Many,
    /// How its value may be printed.
    pub(crate) finish: Finish,
}

/// How the value of a printed pipeline may reach the output without being made a value first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// It may not.
    Value,
    /// The last command is a builtin that makes text of values.
    Format(Builtin),
    /// The last command runs a named template.
    Include,
    /// The last command indents, by a constant; `includes` if all before it is one command that
    /// runs a named template.
    Indent { newline: bool, width: u32, includes: bool },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Command {
    pub(crate) node: NodeId,
    pub(crate) head: Expression,
    pub(crate) arguments: Many,
    /// Variables that an argument declares only if it is evaluated: undeclared before.
    pub(crate) clears: Many,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Expression {
    pub(crate) node: NodeId,
    pub(crate) kind: ExpressionKind,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum ExpressionKind {
    Dot,
    Nil,
    Bool(bool),
    /// Index among the file's numbers.
    Number(u32),
    String(Name),
    Field {
        path: Many,
    },
    Variable {
        place: Place,
        path: Many,
    },
    Chain {
        /// Index of the expression.
        base: u32,
        path: Many,
    },
    Pipe(u32),
    Function(Callee),
}

/// Where a variable is found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Slot(u32),
    /// In one slot if it was declared, else at another place: index among the program's doubted.
    Maybe(u32),
    /// Nowhere, though the parser let it pass.
    Undefined(Name),
}

/// What an identifier calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Callee {
    Builtin(Builtin),
    /// Its place in the function table.
    Function(u32),
}
