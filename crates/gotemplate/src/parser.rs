//! Reads a file into a syntax tree, with the errors and the quirks of Go's `text/template/parse`.

mod control;
mod number;
mod pipeline;
mod tokens;

use std::borrow::Cow;

use foldhash::HashMap;
use wheelhouse_source::Span;

use crate::error::ParseError;
use crate::lexer::{Lexer, LoopKeywords, Token, TokenKind};
use crate::node::{Arena, Many, Name, Names, NodeId, NodeKind};
use crate::program::Callee;
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
    /// The last token, whose line errors about the whole file name.
    pub(crate) last: Token,
    /// How deep its control structures and parentheses are nested.
    pub(crate) depth: u32,
}

/// Memory that files grow in while they are read: used for one after the other, so that each takes
/// only what it needs in the end.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    arena: Arena,
    names: Names,
    parts: Vec<NodeId>,
}

impl Scratch {
    /// Whether it has not grown so large that it had better be given back.
    pub(crate) fn is_small(&self) -> bool {
        self.arena.is_small()
    }
}

/// The text of the error for two bodies of one name in one file.
pub(crate) fn multiple_definition(name: &GoString) -> String {
    format!("template: multiple definition of template {}", quote(name.as_bytes()))
}

/// Which names are functions.
pub(crate) trait FunctionNames {
    fn callee(&self, name: &[u8]) -> Option<Callee>;
}

/// Parses `source`, whose name only errors will need.
pub(crate) fn parse(
    source: &[u8],
    functions: &dyn FunctionNames,
    stack: StackGuard,
    scratch: &mut Scratch,
) -> Result<Parsed, ParseError> {
    let keywords = LoopKeywords {
        break_is_one: functions.callee(b"break").is_none(),
        continue_is_one: functions.callee(b"continue").is_none(),
    };
    let Scratch { arena, names, parts } = scratch;
    // A file that failed has left its own here.
    arena.clear();
    parts.clear();
    names.begin();
    names.get(b"$", arena, || None);
    let mut parser = Parser {
        source,
        lexer: Lexer::new(source, keywords),
        functions,
        stack,
        arena,
        names,
        parts,
        definitions: Vec::new(),
        defined: HashMap::default(),
        tree: TreeState::new(),
        depth: 0,
        deepest: 0,
    };
    let root = parser.file()?;
    let last = parser.peek();
    let (definitions, depth) = (parser.definitions, parser.deepest);
    Ok(Parsed { arena: arena.take(), root, definitions, last, depth })
}

struct Parser<'s> {
    source: &'s [u8],
    lexer: Lexer<'s>,
    functions: &'s dyn FunctionNames,
    stack: StackGuard,
    arena: &'s mut Arena,
    names: &'s mut Names,
    /// The parts of nodes that are not finished, those of the innermost last.
    parts: &'s mut Vec<NodeId>,
    definitions: Vec<Definition>,
    /// The places of the definitions, by name.
    defined: HashMap<GoString, usize>,
    tree: TreeState,
    /// Control structures and parentheses that are open.
    depth: u32,
    deepest: u32,
}

/// What belongs to the body being read: a definition starts anew.
struct TreeState {
    lookahead: Lookahead,
    /// Variables that can be named here, innermost last.
    variables: Vec<Name>,
    /// The delimiter that started the newest action.
    action: Token,
    /// Whether that action goes on.
    is_in_action: bool,
    /// Enclosing ranges.
    ranges: u32,
    /// Open parentheses.
    parentheses: u32,
}

impl TreeState {
    fn new() -> Self {
        Self {
            lookahead: Lookahead::default(),
            variables: vec![Name::DOLLAR],
            action: Token::NONE,
            is_in_action: false,
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
        let name = GoString::from(self.unquoted(token)?.as_ref());
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

    /// Takes the parts from `first` on.
    fn take_parts(&mut self, first: usize) -> Many {
        self.arena.take_parts(self.parts, first)
    }

    /// One level of nesting down; its end is [`Parser::leave`].
    fn enter(&mut self) {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
    }

    fn leave(&mut self) {
        self.depth -= 1;
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
                self.tree.action = token;
                self.tree.is_in_action = true;
                let item = self.action(token.start)?;
                self.tree.is_in_action = false;
                Ok(item)
            }
            _ => Err(self.unexpected(token, "input")),
        }
    }

    /// The text of a string token without its quotes.
    fn unquoted(&self, token: Token) -> Parse<Cow<'_, [u8]>> {
        let literal = self.source.get(token.start..token.end).unwrap_or_default();
        crate::strconv::unquote(literal).map_err(|error| self.error(error.to_string()))
    }

    /// A string constant. Equal ones are strings of their own: traces tell strings by their address.
    fn constant(&mut self, token: Token) -> Parse<Name> {
        let text = GoString::from(self.unquoted(token)?.as_ref());
        Ok(self.arena.push_name(text))
    }

    /// A name, shared by all its uses, and what it calls.
    fn intern(&mut self, text: &[u8]) -> (Name, Option<Callee>) {
        self.names.get(text, self.arena, || self.functions.callee(text))
    }
}

#[cfg(test)]
mod tests;
