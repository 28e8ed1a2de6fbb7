//! `function invoke`: a call through the gateway, its answer written as it comes.

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::super::Failure;
use super::{content, grpc};
use crate::api::{Api, exit, refused};
use crate::arguments::FunctionInvoke;
use crate::events::Events;
use crate::output::OutputFormat;
use crate::printer::Printer;
use wheelhouse_platform::client::ClientError;

const WHAT: &str = "invoke the function";

/// Calls a function over HTTP or gRPC.
pub(super) fn run(options: &FunctionInvoke, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    if let Some(request) = &options.request {
        let path = format!("/v2/nvcf/pexec/status/{request}");
        if api.ask_only(Method::GET, &path) {
            return Ok(());
        }
        return answer(&api, options, Method::GET, path, Vec::new(), Bytes::new());
    }
    let function = api.function(&options.target)?;
    let version = options.target.version.clone().or_else(|| match api.remembered() {
        (Some(remembered), Some(version)) if remembered == function => Some(version.to_owned()),
        _ => None,
    });
    let mut headers = own_headers(&options.header)?;
    if let Some(method) = &options.grpc {
        let path = format!("/{}", method.trim_start_matches('/'));
        target_headers(&mut headers, &function, version.as_deref());
        return grpc::run(&api, options, &path, &headers);
    }
    let path = match &options.path {
        Some(path) => {
            target_headers(&mut headers, &function, version.as_deref());
            format!("/{}", path.trim_start_matches('/'))
        }
        None => {
            let version = version.map(|version| format!("/versions/{version}")).unwrap_or_default();
            format!("/v2/nvcf/pexec/functions/{function}{version}")
        }
    };
    let method = method(options)?;
    if let Some(data) = options.data.as_deref().filter(|_| !has(&headers, "content-type")) {
        let kind = if serde_json::from_str::<Value>(data).is_ok() || data.starts_with('@') {
            "application/json"
        } else {
            "text/plain"
        };
        headers.push(("Content-Type".to_owned(), kind.to_owned()));
    }
    if options.stream && !has(&headers, "accept") {
        headers.push(("Accept".to_owned(), "text/event-stream".to_owned()));
    }
    if let Some(seconds) = options.poll_seconds {
        headers.push(("NVCF-POLL-SECONDS".to_owned(), seconds.to_string()));
    }
    if api.curl {
        let text = api.client.curl_of(&method, &path, &borrowed(&headers), options.data.as_deref());
        printer.data(format!("{text}\n"));
        return Ok(());
    }
    let body = body(options)?;
    answer(&api, options, method, path, headers, body)
}

/// The body: a text, `@FILE`, or `@-`.
pub(super) fn body(options: &FunctionInvoke) -> Result<Bytes, Failure> {
    match options.data.as_deref() {
        None => Ok(Bytes::new()),
        Some(data) => match data.strip_prefix('@') {
            Some(file) => Ok(content(file)?.into()),
            None => Ok(data.to_owned().into()),
        },
    }
}

/// Headers as a client of HTTP takes them.
pub(super) fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn method(options: &FunctionInvoke) -> Result<Method, Failure> {
    match &options.method {
        Some(name) => {
            name.to_uppercase().parse().map_err(|_| Failure::new(format!("\"{name}\" is no HTTP method")))
        }
        None if options.data.is_some() || options.path.is_none() => Ok(Method::POST),
        None => Ok(Method::GET),
    }
}

fn own_headers(given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let split = |text: &String| {
        let pair = text.split_once(':');
        let pair = pair.ok_or_else(|| Failure::new(format!("\"{text}\" is not NAME: VALUE")))?;
        Ok((pair.0.trim().to_owned(), pair.1.trim().to_owned()))
    };
    given.iter().map(split).collect()
}

fn target_headers(headers: &mut Vec<(String, String)>, function: &str, version: Option<&str>) {
    headers.push(("function-id".to_owned(), function.to_owned()));
    if let Some(version) = version {
        headers.push(("function-version-id".to_owned(), version.to_owned()));
    }
}

fn has(headers: &[(String, String)], wanted: &str) -> bool {
    headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted))
}

/// Makes the call, follows a 202 to its answer, and writes the answer as it comes.
fn answer(
    api: &Api,
    options: &FunctionInvoke,
    mut method: Method,
    mut path: String,
    mut headers: Vec<(String, String)>,
    mut body: Bytes,
) -> Result<(), Failure> {
    loop {
        let sent_headers = borrowed(&headers);
        let sent = api.client.send(method, &path, &sent_headers, body);
        let response = api.block_on(sent).map_err(|error| refused(WHAT, &error))?;
        if options.include {
            tell_head(response.status(), response.headers(), api.printer);
        }
        if response.status() != StatusCode::ACCEPTED {
            return write(api, response);
        }
        let request = header(response.headers(), "nvcf-reqid");
        if options.asynchronous || request.is_empty() {
            let answer = json!({ "requestId": request, "status": header(response.headers(), "nvcf-status") });
            let rows = || vec![["REQUEST".to_owned()], [request.clone()]];
            api.output.print(&answer, rows, api.printer)?;
            api.printer.talk(&format!("next: wheelhouse function invoke --request {request}"));
            return Ok(());
        }
        api.printer.talk(&format!("request {request} is still running"));
        method = Method::GET;
        path = format!("/v2/nvcf/pexec/status/{request}");
        headers.retain(|(name, _)| name.eq_ignore_ascii_case("nvcf-poll-seconds"));
        body = Bytes::new();
    }
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn tell_head(status: StatusCode, headers: &HeaderMap, printer: Printer) {
    printer.talk(&status.to_string());
    for (name, value) in headers {
        printer.talk(&format!(
            "{name}: {}",
            crate::output::printable(&String::from_utf8_lossy(value.as_bytes()))
        ));
    }
}

/// Writes an answer. Events become lines of JSON where JSON is asked for; all else goes out as it came.
fn write<B>(api: &Api, response: Response<B>) -> Result<(), Failure>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let (head, mut body) = response.into_parts();
    let failed = head.status.is_client_error() || head.status.is_server_error();
    let is_events = header(&head.headers, "content-type").starts_with("text/event-stream");
    let mut events = (is_events && api.output == OutputFormat::Json).then(Events::default);
    let mut refusal = Vec::new();
    while let Some(frame) = api.block_on(body.frame()) {
        let frame = frame.map_err(|error| broken(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        match &mut events {
            _ if failed => refusal.extend_from_slice(&data),
            Some(events) => {
                for event in events.take(&data) {
                    api.printer.data(format!("{event}\n"));
                }
            }
            None => api.printer.data(&data),
        }
    }
    if failed { Err(refusal_of(head.status, &head.headers, &refusal)) } else { Ok(()) }
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
    let failure = Failure::new("the answer broke off").with_advice(format!("  why: {error}"));
    Failure { exit_code: exit::UNAVAILABLE, ..failure }
}

/// What the platform or the function refused: a problem's words, else the body as it is.
fn refusal_of(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(body);
    let problem: Option<Value> = serde_json::from_slice(body).ok();
    let detail = problem.as_ref().and_then(|problem| problem.get("detail")).and_then(Value::as_str);
    let mut detail = detail.map_or_else(|| text.trim().chars().take(2000).collect(), ToOwned::to_owned);
    if detail.is_empty() {
        detail = match status.as_u16() {
            504 => "no instance answered in time; the request was cancelled".to_owned(),
            429 => "the rate limit is reached, or the queue is full".to_owned(),
            _ => status.canonical_reason().unwrap_or("no reason was given").to_owned(),
        };
    }
    let request = header(headers, "nvcf-reqid");
    if !request.is_empty() {
        detail = format!("{detail} [request {request}]");
    }
    refused(WHAT, &ClientError::Refused { status: status.as_u16(), detail, findings: Vec::new() })
}
