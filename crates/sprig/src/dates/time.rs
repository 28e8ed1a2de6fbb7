//! `time.Time`.

use std::any::Any;

use wheelhouse_gotemplate::Parameter::{Bool, Bytes, Int, Int64, Named, String as Str};
use wheelhouse_gotemplate::{CallError, Context, GoString, Method, Object, Signature, Value};
use wheelhouse_gotime::{Location, Time};

use super::duration::{self, DurationValue};
use super::names::{LocationValue, MonthValue, WeekdayValue};
use super::{local, value};
use crate::call::{Outcome, text};

#[derive(Clone, Debug)]
pub(crate) struct TimeValue(pub(crate) Time);

impl TimeValue {
    pub(super) const TYPE: &'static str = "time.Time";
}

impl Object for TimeValue {
    fn type_name(&self) -> &'static str {
        Self::TYPE
    }

    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn display(&self) -> Option<GoString> {
        Some(self.0.to_string().into())
    }

    fn to_json(&self) -> Option<Value> {
        self.0.to_rfc3339().ok().map(Value::string)
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref().is_some_and(|TimeValue(other)| self.0 == *other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The time of a value.
pub(super) fn of(value: &Value) -> Result<&Time, CallError> {
    let time = match value {
        Value::Object(object) => object.as_any().downcast_ref().map(|TimeValue(time)| time),
        _ => None,
    };
    time.ok_or_else(CallError::nil_dereference)
}

/// A time by a layout. The result is at most some forty times as long.
pub(super) fn format(context: &mut dyn Context, time: &Time, layout: &[u8]) -> Outcome {
    context.charge_steps(layout.len() as u64)?;
    text(context, time.format(layout))
}

/// An argument that is a time.
fn other(arguments: &[Value]) -> Result<&Time, CallError> {
    of(arguments.first().unwrap_or(&Value::Nil))
}

fn integer(arguments: &[Value], index: usize) -> i64 {
    arguments.get(index).and_then(Value::as_signed).unwrap_or_default()
}

/// The text of RFC 3339 as bytes, if the time has one.
fn marshal(time: &Time, quotes: &str, method: &str) -> Outcome {
    match time.to_rfc3339() {
        Ok(text) => Ok(Value::Bytes(format!("{quotes}{text}{quotes}").into_bytes().into())),
        Err(error) => Err(CallError::message(format!("Time.{method}: {error}"))),
    }
}

const NUMBER: Signature = Signature::fixed(&[], Int);
const LONG_NUMBER: Signature = Signature::fixed(&[], Int64);
const STRING: Signature = Signature::fixed(&[], Str);
const MARSHAL: Signature = Signature::fixed(&[], Bytes);
const TEST: Signature = Signature::fixed(&[], Bool);
const SAME_TIME: Signature = Signature::fixed(&[], Named(TimeValue::TYPE));
const COMPARE: Signature = Signature::fixed(&[Named(TimeValue::TYPE)], Bool);
const MOVE: Signature = Signature::fixed(&[DurationValue::TYPE], Named(TimeValue::TYPE));

macro_rules! methods {
    ($($name:literal $signature:expr, |$context:ident, $time:ident, $arguments:ident| $result:expr;)+) => {
        &[$(Method {
            name: $name,
            signature: $signature,
            call: |$context, receiver, $arguments| {
                let $time = of(receiver)?;
                $result
            },
        },)+]
    };
}

/// The engine refuses methods of several results before they are called.
fn no_results() -> Result<Value, CallError> {
    Err(CallError::message("several results"))
}

/// The methods of a value. Those with several results no template can call.
const METHODS: &[Method] = methods! {
    "Year" NUMBER, |_context, time, _arguments| Ok(Value::Int(time.year()));
    "Month" Signature::fixed(&[], Named("time.Month")), |_context, time, _arguments| {
        Ok(Value::object(MonthValue(time.month())))
    };
    "Day" NUMBER, |_context, time, _arguments| Ok(Value::Int(time.day()));
    "Date" Signature::several("(int, time.Month, int)"), |_context, _time, _arguments| no_results();
    "Clock" Signature::several("(int, int, int)"), |_context, _time, _arguments| no_results();
    "ISOWeek" Signature::several("(int, int)"), |_context, _time, _arguments| no_results();
    "Zone" Signature::several("(string, int)"), |_context, _time, _arguments| no_results();
    "ZoneBounds" Signature::several("(time.Time, time.Time)"), |_context, _time, _arguments| no_results();
    "YearDay" NUMBER, |_context, time, _arguments| Ok(Value::Int(time.year_day()));
    "Weekday" Signature::fixed(&[], Named("time.Weekday")), |_context, time, _arguments| {
        Ok(Value::object(WeekdayValue(time.weekday())))
    };
    "Hour" NUMBER, |_context, time, _arguments| Ok(Value::Int(time.hour()));
    "Minute" NUMBER, |_context, time, _arguments| Ok(Value::Int(time.minute()));
    "Second" NUMBER, |_context, time, _arguments| Ok(Value::Int(time.second()));
    "Nanosecond" NUMBER, |_context, time, _arguments| Ok(Value::Int(time.nanosecond()));
    "Unix" LONG_NUMBER, |_context, time, _arguments| Ok(Value::Int64(time.unix()));
    "UnixMilli" LONG_NUMBER, |_context, time, _arguments| Ok(Value::Int64(time.unix_milliseconds()));
    "UnixMicro" LONG_NUMBER, |_context, time, _arguments| Ok(Value::Int64(time.unix_microseconds()));
    "UnixNano" LONG_NUMBER, |_context, time, _arguments| Ok(Value::Int64(time.unix_nanoseconds()));
    "String" STRING, |_context, time, _arguments| Ok(Value::string(time.to_string()));
    "GoString" STRING, |_context, time, _arguments| Ok(Value::string(time.to_go_syntax()));
    "Format" Signature::fixed(&[Str], Str), |context, time, arguments| {
        let layout = arguments.first().and_then(Value::as_string).cloned().unwrap_or_default();
        format(context, time, layout.as_bytes())
    };
    "MarshalText" MARSHAL, |_context, time, _arguments| marshal(time, "", "MarshalText");
    "MarshalJSON" MARSHAL, |_context, time, _arguments| marshal(time, "\"", "MarshalJSON");
    "IsZero" TEST, |_context, time, _arguments| Ok(Value::Bool(time.is_zero()));
    "IsDST" TEST, |_context, time, _arguments| Ok(Value::Bool(time.is_daylight_saving()));
    "Before" COMPARE, |_context, time, arguments| Ok(Value::Bool(time.compare(other(arguments)?).is_lt()));
    "After" COMPARE, |_context, time, arguments| Ok(Value::Bool(time.compare(other(arguments)?).is_gt()));
    "Equal" COMPARE, |_context, time, arguments| Ok(Value::Bool(time.compare(other(arguments)?).is_eq()));
    "Compare" Signature::fixed(&[Named(TimeValue::TYPE)], Int), |_context, time, arguments| {
        Ok(Value::Int(time.compare(other(arguments)?) as i64))
    };
    "Sub" Signature::fixed(&[Named(TimeValue::TYPE)], DurationValue::TYPE), |_context, time, arguments| {
        Ok(duration::value(time.since(other(arguments)?)))
    };
    "Add" MOVE, |_context, time, arguments| Ok(value(time.add(duration::of(arguments.first())?)));
    "AddDate" Signature::fixed(&[Int, Int, Int], Named(TimeValue::TYPE)), |_context, time, arguments| {
        Ok(value(time.add_date(integer(arguments, 0), integer(arguments, 1), integer(arguments, 2))))
    };
    "Round" MOVE, |_context, time, arguments| Ok(value(time.round(duration::of(arguments.first())?)));
    "Truncate" MOVE, |_context, time, arguments| Ok(value(time.truncate(duration::of(arguments.first())?)));
    "UTC" SAME_TIME, |_context, time, _arguments| Ok(value(time.in_location(Location::UTC)));
    "Local" SAME_TIME, |context, time, _arguments| Ok(value(time.in_location(local(context)?)));
    "Location" Signature::fixed(&[], Named(LocationValue::TYPE)), |_context, time, _arguments| {
        Ok(Value::object(LocationValue(time.location().clone())))
    };
    "In" Signature::fixed(&[Named(LocationValue::TYPE)], Named(TimeValue::TYPE)), |_context, time, arguments| {
        let location = match arguments.first() {
            Some(Value::Object(object)) => object.as_any().downcast_ref(),
            _ => None,
        };
        match location {
            Some(LocationValue(location)) => Ok(value(time.in_location(location.clone()))),
            None => Err(CallError::message("time: missing Location in call to Time.In")),
        }
    };
};
