//! A node as Go's `String()` writes it: the source with its spacing made regular.

use super::{Arena, Branch, Name, NodeId, NodeKind};
use crate::strconv::quote;

impl Arena {
    /// The node as error texts show it between `<` and `>`.
    #[must_use]
    pub fn text(&self, id: NodeId, source: &[u8]) -> String {
        let mut out = Vec::new();
        self.write(id, source, &mut out);
        String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    fn write(&self, id: NodeId, source: &[u8], out: &mut Vec<u8>) {
        let Some(node) = self.get(id) else { return };
        match node.kind {
            NodeKind::Text | NodeKind::String(_) => {
                out.extend_from_slice(source.get(node.span().range()).unwrap_or_default());
            }
            NodeKind::List(nodes) => {
                self.parts(nodes).iter().for_each(|node| self.write(*node, source, out));
            }
            NodeKind::Action(pipe) => {
                out.extend_from_slice(b"{{");
                self.write(pipe, source, out);
                out.extend_from_slice(b"}}");
            }
            NodeKind::If(branch) => self.write_branch("if", &branch, source, out),
            NodeKind::With(branch) => self.write_branch("with", &branch, source, out),
            NodeKind::Range(branch) => self.write_branch("range", &branch, source, out),
            NodeKind::Break => out.extend_from_slice(b"{{break}}"),
            NodeKind::Continue => out.extend_from_slice(b"{{continue}}"),
            NodeKind::Template { name, pipe } => {
                out.extend_from_slice(b"{{template ");
                out.extend_from_slice(quote(self.name_bytes(name)).as_bytes());
                if let Some(pipe) = pipe {
                    out.push(b' ');
                    self.write(pipe, source, out);
                }
                out.extend_from_slice(b"}}");
            }
            NodeKind::Pipe { is_assign, declarations, parts } => {
                let (declarations, commands) = self.pipe_parts(declarations, parts);
                self.write_joined(declarations, ", ", source, out);
                if !declarations.is_empty() {
                    out.extend_from_slice(if is_assign { b" = " } else { b" := " });
                }
                self.write_joined(commands, " | ", source, out);
            }
            NodeKind::Command(arguments) => {
                for (index, argument) in self.parts(arguments).iter().enumerate() {
                    if index > 0 {
                        out.push(b' ');
                    }
                    self.write_operand(*argument, source, out);
                }
            }
            NodeKind::Identifier(name, _) => out.extend_from_slice(self.name_bytes(name)),
            NodeKind::Variable(path) => {
                if let Some((variable, fields)) = self.path(path).split_first() {
                    out.extend_from_slice(self.name_bytes(*variable));
                    self.write_fields(fields, out);
                }
            }
            NodeKind::Dot => out.push(b'.'),
            NodeKind::Nil => out.extend_from_slice(b"nil"),
            NodeKind::Field(path) => self.write_fields(self.path(path), out),
            NodeKind::Chain { node, fields } => {
                self.write_operand(node, source, out);
                self.write_fields(self.path(fields), out);
            }
            NodeKind::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            NodeKind::Number(number) => {
                out.extend_from_slice(self.number(number).map_or(b"", |number| number.text.as_bytes()));
            }
        }
    }

    /// A pipeline among other operands stands in parentheses.
    fn write_operand(&self, id: NodeId, source: &[u8], out: &mut Vec<u8>) {
        let is_pipe = self.get(id).is_some_and(|node| matches!(node.kind, NodeKind::Pipe { .. }));
        if is_pipe {
            out.push(b'(');
        }
        self.write(id, source, out);
        if is_pipe {
            out.push(b')');
        }
    }

    fn write_joined(&self, nodes: &[NodeId], separator: &str, source: &[u8], out: &mut Vec<u8>) {
        for (index, node) in nodes.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(separator.as_bytes());
            }
            self.write(*node, source, out);
        }
    }

    fn write_branch(&self, keyword: &str, branch: &Branch, source: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(b"{{");
        out.extend_from_slice(keyword.as_bytes());
        out.push(b' ');
        self.write(branch.pipe, source, out);
        out.extend_from_slice(b"}}");
        self.write(branch.list, source, out);
        if let Some(otherwise) = branch.otherwise {
            out.extend_from_slice(b"{{else}}");
            self.write(otherwise, source, out);
        }
        out.extend_from_slice(b"{{end}}");
    }

    fn write_fields(&self, names: &[Name], out: &mut Vec<u8>) {
        for name in names {
            out.push(b'.');
            out.extend_from_slice(self.name_bytes(*name));
        }
    }

    fn name_bytes(&self, name: Name) -> &[u8] {
        self.name(name).map_or(b"", |name| name.as_bytes())
    }
}
