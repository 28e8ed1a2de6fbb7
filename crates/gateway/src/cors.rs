//! Browsers: calls by path may come from any page, as in the reference. Credentials are bearer tokens, which no
//! browser sends by itself, so a page can do nothing with this that its reader did not give it a token for. Calls
//! that are passed through are left alone: the function decides about its own pages.

use crate::body::{Body, empty};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response, Uri};

/// How long browsers may remember the answer, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");
const PATHS: &str = "/v2/nvcf/pexec/";

/// The answer to a browser that asks before it calls by path.
pub(crate) fn preflight(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response<Body>> {
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
    if *method != Method::OPTIONS || !uri.path().starts_with(PATHS) {
        return None;
    }
    let mut response = Response::new(empty());
    let map = response.headers_mut();
    let mut mirror = |name: HeaderName, value: Option<&HeaderValue>| {
        if let Some(value) = value {
            map.insert(name, value.clone());
        }
    };
    mirror(header::ACCESS_CONTROL_ALLOW_ORIGIN, headers.get(header::ORIGIN));
    mirror(header::ACCESS_CONTROL_ALLOW_METHODS, asked);
    let wanted = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    mirror(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    map.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    map.insert(
        header::VARY,
        HeaderValue::from_static("origin, access-control-request-method, access-control-request-headers"),
    );
    Some(response)
}

/// The page a call by path comes from, when a browser says so.
pub(crate) fn origin(uri: &Uri, headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(header::ORIGIN).filter(|_| uri.path().starts_with(PATHS)).cloned()
}

/// Lets that page read the answer.
pub(crate) fn allow(origin: HeaderValue, response: &mut Response<Body>) {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response.headers_mut().append(header::VARY, HeaderValue::from_static("origin"));
}
