//! Which calls are invocations, and of what.

use http::{HeaderMap, HeaderName, Method, Uri, header};
use wheelhouse_functions::id::{FunctionId, RequestId, VersionId};
use wheelhouse_functions::route::target_of_host;

/// What a call is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// Method, path and body go to the function as they are.
    PassThrough(Target),
    /// A legacy call: the body goes to the function's inference URL.
    Execute(Target),
    /// A question for the answer of an asynchronous call.
    Status(RequestId),
    /// A gRPC call that names no function.
    GrpcWithoutTarget,
    /// An invocation whose ids are not ids.
    Malformed,
    /// Something for the API.
    Api,
}

impl Call {
    /// What it is called in traces and metrics.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Execute(_) => "pexec",
            Self::Status(_) => "pexec status",
            Self::PassThrough(_) | Self::GrpcWithoutTarget | Self::Malformed | Self::Api => "invoke",
        }
    }
}

/// The function a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) function: FunctionId,
    pub(crate) version: Option<VersionId>,
}

const EXECUTE: &str = "/v2/nvcf/pexec/functions/";
const FUNCTION_ID: HeaderName = HeaderName::from_static("function-id");
const FUNCTION_VERSION_ID: HeaderName = HeaderName::from_static("function-version-id");
const STATUS: &str = "/v2/nvcf/pexec/status/";
/// Hosts of the API; calls to them are never passed through.
const API_HOSTS: [&str; 4] = ["api.", "api-keys.", "sis.", "reval."];

/// Finds out what a call is. Headers come before the host, as in the reference.
pub(crate) fn classify(method: &Method, uri: &Uri, headers: &HeaderMap) -> Call {
    let path = uri.path();
    if *method == Method::POST
        && let Some(rest) = path.strip_prefix(EXECUTE)
    {
        return legacy_target(rest).map_or(Call::Malformed, Call::Execute);
    }
    if *method == Method::GET
        && let Some(rest) = path.strip_prefix(STATUS)
    {
        return rest.parse().map_or(Call::Malformed, Call::Status);
    }
    let host = host(uri, headers);
    let starts =
        |prefix: &str| host.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if API_HOSTS.iter().any(|prefix| starts(prefix)) {
        return Call::Api;
    }
    if let Some(function) = named(headers, &FUNCTION_ID) {
        let version = named(headers, &FUNCTION_VERSION_ID);
        return match (function.parse(), version.map(|version| version.parse())) {
            (Ok(function), None) => Call::PassThrough(Target { function, version: None }),
            (Ok(function), Some(Ok(version))) => {
                Call::PassThrough(Target { function, version: Some(version) })
            }
            (Err(_), _) | (_, Some(Err(_))) => Call::Malformed,
        };
    }
    if let Some((function, version)) = target_of_host(host) {
        return Call::PassThrough(Target { function, version });
    }
    if is_grpc(headers) { Call::GrpcWithoutTarget } else { Call::Api }
}

/// Whether a call speaks gRPC.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/grpc"))
}

/// A header, or, for browsers that cannot set any on a WebSocket, an entry `name.value` of
/// `Sec-WebSocket-Protocol`.
pub(crate) fn named<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    if let Some(value) = headers.get(name) {
        return value.to_str().ok().map(str::trim);
    }
    let protocols = headers.get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    protocols.split(',').map(str::trim).find_map(|entry| entry.strip_prefix(name.as_str())?.strip_prefix('.'))
}

fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let from_header = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    from_header.or_else(|| uri.authority().map(http::uri::Authority::as_str)).unwrap_or_default()
}

fn legacy_target(rest: &str) -> Option<Target> {
    match rest.split_once("/versions/") {
        None => Some(Target { function: rest.parse().ok()?, version: None }),
        Some((function, version)) => {
            Some(Target { function: function.parse().ok()?, version: Some(version.parse().ok()?) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const F: &str = "6f1cd0a2-1111-4222-8333-944445555666";
    const V: &str = "2a9ed0a2-1111-4222-8333-944445555666";

    fn check(method: Method, uri: &str, headers: &[(&str, &str)], expect: &str) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let shown = match classify(&method, &uri.parse().unwrap(), &map) {
            Call::PassThrough(target) => format!("pass {}", u8::from(target.version.is_some())),
            Call::Execute(target) => format!("execute {}", u8::from(target.version.is_some())),
            Call::Status(_) => "status".into(),
            other => format!("{other:?}"),
        };
        assert_eq!(shown, expect, "{method} {uri} {headers:?}");
    }

    #[test]
    fn calls() {
        let get = Method::GET;
        check(get.clone(), "/any/path?x", &[("host", &format!("{F}.invocation.d"))], "pass 0");
        check(get.clone(), "/", &[("host", &format!("{V}.{F}.invocation.d:80"))], "pass 1");
        check(get.clone(), "/v2/nvcf/functions", &[("host", &format!("{F}.d"))], "pass 0");
        check(get.clone(), "/", &[("host", "d"), ("function-id", F)], "pass 0");
        check(get.clone(), "/", &[("function-id", F), ("function-version-id", V)], "pass 1");
        check(get.clone(), "/", &[("function-id", "x")], "Malformed");
        check(get.clone(), "/", &[("function-id", F), ("function-version-id", "x")], "Malformed");
        check(get.clone(), "/", &[("host", "api.d"), ("function-id", F)], "Api");
        check(get.clone(), "/v2/nvcf/functions", &[("host", "api.d:8080")], "Api");
        check(get.clone(), "/", &[("host", "API.d"), ("function-id", F)], "Api");
        check(get.clone(), "/", &[("host", &format!("{}.d", F.to_uppercase()))], "pass 0");
        check(get.clone(), "/v2/nvcf/functions", &[("host", "127.0.0.1:8080")], "Api");
        let post = Method::POST;
        check(post.clone(), &format!("/v2/nvcf/pexec/functions/{F}"), &[("host", "api.d")], "execute 0");
        check(post.clone(), &format!("/v2/nvcf/pexec/functions/{F}/versions/{V}"), &[], "execute 1");
        check(post.clone(), "/v2/nvcf/pexec/functions/x", &[], "Malformed");
        check(get.clone(), &format!("/v2/nvcf/pexec/status/{F}"), &[], "status");
        check(post.clone(), "/p.S/M", &[("content-type", "application/grpc+proto")], "GrpcWithoutTarget");
        check(post, "/p.S/M", &[("content-type", "application/grpc"), ("function-id", F)], "pass 0");
        check(get, "/", &[("sec-websocket-protocol", &format!("chat, function-id.{F}"))], "pass 0");
        check(Method::GET, "http://6f1cd0a2-1111-4222-8333-944445555666.inv.d/x", &[], "pass 0");
    }
}
