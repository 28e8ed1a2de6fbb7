use crate::quote::quote;
use crate::version::Version;
use crate::{MAX_CONSTRAINT_GROUPS, MAX_CONSTRAINT_LENGTH, MAX_VERSION_LENGTH};

/// What is wrong with the text of a version or a constraint. The messages are those of
/// Masterminds/semver 3.5.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text does not have the form of a version.
    #[error("invalid semantic version")]
    InvalidVersion,
    /// A strictly read version is empty.
    #[error("version string empty")]
    EmptyVersion,
    /// A version is longer than [`MAX_VERSION_LENGTH`] bytes.
    #[error("version string is too long (max {MAX_VERSION_LENGTH} bytes)")]
    VersionTooLong,
    /// A number of a strictly read version holds something other than digits.
    #[error("invalid characters in version")]
    InvalidCharacters,
    /// A number has a leading zero where none is allowed.
    #[error("version segment starts with 0")]
    SegmentStartsWithZero,
    /// A prerelease has an empty part, or one with letters outside `[0-9A-Za-z-]`.
    #[error("invalid prerelease string")]
    InvalidPrerelease,
    /// Build metadata has an empty part, or one with letters outside `[0-9A-Za-z-]`.
    #[error("invalid metadata string")]
    InvalidMetadata,
    /// A number of a strictly read version is not one (`invalid syntax`) or does not fit 64 bits
    /// (`value out of range`).
    #[error("strconv.ParseUint: parsing \"{segment}\": {reason}")]
    Number {
        /// The digits, as written.
        segment: String,
        /// Why they are no number.
        reason: &'static str,
    },
    /// A number of a loosely read version does not fit 64 bits.
    #[error("error parsing version segment: strconv.ParseUint: parsing \"{segment}\": value out of range")]
    LooseNumber {
        /// The digits, as written.
        segment: String,
    },
    /// The number to be incremented is the largest there is.
    #[error("{segment} version increment would overflow uint64")]
    Overflow {
        /// `major`, `minor` or `patch`.
        segment: &'static str,
    },
    /// A part between two `||` does not have the form of a constraint.
    #[error("improper constraint: {}", quote(.0))]
    ImproperConstraint(String),
    /// A part has the form of a constraint, but its version is none (`1.x1`, `1|2`).
    #[error("constraint parser error")]
    ConstraintParser,
    /// A constraint is longer than [`MAX_CONSTRAINT_LENGTH`] bytes.
    #[error("constraint string is too long (max {MAX_CONSTRAINT_LENGTH} bytes)")]
    ConstraintTooLong,
    /// A constraint has more than [`MAX_CONSTRAINT_GROUPS`] parts between `||`.
    #[error("too many constraint groups (max {MAX_CONSTRAINT_GROUPS})")]
    TooManyGroups,
}

/// Why one comparator of a constraint refuses a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Refusal {
    /// The refused version.
    pub version: Version,
    /// The version of the comparator as written, `1.x` in `!=1.x`.
    pub bound: String,
    pub(crate) reason: Reason,
}

/// The relation a version fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Prerelease,
    Equal,
    NotEqual,
    LessThanOrEqual,
    GreaterThanOrEqual,
    LessThan,
    GreaterThan,
    OtherMajor,
    OtherMajorOrMinor,
    OtherMinorBelowOne,
    OtherMinor,
    OtherPatch,
}

impl Refusal {
    fn message(&self) -> String {
        let version = quote(&self.version.to_string());
        let bound = quote(&self.bound);
        match self.reason {
            Reason::Prerelease => {
                format!(
                    "{version} is a prerelease version and the constraint is only looking for release versions"
                )
            }
            Reason::Equal => format!("{version} is equal to {bound}"),
            Reason::NotEqual => format!("{version} is not equal to {bound}"),
            Reason::LessThanOrEqual => format!("{version} is less than or equal to {bound}"),
            Reason::GreaterThanOrEqual => format!("{version} is greater than or equal to {bound}"),
            Reason::LessThan => format!("{version} is less than {bound}"),
            Reason::GreaterThan => format!("{version} is greater than {bound}"),
            Reason::OtherMajor => format!("{version} does not have same major version as {bound}"),
            Reason::OtherMajorOrMinor => {
                format!("{version} does not have same major and minor version as {bound}")
            }
            Reason::OtherMinorBelowOne => format!(
                "{version} does not have same minor version as {bound}. \
                 Expected minor versions to match when constraint major version is 0"
            ),
            Reason::OtherMinor => format!("{version} does not have same minor version as {bound}"),
            Reason::OtherPatch => format!(
                "{version} does not equal {bound}. \
                 Expect version and constraint to equal when major and minor versions are 0"
            ),
        }
    }
}
