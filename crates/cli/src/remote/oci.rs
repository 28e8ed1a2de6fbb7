//! Charts in OCI registries.

use wheelhouse_registry::{Digest, Error, Login};
use wheelhouse_semver::{Constraints, Version};

use super::login::asked;
use super::{LIMIT, Logins, Remote, Tls};
use crate::commands::Failure;
use crate::settings::Settings;

/// Media type of a chart's signature.
pub(crate) const PROVENANCE: &str = "application/vnd.cncf.helm.chart.provenance.v1.prov";

/// `HOST/REPOSITORY[:TAG][@DIGEST]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OciReference {
    /// The registry's host, with its port if it has one.
    pub host: String,
    /// The repository.
    pub repository: String,
    /// The version, `+` for what is `_` in the tag.
    pub tag: Option<String>,
    /// The manifest's digest.
    pub digest: Option<String>,
}

/// What a registry gave for a chart.
pub(crate) struct PulledChart {
    /// The archive.
    pub archive: Vec<u8>,
    /// Its signature, if there is one and it was asked for.
    pub provenance: Result<Vec<u8>, String>,
    /// The manifest's digest.
    pub digest: Digest,
    /// `HOST/REPOSITORY:TAG`, as it is told.
    pub reference: String,
}

impl OciReference {
    /// Reads a reference, with or without `oci://`.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let invalid = |reason: &str| Failure::new(format!("invalid reference: {reason}"));
        let text = text.strip_prefix("oci://").unwrap_or(text);
        let (rest, digest) = match text.rsplit_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let (host, path) = rest.split_once('/').ok_or_else(|| invalid("missing registry or repository"))?;
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag.to_owned())),
            None => (path, None),
        };
        if host.is_empty() {
            return Err(invalid("missing registry or repository"));
        }
        let part = |part: &str| {
            part.starts_with(|letter: char| letter.is_ascii_alphanumeric())
                && part.chars().all(|letter| {
                    letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._-".contains(letter)
                })
        };
        if !repository.split('/').all(part) {
            return Err(invalid(&format!("invalid repository {repository:?}")));
        }
        let tag_letter = |letter: char| letter.is_ascii_alphanumeric() || "._-+".contains(letter);
        if tag.as_ref().is_some_and(|tag| tag.is_empty() || !tag.chars().all(tag_letter)) {
            return Err(invalid(&format!("invalid tag {:?}", tag.unwrap_or_default())));
        }
        if digest.as_ref().is_some_and(|digest| digest.parse::<Digest>().is_err()) {
            return Err(invalid(&format!("invalid digest {:?}", digest.unwrap_or_default())));
        }
        let owned = |text: &str| text.to_owned();
        Ok(OciReference { host: owned(host), repository: owned(repository), tag, digest })
    }

    /// The tag or digest that a version, or a range of versions, leads to.
    pub(crate) fn resolve(&self, version: &str, remote: &Remote, logins: &[Login]) -> Result<Self, Failure> {
        let version = match (&self.tag, version) {
            (Some(tag), "") => tag.as_str(),
            (Some(tag), version) if tag != version => {
                return Err(Failure::new(format!(
                    "chart reference and version mismatch: {version} is not {tag}"
                )));
            }
            (_, version) => version,
        };
        let tagged = |tag: &str| OciReference { tag: Some(tag.to_owned()), ..self.clone() };
        if let Some(digest) = &self.digest {
            if !version.is_empty() {
                self.check_tag(version, digest, remote, logins)?;
            }
            return Ok(self.clone());
        }
        if Version::parse(version).is_ok() {
            return Ok(tagged(version));
        }
        let found = remote.block_on(remote.client.tags(asked(&self.host), &self.repository, logins));
        let tags = sorted(found.map_err(|error| self.refused(&error))?);
        if tags.is_empty() {
            let reference = format!("oci://{}/{}", self.host, self.repository);
            return Err(Failure::new(format!(
                "unable to locate any tags in provided repository: {reference}"
            )));
        }
        matching(&tags, version).map(tagged)
    }

    /// A version given beside a digest must be the digest's.
    fn check_tag(
        &self,
        version: &str,
        digest: &str,
        remote: &Remote,
        logins: &[Login],
    ) -> Result<(), Failure> {
        let tag = version.replace('+', "_");
        let asked = remote.client.pull_manifest(asked(&self.host), &self.repository, &tag, logins);
        match remote.block_on(asked) {
            Ok((_, found)) if found.to_string() != digest => {
                Err(Failure::new(format!("chart reference digest mismatch: {found} is not {digest}")))
            }
            // What is named by its digest need not be tagged.
            _ => Ok(()),
        }
    }

    /// Pulls a chart by its tag or digest.
    pub(crate) fn pull(
        &self,
        remote: &Remote,
        logins: &[Login],
        provenance: bool,
    ) -> Result<PulledChart, Failure> {
        let host = asked(&self.host);
        let tag = self.tag.as_deref().unwrap_or_default().replace('+', "_");
        let wanted = self.digest.clone().unwrap_or_else(|| tag.clone());
        let manifest = remote.client.pull_manifest(host, &self.repository, &wanted, logins);
        let (manifest, digest) = remote.block_on(manifest).map_err(|error| self.refused(&error))?;
        let missing =
            |kind: &str| Failure::new(format!("manifest does not contain a layer with mediatype {kind}"));
        let blob = |digest: &str| -> Result<Vec<u8>, Failure> {
            let digest: Digest = digest.parse()?;
            let pulled = remote.client.pull_blob(host, &self.repository, &digest, LIMIT, logins);
            Ok(remote.block_on(pulled).map_err(|error| self.refused(&error))?.to_vec())
        };
        let layer = manifest.chart_layer().ok_or_else(|| missing(wheelhouse_registry::CHART_CONTENT))?;
        let archive = blob(&layer.digest)?;
        let signature = manifest.layers.iter().find(|layer| layer.media_type == PROVENANCE);
        let provenance = match signature {
            Some(layer) if provenance => blob(&layer.digest).map_err(|failure| failure.message),
            // Helm counts what it may pull: the configuration, and the signature if there is one.
            _ => Err("manifest does not contain minimum number of descriptors (2), descriptors found: 1"
                .to_owned()),
        };
        let reference = match (&self.digest, tag.as_str()) {
            (Some(digest), "") => format!("{}/{}@{digest}", self.host, self.repository),
            _ => format!("{}/{}:{tag}", self.host, self.repository),
        };
        Ok(PulledChart { archive, provenance, digest, reference })
    }

    /// A registry's refusal in Helm's words where it has them.
    pub(crate) fn refused(&self, error: &Error) -> Failure {
        let tag = self.digest.as_ref().map_or_else(
            || format!(":{}", self.tag.as_deref().unwrap_or_default().replace('+', "_")),
            |digest| format!("@{digest}"),
        );
        match error {
            Error::NotFound { .. } => Failure::new(format!(
                "failed to perform \"FetchReference\" on source: {}/{}{tag}: not found",
                self.host, self.repository
            )),
            Error::Unauthorized { .. } => Failure::new(error.to_string()).with_advice(format!(
                "  fix: wheelhouse registry login {} --username NAME --password-stdin",
                self.host
            )),
            other => Failure::new(other.to_string()),
        }
    }
}

/// The versions of a chart in a registry, the newest first.
pub(crate) fn registry_tags(reference: &str, settings: &Settings) -> Result<Vec<String>, Failure> {
    let parsed = OciReference::parse(reference)?;
    let remote = Remote::new(&parsed.host, &Tls::default())?;
    let logins = Logins::load(settings)?.of(&parsed.host);
    let found = remote.block_on(remote.client.tags(asked(&parsed.host), &parsed.repository, &logins));
    Ok(sorted(found.map_err(|error| parsed.refused(&error))?))
}

/// The tags that are versions, the newest first.
fn sorted(tags: Vec<String>) -> Vec<String> {
    let mut versions: Vec<Version> =
        tags.iter().filter_map(|tag| Version::parse_strict(&tag.replace('_', "+")).ok()).collect();
    versions.sort_by(|left, right| right.cmp(left));
    versions.iter().map(|version| version.original().to_owned()).collect()
}

/// The tag asked for, or the newest a range allows.
fn matching<'a>(tags: &'a [String], wanted: &str) -> Result<&'a str, Failure> {
    if let Some(exact) = tags.iter().find(|tag| *tag == wanted) {
        return Ok(exact);
    }
    let range = Constraints::parse(if wanted.is_empty() { "*" } else { wanted })?;
    let fits = |tag: &&String| Version::parse(tag).is_ok_and(|version| range.check(&version));
    tags.iter().find(fits).map(String::as_str).ok_or_else(|| {
        Failure::new(format!("could not locate a version matching provided version string {wanted}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let check = |text: &str, host: &str, repository: &str, tag: Option<&str>, digest: Option<&str>| {
            let expect = OciReference {
                host: host.into(),
                repository: repository.into(),
                tag: tag.map(Into::into),
                digest: digest.map(Into::into),
            };
            assert_eq!(OciReference::parse(text).unwrap(), expect, "{text}");
        };
        check("oci://h:5000/a/b", "h:5000", "a/b", None, None);
        check("oci://h/a/b:1.0.0+x", "h", "a/b", Some("1.0.0+x"), None);
        check(&format!("h/a:1@{digest}"), "h", "a", Some("1"), Some(&digest));
        for (text, error) in [
            ("oci://h", "invalid reference: missing registry or repository"),
            ("oci:///a", "invalid reference: missing registry or repository"),
            ("oci://h/A", "invalid reference: invalid repository \"A\""),
            ("oci://h/a/../b", "invalid reference: invalid repository \"a/../b\""),
            ("oci://h/a:", "invalid reference: invalid tag \"\""),
            ("oci://h/a@sha256:1", "invalid reference: invalid digest \"sha256:1\""),
        ] {
            assert_eq!(OciReference::parse(text).unwrap_err().message, error, "{text}");
        }
    }

    #[test]
    fn the_newest_fitting_tag_is_taken() {
        let tags =
            sorted(["1.0.0", "2.0.0-rc.1", "1.10.0", "latest", "1.2.0_build"].map(str::to_owned).to_vec());
        assert_eq!(tags, ["2.0.0-rc.1", "1.10.0", "1.2.0+build", "1.0.0"]);
        for (wanted, found) in [
            ("", "1.10.0"),
            ("~1.2", "1.2.0+build"),
            ("<1.1", "1.0.0"),
            (">0.0.0-0", "2.0.0-rc.1"),
            ("1.0.0", "1.0.0"),
        ] {
            assert_eq!(matching(&tags, wanted).unwrap(), found, "{wanted}");
        }
        let error = matching(&tags, ">3").unwrap_err();
        assert_eq!(error.message, "could not locate a version matching provided version string >3");
    }
}
