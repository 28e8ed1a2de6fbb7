//! Actions: control structures and plain pipelines.

use std::borrow::Cow;

use wheelhouse_source::Span;

use super::{Item, ListEnd, Parse, Parser, TreeState};
use crate::lexer::{Token, TokenKind};
use crate::node::{Branch, NodeId, NodeKind};
use crate::value::GoString;

/// The control structures that choose by a pipeline.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    If,
    Range,
    With,
}

impl Control {
    fn keyword(self) -> &'static str {
        match self {
            Control::If => "if",
            Control::Range => "range",
            Control::With => "with",
        }
    }

    fn kind(self, branch: Branch) -> NodeKind {
        match self {
            Control::If => NodeKind::If(branch),
            Control::Range => NodeKind::Range(branch),
            Control::With => NodeKind::With(branch),
        }
    }

    /// Whether `{{else KEYWORD …}}` continues this structure.
    fn chains_with(self, token: TokenKind) -> bool {
        matches!((self, token), (Control::If, TokenKind::If) | (Control::With, TokenKind::With))
    }
}

impl Parser<'_> {
    /// An action; its left delimiter, at `start`, is read.
    pub(super) fn action(&mut self, start: usize) -> Parse<Item> {
        let token = self.next_non_space();
        let node = match token.kind {
            TokenKind::Block => self.block(start)?,
            TokenKind::Break => self.jump(token, start, "{{break}}", NodeKind::Break)?,
            TokenKind::Continue => self.jump(token, start, "{{continue}}", NodeKind::Continue)?,
            TokenKind::Else => return Ok(Item::End(self.otherwise()?)),
            TokenKind::EndKeyword => {
                self.expect(TokenKind::RightDelimiter, "end")?;
                return Ok(Item::End(ListEnd::End));
            }
            TokenKind::If => self.control(Control::If, start)?,
            TokenKind::Range => self.control(Control::Range, start)?,
            TokenKind::With => self.control(Control::With, start)?,
            TokenKind::Template => self.template(start)?,
            _ => {
                self.back_up();
                let position = self.peek().start;
                let pipe = self.pipeline("command", TokenKind::RightDelimiter)?;
                self.arena.push(NodeKind::Action(pipe), position, self.span_from(start))
            }
        };
        Ok(Item::Node(node))
    }

    /// From `start` to the end of the token read last, which is a right delimiter.
    fn span_from(&self, start: usize) -> Span {
        Span::new(start, self.last_end())
    }

    /// `{{break}}` or `{{continue}}`.
    fn jump(&mut self, token: Token, start: usize, text: &str, kind: NodeKind) -> Parse<NodeId> {
        let next = self.next_non_space();
        if next.kind != TokenKind::RightDelimiter {
            return Err(self.unexpected(next, text));
        }
        if self.tree.ranges == 0 {
            return Err(self.error(format!("{text} outside {{{{range}}}}")));
        }
        Ok(self.arena.push(kind, token.start, Span::new(start, next.end)))
    }

    /// `{{else}}`, or the first half of `{{else if …}}` and `{{else with …}}`.
    fn otherwise(&mut self) -> Parse<ListEnd> {
        let next = self.peek_non_space();
        if matches!(next.kind, TokenKind::If | TokenKind::With) {
            return Ok(ListEnd::Else(next.start));
        }
        let token = self.expect(TokenKind::RightDelimiter, "else")?;
        Ok(ListEnd::Else(token.start))
    }

    fn control(&mut self, control: Control, start: usize) -> Parse<NodeId> {
        if self.stack.is_exhausted() {
            return Err(self.error("max nesting depth exceeded"));
        }
        self.enter();
        let variables = self.tree.variables.len();
        let pipe = self.pipeline(control.keyword(), TokenKind::RightDelimiter)?;
        let span = self.span_from(start);
        if control == Control::Range {
            self.tree.ranges += 1;
        }
        let (list, end) = self.item_list()?;
        if control == Control::Range {
            self.tree.ranges -= 1;
        }
        let otherwise = match end {
            ListEnd::End => None,
            ListEnd::Else(position) => Some(self.else_list(control, position)?),
        };
        self.tree.variables.truncate(variables);
        self.leave();
        let position = self.arena.get(pipe).map_or(start, |node| node.position as usize);
        Ok(self.arena.push(control.kind(Branch { pipe, list, otherwise }), position, span))
    }

    fn else_list(&mut self, control: Control, position: usize) -> Parse<NodeId> {
        let next = self.peek();
        if control.chains_with(next.kind) {
            // {{else if b}} is {{else}}{{if b}} that shares the {{end}}.
            self.next();
            let chained = self.control(control, self.tree.action.start)?;
            let first = self.parts.len();
            self.parts.push(chained);
            return Ok(self.list(first, position));
        }
        let (list, end) = self.item_list()?;
        match end {
            ListEnd::End => Ok(list),
            ListEnd::Else(_) => Err(self.error(format!("expected end; found {}", end.text()))),
        }
    }

    /// `{{block "name" pipeline}} … {{end}}`: a definition, and its use on the spot.
    fn block(&mut self, start: usize) -> Parse<NodeId> {
        const CONTEXT: &str = "block clause";
        if self.stack.is_exhausted() {
            return Err(self.error("max nesting depth exceeded"));
        }
        let token = self.next_non_space();
        let name = GoString::from(self.template_name(token, CONTEXT)?.as_ref());
        let pipe = self.pipeline(CONTEXT, TokenKind::RightDelimiter)?;
        let span = self.span_from(start);
        let outer = std::mem::replace(&mut self.tree, TreeState::new());
        let (root, end) = self.item_list()?;
        if let ListEnd::Else(_) = end {
            // Go complains in the name of the outer tree, whose newest token is the block's.
            self.tree = outer;
            return Err(self.error(format!("unexpected {} in {CONTEXT}", end.text())));
        }
        self.add(name.clone(), root)?;
        self.tree = outer;
        let name = self.arena.push_name(name);
        Ok(self.arena.push(NodeKind::Template { name, pipe: Some(pipe) }, token.start, span))
    }

    /// `{{template "name" pipeline}}`
    fn template(&mut self, start: usize) -> Parse<NodeId> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = GoString::from(self.template_name(token, CONTEXT)?.as_ref());
        let name = self.arena.push_name(name);
        let pipe = if self.next_non_space().kind == TokenKind::RightDelimiter {
            None
        } else {
            self.back_up();
            Some(self.pipeline(CONTEXT, TokenKind::RightDelimiter)?)
        };
        let span = self.span_from(start);
        Ok(self.arena.push(NodeKind::Template { name, pipe }, token.start, span))
    }

    fn template_name(&self, token: Token, context: &str) -> Parse<Cow<'_, [u8]>> {
        match token.kind {
            TokenKind::String | TokenKind::RawString => self.unquoted(token),
            _ => Err(self.unexpected(token, context)),
        }
    }
}
