//! What is taken from and put into heads on their way.

use crate::instance::Instance;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;
use wheelhouse_functions::access::Principal;
use wheelhouse_functions::id::RequestId;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("nvcf-reqid");
pub(crate) const STATUS: HeaderName = HeaderName::from_static("nvcf-status");
pub(crate) const POLL_SECONDS: HeaderName = HeaderName::from_static("nvcf-poll-seconds");
pub(crate) const INPUT_ASSETS: HeaderName = HeaderName::from_static("nvcf-input-asset-references");
/// How often an asynchronous call has been sent; more than 1 means an earlier try may have run.
pub(crate) const ATTEMPT: HeaderName = HeaderName::from_static("nvcf-attempt");
pub(crate) const FUNCTION_NAME: HeaderName = HeaderName::from_static("nvcf-function-name");
pub(crate) const FUNCTION_ID: HeaderName = HeaderName::from_static("nvcf-function-id");
pub(crate) const FUNCTION_VERSION_ID: HeaderName = HeaderName::from_static("nvcf-function-version-id");
pub(crate) const BACKEND: HeaderName = HeaderName::from_static("nvcf-backend");
pub(crate) const INSTANCE_TYPE: HeaderName = HeaderName::from_static("nvcf-instancetype");
const SUBJECT: HeaderName = HeaderName::from_static("nvcf-sub");
const ACCOUNT: HeaderName = HeaderName::from_static("nvcf-ncaid");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Headers that are about one connection only (RFC 9110, 7.6.1).
fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// What the platform tells the function; a caller's own word on these is not passed on. Neither is what only the
/// gateway needs to know.
fn is_platform(name: &str) -> bool {
    matches!(
        name,
        "nvcf-reqid"
            | "nvcf-sub"
            | "nvcf-ncaid"
            | "nvcf-function-name"
            | "nvcf-function-id"
            | "nvcf-function-version-id"
            | "nvcf-backend"
            | "nvcf-instancetype"
            | "nvcf-env"
            | "authorization"
            | "host"
            | "function-id"
            | "function-version-id"
    )
}

/// Removes headers by name. To look at those there are costs less than to look for those there may be.
fn remove(headers: &mut HeaderMap, is_meant: impl Fn(&str) -> bool) {
    while let Some(name) = headers.keys().find(|name| is_meant(name.as_str())).cloned() {
        headers.remove(name);
    }
}

/// Removes what must not cross to the other side, and remembers `te: trailers`, which gRPC needs.
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in &named {
        headers.remove(name);
    }
    remove(headers, is_hop_by_hop);
    let trailers = headers.get(header::TE).is_some_and(|value| value == "trailers");
    if !trailers {
        headers.remove(header::TE);
    }
}

/// Makes a caller's headers those of the request to the function.
pub(crate) fn to_function(
    headers: &mut HeaderMap,
    request: RequestId,
    instance: &Instance,
    principal: &Principal,
) {
    remove(headers, is_platform);
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.append(name, value);
        }
    };
    set(REQUEST_ID, &request.to_string());
    set(SUBJECT, &principal.subject);
    set(ACCOUNT, principal.account.as_str());
    headers.extend(instance.told.iter().cloned());
}

/// The reference's word for how a call ended.
pub(crate) const fn status_word(status: u16) -> &'static str {
    match status {
        202 => "in-progress",
        101 | 200..=399 => "fulfilled",
        _ => "errored",
    }
}

/// Marks an answer with its request and how it ended.
pub(crate) fn mark(headers: &mut HeaderMap, request: RequestId, status: u16) {
    if let Ok(value) = HeaderValue::from_str(&request.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(STATUS, HeaderValue::from_static(status_word(status)));
    headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("nvcf-reqid"));
}

/// Says where the time went: authentication, queue, the function itself up to its answer's head.
pub(crate) fn timing(headers: &mut HeaderMap, auth: Duration, queue: Duration, upstream: Duration) {
    // Whole numbers: to format fractions takes longer than all else of a head.
    let mut number = itoa::Buffer::new();
    let mut text = String::with_capacity(64);
    for (name, duration) in [("auth;dur=", auth), (", queue;dur=", queue), (", upstream;dur=", upstream)] {
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        text.push_str(name);
        text.push_str(number.format(microseconds / 1000));
        text.push('.');
        // The digit in front keeps the zeros after the point.
        text.push_str(number.format(1000 + microseconds % 1000).get(1..).unwrap_or_default());
    }
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(text)) {
        headers.append(SERVER_TIMING, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_headers_stay_on_their_connection() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, x-private"),
            ("x-private", "1"),
            ("transfer-encoding", "chunked"),
            ("te", "trailers"),
            ("x-kept", "1"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        strip_hop_by_hop(&mut headers);
        let mut left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["te", "x-kept"]);
    }

    #[test]
    fn times_are_milliseconds() {
        let mut headers = HeaderMap::new();
        let microseconds = Duration::from_micros;
        timing(&mut headers, microseconds(7), microseconds(1_020), microseconds(61_000_345));
        assert_eq!(headers[SERVER_TIMING], "auth;dur=0.007, queue;dur=1.020, upstream;dur=61000.345");
    }

    #[test]
    fn words() {
        assert_eq!(
            [202, 200, 302, 404, 500].map(status_word),
            ["in-progress", "fulfilled", "fulfilled", "errored", "errored"]
        );
    }
}
