use std::cell::Cell;
use std::time::{Duration, SystemTime};

use wheelhouse_sprig::{Compat, Environment, Host};

/// A machine whose clock stands still and whose randomness is the same in every run.
#[derive(Debug)]
struct FixedHost {
    state: Cell<u64>,
}

impl Host for FixedHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    /// SplitMix64: keys are searched for until a prime is found, so that the bytes must not repeat.
    fn fill_random(&self, buffer: &mut [u8]) {
        for byte in buffer {
            let state = self.state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
            self.state.set(state);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            [*byte, ..] = (mixed ^ (mixed >> 31)).to_le_bytes();
        }
    }
}

/// What functions get in a fuzz target.
pub(crate) fn environment() -> Environment {
    Environment::new(Box::new(FixedHost { state: Cell::new(1) }), Compat::V4)
}
