//! Which kinds Kubernetes has given up or is about to, in the words of its API server.

mod table;

use std::fmt;

/// A release of Kubernetes: major and minor number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(pub u32, pub u32);

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "v{}.{}", self.0, self.1)
    }
}

/// A kind that is deprecated from some release on. `Display` gives the warning of the API server:
/// `policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// Group and version, as manifests name them.
    pub api_version: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The first release that warns of it.
    pub since: Release,
    /// The first release without it.
    pub until: Option<Release>,
    /// Group, version and kind to use instead.
    pub instead: Option<(&'static str, &'static str)>,
}

impl fmt::Display for Deprecation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} is deprecated in {}+", self.api_version, self.kind, self.since)?;
        if let Some(until) = self.until {
            write!(formatter, ", unavailable in {until}+")?;
        }
        if let Some((api_version, kind)) = self.instead {
            write!(formatter, "; use {api_version} {kind}")?;
        }
        Ok(())
    }
}

/// What a release of Kubernetes says against a kind, if anything. Kinds that Kubernetes does not know
/// are never deprecated.
#[must_use]
pub fn deprecation(api_version: &str, kind: &str, release: Release) -> Option<&'static Deprecation> {
    table::DEPRECATIONS
        .iter()
        .find(|entry| entry.kind == kind && entry.api_version == api_version)
        .filter(|entry| release == Release(0, 0) || entry.since <= release)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_warns_of_what_it_or_an_earlier_one_gave_up() {
        let check = |api_version: &str, kind: &str, release, expected: Option<&str>| {
            let found = deprecation(api_version, kind, release).map(ToString::to_string);
            assert_eq!(found.as_deref(), expected);
        };
        let budget = "policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget";
        check("policy/v1beta1", "PodDisruptionBudget", Release(1, 20), None);
        check("policy/v1beta1", "PodDisruptionBudget", Release(1, 21), Some(budget));
        check("policy/v1beta1", "PodDisruptionBudget", Release(2, 0), Some(budget));
        check("policy/v1", "PodDisruptionBudget", Release(1, 36), None);
        check("v1", "ComponentStatus", Release(1, 36), Some("v1 ComponentStatus is deprecated in v1.19+"));
        check("example.com/v1", "PodDisruptionBudget", Release(1, 36), None);
    }
}
