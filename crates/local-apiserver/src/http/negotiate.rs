//! What form the client wants its answer in.

use hyper::HeaderMap;
use hyper::header::{ACCEPT, CONTENT_TYPE};

use crate::operations::Media;
use crate::status::Status;

/// Another shape of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Object,
    /// A `Table` in this version of `meta.k8s.io`.
    Table(&'static str),
    /// `PartialObjectMetadata` or its list, in this version.
    Metadata(&'static str),
    /// Aggregated discovery, in this version.
    Discovery(&'static str),
}

/// Encoding and shape of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) media: Media,
    pub(super) form: Form,
}

/// The first form the client accepts and the server has.
///
/// # Errors
/// 406 when there is none.
pub(super) fn wanted(headers: &HeaderMap) -> Result<Wanted, Status> {
    let texts: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    if texts.iter().all(|text| text.trim().is_empty()) {
        return Ok(Wanted { media: Media::Json, form: Form::Object });
    }
    let ranges = || texts.iter().flat_map(|text| text.split(','));
    ranges().find_map(one).ok_or_else(|| {
        const REASON: &str = "NotAcceptable";
        // a type that is known in a shape that is not
        if ranges().any(|range| media(range.split(';').next().unwrap_or_default().trim()).is_some()) {
            let why = "only the following media types are accepted: application/json, application/yaml";
            return Status::plain(406, REASON, why);
        }
        let why = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/json;stream=watch;stream=watch";
        Status::plain(406, REASON, why).with_details(serde_json::json!({}))
    })
}

fn media(name: &str) -> Option<Media> {
    match name {
        "application/json" | "*/*" | "application/*" => Some(Media::Json),
        "application/yaml" => Some(Media::Yaml),
        _ => None,
    }
}

fn one(range: &str) -> Option<Wanted> {
    let mut parts = range.split(';').map(str::trim);
    let media = media(parts.next()?)?;
    let (mut shape, mut group, mut version) = ("", "", "");
    for part in parts {
        match part.split_once('=') {
            Some(("as", value)) => shape = value,
            Some(("g", value)) => group = value,
            Some(("v", value)) => version = value,
            _ => {}
        }
    }
    let meta_version = match version {
        "v1" => Some("v1"),
        "v1beta1" => Some("v1beta1"),
        _ => None,
    };
    let form = match (shape, group) {
        ("", _) => Form::Object,
        ("Table", "meta.k8s.io") => Form::Table(meta_version?),
        ("PartialObjectMetadata" | "PartialObjectMetadataList", "meta.k8s.io") => {
            Form::Metadata(meta_version?)
        }
        ("APIGroupDiscoveryList", "apidiscovery.k8s.io") => Form::Discovery(match version {
            "v2" => "v2",
            "v2beta1" => "v2beta1",
            _ => return None,
        }),
        _ => return None,
    };
    Some(Wanted { media, form })
}

/// The media type of the request's body, without parameters.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim()
}

/// The encoding of a request's body.
///
/// # Errors
/// 415 for what the server does not read.
pub(super) fn body_media(headers: &HeaderMap) -> Result<Media, Status> {
    match content_type(headers) {
        "" | "application/json" | "*/*" => Ok(Media::Json),
        "application/yaml" => Ok(Media::Yaml),
        "application/vnd.kubernetes.protobuf" => Ok(Media::Protobuf),
        _ => Err(Status::plain(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_form_is_taken() {
        let check = |accept: &str, expect: Option<(Media, Form)>| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            assert_eq!(wanted(&headers).ok().map(|w| (w.media, w.form)), expect, "{accept}");
        };
        check("", Some((Media::Json, Form::Object)));
        check("application/vnd.kubernetes.protobuf,application/json", Some((Media::Json, Form::Object)));
        check(
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
            Some((Media::Json, Form::Table("v1"))),
        );
        check(
            "application/json;as=Table;v=v9;g=meta.k8s.io,application/json",
            Some((Media::Json, Form::Object)),
        );
        check(
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
            Some((Media::Json, Form::Metadata("v1"))),
        );
        check("application/yaml", Some((Media::Yaml, Form::Object)));
        check("text/html", None);
    }
}
