//! The time that records are stamped and timers are counted with.
//!
//! The machine's clock may be set while the process runs. Timers that were counted by it would then end at once or
//! not for hours, and what they guard would be given up or never replaced. So time goes on as the monotonic clock
//! does, and follows the machine's clock by at most a tenth of the time that passes.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A time follows the machine's by one second in so many.
const SLEW: i32 = 10;

/// A clock that does not jump.
#[derive(Debug)]
pub struct Clock {
    last: Mutex<(Instant, Timestamp)>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { last: Mutex::new((Instant::now(), Timestamp::now())) }
    }
}

impl Clock {
    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let instant = Instant::now();
        let passed = SignedDuration::try_from(instant.duration_since(last.0)).unwrap_or(SignedDuration::MAX);
        let now = follow(last.1, passed, Timestamp::now());
        *last = (instant, now);
        now
    }
}

/// The time after so much has passed, where the machine's clock shows `wall`.
fn follow(last: Timestamp, passed: SignedDuration, wall: Timestamp) -> Timestamp {
    let steady = last.saturating_add(passed).unwrap_or(Timestamp::MAX);
    let most = passed / SLEW;
    let apart = wall.duration_since(steady).clamp(-most, most);
    steady.saturating_add(apart).unwrap_or(steady)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn check(last: i64, passed: i64, wall: i64, expect: i64) {
        let passed = SignedDuration::from_secs(passed);
        assert_eq!(follow(at(last), passed, at(wall)), at(expect), "{last} {passed:?} {wall}");
    }

    #[test]
    fn a_clock_that_is_set_is_followed_slowly_and_time_never_goes_back() {
        check(1_000, 10, 1_010, 1_010);
        check(1_000, 10, 5_000, 1_011);
        check(1_000, 10, 0, 1_009);
        check(1_000, 0, 9_000, 1_000);
        check(1_000, 100, 1_105, 1_105);
    }
}
