//! Whether one comparator accepts a version: each operator with its rules for missing numbers.

use std::cmp::Ordering;

use crate::Version;
use crate::constraint::{Comparator, Operator, Wildcard};
use crate::error::Reason;
use crate::precedence::compare_identifiers;

impl Comparator {
    /// Why a version is refused, if it is; prereleases are, unless the group looks at them.
    pub(crate) fn refuses(&self, version: &Version, prereleases: bool) -> Option<Reason> {
        if version.is_prerelease() && !prereleases {
            return Some(Reason::Prerelease);
        }
        match self.operator {
            Operator::TildeOrEqual if self.wildcard == Wildcard::None => {
                (version != &self.bound).then_some(Reason::NotEqual)
            }
            Operator::TildeOrEqual | Operator::Tilde => self.tilde(version),
            Operator::NotEqual => self.not_equal(version),
            Operator::Greater => self.greater(version),
            Operator::Less => (version >= &self.bound).then_some(Reason::GreaterThanOrEqual),
            Operator::GreaterOrEqual => (version < &self.bound).then_some(Reason::LessThan),
            Operator::LessOrEqual => self.less_or_equal(version),
            Operator::Caret => self.caret(version),
        }
    }

    /// `!=1` excludes every 1, `!=1.2` every 1.2; `!=*` excludes only what a `0.0.0` would.
    fn not_equal(&self, version: &Version) -> Option<Reason> {
        let bound = &self.bound;
        let other = match self.wildcard {
            Wildcard::None | Wildcard::Major => version != bound,
            Wildcard::Minor => version.major != bound.major,
            Wildcard::Patch => {
                (version.major, version.minor) != (bound.major, bound.minor)
                    || compare_identifiers(&version.prerelease, &bound.prerelease) != Ordering::Equal
            }
        };
        (!other).then_some(Reason::Equal)
    }

    /// `>11` wants 12 and more, `>11.1` wants 11.2 and more.
    fn greater(&self, version: &Version) -> Option<Reason> {
        let bound = &self.bound;
        let greater = match self.wildcard {
            Wildcard::None | Wildcard::Major => version > bound,
            Wildcard::Minor => version.major > bound.major,
            Wildcard::Patch => (version.major, version.minor) > (bound.major, bound.minor),
        };
        (!greater).then_some(Reason::LessThanOrEqual)
    }

    /// `<=11` takes every 11, `<=11.1` every 11.1.
    fn less_or_equal(&self, version: &Version) -> Option<Reason> {
        let bound = &self.bound;
        let greater = match self.wildcard {
            Wildcard::None => version > bound,
            Wildcard::Minor => version.major > bound.major,
            Wildcard::Major | Wildcard::Patch => (version.major, version.minor) > (bound.major, bound.minor),
        };
        greater.then_some(Reason::GreaterThan)
    }

    /// The same minor version or, where it is not written, the same major version. `~0.0.0` and
    /// `~*` take everything.
    fn tilde(&self, version: &Version) -> Option<Reason> {
        let bound = &self.bound;
        let missing = matches!(self.wildcard, Wildcard::Minor | Wildcard::Patch);
        if version < bound {
            Some(Reason::LessThan)
        } else if (bound.major, bound.minor, bound.patch) == (0, 0, 0) && !missing {
            None
        } else if version.major != bound.major {
            Some(Reason::OtherMajor)
        } else if version.minor != bound.minor && self.wildcard != Wildcard::Minor {
            Some(Reason::OtherMajorOrMinor)
        } else {
            None
        }
    }

    /// Changes that keep the first number other than 0.
    fn caret(&self, version: &Version) -> Option<Reason> {
        let bound = &self.bound;
        if version < bound {
            Some(Reason::LessThan)
        } else if version.major != bound.major {
            Some(Reason::OtherMajor)
        } else if bound.major > 0 || self.wildcard == Wildcard::Minor {
            None
        } else if bound.minor > 0 || self.wildcard == Wildcard::Patch {
            (version.minor != bound.minor).then_some(Reason::OtherMinorBelowOne)
        } else if version.minor > 0 {
            Some(Reason::OtherMinor)
        } else {
            (version.patch != bound.patch).then_some(Reason::OtherPatch)
        }
    }
}
