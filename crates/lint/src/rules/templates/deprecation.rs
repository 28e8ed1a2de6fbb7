use wheelhouse_objects::{Release, deprecation};
use wheelhouse_render::KubeVersion;

use crate::documents::DocumentHead;

/// An object is of a kind that the release of Kubernetes has not given up.
///
/// # Errors
/// When it is deprecated, with what to use instead.
pub fn check_deprecation(head: &DocumentHead, release: Release) -> Result<(), String> {
    match deprecation(&head.api_version, &head.kind, release) {
        Some(deprecation) => Err(deprecation.to_string()),
        None => Ok(()),
    }
}

/// The release that kinds are held against: the one asked for, or what Helm assumes without one.
pub(super) fn release(version: Option<&KubeVersion>) -> Release {
    let assumed = KubeVersion::default();
    let version = version.unwrap_or(&assumed);
    let number = |text: &str| text.parse().unwrap_or_default();
    Release(number(&version.major), number(&version.minor))
}
