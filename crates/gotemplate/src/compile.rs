//! Turns the syntax tree of a body into a [`Program`].

mod expression;
mod scope;

use crate::function_table::FunctionTable;
use crate::node::{Arena, Branch, Many, NodeId, NodeKind};
use crate::program::{Choice, Command, Expression, Program, Statement, StatementKind};
use scope::Scope;

/// Memory that bodies grow in while they are compiled, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    program: Program,
    scope: Scope,
    statements: Vec<Statement>,
    commands: Vec<Command>,
    expressions: Vec<Expression>,
}

/// Compiles a body of a file, by its list.
///
/// Recursion here is no deeper than the parser's was.
pub(crate) fn compile(
    arena: &Arena,
    root: NodeId,
    functions: &FunctionTable,
    scratch: &mut Scratch,
) -> Program {
    let Scratch { program, scope, statements, commands, expressions } = scratch;
    scope.begin();
    let mut compiler = Compiler { arena, functions, program, scope, statements, commands, expressions };
    let block = compiler.block(Some(root));
    let most = compiler.scope.most();
    Program { block, most, ..program.take() }
}

struct Compiler<'p> {
    arena: &'p Arena,
    functions: &'p FunctionTable,
    program: &'p mut Program,
    scope: &'p mut Scope,
    /// What blocks, pipelines and calls that are not finished have so far, those of the innermost last.
    statements: &'p mut Vec<Statement>,
    commands: &'p mut Vec<Command>,
    expressions: &'p mut Vec<Expression>,
}

impl Compiler<'_> {
    fn block(&mut self, list: Option<NodeId>) -> Many {
        let arena = self.arena;
        let nodes = match list.map(|list| arena.kind(list)) {
            Some(NodeKind::List(nodes)) => arena.parts(nodes),
            _ => return Many::default(),
        };
        let first = self.statements.len();
        for node in nodes {
            let statement = self.statement(*node);
            self.statements.extend(statement);
        }
        Many::take(&mut self.program.statements, self.statements, first)
    }

    fn statement(&mut self, id: NodeId) -> Option<Statement> {
        let node = self.arena.get(id)?;
        let kind = match node.kind {
            NodeKind::Text => StatementKind::Text { start: node.start, end: node.end },
            NodeKind::Action(pipe) => {
                let sets = matches!(self.arena.kind(pipe), NodeKind::Pipe { declarations: 1.., .. });
                let pipe = self.pipe_to(pipe, !sets);
                if sets { StatementKind::Bind(pipe) } else { StatementKind::Print(pipe) }
            }
            NodeKind::If(branch) => StatementKind::If(self.choice(branch)),
            NodeKind::With(branch) => StatementKind::With(self.choice(branch)),
            NodeKind::Range(branch) => StatementKind::Range(self.choice(branch)),
            NodeKind::Template { name, pipe } => {
                StatementKind::Template { name, pipe: pipe.map(|pipe| self.pipe(pipe)) }
            }
            NodeKind::Break => StatementKind::Break,
            NodeKind::Continue => StatementKind::Continue,
            _ => return None,
        };
        Some(Statement { node: id, kind })
    }

    fn choice(&mut self, branch: Branch) -> Choice {
        let mark = self.scope.mark();
        let pipe = self.pipe(branch.pipe);
        let inside = self.scope.mark();
        let block = self.block(Some(branch.list));
        self.scope.pop(inside);
        let otherwise = self.block(branch.otherwise);
        self.scope.pop(mark);
        Choice { pipe, block, otherwise }
    }
}
