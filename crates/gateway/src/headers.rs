//! What is taken from and put into heads on their way.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;
use wheelhouse_functions::access::Principal;
use wheelhouse_functions::id::RequestId;
use wheelhouse_functions::route::{Route, RouteInstance};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("nvcf-reqid");
pub(crate) const STATUS: HeaderName = HeaderName::from_static("nvcf-status");
pub(crate) const POLL_SECONDS: HeaderName = HeaderName::from_static("nvcf-poll-seconds");
/// How often an asynchronous call has been sent; more than 1 means an earlier try may have run.
pub(crate) const ATTEMPT: HeaderName = HeaderName::from_static("nvcf-attempt");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Headers that are about one connection only (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What the platform tells the function; a caller's own word on these is not passed on.
const PLATFORM: [&str; 9] = [
    "nvcf-reqid",
    "nvcf-sub",
    "nvcf-ncaid",
    "nvcf-function-name",
    "nvcf-function-id",
    "nvcf-function-version-id",
    "nvcf-backend",
    "nvcf-instancetype",
    "nvcf-env",
];

/// Removes what must not cross to the other side, and remembers `te: trailers`, which gRPC needs.
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
    let trailers = headers.get(header::TE).is_some_and(|value| value == "trailers");
    if !trailers {
        headers.remove(header::TE);
    }
}

/// Makes a caller's headers those of the request to the function.
pub(crate) fn to_function(
    headers: &mut HeaderMap,
    request: RequestId,
    route: &Route,
    instance: &RouteInstance,
    principal: &Principal,
) {
    headers.remove(header::AUTHORIZATION);
    headers.remove(header::HOST);
    headers.remove("function-id");
    headers.remove("function-version-id");
    for name in PLATFORM {
        headers.remove(name);
    }
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("nvcf-reqid", &request.to_string());
    set("nvcf-sub", &principal.subject);
    set("nvcf-ncaid", principal.account.as_str());
    set("nvcf-function-name", &route.name);
    set("nvcf-function-id", &route.function.to_string());
    set("nvcf-function-version-id", &route.version.to_string());
    set("nvcf-backend", &instance.backend);
    set("nvcf-instancetype", &instance.instance_type);
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
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let text = format!(
        "auth;dur={:.3}, queue;dur={:.3}, upstream;dur={:.3}",
        milliseconds(auth),
        milliseconds(queue),
        milliseconds(upstream)
    );
    if let Ok(value) = HeaderValue::from_str(&text) {
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
    fn words() {
        assert_eq!(
            [202, 200, 302, 404, 500].map(status_word),
            ["in-progress", "fulfilled", "fulfilled", "errored", "errored"]
        );
    }
}
