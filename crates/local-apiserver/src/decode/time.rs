//! Times as the API reads and writes them.

use jiff::Timestamp;
use jiff::tz::Offset;

/// Reads an RFC 3339 time.
///
/// # Errors
/// With the words of the API when the text is none.
pub(crate) fn parse_time(text: &str) -> Result<Timestamp, String> {
    let shaped = text.len() >= 20
        && text.as_bytes().get(10) == Some(&b'T')
        && (text.ends_with('Z') || text.as_bytes().iter().rev().nth(5).is_some_and(|b| b"+-".contains(b)));
    match text.parse::<Timestamp>() {
        Ok(stamp) if shaped => Ok(stamp),
        _ => Err(format!(
            "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006\""
        )),
    }
}

/// Reads a time with microseconds, which must be there.
///
/// # Errors
/// With the words of the API when the text is none.
pub(crate) fn parse_micro(text: &str) -> Result<Timestamp, String> {
    const LAYOUT: &str = "2006-01-02T15:04:05.000000Z07:00";
    let rest = text.get(19..).unwrap_or_default();
    let digits = rest.strip_prefix('.').map_or(0, |r| r.bytes().take_while(u8::is_ascii_digit).count());
    match parse_time(text) {
        Ok(_) if digits != 6 => {
            Err(format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as \".000000\""))
        }
        Ok(stamp) => Ok(stamp),
        Err(_) => Err(format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {text:?} as \"2006\"")),
    }
}

/// Writes a time with seconds in UTC.
pub(crate) fn format_seconds(stamp: Timestamp) -> String {
    Offset::UTC.to_datetime(stamp).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Writes a time with microseconds in UTC.
pub(crate) fn format_micro(stamp: Timestamp) -> String {
    Offset::UTC.to_datetime(stamp).strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        let stamp = parse_time("2024-02-29T12:30:45.123456789+02:00").unwrap();
        assert_eq!(format_seconds(stamp), "2024-02-29T10:30:45Z");
        assert_eq!(format_micro(stamp), "2024-02-29T10:30:45.123456Z");
        assert!(parse_time("yesterday").is_err());
        assert!(parse_time("2024-02-29").is_err());
    }
}
