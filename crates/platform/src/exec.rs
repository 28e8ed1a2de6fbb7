//! `exec`, the older form of legacy calls: what `pexec` says in headers and status lines, in one JSON envelope.
//!
//! Each call is made again as a call of `pexec` to this very process, with the caller's credential, and its answer
//! put into the envelope. Refusals of the platform stay the problems they are.

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::{Map, Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use wheelhouse_registry::AddressPolicy;
use wheelhouse_registry::http::{Http, read};

/// The longest a call may take, as in the gateway, and a little more: the gateway says so itself.
const PATIENCE: Duration = Duration::from_secs(3_610);
/// The largest answer that is put into an envelope, in bytes.
const LIMIT: usize = 64 << 20;
/// The largest envelope, in bytes; what is in it is bounded by the gateway.
const BODY_LIMIT: usize = 8 << 20;
/// Headers of the caller that the call is made with.
const PASSED_ON: [header::HeaderName; 5] = [
    header::AUTHORIZATION,
    header::HeaderName::from_static("prefer"),
    header::HeaderName::from_static("traceparent"),
    header::HeaderName::from_static("tracestate"),
    header::HeaderName::from_static("nvcf-poll-seconds"),
];

/// The gateway of this process, as its own caller.
#[derive(Clone)]
pub(crate) struct Envelopes {
    http: Http,
    authority: String,
}

impl Envelopes {
    /// For a gateway that listens at an address.
    pub(crate) fn of(mut gateway: SocketAddr) -> Self {
        if gateway.ip().is_unspecified() {
            gateway.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let authority = gateway.to_string();
        let policy = AddressPolicy {
            private_hosts: vec![authority.clone()],
            plain_hosts: vec![authority.clone()],
            trusted_hosts: Vec::new(),
        };
        Self { http: Http::new(policy, PATIENCE), authority }
    }

    /// The endpoints.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/v2/nvcf/exec/functions/{function}", post(of_function))
            .route("/v2/nvcf/exec/functions/{function}/versions/{version}", post(of_version))
            .route("/v2/nvcf/exec/status/{request}", get(status))
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .with_state(self)
    }

    async fn call(&self, method: Method, path: &str, headers: HeaderMap, body: Bytes) -> Response<Body> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        let Ok(uri) = format!("http://{}{path}", self.authority).parse() else {
            return problem(StatusCode::NOT_FOUND, "No such function", path);
        };
        *request.uri_mut() = uri;
        match self.http.send(request).await {
            Ok(response) => self.envelope(response, path).await,
            Err(error) => {
                tracing::error!(%error, "cannot make a call again as pexec");
                problem(StatusCode::SERVICE_UNAVAILABLE, "The call could not be made", path)
            }
        }
    }

    async fn envelope(&self, response: Response<Incoming>, path: &str) -> Response<Body> {
        let (parts, body) = response.into_parts();
        let bytes = match read(&self.authority, body, LIMIT).await {
            Ok(bytes) => bytes,
            Err(error) => return problem(StatusCode::BAD_GATEWAY, &error.to_string(), path),
        };
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let failed = parts.status.is_client_error() || parts.status.is_server_error();
        let refused = text("content-type") == Some("application/problem+json")
            || parts.status == StatusCode::UNAUTHORIZED
            || bytes.is_empty();
        let mut answer = if failed && refused {
            let mut answer = Response::new(Body::from(bytes));
            if let Some(kind) = parts.headers.get(header::CONTENT_TYPE) {
                answer.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
            }
            answer
        } else {
            let envelope = Value::Object(members(text, parts.status, &bytes));
            let mut answer = Response::new(Body::from(envelope.to_string()));
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            answer
        };
        *answer.status_mut() = parts.status;
        for name in ["nvcf-reqid", "nvcf-status", "nvcf-percent-complete", "server-timing", "retry-after"] {
            if let Some(value) = parts.headers.get(name) {
                answer.headers_mut().insert(name, value.clone());
            }
        }
        answer
    }
}

/// What the envelope of an answer holds.
fn members<'a>(
    header: impl Fn(&'static str) -> Option<&'a str>,
    status: StatusCode,
    body: &[u8],
) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("reqId".to_owned(), header("nvcf-reqid").unwrap_or_default().into());
    let word = match status {
        StatusCode::ACCEPTED => "in-progress",
        status if status.is_client_error() || status.is_server_error() => "errored",
        _ => "fulfilled",
    };
    members.insert("status".to_owned(), word.into());
    let percent = header("nvcf-percent-complete").and_then(|text| text.parse::<u8>().ok());
    if let Some(percent) = percent {
        members.insert("percentComplete".to_owned(), percent.into());
    }
    if word == "errored" {
        members.insert("errorCode".to_owned(), status.as_u16().into());
    }
    if !body.is_empty() {
        let plain = || Value::String(String::from_utf8_lossy(body).into_owned());
        members.insert("response".to_owned(), serde_json::from_slice(body).unwrap_or_else(|_| plain()));
    }
    members
}

fn problem(status: StatusCode, detail: &str, path: &str) -> Response<Body> {
    let title = status.canonical_reason().unwrap_or_default();
    let body = json!({ "title": title, "status": status.as_u16(), "detail": detail, "instance": path });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

/// Headers and body of the call that an envelope asks for.
fn opened(headers: &HeaderMap, body: &[u8]) -> Result<(HeaderMap, Bytes), String> {
    let envelope: Value = serde_json::from_slice(body)
        .map_err(|error| format!("Invalid request: the body is not JSON: {error}"))?;
    let content = envelope
        .get("requestBody")
        .ok_or_else(|| "Invalid request: 'requestBody' must be specified".to_owned())?;
    let mut passed = passed_on(headers);
    passed.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let asked = envelope.get("requestHeader");
    if let Some(seconds) =
        asked.and_then(|asked| asked.get("pollDurationSeconds")).filter(|one| !one.is_null())
    {
        let seconds =
            seconds.as_u64().ok_or("Invalid request: 'pollDurationSeconds' must be a whole number")?;
        passed.insert("nvcf-poll-seconds", HeaderValue::from(seconds));
    }
    let assets = asked.and_then(|asked| asked.get("inputAssetReferences")).and_then(Value::as_array);
    if let Some(assets) = assets.filter(|assets| !assets.is_empty()) {
        let names: Vec<&str> = assets.iter().filter_map(Value::as_str).collect();
        let value = HeaderValue::from_str(&names.join(","))
            .map_err(|_| "Invalid request: 'inputAssetReferences' must hold ids of assets")?;
        passed.insert("nvcf-input-asset-references", value);
    }
    Ok((passed, content.to_string().into()))
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let one = |name: &header::HeaderName| Some((name.clone(), headers.get(name)?.clone()));
    PASSED_ON.iter().filter_map(one).collect()
}

async fn of_function(
    State(envelopes): State<Envelopes>,
    Path(function): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    execute(&envelopes, &format!("functions/{function}"), &headers, &body).await
}

async fn of_version(
    State(envelopes): State<Envelopes>,
    Path((function, version)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    execute(&envelopes, &format!("functions/{function}/versions/{version}"), &headers, &body).await
}

async fn execute(envelopes: &Envelopes, target: &str, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
    let path = format!("/v2/nvcf/pexec/{target}");
    match opened(headers, body) {
        Ok((headers, body)) => envelopes.call(Method::POST, &path, headers, body).await,
        Err(detail) => problem(StatusCode::BAD_REQUEST, &detail, &format!("/v2/nvcf/exec/{target}")),
    }
}

async fn status(
    State(envelopes): State<Envelopes>,
    Path(request): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let path = format!("/v2/nvcf/pexec/status/{request}");
    envelopes.call(Method::GET, &path, passed_on(&headers), Bytes::new()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_are_opened() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer t"));
        headers.insert("x-other", HeaderValue::from_static("stays"));
        let check = |body: &str, expect: Result<(&str, Option<&str>), &str>| {
            let opened = opened(&headers, body.as_bytes());
            let seen = opened.as_ref().map(|(headers, body)| {
                assert_eq!(headers["authorization"], "Bearer t");
                assert!(!headers.contains_key("x-other"));
                let poll = headers.get("nvcf-poll-seconds").map(|value| value.to_str().unwrap());
                (std::str::from_utf8(body).unwrap(), poll)
            });
            assert_eq!(seen.map_err(String::as_str), expect, "{body}");
        };
        check(r#"{"requestBody":{"a":1}}"#, Ok((r#"{"a":1}"#, None)));
        check(
            r#"{"requestHeader":{"inputAssetReferences":[],"pollDurationSeconds":5},"requestBody":[]}"#,
            Ok(("[]", Some("5"))),
        );
        check("{}", Err("Invalid request: 'requestBody' must be specified"));
        let wrong = "Invalid request: 'pollDurationSeconds' must be a whole number";
        check(r#"{"requestHeader":{"pollDurationSeconds":"x"},"requestBody":1}"#, Err(wrong));
        assert!(opened(&headers, b"{").is_err());
    }

    #[test]
    fn answers_are_put_into_envelopes() {
        let check = |status: u16, percent: Option<&'static str>, body: &str, expect: Value| {
            let header = |name: &'static str| if name == "nvcf-reqid" { Some("r") } else { percent };
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(Value::Object(members(header, status, body.as_bytes())), expect);
        };
        check(
            200,
            None,
            r#"{"a":1}"#,
            json!({ "reqId": "r", "status": "fulfilled", "response": { "a": 1 } }),
        );
        check(200, None, "text", json!({ "reqId": "r", "status": "fulfilled", "response": "text" }));
        check(202, Some("40"), "", json!({ "reqId": "r", "status": "in-progress", "percentComplete": 40 }));
        let errored = json!({ "reqId": "r", "status": "errored", "errorCode": 422, "response": "no" });
        check(422, None, "no", errored);
    }
}
