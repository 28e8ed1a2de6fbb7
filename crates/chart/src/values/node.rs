use std::collections::BTreeMap;

use wheelhouse_gotemplate::GoString;

use super::Mark;

/// One value as a values file or a flag gives it, with where that was.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// The value.
    pub data: Data,
    /// Where it was written.
    pub mark: Mark,
}

/// What values can be: JSON's types, with Go's integers of `--set` kept apart from floats.
#[derive(Clone, Debug, Default)]
pub enum Data {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An `int64`, which only `--set` gives: numbers of files are floats.
    Int(i64),
    /// A `float64`.
    Float(f64),
    /// A string.
    String(GoString),
    /// A list.
    List(Vec<Node>),
    /// A table: Helm's word for a map of values.
    Table(Table),
}

/// Values by name: owned, ordered by key, and free to go from thread to thread
/// (what templates see is made from it by [`crate::values::Origins`] and the coalescer).
#[derive(Clone, Debug, Default)]
pub struct Table(BTreeMap<GoString, Node>);

impl Node {
    /// A value and its mark.
    #[must_use]
    pub fn new(data: Data, mark: Mark) -> Self {
        Node { data, mark }
    }
}

impl Data {
    /// The table held, if it is one.
    #[must_use]
    pub fn as_table(&self) -> Option<&Table> {
        match self {
            Data::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The Go type's name, as error texts print it; `nil` for null.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Data::Null => "nil",
            Data::Bool(_) => "bool",
            Data::Int(_) => "int64",
            Data::Float(_) => "float64",
            Data::String(_) => "string",
            Data::List(_) => "[]interface {}",
            Data::Table(_) => "map[string]interface {}",
        }
    }
}

/// Equal values, wherever they were written; numbers by their type and value.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Data::Null, Data::Null) => true,
            (Data::Bool(left), Data::Bool(right)) => left == right,
            (Data::Int(left), Data::Int(right)) => left == right,
            (Data::Float(left), Data::Float(right)) => left == right,
            (Data::String(left), Data::String(right)) => left == right,
            (Data::List(left), Data::List(right)) => left == right,
            (Data::Table(left), Data::Table(right)) => left == right,
            _ => false,
        }
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Table::default()
    }

    /// The value at a key.
    #[must_use]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Node> {
        self.0.get(key.as_ref())
    }

    /// The value at a key, to change in place.
    pub fn get_mut(&mut self, key: impl AsRef<[u8]>) -> Option<&mut Node> {
        self.0.get_mut(key.as_ref())
    }

    /// Whether the key is there.
    #[must_use]
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.0.contains_key(key.as_ref())
    }

    /// Puts a value at a key and gives what was there.
    pub fn insert(&mut self, key: impl Into<GoString>, node: Node) -> Option<Node> {
        self.0.insert(key.into(), node)
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: impl AsRef<[u8]>) -> Option<Node> {
        self.0.remove(key.as_ref())
    }

    /// Number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&GoString, &Node)> {
        self.0.iter()
    }

    /// The table reached by names from here, if every step is a table. No name gives this table.
    #[must_use]
    pub fn table_at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Table> {
        path.into_iter().try_fold(self, |table, name| table.get(name)?.data.as_table())
    }
}

impl IntoIterator for Table {
    type Item = (GoString, Node);
    type IntoIter = std::collections::btree_map::IntoIter<GoString, Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<K: Into<GoString>> FromIterator<(K, Node)> for Table {
    fn from_iter<I: IntoIterator<Item = (K, Node)>>(entries: I) -> Self {
        Table(entries.into_iter().map(|(key, node)| (key.into(), node)).collect())
    }
}
