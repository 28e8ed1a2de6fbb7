//! Address ranges, and which pod has which address. Pure.

use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// A range of IPv4 addresses, as `10.244.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range {
    base: u32,
    /// The length of the prefix.
    pub prefix: u8,
}

impl Range {
    /// The range of a prefix length that holds an address.
    #[must_use]
    pub fn new(address: Ipv4Addr, prefix: u8) -> Self {
        let prefix = prefix.min(32);
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        Self { base: u32::from(address) & mask, prefix }
    }

    /// The first address, which names the network.
    #[must_use]
    pub fn base(self) -> Ipv4Addr {
        Ipv4Addr::from(self.base)
    }

    /// How many addresses there are.
    #[must_use]
    pub fn size(self) -> u64 {
        1_u64 << (32 - u32::from(self.prefix.min(32)))
    }

    /// Whether an address is in the range.
    #[must_use]
    pub fn contains(self, address: Ipv4Addr) -> bool {
        let offset = u64::from(u32::from(address)).checked_sub(u64::from(self.base));
        offset.is_some_and(|offset| offset < self.size())
    }

    /// The address so many places after the first, if it is in the range.
    #[must_use]
    pub fn nth(self, offset: u64) -> Option<Ipv4Addr> {
        let place = u64::from(self.base).checked_add(offset).filter(|_| offset < self.size())?;
        u32::try_from(place).ok().map(Ipv4Addr::from)
    }

    /// The part of the range with the given longer prefix and number.
    #[must_use]
    pub fn part(self, prefix: u8, number: u32) -> Option<Self> {
        if prefix < self.prefix || prefix > 32 {
            return None;
        }
        let size = 1_u64 << (32 - u32::from(prefix));
        let base = self.nth(u64::from(number).checked_mul(size)?)?;
        Some(Self { base: base.into(), prefix })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.base(), self.prefix)
    }
}

/// The text is no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no range of IPv4 addresses")]
pub struct NoRange(String);

impl FromStr for Range {
    type Err = NoRange;

    fn from_str(text: &str) -> Result<Self, NoRange> {
        let fail = || NoRange(text.to_owned());
        let (address, prefix) = text.split_once('/').ok_or_else(fail)?;
        let address: Ipv4Addr = address.parse().map_err(|_| fail())?;
        let prefix: u8 = prefix.parse().ok().filter(|prefix| *prefix <= 32).ok_or_else(fail)?;
        Ok(Self::new(address, prefix))
    }
}

/// The addresses of one node's pods. An address given back is not given out again until all others
/// have been, so that a late packet does not reach a stranger.
#[derive(Debug)]
pub struct Addresses {
    range: Range,
    taken: BTreeSet<u64>,
    next: u64,
}

/// The places kept free: the network's name and the node's own address.
const FIRST: u64 = 2;

impl Addresses {
    /// All addresses of a range but the first two and the last.
    #[must_use]
    pub fn new(range: Range) -> Self {
        Self { range, taken: BTreeSet::new(), next: FIRST }
    }

    /// A free address, or none.
    pub fn take(&mut self) -> Option<Ipv4Addr> {
        let end = self.range.size().saturating_sub(1);
        let free =
            (self.next..end).chain(FIRST..self.next.min(end)).find(|place| !self.taken.contains(place))?;
        self.taken.insert(free);
        self.next = free + 1;
        self.range.nth(free)
    }

    /// Gives an address back.
    pub fn give_back(&mut self, address: Ipv4Addr) {
        let place = u64::from(u32::from(address)).checked_sub(u64::from(u32::from(self.range.base())));
        if let Some(place) = place {
            self.taken.remove(&place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_cut() {
        let range: Range = "10.244.3.7/16".parse().unwrap();
        assert_eq!(range.to_string(), "10.244.0.0/16");
        assert!(range.contains("10.244.255.255".parse().unwrap()));
        assert!(!range.contains("10.245.0.0".parse().unwrap()));
        assert_eq!(range.part(24, 3).unwrap().to_string(), "10.244.3.0/24");
        assert_eq!(range.part(24, 256), None);
        for text in ["10.0.0.0", "10.0.0.0/33", "x/8", "10.0.0/8"] {
            assert!(text.parse::<Range>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_given_back_comes_last() {
        let mut addresses = Addresses::new("10.0.0.0/29".parse().unwrap());
        let mut take = |back: Option<&str>| {
            if let Some(back) = back {
                addresses.give_back(back.parse().unwrap());
            }
            addresses.take().map(|address| address.to_string())
        };
        let all: Vec<_> = (0..5).map(|_| take(None).unwrap()).collect();
        assert_eq!(all, ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
        assert_eq!(take(None), None);
        assert_eq!(take(Some("10.0.0.4")).as_deref(), Some("10.0.0.4"));
    }
}
