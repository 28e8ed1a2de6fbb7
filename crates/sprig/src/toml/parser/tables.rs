//! The tables of a document, and which keys may be given again.

use std::collections::BTreeMap;

use wheelhouse_gotemplate::{CallError, Value};

use super::{Failure, Key, Parser, key};

pub(super) type Table = BTreeMap<Vec<u8>, Node>;

pub(super) enum Node {
    Leaf(Value),
    Table(Table),
    /// Tables that were each opened with `[[key]]`.
    Tables(Vec<Table>),
}

impl Node {
    /// The table that keys of this name mean: of several the last.
    fn table(&mut self) -> Option<&mut Table> {
        match self {
            Node::Leaf(_) => None,
            Node::Table(table) => Some(table),
            Node::Tables(tables) => tables.last_mut(),
        }
    }
}

impl Parser<'_> {
    /// Makes a table the one in scope; `is_array` adds one to an array of tables.
    pub(super) fn open(&mut self, key: &[Vec<u8>], is_array: bool) -> Result<(), Failure> {
        let Some((last, parents)) = key.split_last() else {
            return Ok(());
        };
        let mut path = Key::new();
        let mut table = &mut self.root;
        for part in parents {
            path.push(part.clone());
            if !table.contains_key(part) {
                self.implicit.insert(key::dotted(&path));
                table.insert(part.clone(), Node::Table(Table::new()));
            }
            table = match table.get_mut(part).and_then(Node::table) {
                Some(inner) => inner,
                None => {
                    let text = named(&path, "was already created as a hash.");
                    return Err(self.key_failure(&text));
                }
            };
        }
        self.context = path;
        if is_array {
            match table.entry(last.clone()).or_insert_with(|| Node::Tables(Vec::new())) {
                Node::Tables(tables) => tables.push(Table::new()),
                _ => {
                    let text = named(key, "was already created and cannot be used as an array.");
                    return Err(self.key_failure(&text));
                }
            }
        } else {
            self.set_node(last, Node::Table(Table::new()))?;
        }
        self.context.push(last.clone());
        Ok(())
    }

    pub(super) fn set_value(&mut self, last: &[u8], value: Value) -> Result<(), Failure> {
        self.set_node(last, Node::Leaf(value))
    }

    /// Gives the key in the table in scope its value. A table that only longer keys named may be
    /// opened once by its own name.
    fn set_node(&mut self, last: &[u8], node: Node) -> Result<(), Failure> {
        let mut path = Key::new();
        let mut table = &mut self.root;
        for part in &self.context {
            path.push(part.clone());
            let Some(inner) = table.get_mut(part) else {
                return Err(Failure::Raised(CallError::message(format!(
                    "BUG: Context for key '{}' has not been established.\n\n",
                    String::from_utf8_lossy(&key::dotted(&path))
                ))));
            };
            table = match inner.table() {
                Some(inner) => inner,
                None => {
                    let text = named(&path, "has already been defined.");
                    return Err(self.key_failure(&text));
                }
            };
        }
        path.push(last.to_vec());
        if !table.contains_key(last) {
            table.insert(last.to_vec(), node);
            return Ok(());
        }
        let name = key::dotted(&path);
        if !self.implicit.remove(&name) {
            return Err(self.key_failure(&named(&path, "has already been defined.")));
        }
        if self.arrays.contains(&name) {
            table.insert(last.to_vec(), node);
        }
        Ok(())
    }

    /// Notes whether the key in the table in scope, or that table, was given an array.
    pub(super) fn set_type(&mut self, last: &[u8], is_array: bool) {
        let mut path = self.context.clone();
        if !last.is_empty() || path.is_empty() {
            path.push(last.to_vec());
        }
        let name = key::dotted(&path);
        if is_array {
            self.arrays.insert(name);
        } else {
            self.arrays.remove(&name);
        }
    }
}

fn named(path: &[Vec<u8>], what: &str) -> String {
    format!("Key '{}' {what}", String::from_utf8_lossy(&key::dotted(path)))
}
