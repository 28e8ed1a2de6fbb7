//! Pipelines, commands, operands.

use wheelhouse_source::Span;

use super::number::read_number;
use super::{MAX_PARENTHESES, Parse, Parser};
use crate::lexer::{Token, TokenKind};
use crate::node::{Many, Name, NodeId, NodeKind};
use crate::program::Callee;
use crate::strconv::quote;
use crate::value::GoString;

impl Parser<'_> {
    /// `$x := command | command` up to and including `end`.
    pub(super) fn pipeline(&mut self, context: &str, end: TokenKind) -> Parse<NodeId> {
        let first = self.peek_non_space();
        let first_part = self.parts.len();
        let is_assign = self.declarations(context)?;
        let declarations = self.parts.len() - first_part;
        let last = loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => break token,
                TokenKind::Bool
                | TokenKind::CharacterConstant
                | TokenKind::Complex
                | TokenKind::Dot
                | TokenKind::Field
                | TokenKind::Identifier
                | TokenKind::Number
                | TokenKind::Nil
                | TokenKind::RawString
                | TokenKind::String
                | TokenKind::Variable
                | TokenKind::LeftParen => {
                    self.back_up();
                    let command = self.command()?;
                    self.parts.push(command);
                }
                _ => return Err(self.unexpected(token, context)),
            }
        };
        self.check_pipeline(first_part + declarations, context)?;
        let parts = self.take_parts(first_part);
        let span = Span::new(first.start, last.start);
        let kind = NodeKind::Pipe { is_assign, declarations: declarations.try_into().unwrap_or(0), parts };
        Ok(self.arena.push(kind, first.start, span))
    }

    /// The variables a pipeline declares or assigns, at most two, become parts; tells whether it
    /// assigns.
    fn declarations(&mut self, context: &str) -> Parse<bool> {
        let before = self.parts.len();
        loop {
            let variable = self.peek_non_space();
            if variable.kind != TokenKind::Variable {
                return Ok(false);
            }
            self.next();
            // "$x foo" and "$x := foo" part only at the third token, and a space is one.
            let adjacent = self.peek();
            let next = self.peek_non_space();
            match next.kind {
                TokenKind::Assign | TokenKind::Declare => {
                    self.next_non_space();
                    self.declare(variable);
                    return Ok(next.kind == TokenKind::Assign);
                }
                TokenKind::Character if self.text_of(next) == b"," => {
                    self.next_non_space();
                    self.declare(variable);
                    if context != "range" || self.parts.len() - before >= 2 {
                        return Err(self.error(format!("too many declarations in {context}")));
                    }
                    match self.peek_non_space().kind {
                        TokenKind::Variable | TokenKind::RightDelimiter | TokenKind::RightParen => {}
                        _ => return Err(self.error("range can only initialize variables")),
                    }
                }
                _ => {
                    if adjacent.kind == TokenKind::Space {
                        self.back_up_3(variable, adjacent);
                    } else {
                        self.back_up_2(variable);
                    }
                    return Ok(false);
                }
            }
        }
    }

    fn declare(&mut self, token: Token) {
        let (name, _) = self.name_of(token);
        self.tree.variables.push(name);
        let path = self.arena.push_path([name]);
        let span = Span::new(token.start, token.end);
        let variable = self.arena.push(NodeKind::Variable(path), token.start, span);
        self.parts.push(variable);
    }

    /// Checks the commands of a pipeline, the parts from `first` on.
    fn check_pipeline(&self, first: usize, context: &str) -> Parse<()> {
        let commands = self.parts.get(first..).unwrap_or_default();
        if commands.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        // Only the first command may start with something that cannot be called.
        for (index, command) in commands.iter().enumerate().skip(1) {
            let first = match self.arena.kind(*command) {
                NodeKind::Command(arguments) => self.arena.parts(arguments).first(),
                _ => None,
            };
            let constant = first.is_some_and(|first| {
                matches!(
                    self.arena.kind(*first),
                    NodeKind::Bool(_)
                        | NodeKind::Dot
                        | NodeKind::Nil
                        | NodeKind::Number(_)
                        | NodeKind::String(_)
                )
            });
            if constant {
                return Err(self.error(format!("non executable command in pipeline stage {}", index + 1)));
            }
        }
        Ok(())
    }

    /// Operands up to a `|`, which is read, or the end of the pipeline, which is not.
    fn command(&mut self) -> Parse<NodeId> {
        let start = self.peek_non_space().start;
        let first = self.parts.len();
        let mut end = start;
        loop {
            self.check_size()?;
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                end = self.arena.get(operand).map_or(end, |node| node.span().end);
                self.parts.push(operand);
            }
            let token = self.next();
            match token.kind {
                TokenKind::Space => continue,
                TokenKind::RightDelimiter | TokenKind::RightParen => self.back_up(),
                TokenKind::Pipe => {}
                _ => return Err(self.unexpected(token, "operand")),
            }
            break;
        }
        let arguments = self.take_parts(first);
        if arguments.is_empty() {
            return Err(self.error("empty command"));
        }
        Ok(self.arena.push(NodeKind::Command(arguments), start, Span::new(start, end)))
    }

    /// A term and the fields taken of it; `None` where no operand stands.
    fn operand(&mut self) -> Parse<Option<NodeId>> {
        let Some(term) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.kind != TokenKind::Field {
            return Ok(Some(term));
        }
        let mut fields = Many::default();
        let mut end = first.end;
        while self.peek().kind == TokenKind::Field {
            let token = self.next();
            end = token.end;
            let name = self.field_name(token);
            fields = fields.joined(self.arena.push_path([name]));
        }
        let Some(node) = self.arena.get(term) else { return Ok(Some(term)) };
        let span = Span::new(node.span().start, end);
        let kind = match node.kind {
            // Its own path was the last one before these fields.
            NodeKind::Field(path) => NodeKind::Field(path.joined(fields)),
            NodeKind::Variable(path) => NodeKind::Variable(path.joined(fields)),
            NodeKind::Bool(_) | NodeKind::String(_) | NodeKind::Number(_) | NodeKind::Nil | NodeKind::Dot => {
                let text = self.arena.text(term, self.source);
                return Err(self.error(format!("unexpected . after term {}", quote(text.as_bytes()))));
            }
            _ => {
                let kind = NodeKind::Chain { node: term, fields };
                return Ok(Some(self.arena.push(kind, first.start, span)));
            }
        };
        self.arena.replace(term, kind, first.start, span);
        Ok(Some(term))
    }

    fn term(&mut self) -> Parse<Option<NodeId>> {
        let token = self.next_non_space();
        let kind = match token.kind {
            TokenKind::Identifier => match self.name_of(token) {
                (name, Some(callee)) => NodeKind::Identifier(name, callee),
                (_, None) => {
                    let name = quote(self.text_of(token));
                    return Err(self.error(format!("function {name} not defined")));
                }
            },
            TokenKind::Dot => NodeKind::Dot,
            TokenKind::Nil => NodeKind::Nil,
            TokenKind::Variable => {
                let (name, _) = self.name_of(token);
                if !self.tree.variables.contains(&name) {
                    let name = quote(self.text_of(token));
                    return Err(self.error(format!("undefined variable {name}")));
                }
                NodeKind::Variable(self.arena.push_path([name]))
            }
            TokenKind::Field => {
                let name = self.field_name(token);
                NodeKind::Field(self.arena.push_path([name]))
            }
            TokenKind::Bool => NodeKind::Bool(self.text_of(token) == b"true"),
            TokenKind::CharacterConstant | TokenKind::Complex | TokenKind::Number => {
                let text = GoString::from(self.text_of(token));
                match read_number(&text, token.kind) {
                    Ok(number) => NodeKind::Number(self.arena.push_number(number)),
                    Err(message) => return Err(self.error(message)),
                }
            }
            TokenKind::LeftParen => return self.parenthesized(token).map(Some),
            TokenKind::String | TokenKind::RawString => NodeKind::String(self.constant(token)?),
            _ => {
                self.back_up();
                return Ok(None);
            }
        };
        Ok(Some(self.arena.push(kind, token.start, Span::new(token.start, token.end))))
    }

    fn parenthesized(&mut self, open: Token) -> Parse<NodeId> {
        if self.tree.parentheses >= MAX_PARENTHESES || self.stack.is_exhausted() {
            return Err(self.error("max expression depth exceeded"));
        }
        self.tree.parentheses += 1;
        self.enter();
        let pipe = self.pipeline("parenthesized pipeline", TokenKind::RightParen)?;
        self.leave();
        self.tree.parentheses -= 1;
        let end = self.last_end();
        self.arena.widen(pipe, Span::new(open.start, end));
        Ok(pipe)
    }

    fn name_of(&mut self, token: Token) -> (Name, Option<Callee>) {
        let text = self.source.get(token.start..token.end).unwrap_or_default();
        self.intern(text)
    }

    /// A field's name without its dot.
    fn field_name(&mut self, token: Token) -> Name {
        let text = self.source.get(token.start + 1..token.end).unwrap_or_default();
        self.intern(text).0
    }
}
