//! Rate limits: `"100-S"`, `"10-S,500-M"`; units second, minute, hour, day, each at most once.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A unit of time over which requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// `S`
    Second,
    /// `M`
    Minute,
    /// `H`
    Hour,
    /// `D`
    Day,
}

impl Unit {
    /// Its length in milliseconds.
    #[must_use]
    pub const fn milliseconds(self) -> u64 {
        match self {
            Self::Second => 1_000,
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Second => 'S',
            Self::Minute => 'M',
            Self::Hour => 'H',
            Self::Day => 'D',
        }
    }
}

/// The text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid rate '{0}': expected NUMBER-UNIT[,NUMBER-UNIT…] with units S, M, H, D, each at most once")]
pub struct InvalidRate(pub String);

/// One or more allowances, all of which must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate(Vec<(u32, Unit)>);

impl Rate {
    /// The allowances: so many requests per unit.
    #[must_use]
    pub fn allowances(&self) -> &[(u32, Unit)] {
        &self.0
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let fail = || InvalidRate(text.chars().filter(|c| !c.is_control()).take(64).collect());
        let mut allowances: Vec<(u32, Unit)> = Vec::new();
        for part in text.split(',') {
            let (number, unit) = part.trim().split_once('-').ok_or_else(fail)?;
            let unit = match unit {
                "S" => Unit::Second,
                "M" => Unit::Minute,
                "H" => Unit::Hour,
                "D" => Unit::Day,
                _ => return Err(fail()),
            };
            let number: u32 = number.parse().map_err(|_| fail())?;
            if number == 0 || allowances.iter().any(|(_, other)| *other == unit) {
                return Err(fail());
            }
            allowances.push((number, unit));
        }
        Ok(Self(allowances))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (number, unit)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(formatter, "{comma}{number}-{}", unit.letter())?;
        }
        Ok(())
    }
}

impl Serialize for Rate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The rate limits of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// For each account that has none of its own.
    pub rate: Rate,
    /// Accounts without any limit.
    pub exempted_accounts: Vec<String>,
    /// Limits of particular accounts.
    pub per_account: BTreeMap<String, Rate>,
    /// For each user (subject) within an account.
    pub per_user: Option<Rate>,
    /// Whether the check must be exact (`syncCheck`); here every check is.
    pub synchronous: bool,
}

impl RateLimit {
    /// The most accounts that may be exempted or limited by name.
    pub const MOST_ACCOUNTS: usize = 32;

    /// The rate that holds for an account, if any.
    #[must_use]
    pub fn for_account(&self, account: &str) -> Option<&Rate> {
        if self.exempted_accounts.iter().any(|exempted| exempted == account) {
            return None;
        }
        Some(self.per_account.get(account).unwrap_or(&self.rate))
    }
}

/// A meter for one rate and one caller: the generic cell rate algorithm, one arrival time per allowance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meter {
    /// For each allowance, the theoretical arrival time in microseconds.
    arrivals: Vec<u64>,
}

impl Meter {
    /// Admits one request at `now` (milliseconds of any steady clock).
    ///
    /// # Errors
    /// The milliseconds after which the request would be admitted; the meter is unchanged then.
    pub fn admit(&mut self, rate: &Rate, now: u64) -> Result<(), u64> {
        let now = now.saturating_mul(1_000);
        let mut next = Vec::with_capacity(rate.0.len());
        for (index, (number, unit)) in rate.0.iter().enumerate() {
            let window = unit.milliseconds() * 1_000;
            let spacing = window / u64::from(*number);
            let arrival = self.arrivals.get(index).copied().unwrap_or(0).max(now);
            // A burst of the whole allowance is admitted: the arrival may run ahead by one window.
            let limit = now + window;
            if arrival + spacing > limit {
                return Err((arrival + spacing - limit).div_ceil(1_000));
            }
            next.push(arrival + spacing);
        }
        self.arrivals = next;
        Ok(())
    }

    /// Whether the meter has forgotten everything by `now` and may be dropped.
    #[must_use]
    pub fn is_idle(&self, now: u64) -> bool {
        self.arrivals.iter().all(|&arrival| arrival <= now.saturating_mul(1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn grammar() {
        for good in ["100-S", "10-S,500-M", "1-S,2-M,3-H,4-D"] {
            assert_eq!(good.parse::<Rate>().unwrap().to_string(), good);
        }
        for bad in ["", "S", "0-S", "1-X", "1-S,2-S", "-1-S", "1-s", "1-S,", "99999999999-S"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn named_accounts_come_first_and_exempted_ones_have_none() {
        let limit = RateLimit {
            rate: "1-S".parse().unwrap(),
            exempted_accounts: vec!["free".into()],
            per_account: BTreeMap::from([("big".into(), "9-S".parse().unwrap())]),
            per_user: None,
            synchronous: false,
        };
        assert_eq!(limit.for_account("free"), None);
        assert_eq!(limit.for_account("big").unwrap().to_string(), "9-S");
        assert_eq!(limit.for_account("any").unwrap().to_string(), "1-S");
    }

    #[test]
    fn a_burst_passes_then_the_pace_holds() {
        let rate: Rate = "2-S".parse().unwrap();
        let mut meter = Meter::default();
        assert_eq!(meter.admit(&rate, 1_000), Ok(()));
        assert_eq!(meter.admit(&rate, 1_000), Ok(()));
        assert_eq!(meter.admit(&rate, 1_000), Err(500));
        assert_eq!(meter.admit(&rate, 1_500), Ok(()));
        assert!(!meter.is_idle(1_600) && meter.is_idle(9_000));
    }

    proptest! {
        #[test]
        fn no_window_admits_more_than_twice_its_allowance(number in 1u32..50, gaps in prop::collection::vec(0u64..300, 1..200)) {
            let rate = Rate(vec![(number, Unit::Second)]);
            let mut meter = Meter::default();
            let mut now = 10_000;
            let mut admitted = Vec::new();
            for gap in gaps {
                now += gap;
                if meter.admit(&rate, now).is_ok() {
                    admitted.push(now);
                }
            }
            for &start in &admitted {
                let inside = admitted.iter().filter(|&&at| at >= start && at < start + 1_000).count();
                prop_assert!(inside <= 2 * number as usize);
            }
        }
    }
}
