//! Puts the pieces of a TOML document together, with the checks and the words of
//! `BurntSushi/toml` 1.6.

mod scalar;
mod tables;

use std::collections::{BTreeSet, HashSet};

use wheelhouse_gotemplate::strconv::quote;
use wheelhouse_gotemplate::value::Capacity;
use wheelhouse_gotemplate::{CallError, Context, List, ListKind, Map, Value};

use super::datetime::Zones;
use super::key;
use super::lexer::{Item, Kind, Lexer};
use crate::call::deeper;
use tables::{Node, Table};

/// Why a document cannot be read.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the document has wrong; the text of the error.
    Document(String),
    /// What the library panics with, or a limit.
    Raised(CallError),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Failure::Raised(error)
    }
}

type Key = Vec<Vec<u8>>;

/// Most parts of a dotted key. Finding the table of one takes time quadratic in it; the library has
/// no bound.
const MAX_KEY_PARTS: usize = 128;

/// A table as a template sees it.
pub(super) fn parse(context: &dyn Context, document: &[u8]) -> Result<Map, Failure> {
    let document = match document {
        [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, rest @ ..] | [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        _ => document,
    };
    if document.iter().take(6).any(|byte| *byte == 0) {
        return Err(Failure::Document(String::from(
            "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8",
        )));
    }
    let mut parser = Parser {
        engine: context,
        lexer: Lexer::new(document),
        zones: Zones::new(context)?,
        root: Table::default(),
        context: Key::new(),
        current_key: Vec::new(),
        line: 0,
        implicit: HashSet::new(),
        arrays: BTreeSet::new(),
        depth: 0,
    };
    loop {
        let item = parser.next()?;
        if item.kind == Kind::End {
            break;
        }
        parser.top_level(item)?;
    }
    finished(context, parser.root, 0)
}

fn finished(context: &dyn Context, table: Table, depth: usize) -> Result<Map, Failure> {
    let depth = deeper(context, depth)?;
    let map = Map::new();
    for (key, node) in table {
        let value = match node {
            Node::Leaf(value) => value,
            Node::Table(table) => Value::Map(finished(context, table, depth)?),
            Node::Tables(tables) => {
                let maps = tables.into_iter().map(|table| finished(context, table, depth).map(Value::Map));
                Value::List(List::new(ListKind::Map, maps.collect::<Result<_, _>>()?))
            }
        };
        map.insert(key, value);
    }
    Ok(map)
}

struct Parser<'a> {
    engine: &'a dyn Context,
    zones: Zones,
    lexer: Lexer<'a>,
    root: Table,
    /// The table in scope.
    context: Key,
    /// The key in it that is being read; empty between items.
    current_key: Vec<u8>,
    /// Where the last key began.
    line: i64,
    /// Tables that exist only because a longer key names them.
    implicit: HashSet<Vec<u8>>,
    /// Keys that were given arrays.
    arrays: BTreeSet<Vec<u8>>,
    /// How many arrays and inline tables are open.
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Result<Item, Failure> {
        let item = self.lexer.next_item();
        if item.kind == Kind::Error {
            let message = String::from_utf8_lossy(&item.text).into_owned();
            return Err(self.failure(item.line, &message));
        }
        Ok(item)
    }

    fn failure(&self, line: i64, message: &str) -> Failure {
        let mut last_key = key::dotted(&self.context);
        if !self.current_key.is_empty() {
            if !self.context.is_empty() {
                last_key.push(b'.');
            }
            last_key.extend_from_slice(&self.current_key);
        }
        Failure::Document(if last_key.is_empty() {
            format!("toml: line {line}: {message}")
        } else {
            format!("toml: line {line} (last key {}): {message}", quote(&last_key))
        })
    }

    /// A failure about a key: where the last key began.
    fn key_failure(&self, message: &str) -> Failure {
        self.failure(self.line, message)
    }

    fn top_level(&mut self, item: Item) -> Result<(), Failure> {
        match item.kind {
            Kind::TableStart => {
                let key = self.key(Kind::TableEnd)?;
                self.open(&key, false)?;
                self.set_type(&[], false);
            }
            Kind::ArrayTableStart => {
                let key = self.key(Kind::ArrayTableEnd)?;
                self.open(&key, true)?;
                self.set_type(&[], false);
            }
            Kind::KeyStart => {
                let outer = self.context.clone();
                self.key_and_value()?;
                self.context = outer;
                self.current_key.clear();
            }
            // A comment, and its text.
            _ => {}
        }
        Ok(())
    }

    /// The parts of a key up to its end.
    fn key(&mut self, end: Kind) -> Result<Key, Failure> {
        let mut item = self.next()?;
        self.line = item.line;
        let mut key = Key::new();
        while item.kind != end && item.kind != Kind::End {
            if key.len() >= MAX_KEY_PARTS {
                let text = format!("a key has more than {MAX_KEY_PARTS} parts");
                return Err(Failure::Raised(CallError::message(text)));
            }
            key.push(self.key_part(&item)?);
            item = self.next()?;
        }
        Ok(key)
    }

    fn key_part(&mut self, item: &Item) -> Result<Vec<u8>, Failure> {
        match item.kind {
            Kind::StringWithEscapes => self.unescaped(item, &item.text),
            _ => Ok(item.text.clone()),
        }
    }

    /// `a.b = value`, in the table in scope. The tables a dotted key names become the context.
    fn key_and_value(&mut self) -> Result<(Key, Value), Failure> {
        let mut key = self.key(Kind::KeyEnd)?;
        self.current_key = key.pop().unwrap_or_default();
        for part in &key {
            let mut table = self.context.clone();
            table.push(part.clone());
            self.implicit.insert(key::dotted(&table));
            self.open(&table, false)?;
        }
        let item = self.next()?;
        let is_array = item.kind == Kind::ArrayStart;
        let value = self.value(item, false)?;
        let last = self.current_key.clone();
        self.set_value(&last, value.clone())?;
        self.set_type(&last, is_array);
        key.push(last);
        Ok((key, value))
    }

    fn value(&mut self, item: Item, in_array: bool) -> Result<Value, Failure> {
        match item.kind {
            Kind::ArrayStart => self.array(),
            Kind::InlineTableStart => self.inline_table(in_array),
            _ => self.scalar(&item),
        }
    }

    fn array(&mut self) -> Result<Value, Failure> {
        self.depth = deeper(self.engine, self.depth)?;
        let key = self.current_key.clone();
        self.set_type(&key, true);
        let mut values = Vec::new();
        loop {
            let item = self.next()?;
            match item.kind {
                Kind::ArrayEnd | Kind::End => break,
                Kind::CommentStart | Kind::Text => {}
                _ => values.push(self.value(item, true)?),
            }
        }
        self.depth -= 1;
        Ok(Value::List(List::with_capacity(ListKind::Any, values, Capacity::GrownFrom(2))))
    }

    /// An inline table: it is made twice, as a value and in the tables of the document, where later
    /// keys look.
    fn inline_table(&mut self, in_array: bool) -> Result<Value, Failure> {
        self.depth = deeper(self.engine, self.depth)?;
        let outer_context = self.context.clone();
        let outer_key = std::mem::take(&mut self.current_key);
        let mut context = self.context.clone();
        context.push(outer_key.clone());
        self.context.clone_from(&context);
        self.implicit.insert(key::dotted(&context));
        self.open(&context, in_array)?;
        let inner_context = context;
        let table = Map::new();
        loop {
            let item = self.next()?;
            match item.kind {
                Kind::InlineTableEnd | Kind::End => break,
                Kind::CommentStart | Kind::Text => continue,
                _ => {}
            }
            let (key, value) = self.key_and_value()?;
            self.put(&table, &key, value)?;
            self.context.clone_from(&inner_context);
        }
        self.context = outer_context;
        self.current_key = outer_key;
        self.depth -= 1;
        Ok(Value::Map(table))
    }

    fn put(&self, table: &Map, key: &[Vec<u8>], value: Value) -> Result<(), Failure> {
        let Some((last, parents)) = key.split_last() else {
            return Ok(());
        };
        let mut table = table.clone();
        for part in parents {
            table = match table.get(part) {
                None => {
                    let inner = Map::new();
                    table.insert(part.clone(), inner.clone());
                    inner
                }
                Some(Value::Map(inner)) => inner,
                Some(_) => {
                    let context = quote(&key::dotted(&self.context));
                    return Err(self.key_failure(&format!("{context} is not a table")));
                }
            };
        }
        table.insert(last.clone(), value);
        Ok(())
    }
}
