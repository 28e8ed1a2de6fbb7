//! Calls that end in the gateway: the answer in the caller's own protocol.

use crate::body::{Body, empty, full};
use crate::headers;
use http::{HeaderValue, Response, StatusCode, header};
use wheelhouse_functions::id::RequestId;
use wheelhouse_functions::problem::{Problem, ProblemKind};

/// Why a call ends here.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// A problem with a body.
    Problem(Problem),
    /// 401, in plain text as the reference does.
    Unauthorized(&'static str),
    /// 429 with the seconds after which trying again makes sense.
    RateLimited(u64),
    /// Nobody answered in time: 504 without a body.
    TimedOut,
    /// A gRPC call without its function's id.
    NoTarget,
}

impl Refusal {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self::Problem(Problem::new(kind, detail))
    }

    const fn status(&self) -> u16 {
        match self {
            Self::Problem(problem) => problem.kind.status(),
            Self::Unauthorized(_) => 401,
            Self::RateLimited(_) => 429,
            Self::TimedOut => 504,
            Self::NoTarget => 400,
        }
    }

    /// The gRPC status code (the mapping of the reference).
    const fn grpc_code(&self) -> u8 {
        match self {
            Self::Unauthorized(_) => 16,
            Self::NoTarget => 3,
            Self::RateLimited(_) => 8,
            Self::TimedOut => 4,
            Self::Problem(problem) => match problem.kind {
                ProblemKind::BadRequest
                | ProblemKind::PayloadTooLarge
                | ProblemKind::UnsupportedMediaType
                | ProblemKind::MethodNotAllowed => 3,
                ProblemKind::Unauthorized => 16,
                ProblemKind::Forbidden => 7,
                ProblemKind::NotFound => 5,
                ProblemKind::Conflict => 10,
                ProblemKind::TooManyRequests => 8,
                ProblemKind::InternalServerError => 13,
                ProblemKind::BadGateway | ProblemKind::ServiceUnavailable => 14,
                ProblemKind::GatewayTimeout => 4,
            },
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::Problem(problem) => &problem.detail,
            Self::Unauthorized(text) => text,
            Self::RateLimited(_) => "rate limit exceeded",
            Self::TimedOut => "failed to establish link to worker",
            Self::NoTarget => "function-id is missing",
        }
    }

    /// The answer to a call at `path`.
    pub(crate) fn response(&self, request: RequestId, path: &str, grpc: bool) -> Response<Body> {
        if grpc {
            return self.grpc_response(request);
        }
        let (body, content_type) = match self {
            Self::Problem(problem) => (
                full(serde_json::to_vec(&problem.body(path)).unwrap_or_default()),
                Some("application/problem+json"),
            ),
            Self::Unauthorized(text) => (full(*text), Some("text/plain")),
            Self::NoTarget => (full(self.message().to_owned()), Some("text/plain")),
            Self::RateLimited(_) | Self::TimedOut => (empty(), None),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let map = response.headers_mut();
        if let Some(content_type) = content_type {
            map.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if let Self::RateLimited(seconds) = self {
            map.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
        if matches!(self, Self::Unauthorized(_)) {
            map.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        headers::mark(map, request, self.status());
        response
    }

    /// A gRPC answer of trailers only.
    fn grpc_response(&self, request: RequestId) -> Response<Body> {
        let mut response = Response::new(empty());
        let map = response.headers_mut();
        map.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        map.insert("grpc-status", HeaderValue::from(u16::from(self.grpc_code())));
        let message: String = self.message().chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
        if let Ok(value) = HeaderValue::from_str(&message.replace('%', "%25")) {
            map.insert("grpc-message", value);
        }
        headers::mark(map, request, self.status());
        response
    }
}
