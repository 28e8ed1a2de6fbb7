use crate::token::{Cursor, is_identifier_byte};
use crate::{Error, Version};

/// The longest text of a version, in bytes.
pub const MAX_VERSION_LENGTH: usize = 256;

/// `v?N(.N)?(.N)?(-prerelease)?(+metadata)?`, leading zeros allowed.
pub(crate) fn parse_loose(text: &str) -> Result<Version, Error> {
    if text.len() > MAX_VERSION_LENGTH {
        return Err(Error::VersionTooLong);
    }
    let mut cursor = Cursor::new(text);
    cursor.eat("v");
    let major = cursor.run(is_digit).ok_or(Error::InvalidVersion)?;
    let minor = cursor.dotted_run(is_digit);
    let patch = cursor.dotted_run(is_digit);
    let prerelease = cursor.identifiers_after("-").unwrap_or_default();
    let metadata = cursor.identifiers_after("+").unwrap_or_default();
    if !cursor.is_at_end() {
        return Err(Error::InvalidVersion);
    }
    let version = Version {
        major: loose_number(major)?,
        minor: minor.map_or(Ok(0), loose_number)?,
        patch: patch.map_or(Ok(0), loose_number)?,
        prerelease: prerelease.to_owned(),
        metadata: metadata.to_owned(),
        original: text.to_owned(),
    };
    if !prerelease.is_empty() {
        validate_prerelease(prerelease)?;
    }
    Ok(version)
}

fn loose_number(digits: &str) -> Result<u64, Error> {
    digits.parse().map_err(|_| Error::LooseNumber { segment: digits.to_owned() })
}

/// Exactly three numbers without leading zeros, then prerelease and metadata. The order of the
/// checks decides which of several errors is told, and follows the original.
pub(crate) fn parse_strict(text: &str) -> Result<Version, Error> {
    if text.is_empty() {
        return Err(Error::EmptyVersion);
    }
    if text.len() > MAX_VERSION_LENGTH {
        return Err(Error::VersionTooLong);
    }
    let mut parts = text.splitn(3, '.');
    let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Error::InvalidVersion);
    };
    let (rest, metadata) = match rest.split_once('+') {
        Some((rest, metadata)) => {
            validate_metadata(metadata)?;
            (rest, metadata)
        }
        None => (rest, ""),
    };
    let (patch, prerelease) = match rest.split_once('-') {
        Some((patch, prerelease)) => {
            validate_prerelease(prerelease)?;
            (patch, prerelease)
        }
        None => (rest, ""),
    };
    for segment in [major, minor, patch] {
        if !segment.bytes().all(is_digit) {
            return Err(Error::InvalidCharacters);
        }
        if has_leading_zero(segment) {
            return Err(Error::SegmentStartsWithZero);
        }
    }
    Ok(Version {
        major: strict_number(major)?,
        minor: strict_number(minor)?,
        patch: strict_number(patch)?,
        prerelease: prerelease.to_owned(),
        metadata: metadata.to_owned(),
        original: text.to_owned(),
    })
}

fn strict_number(digits: &str) -> Result<u64, Error> {
    let reason = if digits.is_empty() { "invalid syntax" } else { "value out of range" };
    digits.parse().map_err(|_| Error::Number { segment: digits.to_owned(), reason })
}

/// Checks a prerelease given without its `-`.
pub(crate) fn validate_prerelease(prerelease: &str) -> Result<(), Error> {
    for identifier in prerelease.split('.') {
        if identifier.is_empty() || !identifier.bytes().all(is_identifier_byte) {
            return Err(Error::InvalidPrerelease);
        }
        if identifier.bytes().all(is_digit) && has_leading_zero(identifier) {
            return Err(Error::SegmentStartsWithZero);
        }
    }
    Ok(())
}

/// Checks build metadata given without its `+`.
pub(crate) fn validate_metadata(metadata: &str) -> Result<(), Error> {
    let valid = |identifier: &str| !identifier.is_empty() && identifier.bytes().all(is_identifier_byte);
    if metadata.split('.').all(valid) { Ok(()) } else { Err(Error::InvalidMetadata) }
}

fn has_leading_zero(digits: &str) -> bool {
    digits.len() > 1 && digits.starts_with('0')
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}
