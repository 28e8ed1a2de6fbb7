use std::cmp::Ordering;
use std::fmt;

use crate::Error;
use crate::parse::{parse_loose, parse_strict, validate_metadata, validate_prerelease};
use crate::precedence::compare_prereleases;

/// A semantic version. Numbers are 64 bits wide, as in Go.
///
/// Comparing follows the precedence of semver.org: build metadata is ignored, so two versions
/// that differ only there are equal.
///
/// The default is Go's zero value: 0.0.0, which was read from nothing.
#[derive(Debug, Clone, Default)]
pub struct Version {
    pub(crate) major: u64,
    pub(crate) minor: u64,
    pub(crate) patch: u64,
    pub(crate) prerelease: String,
    pub(crate) metadata: String,
    pub(crate) original: String,
}

impl Version {
    /// Reads a version loosely: a leading `v`, missing minor and patch numbers and leading zeros
    /// are accepted (`NewVersion`).
    ///
    /// # Errors
    /// [`Error::InvalidVersion`], or what is wrong with a number or the prerelease.
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse_loose(text)
    }

    /// Reads a version strictly by semver.org: three numbers, no `v`, no leading zeros
    /// (`StrictNewVersion`).
    ///
    /// # Errors
    /// The first thing wrong with the text.
    pub fn parse_strict(text: &str) -> Result<Self, Error> {
        parse_strict(text)
    }

    /// The first number.
    pub fn major(&self) -> u64 {
        self.major
    }

    /// The second number, 0 if it was not written.
    pub fn minor(&self) -> u64 {
        self.minor
    }

    /// The third number, 0 if it was not written.
    pub fn patch(&self) -> u64 {
        self.patch
    }

    /// What follows `-`, without it; empty for a release.
    pub fn prerelease(&self) -> &str {
        &self.prerelease
    }

    /// Whether this is a prerelease.
    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }

    /// What follows `+`, without it; empty if there is none.
    pub fn metadata(&self) -> &str {
        &self.metadata
    }

    /// The text as it was given.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The next patch version. Of a prerelease it is the release itself.
    ///
    /// # Errors
    /// [`Error::Overflow`] at the largest number.
    pub fn increment_patch(&self) -> Result<Self, Error> {
        let patch = if self.is_prerelease() { self.patch } else { next(self.patch, "patch")? };
        Ok(self.release(self.major, self.minor, patch))
    }

    /// The next minor version: patch 0, neither prerelease nor metadata.
    ///
    /// # Errors
    /// [`Error::Overflow`] at the largest number.
    pub fn increment_minor(&self) -> Result<Self, Error> {
        Ok(self.release(self.major, next(self.minor, "minor")?, 0))
    }

    /// The next major version: minor and patch 0, neither prerelease nor metadata.
    ///
    /// # Errors
    /// [`Error::Overflow`] at the largest number.
    pub fn increment_major(&self) -> Result<Self, Error> {
        Ok(self.release(next(self.major, "major")?, 0, 0))
    }

    /// The same version with another prerelease, given without `-`; empty makes it a release.
    ///
    /// # Errors
    /// [`Error::InvalidPrerelease`] or [`Error::SegmentStartsWithZero`].
    pub fn with_prerelease(&self, prerelease: &str) -> Result<Self, Error> {
        if !prerelease.is_empty() {
            validate_prerelease(prerelease)?;
        }
        let changed = Version { prerelease: prerelease.to_owned(), ..self.clone() };
        Ok(changed.with_rewritten_original())
    }

    /// The same version with other build metadata, given without `+`; empty removes it.
    ///
    /// # Errors
    /// [`Error::InvalidMetadata`].
    pub fn with_metadata(&self, metadata: &str) -> Result<Self, Error> {
        if !metadata.is_empty() {
            validate_metadata(metadata)?;
        }
        let changed = Version { metadata: metadata.to_owned(), ..self.clone() };
        Ok(changed.with_rewritten_original())
    }

    fn release(&self, major: u64, minor: u64, patch: u64) -> Self {
        let version = Version {
            major,
            minor,
            patch,
            prerelease: String::new(),
            metadata: String::new(),
            original: self.original.clone(),
        };
        version.with_rewritten_original()
    }

    /// A changed version's original is its text, behind the `v` the first one began with.
    fn with_rewritten_original(mut self) -> Self {
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        self.original = format!("{prefix}{self}");
        self
    }
}

fn next(number: u64, segment: &'static str) -> Result<u64, Error> {
    number.checked_add(1).ok_or(Error::Overflow { segment })
}

/// The version in its normal form: three numbers, no `v`.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| compare_prereleases(&self.prerelease, &other.prerelease))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}
