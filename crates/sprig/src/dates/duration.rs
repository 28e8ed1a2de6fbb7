//! `time.Duration`.

use std::any::Any;

use wheelhouse_gotemplate::Parameter::{Float64, Int64, NamedInt64, String as Str};
use wheelhouse_gotemplate::{CallError, GoString, Kind, Method, Object, Parameter, Signature, Value};
use wheelhouse_gotime::Duration;

#[derive(Clone, Copy, Debug)]
pub(super) struct DurationValue(pub(super) Duration);

impl DurationValue {
    /// A parameter or result of this type.
    pub(super) const TYPE: Parameter = NamedInt64("time.Duration");
}

impl Object for DurationValue {
    fn type_name(&self) -> &'static str {
        Self::TYPE.type_name()
    }

    fn kind(&self) -> Kind {
        Kind::Int64
    }

    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn display(&self) -> Option<GoString> {
        Some(self.0.to_string().into())
    }

    fn as_int64(&self) -> Option<i64> {
        Some(self.0.nanoseconds())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref().is_some_and(|DurationValue(other)| self.0 == *other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The duration of a value; a number of the template is one of nanoseconds.
pub(super) fn of(value: Option<&Value>) -> Result<Duration, CallError> {
    match value {
        Some(Value::Int64(nanoseconds)) => Ok(Duration(*nanoseconds)),
        Some(Value::Object(object)) => match object.as_any().downcast_ref() {
            Some(DurationValue(duration)) => Ok(*duration),
            None => Err(CallError::nil_dereference()),
        },
        _ => Err(CallError::nil_dereference()),
    }
}

pub(super) fn value(duration: Duration) -> Value {
    Value::object(DurationValue(duration))
}

const INTEGER: Signature = Signature::fixed(&[], Int64);
const FLOAT: Signature = Signature::fixed(&[], Float64);
const ROUND: Signature = Signature::fixed(&[DurationValue::TYPE], DurationValue::TYPE);

macro_rules! methods {
    ($($name:literal $signature:expr, |$duration:ident, $arguments:ident| $result:expr;)+) => {
        &[$(Method {
            name: $name,
            signature: $signature,
            call: |_, receiver, $arguments| {
                let $duration = of(Some(receiver))?;
                Ok($result)
            },
        },)+]
    };
}

const METHODS: &[Method] = methods! {
    "String" Signature::fixed(&[], Str), |duration, _arguments| Value::string(duration.to_string());
    "Nanoseconds" INTEGER, |duration, _arguments| Value::Int64(duration.nanoseconds());
    "Microseconds" INTEGER, |duration, _arguments| Value::Int64(duration.microseconds());
    "Milliseconds" INTEGER, |duration, _arguments| Value::Int64(duration.milliseconds());
    "Seconds" FLOAT, |duration, _arguments| Value::Float64(duration.seconds());
    "Minutes" FLOAT, |duration, _arguments| Value::Float64(duration.minutes());
    "Hours" FLOAT, |duration, _arguments| Value::Float64(duration.hours());
    "Abs" Signature::fixed(&[], DurationValue::TYPE), |duration, _arguments| value(duration.abs());
    "Round" ROUND, |duration, arguments| value(duration.round(of(arguments.first())?));
    "Truncate" ROUND, |duration, arguments| value(duration.truncate(of(arguments.first())?));
};
