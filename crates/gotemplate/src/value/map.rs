mod entries;

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::{GoString, Method, Value};
use entries::Entries;

/// The static element type of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// `interface {}`
    Any,
    /// `string`
    String,
    /// `[]uint8`
    Bytes,
}

/// A Go map type: its name, its element type and its methods (a named type such as
/// `common.Values` has some).
#[derive(Debug)]
pub struct MapType {
    /// The name as `%T` prints it.
    pub name: &'static str,
    /// The element type.
    pub element: Element,
    /// Methods; one of these hides a key of the same name.
    pub methods: &'static [Method],
}

impl MapType {
    /// `map[string]interface {}`
    pub const ANY: &'static MapType =
        &MapType { name: "map[string]interface {}", element: Element::Any, methods: &[] };
    /// `map[string]string`
    pub const STRINGS: &'static MapType =
        &MapType { name: "map[string]string", element: Element::String, methods: &[] };
}

/// A Go map with string keys: shared and mutable, read in key order.
///
/// The type belongs to the holder, not to the shared entries: `common.Values` passed to a
/// parameter of type `map[string]interface {}` is the same map under the other type.
#[derive(Clone)]
pub struct Map {
    map_type: &'static MapType,
    inner: Rc<Inner>,
}

struct Inner {
    is_nil: bool,
    entries: RefCell<Entries>,
}

impl Default for Map {
    fn default() -> Self {
        Map::new()
    }
}

impl Map {
    /// An empty `map[string]interface {}`.
    #[must_use]
    pub fn new() -> Self {
        Map::of_type(MapType::ANY)
    }

    /// An empty map of the given type.
    #[must_use]
    pub fn of_type(map_type: &'static MapType) -> Self {
        Map { map_type, inner: Rc::new(Inner { is_nil: false, entries: RefCell::default() }) }
    }

    /// A nil map: empty, `null` in JSON, and an error to write to (see [`Map::is_nil`]).
    #[must_use]
    pub fn nil(map_type: &'static MapType) -> Self {
        Map { map_type, inner: Rc::new(Inner { is_nil: true, entries: RefCell::default() }) }
    }

    /// The same map under another type, as Go's assignment between map types gives.
    #[must_use]
    pub fn with_type(&self, map_type: &'static MapType) -> Self {
        Map { map_type, inner: Rc::clone(&self.inner) }
    }

    /// Whether this is Go's nil map. Whoever writes asks first: in Go writing panics with
    /// `assignment to entry in nil map`.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.inner.is_nil
    }

    /// A `map[string]interface {}` of the given entries; a later key replaces an earlier one.
    #[must_use]
    pub fn from_entries(entries: impl IntoIterator<Item = (GoString, Value)>) -> Self {
        Map::of_type(MapType::ANY).filled(entries)
    }

    /// The same map with entries put in; for building.
    #[must_use]
    pub fn filled(self, entries: impl IntoIterator<Item = (GoString, Value)>) -> Self {
        self.inner.entries.borrow_mut().extend(entries);
        self
    }

    /// The map's Go type.
    #[must_use]
    pub fn map_type(&self) -> &'static MapType {
        self.map_type
    }

    /// Whether this is exactly `map[string]interface {}`, which Go's type assertions ask for.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        std::ptr::eq(self.map_type, MapType::ANY) || self.map_type.name == MapType::ANY.name
    }

    /// The value at a key.
    #[must_use]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.inner.entries.borrow().get(key.as_ref()).cloned()
    }

    /// Whether the key is there.
    #[must_use]
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.inner.entries.borrow().get(key.as_ref()).is_some()
    }

    /// Puts a value at a key; everyone who holds the map sees it.
    pub fn insert(&self, key: impl Into<GoString>, value: impl Into<Value>) -> Option<Value> {
        self.inner.entries.borrow_mut().insert(key.into(), value.into())
    }

    /// Takes a key out; everyone who holds the map sees it.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.inner.entries.borrow_mut().remove(key.as_ref())
    }

    /// Number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.entries.borrow().len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.entries.borrow().len() == 0
    }

    /// The keys in byte order.
    #[must_use]
    pub fn keys(&self) -> Vec<GoString> {
        self.inner.entries.borrow().iter().map(|(key, _)| key.clone()).collect()
    }

    /// The entries in key order, as they are now: a later change does not show.
    #[must_use]
    pub fn entries(&self) -> Vec<(GoString, Value)> {
        self.inner.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Visits the entries in key order without copying them. The visitor must not change this
    /// map; whoever may (a function that calls back into templates) uses [`Map::entries`].
    pub fn for_each<E>(&self, mut visit: impl FnMut(&GoString, &Value) -> Result<(), E>) -> Result<(), E> {
        let entries = self.inner.entries.borrow();
        entries.iter().try_for_each(|(key, value)| visit(key, value))
    }

    /// Whether both are the same map, not only equal ones.
    #[must_use]
    pub fn same(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }

    /// The address of the shared map: equal for clones of one map. Value provenance keys on it.
    #[must_use]
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.inner) as *const () as usize
    }

    fn into_unshared_values(self) -> Option<Vec<Value>> {
        let inner = Rc::try_unwrap(self.inner).ok()?;
        Some(inner.entries.borrow_mut().take_values())
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Keys only: maps can hold themselves.
        formatter.debug_set().entries(self.keys()).finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop_without_recursion(self.entries.get_mut().take_values());
    }
}

/// Frees values however deeply they nest: Rust would recurse once per level and overflow the stack.
pub(super) fn drop_without_recursion(values: impl IntoIterator<Item = Value>) {
    let mut waiting: Vec<Value> =
        values.into_iter().filter(|value| matches!(value, Value::List(_) | Value::Map(_))).collect();
    while let Some(value) = waiting.pop() {
        let children = match value {
            Value::List(list) => list.into_unshared_items(),
            Value::Map(map) => map.into_unshared_values(),
            _ => None,
        };
        waiting.extend(
            children.into_iter().flatten().filter(|child| matches!(child, Value::List(_) | Value::Map(_))),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::{List, ListKind};
    use super::*;

    #[test]
    fn a_change_is_seen_by_everyone_who_holds_the_map() {
        let map = Map::new();
        let other = map.clone();
        map.insert("a", "x");
        assert_eq!(other.get("a").unwrap().as_string().unwrap().as_str(), Some("x"));
        assert!(other.same(&map));
    }

    #[test]
    fn freeing_a_million_levels_does_not_recurse() {
        let mut value = Value::Nil;
        for level in 0..1_000_000 {
            value = if level % 2 == 0 {
                Value::List(List::new(ListKind::Any, vec![value]))
            } else {
                Value::Map(Map::from_entries([(GoString::from("k"), value)]))
            };
        }
        drop(value);
    }
}
