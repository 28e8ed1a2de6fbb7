use std::rc::Rc;

use super::growth::Capacity;
use super::{Method, Value};

/// A named slice type with methods, such as `common.VersionSet`.
#[derive(Debug)]
pub struct ListType {
    /// The name as `%T` prints it.
    pub name: &'static str,
    /// The slice type it is made from.
    pub underlying: ListKind,
    /// Its methods.
    pub methods: &'static [Method],
}

impl PartialEq for ListType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ListType {}

/// The type of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// `[]interface {}`
    Any,
    /// `[]string`
    String,
    /// `[]int`
    Int,
    /// `[]map[string]interface {}`
    Map,
    /// `[][]interface {}`
    List,
    /// A named slice type.
    Named(&'static ListType),
}

impl ListKind {
    /// The Go type's name as `%T` prints it.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self {
            ListKind::Any => "[]interface {}",
            ListKind::String => "[]string",
            ListKind::Int => "[]int",
            ListKind::Map => "[]map[string]interface {}",
            ListKind::List => "[][]interface {}",
            ListKind::Named(list_type) => list_type.name,
        }
    }

    /// Whether elements are read through an interface, so that their static type is `interface {}`.
    #[must_use]
    pub fn elements_are_interfaces(self) -> bool {
        match self {
            ListKind::Named(list_type) => list_type.underlying.elements_are_interfaces(),
            kind => kind == ListKind::Any,
        }
    }

    /// The methods of a named slice type.
    #[must_use]
    pub fn methods(self) -> &'static [Method] {
        match self {
            ListKind::Named(list_type) => list_type.methods,
            _ => &[],
        }
    }
}

/// A Go slice: shared, never changed in place.
#[derive(Clone, Debug)]
pub struct List(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ListKind,
    is_nil: bool,
    items: Vec<Value>,
    capacity: Capacity,
}

impl List {
    /// A slice of the given kind, made by appending its elements one by one, as decoders do: it
    /// has room for some more (see [`List::capacity`]).
    #[must_use]
    pub fn new(kind: ListKind, items: Vec<Value>) -> Self {
        List(Rc::new(Inner { kind, is_nil: false, items, capacity: Capacity::default() }))
    }

    /// A slice made with room for exactly its elements.
    #[must_use]
    pub fn exact(kind: ListKind, items: Vec<Value>) -> Self {
        let made = items.len();
        List::with_capacity(kind, items, Capacity::Exactly(made))
    }

    /// A slice that came to its room in the given way.
    #[must_use]
    pub fn with_capacity(kind: ListKind, items: Vec<Value>, capacity: Capacity) -> Self {
        List(Rc::new(Inner { kind, is_nil: false, items, capacity }))
    }

    /// Go's `cap`: how far a slice expression may reach, beyond the last element too.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity.of(self.len(), self.0.kind)
    }

    /// A nil slice: empty, and `null` in JSON.
    #[must_use]
    pub fn nil(kind: ListKind) -> Self {
        List(Rc::new(Inner { kind, is_nil: true, items: Vec::new(), capacity: Capacity::default() }))
    }

    /// A `[]string`.
    #[must_use]
    pub fn strings<T: Into<super::GoString>>(items: impl IntoIterator<Item = T>) -> Self {
        List::new(ListKind::String, items.into_iter().map(|item| Value::String(item.into())).collect())
    }

    /// The element type.
    #[must_use]
    pub fn kind(&self) -> ListKind {
        self.0.kind
    }

    /// Whether this is Go's nil slice rather than an empty one.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.0.is_nil
    }

    /// The elements.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        &self.0.items
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.items.len()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.items.is_empty()
    }

    /// The address of the shared elements: equal for clones of one list. Value provenance keys on it.
    #[must_use]
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0) as usize
    }

    /// The elements, if nobody else holds this list.
    pub(super) fn into_unshared_items(self) -> Option<Vec<Value>> {
        Rc::try_unwrap(self.0).ok().map(|mut inner| std::mem::take(&mut inner.items))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        super::map::drop_without_recursion(std::mem::take(&mut self.items));
    }
}
