//! Kubernetes versions as `--kube-version` takes them.

use wheelhouse_chart::Compat;

/// A Kubernetes version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// As given, with a `v`: `v1.33.4-gke.1245000`.
    pub version: String,
    /// Without any suffix, for constraints: `v1.33.4`.
    pub normalized: String,
    /// The major number.
    pub major: String,
    /// The minor number.
    pub minor: String,
}

/// A text that is no Kubernetes version; the message is that of Kubernetes' own parser.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidKubeVersion {
    message: String,
}

impl Default for KubeVersion {
    /// The version Helm 4.2 assumes without a cluster.
    fn default() -> Self {
        KubeVersion {
            version: "v1.36.0".to_owned(),
            normalized: "v1.36.0".to_owned(),
            major: "1".to_owned(),
            minor: "36".to_owned(),
        }
    }
}

impl KubeVersion {
    /// Reads a version: digits and dots after an optional `v`, then anything
    /// (k8s.io/apimachinery `version.ParseGeneric`).
    ///
    /// # Errors
    /// When there are no two numbers, or one does not fit.
    pub fn parse(text: &str, compat: Compat) -> Result<Self, InvalidKubeVersion> {
        let invalid = |message: String| Err(InvalidKubeVersion { message });
        let trimmed = text.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
        let numbers = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let mut components: Vec<&str> = Vec::new();
        let mut rest = numbers;
        loop {
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            if digits.is_empty() {
                break;
            }
            components.push(digits);
            match after.strip_prefix('.') {
                Some(next) if next.starts_with(|letter: char| letter.is_ascii_digit()) => rest = next,
                _ => break,
            }
        }
        if components.is_empty() {
            return invalid(format!("could not parse {text:?} as version"));
        }
        if components.len() < 2 {
            return invalid(format!("illegal version string {text:?}"));
        }
        let mut parsed = Vec::new();
        for component in &components {
            match component.parse::<u64>() {
                Ok(number) => parsed.push(number),
                Err(_) => {
                    return invalid(format!(
                        "illegal non-numeric version component {component:?} in {text:?}: strconv.ParseUint: parsing {component:?}: value out of range"
                    ));
                }
            }
        }
        let part = |index: usize| parsed.get(index).map(u64::to_string).unwrap_or_default();
        let normalized = parsed.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
        if compat == Compat::V3 {
            // Helm 3 drops the suffix altogether.
            let version = format!("v{normalized}");
            return Ok(KubeVersion {
                version: version.clone(),
                normalized: version,
                major: part(0),
                minor: part(1),
            });
        }
        Ok(KubeVersion {
            version: if text.starts_with('v') { text.to_owned() } else { format!("v{text}") },
            normalized: format!("v{normalized}"),
            major: part(0),
            minor: part(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_suffix_is_kept_but_not_compared() {
        let version = KubeVersion::parse("1.33.4-gke.1245000", Compat::V4).unwrap();
        assert_eq!(version.version, "v1.33.4-gke.1245000");
        assert_eq!(version.normalized, "v1.33.4");
        assert_eq!((version.major.as_str(), version.minor.as_str()), ("1", "33"));
    }

    #[test]
    fn what_is_no_version_is_refused_in_kubernetes_words() {
        let message = |text| KubeVersion::parse(text, Compat::V4).unwrap_err().to_string();
        assert_eq!(message("abc"), "could not parse \"abc\" as version");
        assert_eq!(message("1"), "illegal version string \"1\"");
    }
}
