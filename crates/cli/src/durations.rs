//! Durations of flags: `90s`, `5m`, `1h30m`, `30d`.

use std::time::Duration;

use jiff::SignedDuration;

use crate::commands::Failure;

/// Reads a duration.
pub(crate) fn duration(text: &str) -> Result<Duration, Failure> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    let parsed = match days {
        Some(days) => Some(Duration::from_secs(u64::from(days) * 86_400)),
        None => text.parse::<SignedDuration>().ok().and_then(|parsed| Duration::try_from(parsed).ok()),
    };
    parsed.ok_or_else(|| {
        Failure::new(format!("\"{text}\" is not a duration"))
            .with_advice("  fix: write it as 90s, 5m, 1h30m or 30d")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in [("90s", 90), ("5m", 300), ("1h30m", 5400), ("30d", 2_592_000), ("0s", 0)] {
            assert_eq!(duration(text).unwrap().as_secs(), seconds, "{text}");
        }
        for text in ["", "5", "-5m", "soon", "9999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
