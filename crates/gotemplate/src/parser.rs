//! Reads a file into a syntax tree, with the errors and the quirks of Go's `text/template/parse`.

mod control;
mod number;
mod pipeline;
mod tokens;

use foldhash::{HashMap, HashSet};
use wheelhouse_source::Span;

use crate::error::ParseError;
use crate::lexer::{Lexer, LoopKeywords, Token, TokenKind};
use crate::node::{Arena, NodeId, NodeKind};
use crate::stack::StackGuard;
use crate::strconv::quote;
use crate::value::GoString;
use tokens::Lookahead;

/// Most syntax nodes of a text: about a hundred megabytes. Go has no bound.
const MAX_NODES: usize = 1_000_000;

/// Deepest nesting of parentheses, as in Go.
const MAX_PARENTHESES: u32 = 10_000;

/// A `{{define}}` or `{{block}}`.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) name: GoString,
    pub(crate) root: NodeId,
    pub(crate) is_empty: bool,
}

/// A file as it was read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) arena: Arena,
    /// The list of the file's own body.
    pub(crate) root: NodeId,
    pub(crate) definitions: Vec<Definition>,
    /// The line of the last token, which errors about the whole file name.
    pub(crate) last_line: usize,
}

/// The text of the error for two bodies of one name in one file.
pub(crate) fn multiple_definition(name: &GoString) -> String {
    format!("template: multiple definition of template {}", quote(name.as_bytes()))
}

/// Which names are functions.
pub(crate) trait FunctionNames {
    fn is_function(&self, name: &[u8]) -> bool;
}

/// Parses `source`, whose name only errors will need.
pub(crate) fn parse(
    source: &[u8],
    functions: &dyn FunctionNames,
    stack: StackGuard,
) -> Result<Parsed, ParseError> {
    let keywords = LoopKeywords {
        break_is_one: !functions.is_function(b"break"),
        continue_is_one: !functions.is_function(b"continue"),
    };
    let mut parser = Parser {
        source,
        lexer: Lexer::new(source, keywords),
        functions,
        stack,
        arena: Arena::default(),
        definitions: Vec::new(),
        defined: HashMap::default(),
        names: HashSet::default(),
        parts: Vec::new(),
        tree: TreeState::new(),
    };
    let root = parser.file()?;
    let last_line = parser.peek().line as usize;
    Ok(Parsed { arena: parser.arena, root, definitions: parser.definitions, last_line })
}

struct Parser<'s> {
    source: &'s [u8],
    lexer: Lexer<'s>,
    functions: &'s dyn FunctionNames,
    stack: StackGuard,
    arena: Arena,
    definitions: Vec<Definition>,
    /// The places of the definitions, by name.
    defined: HashMap<GoString, usize>,
    names: HashSet<GoString>,
    /// The parts of nodes that are not finished, those of the innermost last.
    parts: Vec<NodeId>,
    tree: TreeState,
}

/// What belongs to the body being read: a definition starts anew.
struct TreeState {
    lookahead: Lookahead,
    /// Variables that can be named here, innermost last.
    variables: Vec<GoString>,
    /// Line where the current action started; 0 outside.
    action_line: u32,
    /// Offset where the current action started.
    action_start: usize,
    /// Enclosing ranges.
    ranges: u32,
    /// Open parentheses.
    parentheses: u32,
}

impl TreeState {
    fn new() -> Self {
        Self {
            lookahead: Lookahead::default(),
            variables: vec![GoString::from("$")],
            action_line: 0,
            action_start: 0,
            ranges: 0,
            parentheses: 0,
        }
    }
}

/// What ends a list.
enum ListEnd {
    /// `{{end}}`
    End,
    /// `{{else}}`; the offset is its node's position.
    Else(usize),
}

impl ListEnd {
    fn text(&self) -> &'static str {
        match self {
            ListEnd::End => "{{end}}",
            ListEnd::Else(_) => "{{else}}",
        }
    }
}

/// An item of a list, or its end.
enum Item {
    Node(NodeId),
    End(ListEnd),
}

type Parse<T> = Result<T, ParseError>;

impl Parser<'_> {
    /// The whole text: a list that may hold definitions.
    fn file(&mut self) -> Parse<NodeId> {
        let position = self.peek().start;
        while self.peek().kind != TokenKind::End {
            if self.peek().kind == TokenKind::LeftDelimiter {
                let delimiter = self.next();
                if self.next_non_space().kind == TokenKind::Define {
                    let outer = std::mem::replace(&mut self.tree, TreeState::new());
                    self.definition()?;
                    self.tree = outer;
                    continue;
                }
                self.back_up_2(delimiter);
            }
            match self.text_or_action()? {
                Item::Node(node) => self.parts.push(node),
                Item::End(end) => return Err(self.error(format!("unexpected {}", end.text()))),
            }
        }
        Ok(self.list(0, position))
    }

    /// `{{define "name"}} … {{end}}` after its keyword.
    fn definition(&mut self) -> Parse<()> {
        const CONTEXT: &str = "define clause";
        let token = self.next_non_space();
        if !matches!(token.kind, TokenKind::String | TokenKind::RawString) {
            return Err(self.unexpected(token, CONTEXT));
        }
        let name = self.unquoted(token)?;
        self.expect(TokenKind::RightDelimiter, CONTEXT)?;
        let (root, end) = self.item_list()?;
        if let ListEnd::Else(_) = end {
            return Err(self.error(format!("unexpected {} in {CONTEXT}", end.text())));
        }
        self.add(name, root)
    }

    /// Keeps a definition. Two of one name in one file are an error unless one is empty.
    fn add(&mut self, name: GoString, root: NodeId) -> Parse<()> {
        let is_empty = self.arena.is_empty_tree(root, self.source);
        match self.defined.get(&name).and_then(|at| self.definitions.get_mut(*at)) {
            Some(known) if known.is_empty => *known = Definition { name, root, is_empty },
            Some(_) if is_empty => {}
            Some(_) => return Err(self.error(multiple_definition(&name))),
            None => {
                self.defined.insert(name.clone(), self.definitions.len());
                self.definitions.push(Definition { name, root, is_empty });
            }
        }
        Ok(())
    }

    /// Text and actions up to `{{end}}` or `{{else}}`.
    fn item_list(&mut self) -> Parse<(NodeId, ListEnd)> {
        let position = self.peek_non_space().start;
        let first = self.parts.len();
        while self.peek_non_space().kind != TokenKind::End {
            match self.text_or_action()? {
                Item::Node(node) => self.parts.push(node),
                Item::End(end) => return Ok((self.list(first, position), end)),
            }
        }
        Err(self.error("unexpected EOF"))
    }

    /// A list of the parts from `first` on.
    fn list(&mut self, first: usize, position: usize) -> NodeId {
        let nodes = self.take_parts(first);
        self.arena.push(NodeKind::List(nodes), position, Span::at(position))
    }

    /// Takes the parts from `first` on: each node's parts are copied once, to where they stay.
    fn take_parts(&mut self, first: usize) -> Box<[NodeId]> {
        let parts = self.parts.get(first..).unwrap_or_default().into();
        self.parts.truncate(first);
        parts
    }

    /// Refuses a text that would take too much memory.
    fn check_size(&self) -> Parse<()> {
        if self.arena.len() > MAX_NODES {
            return Err(self.error(format!("the template is too large: more than {MAX_NODES} nodes")));
        }
        Ok(())
    }

    fn text_or_action(&mut self) -> Parse<Item> {
        self.check_size()?;
        let token = self.next_non_space();
        match token.kind {
            TokenKind::Text => {
                let span = Span::new(token.start, token.end);
                Ok(Item::Node(self.arena.push(NodeKind::Text, token.start, span)))
            }
            TokenKind::LeftDelimiter => {
                self.tree.action_line = token.line;
                self.tree.action_start = token.start;
                let item = self.action(token.start)?;
                self.tree.action_line = 0;
                Ok(item)
            }
            _ => Err(self.unexpected(token, "input")),
        }
    }

    /// The text of a string token without its quotes.
    fn unquoted(&mut self, token: Token) -> Parse<GoString> {
        let literal = self.source.get(token.start..token.end).unwrap_or_default();
        match crate::strconv::unquote(literal) {
            Ok(text) => Ok(GoString::from(text)),
            Err(error) => Err(self.error(error.to_string())),
        }
    }

    /// A string shared by all its uses in the file.
    fn intern(&mut self, text: &[u8]) -> GoString {
        if let Some(known) = self.names.get(text) {
            return known.clone();
        }
        let name = GoString::from(text);
        self.names.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests;
