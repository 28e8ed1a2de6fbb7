//! The API's frame: endpoints and their scopes, authentication, problems, documents.

pub(crate) mod endpoint;
pub(crate) mod error;
pub(crate) mod extract;
pub(crate) mod metrics;
pub(crate) mod openapi;

use crate::core::Core;
use crate::handlers;
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use endpoint::{Api, Endpoint};
use error::ApiError;
use extract::RequestId;
use std::sync::Arc;
use std::time::Instant;
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_functions::trace::{Span, SpanKind, TRACEPARENT, TraceContext};

/// The whole API as a router.
pub(crate) fn router(core: Arc<Core>) -> Router {
    let api = all();
    let limit = core.options.body_limit;
    api.into_router(&core)
        .route("/health", get(|| async { "OK" }))
        .route("/openapi.json", get(|| async { axum::Json(openapi::document(&endpoints())) }))
        .fallback(|| async { ApiError(Problem::not_found("No such endpoint")) })
        .method_not_allowed_fallback(|| async {
            ApiError(Problem::new(ProblemKind::MethodNotAllowed, "The endpoint does not take this method"))
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&core), frame))
        .layer(DefaultBodyLimit::max(limit))
        .with_state(core)
}

/// Every endpoint, for tests and documents.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    all().endpoints().to_vec()
}

fn all() -> Api {
    let mut api = Api::default();
    handlers::functions::register(&mut api);
    handlers::deployments::register(&mut api);
    handlers::queues::register(&mut api);
    handlers::secrets::register(&mut api);
    handlers::rate_limits::register(&mut api);
    handlers::authorizations::register(&mut api);
    handlers::registry_credentials::register(&mut api);
    handlers::telemetries::register(&mut api);
    handlers::accounts::register(&mut api);
    handlers::clusters::register(&mut api);
    handlers::instances::register(&mut api);
    handlers::keys::register(&mut api);
    handlers::key_owners::register(&mut api);
    handlers::tokens::register(&mut api);
    handlers::charts::register(&mut api);
    handlers::agents::register(&mut api);
    handlers::logs::register(&mut api);
    handlers::observability::register(&mut api);
    api
}

/// Around every call: a request id, the problem's body, a log line, metrics.
async fn frame(State(core): State<Arc<Core>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId(crate::core::random_uuid());
    request.extensions_mut().insert(id);
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let span = core.spans.as_ref().and_then(|_| begin_span(id, &request));
    let mut response = next.run(request).await;
    if let Some(ApiError(problem)) = response.extensions_mut().remove::<ApiError>() {
        response = problem_response(&problem, &path);
    }
    if let Ok(value) = HeaderValue::from_str(&id.0.to_string()) {
        response.headers_mut().insert("nvcf-reqid", value);
    }
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    core.metrics.observe(method.as_str(), status, elapsed);
    if let (Some(sink), Some(mut span)) = (&core.spans, span) {
        span.end = nanoseconds();
        span.attributes.push(("http.response.status_code", status.into()));
        span.failed = status >= 500;
        sink.take(span);
    }
    tracing::info!(%method, path, status, request = %id.0, elapsed_us = elapsed.as_micros(), "api call");
    response
}

/// The span of a call, unless the caller's trace is not recorded. Its name is the endpoint, of which there are few.
fn begin_span(id: RequestId, request: &Request) -> Option<Span> {
    let caller = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let caller = caller.and_then(TraceContext::parse);
    let context = TraceContext::of_request(id.0, caller.as_ref());
    let endpoint = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    context.sampled.then(|| Span {
        context,
        parent: caller.map(|caller| caller.span),
        name: format!("{} {endpoint}", request.method()).trim_end().to_owned(),
        kind: SpanKind::Server,
        start: nanoseconds(),
        end: 0,
        attributes: vec![
            ("http.request.method", request.method().as_str().into()),
            ("http.route", endpoint.into()),
            ("url.path", request.uri().path().into()),
        ],
        failed: false,
    })
}

fn nanoseconds() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(0)
}

/// A problem as a response.
pub(crate) fn problem_response(problem: &Problem, path: &str) -> Response {
    let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(&problem.body(path)).unwrap_or_default();
    let mut response = (status, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if problem.kind == ProblemKind::Unauthorized {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
