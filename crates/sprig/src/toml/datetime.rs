//! Dates and times of TOML. Local ones are kept in zones named for what they lack, so that they
//! are written as they were read.

use wheelhouse_gotemplate::{CallError, Context, Object, Value};
use wheelhouse_gotime::{Location, Time};

use crate::dates::{self, TimeValue};

const LOCAL_DATETIME: &str = "datetime-local";
const LOCAL_DATE: &str = "date-local";
const LOCAL_TIME: &str = "time-local";

const DATETIME_LAYOUT: &str = "2006-01-02T15:04:05.999999999";
const DATE_LAYOUT: &str = "2006-01-02";
const TIME_LAYOUT: &str = "15:04:05.999999999";
const ZONED_LAYOUT: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// The forms of a date or time, in the order they are tried, with the names of their zones.
const FORMS: [(&str, Option<&str>); 7] = [
    (ZONED_LAYOUT, None),
    (DATETIME_LAYOUT, Some(LOCAL_DATETIME)),
    (DATE_LAYOUT, Some(LOCAL_DATE)),
    (TIME_LAYOUT, Some(LOCAL_TIME)),
    ("2006-01-02T15:04Z07:00", None),
    ("2006-01-02T15:04", Some(LOCAL_DATETIME)),
    ("15:04", Some(LOCAL_TIME)),
];

/// Where times are read.
pub(super) struct Zones {
    local: Location,
    /// Seconds east of UTC there, now.
    offset: i64,
}

impl Zones {
    pub(super) fn new(context: &dyn Context) -> Result<Self, CallError> {
        Ok(Self { local: dates::local(context)?, offset: dates::now(context)?.zone().1 })
    }

    /// Reads a date or time; the error is its text, with the letters as they should be.
    pub(super) fn parse(&self, text: &[u8]) -> Result<Value, Vec<u8>> {
        let text: Vec<u8> = text
            .iter()
            .map(|byte| match byte {
                b'z' => b'Z',
                b't' | b' ' => b'T',
                other => *other,
            })
            .collect();
        for (layout, zone) in FORMS {
            let location = zone.map_or_else(|| self.local.clone(), |name| Location::fixed(name, self.offset));
            if let Ok(time) = Time::parse(layout, &text, &location) {
                if lacks_a_zero(&text, layout) {
                    break;
                }
                return Ok(Value::object(TimeValue(time)));
            }
        }
        Err(text)
    }
}

/// Go's layouts take numbers of one digit; then the separators are not where they should be.
fn lacks_a_zero(text: &[u8], layout: &str) -> bool {
    layout
        .bytes()
        .zip(text)
        .take_while(|(expected, _)| !matches!(expected, b'.' | b'Z'))
        .any(|(expected, found)| !expected.is_ascii_digit() && expected != *found)
}

/// A time as TOML writes it, without quotes; `None` of anything else.
pub(super) fn write(object: &dyn Object) -> Option<Vec<u8>> {
    let TimeValue(time) = object.as_any().downcast_ref()?;
    let layout = match time.location().name() {
        LOCAL_DATETIME => DATETIME_LAYOUT,
        LOCAL_DATE => DATE_LAYOUT,
        LOCAL_TIME => TIME_LAYOUT,
        _ => return Some(time.format(ZONED_LAYOUT)),
    };
    Some(time.in_location(Location::UTC).format(layout))
}
