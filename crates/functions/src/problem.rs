//! Errors as clients see them: RFC 7807 problem details with the reference's type URNs.

use serde::Serialize;

/// The kinds of problem the API answers with, each with one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// 400: the request is wrong; the detail says how.
    BadRequest,
    /// 401: no credential, or one that does not exist, is expired or suspended.
    Unauthorized,
    /// 403: the credential lacks the scope.
    Forbidden,
    /// 404: no such thing, or not the caller's.
    NotFound,
    /// 405: the path exists, the method does not.
    MethodNotAllowed,
    /// 409: the thing changed meanwhile or exists already.
    Conflict,
    /// 413: the body is larger than the endpoint reads.
    PayloadTooLarge,
    /// 415: the body is not JSON.
    UnsupportedMediaType,
    /// 429: a rate limit or a full queue.
    TooManyRequests,
    /// 500: our fault.
    InternalServerError,
    /// 502: an upstream (registry, cluster) answered wrongly.
    BadGateway,
    /// 503: try again later.
    ServiceUnavailable,
    /// 504: nobody answered in time.
    GatewayTimeout,
}

impl ProblemKind {
    /// The HTTP status code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooManyRequests => 429,
            Self::InternalServerError => 500,
            Self::BadGateway => 502,
            Self::ServiceUnavailable => 503,
            Self::GatewayTimeout => 504,
        }
    }

    /// The title: the status in words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::Conflict => "Conflict",
            Self::PayloadTooLarge => "Payload Too Large",
            Self::UnsupportedMediaType => "Unsupported Media Type",
            Self::TooManyRequests => "Too Many Requests",
            Self::InternalServerError => "Internal Server Error",
            Self::BadGateway => "Bad Gateway",
            Self::ServiceUnavailable => "Service Unavailable",
            Self::GatewayTimeout => "Gateway Timeout",
        }
    }

    /// The type URN of the reference, e.g. `urn:nv-boot:problem-details:bad-request`.
    #[must_use]
    pub fn urn(self) -> String {
        format!("urn:nv-boot:problem-details:{}", self.title().to_lowercase().replace(' ', "-"))
    }
}

/// One problem: what went wrong, in words meant for the caller. Never holds a secret.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    /// Its kind, which decides the HTTP status.
    pub kind: ProblemKind,
    /// What went wrong with this very request.
    pub detail: String,
    /// Findings of the chart check, when that is why the request was refused.
    pub findings: Vec<serde_json::Value>,
}

impl Problem {
    /// A problem with a detail and no findings.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), findings: Vec::new() }
    }

    /// A 400 with the reference's usual opening.
    pub fn invalid_request(detail: impl std::fmt::Display) -> Self {
        Self::new(ProblemKind::BadRequest, format!("Invalid request: {detail}"))
    }

    /// A 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, detail)
    }

    /// The body of the answer; `instance` is the path that was asked for.
    #[must_use]
    pub fn body(&self, instance: &str) -> ProblemBody {
        ProblemBody {
            kind: self.kind.urn(),
            title: self.kind.title().to_owned(),
            status: self.kind.status(),
            detail: self.detail.clone(),
            instance: instance.to_owned(),
            findings: self.findings.clone(),
        }
    }
}

/// The JSON members of a problem, in the order the reference writes them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProblemBody {
    /// The type URN.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong.
    pub detail: String,
    /// The path of the request.
    pub instance: String,
    /// Findings of the chart check (an extension member; absent when there are none).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_look_like_the_references() {
        let problem = Problem::invalid_request(
            "Either both or none of 'helmChart' and 'helmChartServiceName' properties must be specified",
        );
        let body = serde_json::to_string(&problem.body("/v2/nvcf/functions")).unwrap();
        assert_eq!(
            body,
            r#"{"type":"urn:nv-boot:problem-details:bad-request","title":"Bad Request","status":400,"detail":"Invalid request: Either both or none of 'helmChart' and 'helmChartServiceName' properties must be specified","instance":"/v2/nvcf/functions"}"#
        );
    }
}
