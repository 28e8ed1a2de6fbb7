//! `time.Month`, `time.Weekday` and `*time.Location`.

use std::any::Any;

use wheelhouse_gotemplate::Parameter::String as Str;
use wheelhouse_gotemplate::{CallError, GoString, Kind, Method, Object, Signature, Value};
use wheelhouse_gotime::{Location, Month, Weekday};

#[derive(Clone, Copy, Debug)]
pub(super) struct MonthValue(pub(super) Month);

#[derive(Clone, Copy, Debug)]
pub(super) struct WeekdayValue(pub(super) Weekday);

#[derive(Clone, Debug)]
pub(super) struct LocationValue(pub(super) Location);

/// The one method they have.
const METHODS: &[Method] = &[Method {
    name: "String",
    signature: Signature::fixed(&[], Str),
    call: |_, receiver, _| match receiver {
        Value::Object(object) => Ok(Value::String(object.display().unwrap_or_default())),
        _ => Err(CallError::nil_dereference()),
    },
}];

impl Object for MonthValue {
    fn type_name(&self) -> &'static str {
        "time.Month"
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn display(&self) -> Option<GoString> {
        Some(self.0.to_string().into())
    }

    fn as_int64(&self) -> Option<i64> {
        Some(self.0.0)
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref().is_some_and(|MonthValue(other)| self.0 == *other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for WeekdayValue {
    fn type_name(&self) -> &'static str {
        "time.Weekday"
    }

    fn kind(&self) -> Kind {
        Kind::Int
    }

    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn display(&self) -> Option<GoString> {
        Some(self.0.to_string().into())
    }

    fn as_int64(&self) -> Option<i64> {
        Some(self.0.0)
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref().is_some_and(|WeekdayValue(other)| self.0 == *other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl LocationValue {
    pub(super) const TYPE: &'static str = "*time.Location";
}

impl Object for LocationValue {
    fn type_name(&self) -> &'static str {
        Self::TYPE
    }

    fn kind(&self) -> Kind {
        Kind::Pointer
    }

    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn display(&self) -> Option<GoString> {
        Some(self.0.name().into())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref().is_some_and(|LocationValue(other)| self.0 == *other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
