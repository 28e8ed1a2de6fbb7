//! Places where the process can be made to die, for tests of what is left then.
//!
//! `WHEELHOUSE_FAILPOINT=after-commit:12` ends the process, as `kill -9` would, when it comes to the place for the
//! twelfth time. Everything durable happens in commits, so deaths around each of them are deaths at each step of
//! whatever is going on. Release builds do not look, unless they are built with the feature `failpoints`.

/// A place around a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The batch was made and not handed in.
    Before,
    /// It is written and not committed (the embedded store only).
    Within,
    /// It is on disk, and nobody has been told.
    After,
}

/// Ends the process here if it was asked for.
#[cfg(any(debug_assertions, feature = "failpoints"))]
pub(crate) fn reach(place: Place) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    static ASKED: OnceLock<Option<(Place, u64)>> = OnceLock::new();
    static REACHED: AtomicU64 = AtomicU64::new(0);
    let asked =
        ASKED.get_or_init(|| std::env::var("WHEELHOUSE_FAILPOINT").ok().and_then(|text| parse(&text)));
    let Some((wanted, time)) = *asked else { return };
    if wanted == place && REACHED.fetch_add(1, Ordering::Relaxed) + 1 == time {
        std::process::abort();
    }
}

/// Does nothing in this build.
#[cfg(not(any(debug_assertions, feature = "failpoints")))]
pub(crate) const fn reach(_: Place) {}

#[cfg(any(debug_assertions, feature = "failpoints"))]
fn parse(text: &str) -> Option<(Place, u64)> {
    let (name, time) = text.split_once(':')?;
    let place = match name {
        "before-commit" => Place::Before,
        "in-commit" => Place::Within,
        "after-commit" => Place::After,
        _ => return None,
    };
    Some((place, time.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_and_a_time() {
        assert_eq!(parse("after-commit:12"), Some((Place::After, 12)));
        assert_eq!(parse("in-commit:1"), Some((Place::Within, 1)));
        assert_eq!(parse("nowhere:1"), None);
        assert_eq!(parse("before-commit"), None);
    }
}
