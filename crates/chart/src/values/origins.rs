use std::collections::HashMap;

use wheelhouse_gotemplate::{GoString, List, Map, Value};

use super::{Data, MAX_DEPTH, Mark, Node, Table};
use crate::Error;

/// Where each entry of the maps and lists that templates see was written.
///
/// A side table next to the values, keyed by the address of the container and the key in it, so
/// that values stay plain and cost nothing when nobody asks. The containers it knows are kept
/// alive, so that an address never comes to name another container.
#[derive(Debug, Default)]
pub struct Origins {
    is_on: bool,
    maps: HashMap<usize, KnownMap>,
    lists: HashMap<usize, KnownList>,
}

#[derive(Debug)]
struct KnownMap {
    /// Held so that the address stays its own.
    map: Map,
    marks: HashMap<GoString, Mark>,
}

#[derive(Debug)]
struct KnownList {
    /// Held so that the address stays its own.
    _list: List,
    marks: Vec<Mark>,
}

impl Origins {
    /// Records nothing.
    #[must_use]
    pub fn off() -> Self {
        Origins::default()
    }

    /// Records every entry of values with a known place.
    #[must_use]
    pub fn on() -> Self {
        Origins { is_on: true, ..Origins::default() }
    }

    /// Whether anything is recorded.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Where the value at a key of a map was written. `address` is [`Map::address`].
    #[must_use]
    pub fn of_key(&self, address: usize, key: impl AsRef<[u8]>) -> Option<&Mark> {
        self.maps.get(&address)?.marks.get(key.as_ref())
    }

    /// Where an element of a list was written. `address` is [`List::address`].
    #[must_use]
    pub fn of_index(&self, address: usize, index: usize) -> Option<&Mark> {
        self.lists.get(&address)?.marks.get(index).filter(|mark| mark.source().is_some())
    }

    /// The map at an address, if any of its entries is known.
    #[must_use]
    pub fn map(&self, address: usize) -> Option<&Map> {
        self.maps.get(&address).map(|known| &known.map)
    }

    /// Notes where the value at a key of a map was written.
    pub fn note(&mut self, map: &Map, key: &GoString, mark: &Mark) {
        if !self.is_on {
            return;
        }
        let known = self
            .maps
            .entry(map.address())
            .or_insert_with(|| KnownMap { map: map.clone(), marks: HashMap::new() });
        match mark.source() {
            Some(_) => known.marks.insert(key.clone(), mark.clone()),
            None => known.marks.remove(key),
        };
    }

    /// The mark of the value at a key of a map; of no place if it is not known.
    pub(super) fn mark(&self, map: &Map, key: &GoString) -> Mark {
        match self.is_on {
            true => self.of_key(map.address(), key).cloned().unwrap_or_default(),
            false => Mark::default(),
        }
    }

    fn note_list(&mut self, list: &List, marks: Vec<Mark>) {
        if self.is_on {
            self.lists.insert(list.address(), KnownList { _list: list.clone(), marks });
        }
    }

    fn list_marks(&self, list: &List) -> &[Mark] {
        match self.is_on {
            true => self.lists.get(&list.address()).map_or(&[], |known| &known.marks),
            false => &[],
        }
    }
}

/// What is made of null entries of tables on the way to templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// Null is a value.
    Keep,
    /// Table entries that are null are left out, at any depth of tables (Helm 4.2 does so with
    /// chart defaults). Null elements of lists stay.
    Drop,
}

/// Makes the values templates see from owned ones, each container fresh.
pub(crate) fn to_map(table: &Table, nulls: Nulls, origins: &mut Origins) -> Map {
    let map = Map::new();
    for (key, node) in table.iter() {
        if nulls == Nulls::Drop && matches!(node.data, Data::Null) {
            continue;
        }
        map.insert(key.clone(), to_value(&node.data, nulls, origins));
        origins.note(&map, key, &node.mark);
    }
    map
}

/// Makes the value templates see from an owned one.
pub(crate) fn to_value(data: &Data, nulls: Nulls, origins: &mut Origins) -> Value {
    match data {
        Data::Null => Value::Nil,
        Data::Bool(value) => Value::Bool(*value),
        Data::Int(value) => Value::Int64(*value),
        Data::Float(value) => Value::Float64(*value),
        Data::String(text) => Value::String(text.clone()),
        Data::Table(table) => Value::Map(to_map(table, nulls, origins)),
        Data::List(nodes) => {
            let items = nodes.iter().map(|node| to_value(&node.data, Nulls::Keep, origins)).collect();
            let list = List::new(wheelhouse_gotemplate::ListKind::Any, items);
            if origins.is_on() {
                origins.note_list(&list, nodes.iter().map(|node| node.mark.clone()).collect());
            }
            Value::List(list)
        }
    }
}

/// Makes owned values of those templates see, with their marks as far as known.
///
/// # Errors
/// [`Error::TooDeep`] past [`MAX_DEPTH`]: `import-values` can put a map into itself.
pub(crate) fn to_table(map: &Map, origins: &Origins) -> Result<Table, Error> {
    table_below(map, origins, 0)
}

/// Makes an owned value of one templates see. Values hold JSON's types only; another type, which
/// no reader gives, becomes null.
///
/// # Errors
/// As [`to_table`].
pub(crate) fn to_data(value: &Value, origins: &Origins) -> Result<Data, Error> {
    data_below(value, origins, 0)
}

// Plain loops: every level of nesting costs stack.
fn table_below(map: &Map, origins: &Origins, depth: usize) -> Result<Table, Error> {
    let mut table = Table::new();
    for (key, value) in map.entries() {
        let mark = origins.mark(map, &key);
        let data = data_below(&value, origins, depth + 1)?;
        table.insert(key, Node::new(data, mark));
    }
    Ok(table)
}

fn data_below(value: &Value, origins: &Origins, depth: usize) -> Result<Data, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::TooDeep { limit: MAX_DEPTH });
    }
    match value {
        Value::Map(map) => table_below(map, origins, depth).map(Data::Table),
        Value::List(list) => list_below(list, origins, depth).map(Data::List),
        Value::Bool(value) => Ok(Data::Bool(*value)),
        Value::Int64(value) => Ok(Data::Int(*value)),
        Value::Float64(value) => Ok(Data::Float(*value)),
        Value::String(text) => Ok(Data::String(text.clone())),
        _ => Ok(Data::Null),
    }
}

fn list_below(list: &List, origins: &Origins, depth: usize) -> Result<Vec<Node>, Error> {
    let marks = origins.list_marks(list);
    let mut nodes = Vec::with_capacity(list.len());
    for (index, item) in list.items().iter().enumerate() {
        let data = data_below(item, origins, depth + 1)?;
        nodes.push(Node::new(data, marks.get(index).cloned().unwrap_or_default()));
    }
    Ok(nodes)
}
