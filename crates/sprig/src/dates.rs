//! Dates and durations in Go's layouts.

mod duration;
mod names;
mod time;

use std::time::Duration as Elapsed;

use wheelhouse_gotemplate::Parameter::{Any, Named, String as Str};
use wheelhouse_gotemplate::{Arguments, CallError, Context, Function, GoString, Signature, Value};
use wheelhouse_gotime::{Duration, Location, Time};

use crate::call::{Outcome, function, text};
use crate::environment::environment;
pub(crate) use time::TimeValue;

const MODIFY: Signature = Signature::fixed(&[Str, Named(TimeValue::TYPE)], Named(TimeValue::TYPE));
const PARSE: Signature = Signature::fixed(&[Str, Str], Named(TimeValue::TYPE));
const IN_ZONE: Signature = Signature::fixed(&[Str, Any, Str], Str);
const TO_TEXT: Signature = Signature::fixed(&[Any], Str);

pub(crate) const TABLE: &[Function] = &[
    function("now", Signature::fixed(&[], Named(TimeValue::TYPE)), |context, _| Ok(value(now(context)?))),
    function("ago", TO_TEXT, ago),
    function("date", Signature::fixed(&[Str, Any], Str), |context, arguments| {
        let layout = arguments.string(0)?.clone();
        format_date(context, layout.as_bytes(), arguments.any(1), LOCAL)
    }),
    function("dateInZone", IN_ZONE, date_in_zone),
    function("date_in_zone", IN_ZONE, date_in_zone),
    function("htmlDate", TO_TEXT, |context, arguments| format_date(context, HTML, arguments.any(0), LOCAL)),
    function("htmlDateInZone", Signature::fixed(&[Any, Str], Str), |context, arguments| {
        let zone = arguments.string(1)?.to_str_lossy().into_owned();
        format_date(context, HTML, arguments.any(0), &zone)
    }),
    function("dateModify", MODIFY, date_modify),
    function("date_modify", MODIFY, date_modify),
    function("mustDateModify", MODIFY, must_date_modify),
    function("must_date_modify", MODIFY, must_date_modify),
    function("toDate", PARSE, |context, arguments| Ok(value(parse(context, arguments)?.unwrap_or_default()))),
    function("mustToDate", PARSE, |context, arguments| {
        parse(context, arguments)?.map(value).map_err(|error| CallError::message(error.to_string()))
    }),
    function("unixEpoch", Signature::fixed(&[Named(TimeValue::TYPE)], Str), |context, arguments| {
        let seconds = time::of(arguments.any(0))?.unix();
        text(context, seconds.to_string())
    }),
    function("duration", TO_TEXT, seconds_to_duration),
    function("durationRound", TO_TEXT, duration_round),
];

/// What Go calls the zone of the machine.
const LOCAL: &str = "Local";

/// The layout of dates in HTML forms.
const HTML: &[u8] = b"2006-01-02";

fn value(time: Time) -> Value {
    Value::object(TimeValue(time))
}

/// The zone of the machine.
pub(crate) fn local(context: &dyn Context) -> Result<Location, CallError> {
    Ok(Location::local(&environment(context)?.host.local_zone()))
}

/// What time it is.
pub(crate) fn now(context: &dyn Context) -> Result<Time, CallError> {
    let host = &environment(context)?.host;
    let running = host
        .running_for()
        .map(|elapsed: Elapsed| Duration(i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX)));
    Ok(Time::from_clock(host.now(), running, local(context)?))
}

/// The time a value stands for: itself, or seconds since 1970. Anything else is now.
fn time_or_now(context: &dyn Context, value: &Value) -> Result<Time, CallError> {
    match value {
        Value::Int(seconds) | Value::Int64(seconds) => Ok(Time::from_unix(*seconds, 0, local(context)?)),
        Value::Int32(seconds) => Ok(Time::from_unix(i64::from(*seconds), 0, local(context)?)),
        _ => match time::of(value) {
            Ok(time) => Ok(time.clone()),
            Err(_) => now(context),
        },
    }
}

fn date_in_zone(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let zone = arguments.string(2)?.to_str_lossy().into_owned();
    format_date(context, arguments.string(0)?.as_bytes(), arguments.any(1), &zone)
}

/// A zone that is not known is UTC.
fn format_date(context: &mut dyn Context, layout: &[u8], date: &Value, zone: &str) -> Outcome {
    let location = match zone {
        LOCAL => local(context)?,
        _ => Location::load(zone).unwrap_or(Location::UTC),
    };
    let time = time_or_now(context, date)?.in_location(location);
    time::format(context, &time, layout)
}

/// How long ago it was, in seconds and more.
fn ago(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let then = match arguments.any(0) {
        // An int32 is a time for the other functions only.
        Value::Int32(_) => now(context)?,
        date => time_or_now(context, date)?,
    };
    let elapsed = now(context)?.since(&then).round(Duration::SECOND);
    text(context, elapsed.to_string())
}

/// A duration that is none changes nothing.
fn date_modify(_: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let time = time::of(arguments.any(1))?;
    Ok(match Duration::parse(arguments.string(0)?.as_bytes()) {
        Ok(duration) => value(time.add(duration)),
        Err(_) => value(time.clone()),
    })
}

fn must_date_modify(_: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let duration = Duration::parse(arguments.string(0)?.as_bytes())
        .map_err(|error| CallError::message(error.to_string()))?;
    Ok(value(time::of(arguments.any(1))?.add(duration)))
}

fn parse(
    context: &dyn Context,
    arguments: Arguments<'_>,
) -> Result<Result<Time, wheelhouse_gotime::ParseError>, CallError> {
    let (layout, text) = (arguments.string(0)?, arguments.string(1)?);
    Ok(Time::parse(layout.as_bytes(), text.as_bytes(), &local(context)?))
}

/// A number of seconds as a duration. Of integers only an `int64` counts, so a number written in a
/// template is 0.
fn seconds_to_duration(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let seconds = match arguments.any(0) {
        Value::String(text) => parse_seconds(text),
        Value::Int64(seconds) => *seconds,
        _ => 0,
    };
    text(context, Duration::from_seconds(seconds).to_string())
}

/// Go's `strconv.ParseInt` with the error thrown away: out of range the nearest number is left.
fn parse_seconds(text: &GoString) -> i64 {
    let text = text.as_str().unwrap_or_default();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
}

/// The largest unit of a duration, and how often it fits.
fn duration_round(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let duration = match arguments.any(0) {
        Value::String(text) => Duration::parse(text.as_bytes()).unwrap_or_default(),
        Value::Int64(nanoseconds) => Duration(*nanoseconds),
        date => match time::of(date) {
            Ok(time) => now(context)?.since(time),
            Err(_) => Duration(0),
        },
    };
    const HOUR: u64 = Duration::HOUR.0.unsigned_abs();
    let units = [
        (365 * 24 * HOUR, "y"),
        (30 * 24 * HOUR, "mo"),
        (24 * HOUR, "d"),
        (HOUR, "h"),
        (Duration::MINUTE.0.unsigned_abs(), "m"),
        (Duration::SECOND.0.unsigned_abs(), "s"),
    ];
    let nanoseconds = duration.0.unsigned_abs();
    // Exactly one hour is still sixty minutes.
    let rounded = units.iter().find(|(unit, _)| nanoseconds > *unit);
    text(context, rounded.map_or("0s".to_owned(), |(unit, name)| format!("{}{name}", nanoseconds / unit)))
}
