//! Paths. Repository names hold slashes, so paths are read from their end.

use super::refusal::Refusal;
use crate::digest::Digest;
use axum::http::StatusCode;

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Base,
    Tags(String),
    Manifest(String, String),
    Referrers(String, Digest),
    Blob(String, Digest),
    Uploads(String),
    Upload(String, String),
}

impl Route {
    pub(crate) fn repository(&self) -> Option<&str> {
        match self {
            Self::Base => None,
            Self::Tags(name)
            | Self::Manifest(name, _)
            | Self::Referrers(name, _)
            | Self::Blob(name, _)
            | Self::Uploads(name)
            | Self::Upload(name, _) => Some(name),
        }
    }
}

pub(crate) fn route(path: &str) -> Result<Route, Refusal> {
    let unknown = || Refusal::not_found("NAME_UNKNOWN", "the path");
    let Some(rest) = path.strip_prefix("/v2") else { return Err(unknown()) };
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    if rest.is_empty() {
        return Ok(Route::Base);
    }
    if let Some(name) = rest.strip_suffix("/tags/list") {
        return Ok(Route::Tags(repository(name)?));
    }
    if let Some(name) = rest.strip_suffix("/blobs/uploads/").or_else(|| rest.strip_suffix("/blobs/uploads")) {
        return Ok(Route::Uploads(repository(name)?));
    }
    let (front, last) = rest.rsplit_once('/').ok_or_else(unknown)?;
    let digest = || {
        let invalid = |_| Refusal::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", "the digest is not sha256");
        last.parse::<Digest>().map_err(invalid)
    };
    if let Some(name) = front.strip_suffix("/blobs/uploads") {
        return Ok(Route::Upload(repository(name)?, last.to_owned()));
    }
    if let Some(name) = front.strip_suffix("/blobs") {
        return Ok(Route::Blob(repository(name)?, digest()?));
    }
    if let Some(name) = front.strip_suffix("/referrers") {
        return Ok(Route::Referrers(repository(name)?, digest()?));
    }
    if let Some(name) = front.strip_suffix("/manifests") {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let tag = last.len() <= 128 && last.chars().all(allowed) && !last.starts_with(['.', '-']);
        if last.is_empty() || !(tag || last.parse::<Digest>().is_ok()) {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "TAG_INVALID", "neither a tag nor a digest"));
        }
        return Ok(Route::Manifest(repository(name)?, last.to_owned()));
    }
    Err(unknown())
}

/// Checks a repository's name: lower-case parts joined by slashes.
fn repository(name: &str) -> Result<String, Refusal> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| {
        part.chars().all(inner) && part.starts_with(edge) && part.ends_with(edge) && !part.contains("..")
    };
    if name.len() <= 255 && name.split('/').all(part) {
        Ok(name.to_owned())
    } else {
        Err(Refusal::new(StatusCode::BAD_REQUEST, "NAME_INVALID", "the repository's name is not valid"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes() {
        let digest = Digest::of(b"");
        let is = |path: &str, expect: Route| assert_eq!(route(path).ok(), Some(expect), "{path}");
        is("/v2/", Route::Base);
        is("/v2", Route::Base);
        is("/v2/a/b/tags/list", Route::Tags("a/b".into()));
        is("/v2/a/manifests/1.0_x", Route::Manifest("a".into(), "1.0_x".into()));
        is(&format!("/v2/a/manifests/{digest}"), Route::Manifest("a".into(), digest.to_string()));
        is(&format!("/v2/a/blobs/{digest}"), Route::Blob("a".into(), digest.clone()));
        is("/v2/a/blobs/uploads/", Route::Uploads("a".into()));
        is("/v2/a/blobs/uploads/x", Route::Upload("a".into(), "x".into()));
        is(&format!("/v2/a/referrers/{digest}"), Route::Referrers("a".into(), digest));
        for bad in [
            "/",
            "/v1/",
            "/v2/../x/tags/list",
            "/v2/A/tags/list",
            "/v2/a/manifests/.x",
            "/v2/a/blobs/md5:1",
            "/v2/a//b/tags/list",
        ] {
            assert!(route(bad).is_err(), "{bad}");
        }
    }
}
