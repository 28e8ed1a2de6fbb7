//! The forms in which a chart may be named, and what each means.
//!
//! | written | means |
//! |---|---|
//! | `oci://HOST/PATH/NAME-X.Y.Z.tgz` | repository `PATH/NAME`, tag `X.Y.Z` (the form the user documents give) |
//! | `oci://HOST/PATH/NAME:TAG`, `…@sha256:…` | an ordinary OCI reference |
//! | `HOST/PATH/NAME:TAG` | the same without a scheme |
//! | `https://HOST/…/NAME-X.Y.Z.tgz` | an archive over HTTPS |

use serde::{Deserialize, Serialize};
use std::fmt;

/// The text names no chart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("chart reference \"{text}\" is not an https .tgz or OCI reference: {reason}")]
pub struct InvalidReference {
    /// What was given (cut at 256 characters).
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Where a chart is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChartLocation {
    /// In an OCI registry.
    Oci {
        /// Host, with port when given.
        host: String,
        /// Repository path without leading slash, its last part being the chart's name.
        repository: String,
        /// Tag or digest.
        version: OciVersion,
    },
    /// An archive over HTTPS.
    Https {
        /// Host, with port when given.
        host: String,
        /// Path with leading slash, and the query if any.
        path: String,
    },
}

/// How an OCI reference picks its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OciVersion {
    /// By tag.
    Tag(String),
    /// By digest, `sha256:…`.
    Digest(String),
}

/// A chart reference, parsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartReference {
    text: String,
    location: ChartLocation,
    name: Option<String>,
    version: Option<String>,
}

impl ChartReference {
    /// Reads a reference in any of the accepted forms.
    ///
    /// # Errors
    /// When the text is in none of them, carries credentials, or has an empty or relative path segment.
    pub fn parse(text: &str) -> Result<Self, InvalidReference> {
        let fail = |reason| InvalidReference {
            text: text.chars().filter(|c| !c.is_control()).take(256).collect(),
            reason,
        };
        if text.len() > 2048 || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(fail("it holds spaces or control characters, or is too long"));
        }
        let (location, file) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("oci") => oci(rest).map_err(fail)?,
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => https(rest).map_err(fail)?,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => {
                return Err(fail("http is not encrypted; use https or oci"));
            }
            Some(_) => return Err(fail("unknown scheme")),
            None => oci(text).map_err(fail)?,
        };
        let (name, version) = match (&file, &location) {
            (Some((name, version)), _) => (Some(name.clone()), Some(version.clone())),
            (None, ChartLocation::Oci { repository, version, .. }) => (
                repository.rsplit('/').next().map(ToOwned::to_owned),
                match version {
                    // `+` is not allowed in tags; Helm writes `_` for it.
                    OciVersion::Tag(tag) => Some(tag.replace('_', "+")),
                    OciVersion::Digest(_) => None,
                },
            ),
            (None, ChartLocation::Https { .. }) => (None, None),
        };
        Ok(Self { text: text.to_owned(), location, name, version })
    }

    /// Where the chart is.
    #[must_use]
    pub const fn location(&self) -> &ChartLocation {
        &self.location
    }

    /// The chart's name, as far as the reference says it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The chart's version, as far as the reference says it.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The registry's host, with port when given.
    #[must_use]
    pub fn host(&self) -> &str {
        match &self.location {
            ChartLocation::Oci { host, .. } | ChartLocation::Https { host, .. } => host,
        }
    }
}

impl fmt::Display for ChartReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

type Located = (ChartLocation, Option<(String, String)>);

fn oci(rest: &str) -> Result<Located, &'static str> {
    let (host, path) = host_and_path(rest)?;
    let (path, digest) = match path.split_once('@') {
        Some((path, digest)) => (path, Some(digest)),
        None => (path, None),
    };
    if let Some(digest) = digest {
        let hex = digest.strip_prefix("sha256:").ok_or("the digest is not sha256")?;
        if hex.len() != 64 || !hex.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)) {
            return Err("the digest is not 64 hexadecimal digits");
        }
    }
    let (path, tag) = match path.rsplit_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (path, None),
    };
    let mut file = None;
    let mut repository = path.to_owned();
    let version = match (digest, tag) {
        (Some(digest), _) => OciVersion::Digest(digest.to_owned()),
        (None, Some(tag)) => OciVersion::Tag(tag.to_owned()),
        (None, None) => {
            let (directory, last) = path.rsplit_once('/').unwrap_or(("", path));
            let (name, version) =
                archive_name(last).ok_or("it needs :TAG, @sha256:… or a last part NAME-VERSION.tgz")?;
            repository = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
            let tag = version.replace('+', "_");
            file = Some((name, version));
            OciVersion::Tag(tag)
        }
    };
    if let OciVersion::Tag(tag) = &version {
        let tag_character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if tag.is_empty() || tag.len() > 128 || !tag.chars().all(tag_character) || tag.starts_with(['.', '-'])
        {
            return Err("the tag is not valid");
        }
    }
    if !repository.split('/').all(repository_part) {
        return Err("the repository is not valid (lower-case letters, digits, '.', '_', '-')");
    }
    Ok((ChartLocation::Oci { host, repository, version }, file))
}

fn https(rest: &str) -> Result<Located, &'static str> {
    let (host, path) = host_and_path(rest)?;
    let plain = path.split(['?', '#']).next().unwrap_or(path);
    let last = plain.rsplit('/').next().unwrap_or(plain);
    let file = archive_name(last).ok_or("it must end in NAME-VERSION.tgz")?;
    if plain.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return Err("the path has an empty or relative part");
    }
    let path = path.split('#').next().unwrap_or(path);
    Ok((ChartLocation::Https { host, path: format!("/{path}") }, Some(file)))
}

fn host_and_path(rest: &str) -> Result<(String, &str), &'static str> {
    let (host, path) = rest.split_once('/').ok_or("it has no path")?;
    if host.contains('@') {
        return Err("it carries credentials; register them as registry credentials");
    }
    let host_character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(host_character) {
        return Err("the host is not valid");
    }
    if path.is_empty() {
        return Err("it has no path");
    }
    Ok((host.to_ascii_lowercase(), path))
}

fn repository_part(part: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.chars().all(inner) && part.starts_with(edge) && part.ends_with(edge) && !part.contains("..")
}

/// Splits `NAME-VERSION.tgz`. A version holds no `-`, so the last `-` before a digit decides; when what
/// follows the last `-` is no version, the earliest `-` before a digit is taken, so that `a-1.0-rc.tgz` is
/// read as its author meant it and the version rule can name the real fault.
fn archive_name(file: &str) -> Option<(String, String)> {
    let stem = file.strip_suffix(".tgz")?;
    let versionlike = |text: &str| {
        let digits = text.strip_prefix('v').unwrap_or(text);
        digits.starts_with(|c: char| c.is_ascii_digit())
    };
    let (name, version) = match stem.rsplit_once('-') {
        Some((name, version)) if versionlike(version) => (name, version),
        _ => stem
            .match_indices('-')
            .filter_map(|(at, _)| Some((stem.get(..at)?, stem.get(at + 1..)?)))
            .find(|(_, version)| versionlike(version))?,
    };
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    if name.is_empty() || !stem.chars().all(safe) || name == "." || name == ".." {
        return None;
    }
    Some((name.to_owned(), version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let shown = match ChartReference::parse(text) {
            Ok(reference) => {
                let place = match reference.location() {
                    ChartLocation::Oci { host, repository, version: OciVersion::Tag(tag) } => {
                        format!("oci {host} {repository} :{tag}")
                    }
                    ChartLocation::Oci { host, repository, version: OciVersion::Digest(digest) } => {
                        format!("oci {host} {repository} @{}", digest.get(..12).unwrap())
                    }
                    ChartLocation::Https { host, path } => format!("https {host} {path}"),
                };
                format!(
                    "{place} | {} {}",
                    reference.name().unwrap_or("-"),
                    reference.version().unwrap_or("-")
                )
            }
            Err(error) => format!("error: {}", error.reason),
        };
        assert_eq!(shown, expect, "{text}");
    }

    #[test]
    fn every_form() {
        check(
            "oci://reg:5000/team/charts/inference-test-1.0.tgz",
            "oci reg:5000 team/charts/inference-test :1.0 | inference-test 1.0",
        );
        check("oci://reg/charts/a-1.2.3+b.tgz", "oci reg charts/a :1.2.3_b | a 1.2.3+b");
        check("oci://Reg/team/a:1.2.3", "oci reg team/a :1.2.3 | a 1.2.3");
        check(
            "reg.example.com/ns/ray-serve:0.1.0",
            "oci reg.example.com ns/ray-serve :0.1.0 | ray-serve 0.1.0",
        );
        check(&format!("oci://r/a@sha256:{}", "a".repeat(64)), "oci r a @sha256:aaaaa | a -");
        check(&format!("oci://r/a:1@sha256:{}", "a".repeat(64)), "oci r a @sha256:aaaaa | a -");
        check(
            "https://helm.ngc.nvidia.com/org/team/charts/f-0.0.1.tgz",
            "https helm.ngc.nvidia.com /org/team/charts/f-0.0.1.tgz | f 0.0.1",
        );
        check("oci://r/charts/chart-v1-test.tgz", "oci r charts/chart :v1-test | chart v1-test");
        check("oci://r/charts/a-2-1.0.tgz", "oci r charts/a-2 :1.0 | a-2 1.0");
    }

    #[test]
    fn refusals() {
        check("http://h/a-1.tgz", "error: http is not encrypted; use https or oci");
        check("file:///etc/passwd", "error: unknown scheme");
        check("https://h/a.zip", "error: it must end in NAME-VERSION.tgz");
        check("https://h/../a-1.tgz", "error: the path has an empty or relative part");
        check(
            "https://user:pw@h/a-1.tgz",
            "error: it carries credentials; register them as registry credentials",
        );
        check("oci://h/a", "error: it needs :TAG, @sha256:… or a last part NAME-VERSION.tgz");
        check(
            "oci://h/../a:1",
            "error: the repository is not valid (lower-case letters, digits, '.', '_', '-')",
        );
        check("oci://h/a:.x", "error: the tag is not valid");
        check("oci://h/a@md5:00", "error: the digest is not sha256");
        check("a b", "error: it holds spaces or control characters, or is too long");
        check("", "error: it has no path");
    }
}
