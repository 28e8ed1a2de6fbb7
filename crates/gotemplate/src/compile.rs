//! Turns a syntax tree into a [`Program`].

mod expression;
mod scope;

use crate::function_table::FunctionTable;
use crate::node::{Branch, NodeId, NodeKind};
use crate::parser::Parsed;
use crate::program::{Body, Choice, Many, Program, Statement, StatementKind};
use crate::value::GoString;
use scope::Scope;

/// Compiles the file's own body and its definitions'.
///
/// Recursion here is no deeper than the parser's was.
pub(crate) fn compile(parsed: &Parsed, functions: &FunctionTable) -> Program {
    let mut compiler = Compiler { parsed, functions, program: Program::default(), scope: Scope::new() };
    for root in std::iter::once(parsed.root).chain(parsed.definitions.iter().map(|tree| tree.root)) {
        compiler.scope = Scope::new();
        let block = compiler.block(Some(root));
        let slots = compiler.scope.most();
        compiler.program.bodies.push(Body { block, slots });
    }
    compiler.program
}

struct Compiler<'p> {
    parsed: &'p Parsed,
    functions: &'p FunctionTable,
    program: Program,
    scope: Scope,
}

impl<'p> Compiler<'p> {
    fn kind(&self, id: NodeId) -> &'p NodeKind {
        self.parsed.arena.get(id).map_or(&NodeKind::Nil, |node| &node.kind)
    }

    fn block(&mut self, list: Option<NodeId>) -> Many {
        let nodes = match list.map(|list| self.kind(list)) {
            Some(NodeKind::List(nodes)) => nodes,
            _ => return Many::default(),
        };
        let statements: Vec<Statement> = nodes.iter().filter_map(|node| self.statement(*node)).collect();
        Many::put(&mut self.program.statements, statements)
    }

    fn statement(&mut self, id: NodeId) -> Option<Statement> {
        let node = self.parsed.arena.get(id)?;
        let kind = match &node.kind {
            NodeKind::Text => {
                let offset = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
                StatementKind::Text { start: offset(node.span.start), end: offset(node.span.end) }
            }
            NodeKind::Action(pipe) => {
                let sets = matches!(self.kind(*pipe), NodeKind::Pipe { declarations, .. } if !declarations.is_empty());
                let pipe = self.pipe_to(*pipe, !sets);
                if sets { StatementKind::Bind(pipe) } else { StatementKind::Print(pipe) }
            }
            NodeKind::If(branch) => StatementKind::If(self.choice(*branch)),
            NodeKind::With(branch) => StatementKind::With(self.choice(*branch)),
            NodeKind::Range(branch) => StatementKind::Range(self.choice(*branch)),
            NodeKind::Template { name, pipe } => {
                let name = self.name(name.clone());
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

    fn name(&mut self, name: GoString) -> u32 {
        let index = self.program.names.len();
        self.program.names.push(name);
        u32::try_from(index).unwrap_or(u32::MAX)
    }
}
