use crate::function::Parameter;
use crate::trace::OriginId;
use crate::value::{Element, GoString, List, ListKind, Map, MapType, Value};

/// How Go's `reflect.Value` holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The zero `reflect.Value`: nothing, not even a nil.
    Invalid,
    /// A value of its own type.
    Concrete,
    /// A value read through an `interface {}`: of a map, a list, a function's result.
    Interface,
    /// A variable's slot whose declaration was passed over.
    Undeclared,
}

/// A value during evaluation: Go's `reflect.Value`.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) value: Value,
    pub(crate) state: State,
    /// Where the value came from, if the run is traced.
    pub(crate) origin: OriginId,
}

impl Operand {
    pub(crate) const INVALID: Operand =
        Operand { value: Value::Nil, state: State::Invalid, origin: OriginId::NONE };
    pub(crate) const UNDECLARED: Operand =
        Operand { value: Value::Nil, state: State::Undeclared, origin: OriginId::NONE };

    /// Go's `reflect.ValueOf`: nil gives an invalid value.
    pub(crate) fn concrete(value: Value) -> Self {
        let state = if matches!(value, Value::Nil) { State::Invalid } else { State::Concrete };
        Self { value, state, origin: OriginId::NONE }
    }

    /// A value read through an `interface {}`.
    pub(crate) fn interface(value: Value) -> Self {
        Self { value, state: State::Interface, origin: OriginId::NONE }
    }

    /// A function's result of this static type.
    pub(crate) fn result(value: Value, result: Parameter) -> Self {
        match (result, value) {
            (Parameter::Any, value) => Self::interface(value),
            (Parameter::Reflect, value) => Self::concrete(value),
            (result, Value::Nil) => match zero(result) {
                Some(Value::Nil) | None => Self::interface(Value::Nil),
                Some(value) => Self::concrete(value),
            },
            (_, value) => Self::concrete(value),
        }
    }

    /// An element read from a list.
    pub(crate) fn element(list: &List, value: Value) -> Self {
        if list.kind().elements_are_interfaces() { Self::interface(value) } else { Self::concrete(value) }
    }

    /// An entry read from a map.
    pub(crate) fn entry(map: &Map, value: Value) -> Self {
        match map.map_type().element {
            Element::Any => Self::interface(value),
            Element::String | Element::Bytes => Self::concrete(value),
        }
    }

    /// The zero of a map's element type.
    pub(crate) fn zero_entry(map: &Map) -> Self {
        match map.map_type().element {
            Element::Any => Self::interface(Value::Nil),
            Element::String => Self::concrete(Value::String(GoString::default())),
            Element::Bytes => Self::concrete(Value::Bytes([].into())),
        }
    }

    /// What an interface holds; nothing if it holds nil.
    pub(crate) fn unwrapped(mut self) -> Self {
        if self.state == State::Interface {
            self.state = if matches!(self.value, Value::Nil) { State::Invalid } else { State::Concrete };
        }
        self
    }

    pub(crate) fn truth(&self) -> bool {
        self.value.truth()
    }

    /// The static type's name.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.state {
            State::Interface => "interface {}",
            _ => self.value.type_name(),
        }
    }
}

/// The zero of a type that can be nil; `None` for the others.
pub(super) fn zero(parameter: Parameter) -> Option<Value> {
    Some(match parameter {
        Parameter::Any | Parameter::Reflect => Value::Nil,
        Parameter::List => Value::List(List::nil(ListKind::Any)),
        Parameter::Strings => Value::List(List::nil(ListKind::String)),
        Parameter::Ints => Value::List(List::nil(ListKind::Int)),
        Parameter::Bytes => Value::Bytes([].into()),
        Parameter::Map => Value::Map(Map::nil(MapType::ANY)),
        Parameter::StringMap => Value::Map(Map::nil(MapType::STRINGS)),
        Parameter::Named(name) if name.starts_with('*') => Value::Nil,
        _ => return None,
    })
}
