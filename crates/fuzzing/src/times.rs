//! A layout and a text: what was written by a layout is read by it, and durations read back equal.

use wheelhouse_gotime::{Duration, Location, Time};

use crate::parts;

pub(crate) fn run(input: &[u8]) {
    let [layout, text] = parts(input);
    for seconds in [0, 1_700_000_000, -62_135_596_800, 253_402_300_799] {
        let time = Time::from_unix(seconds, 123_456_789, Location::fixed("CET", 3600));
        let written = time.format(layout);
        drop(Time::parse(layout, &written, &Location::UTC));
        drop(Time::parse(layout, text, &Location::UTC));
    }
    if let Ok(duration) = Duration::parse(text) {
        assert_eq!(Duration::parse(duration.to_string()), Ok(duration), "a duration reads back unequal");
        for unit in [1, 1000, 60_000_000_000] {
            let unit = Duration::from_seconds(unit);
            let _ = (duration.truncate(unit), duration.round(unit), duration.abs());
        }
    }
    if let Ok(zone) = Location::load(&String::from_utf8_lossy(text)) {
        drop(Time::from_unix(1_700_000_000, 0, zone).format(layout));
    }
}
