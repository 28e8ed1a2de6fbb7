use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::error::LocationError;

/// Where a time is shown: what its clocks say at which instant.
#[derive(Clone)]
pub struct Location(Kind);

#[derive(Clone)]
enum Kind {
    Utc,
    Fixed { name: Arc<str>, offset: i64 },
    Zone { name: Arc<str>, zone: TimeZone },
}

/// What clocks say at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The abbreviation, `CET`.
    pub(crate) name: String,
    /// Seconds east of UTC.
    pub(crate) offset: i64,
    pub(crate) is_daylight_saving: bool,
}

impl Location {
    /// Coordinated Universal Time.
    pub const UTC: Location = Location(Kind::Utc);

    /// A zone that is always so many seconds east of UTC.
    pub fn fixed(name: &str, offset: i64) -> Self {
        Self(Kind::Fixed { name: name.into(), offset })
    }

    /// The zone of a name in the IANA database (`time.LoadLocation`). The empty name is UTC;
    /// `Local` is for the caller to know.
    ///
    /// # Errors
    /// The name is none, or none the built-in database knows. Letter case counts.
    pub fn load(name: &str) -> Result<Self, LocationError> {
        if name.is_empty() || name == "UTC" {
            return Ok(Self::UTC);
        }
        if name.contains("..") || name.starts_with(['/', '\\']) {
            return Err(LocationError::Invalid);
        }
        match database().get(name) {
            Ok(zone) if zone.iana_name() == Some(name) => Ok(Self(Kind::Zone { name: name.into(), zone })),
            _ => Err(LocationError::Unknown(name.to_owned())),
        }
    }

    /// The local zone: the zone of an IANA name, called `Local`. An unknown name gives UTC.
    pub fn local(name: &str) -> Self {
        match Self::load(name) {
            Ok(Self(Kind::Zone { zone, .. })) => Self(Kind::Zone { name: "Local".into(), zone }),
            _ => Self(Kind::Fixed { name: "UTC".into(), offset: 0 }),
        }
    }

    /// The name: `UTC`, `Local`, `Europe/Berlin`, or that of the fixed offset.
    pub fn name(&self) -> &str {
        match &self.0 {
            Kind::Utc => "UTC",
            Kind::Fixed { name, .. } | Kind::Zone { name, .. } => name,
        }
    }

    /// What clocks say at a second since 1970.
    pub(crate) fn reading(&self, second: i64) -> Reading {
        let always =
            |name: &str, offset| Reading { name: name.to_owned(), offset, is_daylight_saving: false };
        match &self.0 {
            Kind::Utc => always("UTC", 0),
            Kind::Fixed { name, offset } => always(name, *offset),
            Kind::Zone { zone, .. } => {
                let info = zone.to_offset_info(timestamp(second));
                Reading {
                    name: info.abbreviation().to_owned(),
                    offset: i64::from(info.offset().seconds()),
                    is_daylight_saving: info.dst().is_dst(),
                }
            }
        }
    }

    /// Seconds east of UTC at a second since 1970.
    pub(crate) fn offset(&self, second: i64) -> i64 {
        match &self.0 {
            Kind::Utc => 0,
            Kind::Fixed { offset, .. } => *offset,
            Kind::Zone { zone, .. } => i64::from(zone.to_offset(timestamp(second)).seconds()),
        }
    }

    /// The seconds since 1970 from which and up to which clocks keep what they say at one.
    pub(crate) fn period(&self, second: i64) -> Range<i64> {
        let Kind::Zone { zone, .. } = &self.0 else { return i64::MIN..i64::MAX };
        // What holds at an instant began at the change just before the next second.
        let before = zone.preceding(timestamp(second.saturating_add(1))).next();
        let after = zone.following(timestamp(second)).next();
        let start = before.map_or(i64::MIN, |change| change.timestamp().as_second());
        let end = after.map_or(i64::MAX, |change| change.timestamp().as_second());
        start..end
    }

    /// The offset an abbreviation stands for here. `second` is the time clocks say, counted as if
    /// it were UTC: where an abbreviation stood for several offsets, the one of that time counts.
    pub(crate) fn offset_of(&self, abbreviation: &str, second: i64) -> Option<i64> {
        let offsets = self.offsets_called(abbreviation);
        let in_effect = offsets.iter().find_map(|offset| {
            let reading = self.reading(second.wrapping_sub(*offset));
            (reading.name == abbreviation).then_some(reading.offset)
        });
        in_effect.or(offsets.first().copied())
    }

    /// The offsets an abbreviation ever stood for here, in the order of time.
    fn offsets_called(&self, abbreviation: &str) -> Vec<i64> {
        let mut offsets = Vec::new();
        match &self.0 {
            Kind::Utc => {}
            Kind::Fixed { name, offset } if **name == *abbreviation => offsets.push(*offset),
            Kind::Fixed { .. } => {}
            Kind::Zone { zone, .. } => {
                let first = zone.to_offset_info(Timestamp::MIN);
                let mut add = |name: &str, offset: i64| {
                    if name == abbreviation && !offsets.contains(&offset) {
                        offsets.push(offset);
                    }
                };
                add(first.abbreviation(), i64::from(first.offset().seconds()));
                // Changes repeat by rule from 2037 on, without end.
                let last = Timestamp::from_second(2_145_916_800).unwrap_or(Timestamp::MAX);
                for change in zone.following(Timestamp::MIN).take_while(|change| change.timestamp() < last) {
                    add(change.abbreviation(), i64::from(change.offset().seconds()));
                }
            }
        }
        offsets
    }
}

/// The nearest instant the zone database covers, which is from year -9999 to 9999.
fn timestamp(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// The database built into the program: the machine's own is not read.
fn database() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

impl PartialEq for Location {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Utc, Kind::Utc) => true,
            (Kind::Fixed { name, offset }, Kind::Fixed { name: other, offset: other_offset }) => {
                name == other && offset == other_offset
            }
            (Kind::Zone { name, zone }, Kind::Zone { name: other, zone: other_zone }) => {
                name == other && zone == other_zone
            }
            _ => false,
        }
    }
}

impl Eq for Location {}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
