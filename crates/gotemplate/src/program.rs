//! The compiled form of a file: its tree with everything resolved that can be known before a run,
//! laid out flat.
//!
//! Variables have become slots, functions their bodies, constants their values. Every part still
//! names the syntax node it came from: errors are told in its words.

use crate::builtins::Builtin;
use crate::function::Function;
use crate::node::NodeId;
use crate::value::GoString;

/// A run of elements in one of the program's tables.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Many {
    start: u32,
    length: u32,
}

impl Many {
    /// Moves `items` to the end of `table`.
    pub(crate) fn put<T>(table: &mut Vec<T>, items: impl IntoIterator<Item = T>) -> Self {
        let start = table.len();
        table.extend(items);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Many { start: number(start), length: number(table.len() - start) }
    }

    pub(crate) fn of<T>(self, table: &[T]) -> &[T] {
        let start = self.start as usize;
        table.get(start..start + self.length as usize).unwrap_or_default()
    }

    pub(crate) fn is_empty(self) -> bool {
        self.length == 0
    }
}

/// A file's compiled bodies.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) statements: Vec<Statement>,
    pub(crate) pipes: Vec<Pipe>,
    pub(crate) commands: Vec<Command>,
    pub(crate) expressions: Vec<Expression>,
    pub(crate) names: Vec<GoString>,
    pub(crate) places: Vec<Place>,
    pub(crate) slots: Vec<u32>,
    pub(crate) callees: Vec<Callee>,
    /// The file's own body, then its definitions'.
    pub(crate) bodies: Vec<Body>,
}

/// What runs when a template is executed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Body {
    pub(crate) block: Many,
    /// How many variables it has at most at one time, `$` counted.
    pub(crate) slots: u32,
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
        /// Index of the name.
        name: u32,
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
    /// A constant as a value where its type is not given.
    Number(Ideal),
    /// Index of the text among the names.
    String(u32),
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
    Function(u32),
}

/// What Go makes of a number whose type nothing asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ideal {
    Int(i64),
    Float(f64),
    Complex(f64, f64),
    /// It fits only an unsigned integer.
    Overflow,
}

/// Where a variable is found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Slot(u32),
    /// In the slot if it was declared, else at another place of the program's table.
    Maybe {
        slot: u32,
        otherwise: u32,
    },
    /// Nowhere, though the parser let it pass; index of the name.
    Undefined(u32),
}

/// What an identifier calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Callee {
    Builtin(Builtin),
    Function(Function),
}
