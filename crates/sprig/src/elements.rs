//! The elements of Go slices, whatever their type: what Sprig reads through `reflect`.

use wheelhouse_gotemplate::value::Capacity;
use wheelhouse_gotemplate::{CallError, List, ListKind, Map, MapType, Value};

/// A slice of any type.
pub(crate) enum Slice<'a> {
    List(&'a List),
    Bytes(&'a [u8]),
    /// Of a type of its own.
    Named(List),
}

/// The value as a slice, if it is one.
pub(crate) fn slice(value: &Value) -> Option<Slice<'_>> {
    match value {
        Value::List(list) => Some(Slice::List(list)),
        Value::Bytes(bytes) => Some(Slice::Bytes(bytes)),
        Value::Object(object) => object.elements().map(Slice::Named),
        _ => None,
    }
}

/// The value as a slice, or Sprig's error: the given beginning and the name of the kind.
/// Asking nil for its type is a panic in Go.
pub(crate) fn slice_or<'a>(value: &'a Value, complaint: &str) -> Result<Slice<'a>, CallError> {
    match (slice(value), value) {
        (Some(slice), _) => Ok(slice),
        (None, Value::Nil) => Err(CallError::nil_dereference()),
        (None, other) => Err(CallError::message(format!("{complaint} {}", other.kind().name()))),
    }
}

impl Slice<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Slice::List(list) => list.len(),
            Slice::Named(list) => list.len(),
            Slice::Bytes(bytes) => bytes.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Value> {
        match self {
            Slice::List(list) => list.items().get(index).cloned(),
            Slice::Named(list) => list.items().get(index).cloned(),
            Slice::Bytes(bytes) => bytes.get(index).copied().map(Value::Uint8),
        }
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Value> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// A part of the slice, of the same type. `None` if the range goes beyond its room; between the
    /// last element and that lie zero values.
    pub(crate) fn part(&self, start: usize, end: usize) -> Option<Value> {
        let list = match self {
            Slice::List(list) => list,
            Slice::Named(list) => list,
            Slice::Bytes(bytes) => return bytes.get(start..end).map(|part| Value::Bytes(part.into())),
        };
        let capacity = list.capacity();
        if start > end || end > capacity {
            return None;
        }
        let mut items = list.items().get(start.min(list.len())..end.min(list.len()))?.to_vec();
        items.resize(end - start, zero(list.kind()));
        let capacity = Capacity::Exactly(capacity - start);
        Some(Value::List(List::with_capacity(list.kind(), items, capacity)))
    }
}

/// The zero value of a slice's elements.
fn zero(kind: ListKind) -> Value {
    match kind {
        ListKind::Any => Value::Nil,
        ListKind::String => Value::string(""),
        ListKind::Int => Value::Int(0),
        ListKind::Map => Value::Map(Map::nil(MapType::ANY)),
        ListKind::List => Value::List(List::nil(ListKind::Any)),
        ListKind::Named(list_type) => zero(list_type.underlying),
    }
}

/// A `[]interface {}`, nil if it has no element: what appending to a nil slice gives.
pub(crate) fn appended_to_nil(items: Vec<Value>) -> Value {
    if items.is_empty() { Value::List(List::nil(ListKind::Any)) } else { Value::list(items) }
}
