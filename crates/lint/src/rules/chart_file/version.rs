use wheelhouse_chart::Metadata;
use wheelhouse_semver::{Constraints, Version};

/// A chart has a version, loosely semantic, above every prerelease of 0.0.0.
///
/// # Errors
/// When it is missing, no version, or too low.
pub fn check_version(metadata: &Metadata) -> Result<(), String> {
    let text = &metadata.version;
    if text.is_empty() {
        return Err("version is required".to_owned());
    }
    let version = Version::parse(text).map_err(|_| format!("version '{text}' is not a valid SemVer"))?;
    let constraints = Constraints::parse(">0.0.0-0").map_err(|error| error.to_string())?;
    match constraints.validate(&version) {
        Ok(()) => Ok(()),
        Err(refusals) => refusals.first().map_or(Ok(()), |refusal| Err(format!("version {refusal}"))),
    }
}

/// The version follows semver.org to the letter.
///
/// # Errors
/// When it does not: `1.2`, `v1.2.3`.
pub fn check_strict_version(metadata: &Metadata) -> Result<(), String> {
    let text = &metadata.version;
    Version::parse_strict(text).map(drop).map_err(|_| format!("version '{text}' is not a valid SemVerV2"))
}
