//! Image references: `registry/repository:tag@digest`, with the defaults of Docker Hub.

use std::fmt;
use std::str::FromStr;

use super::ImageError;

/// Where an image is named to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// The registry's host and port.
    pub registry: String,
    /// The path within the registry.
    pub repository: String,
    /// The tag, if the name has no digest or has both.
    pub tag: Option<String>,
    /// The digest, as `sha256:…`.
    pub digest: Option<String>,
}

impl Reference {
    /// What a registry is asked for: the digest, or else the tag.
    #[must_use]
    pub fn selector(&self) -> &str {
        self.digest.as_deref().or(self.tag.as_deref()).unwrap_or("latest")
    }

    /// Whether the tag is `latest`, given or assumed: such an image is pulled anew each time by default.
    #[must_use]
    pub fn is_latest(&self) -> bool {
        self.digest.is_none() && self.selector() == "latest"
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = ImageError;

    fn from_str(text: &str) -> Result<Self, ImageError> {
        let fail = || ImageError::Reference(text.to_owned());
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let hex = digest.strip_prefix("sha256:").ok_or_else(fail)?;
                let good =
                    hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                (rest, good.then(|| digest.to_owned()).map(Some).ok_or_else(fail)?)
            }
            None => (text, None),
        };
        // A colon after the last slash begins the tag; one before it, the registry's port.
        let (name, tag) = match rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((name, tag)) => (name, Some(tag)),
            None => (rest, None),
        };
        let tag_is_good = tag.is_none_or(|tag| {
            (1..=128).contains(&tag.len())
                && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
                && !tag.starts_with(['.', '-'])
        });
        let (registry, path) = match name.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path.to_owned()),
            Some(_) => ("docker.io", name.to_owned()),
            None => ("docker.io", format!("library/{name}")),
        };
        let part_is_good = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
                && part.starts_with(|first: char| first.is_ascii_alphanumeric())
                && part.ends_with(|last: char| last.is_ascii_alphanumeric())
        };
        if !tag_is_good || name.is_empty() || registry.is_empty() || !path.split('/').all(part_is_good) {
            return Err(fail());
        }
        let tag = tag.map(str::to_owned).or_else(|| digest.is_none().then(|| "latest".to_owned()));
        Ok(Self { registry: registry.to_owned(), repository: path, tag, digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_filled_in() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let cases = [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.2", "docker.io/library/nginx:1.2"),
            ("me/app", "docker.io/me/app:latest"),
            ("localhost/app:x", "localhost/app:x"),
            ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
            ("nvcr.io/nvidia/cuda:12.4.1-base", "nvcr.io/nvidia/cuda:12.4.1-base"),
        ];
        for (text, full) in cases {
            assert_eq!(text.parse::<Reference>().unwrap().to_string(), full);
        }
        let both: Reference = format!("app:1@{digest}").parse().unwrap();
        assert_eq!((both.selector(), both.tag.as_deref()), (digest.as_str(), Some("1")));
        let only: Reference = format!("app@{digest}").parse().unwrap();
        assert_eq!(only.tag, None);
        assert!(!only.is_latest());
    }

    #[test]
    fn what_names_no_image_is_refused() {
        for text in ["", ":tag", "UPPER", "a//b", "a:b c", "a@sha256:12", "a/../b", "-a", "a:"] {
            assert!(text.parse::<Reference>().is_err(), "{text:?}");
        }
    }
}
