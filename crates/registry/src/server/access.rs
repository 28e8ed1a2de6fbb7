//! Who may pull and push.

use super::parameter;
use super::refusal::Refusal;
use super::token::Signer;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    None,
    /// Pull.
    Pull,
    /// Pull and push.
    Push,
}

/// Decides who may do what; the program wires in its own keys.
pub trait Gate: Send + Sync + 'static {
    /// What a user with this password may do.
    fn known<'a>(
        &'a self,
        user: &'a str,
        password: &'a str,
    ) -> Pin<Box<dyn Future<Output = Access> + Send + 'a>>;

    /// What everybody may do.
    fn anybody(&self) -> Access;
}

/// Checks requests: basic authentication, or a token that was issued for it.
pub(crate) struct Guard {
    gate: Arc<dyn Gate>,
    signer: Signer,
}

impl Guard {
    pub(crate) fn new(gate: Arc<dyn Gate>) -> Result<Self, std::io::Error> {
        Ok(Self { gate, signer: Signer::new()? })
    }

    /// Lets a request through or says how to authenticate.
    pub(crate) async fn check(
        &self,
        headers: &HeaderMap,
        repository: Option<&str>,
        writes: bool,
    ) -> Result<(), Refusal> {
        let access = self.access(headers).await;
        let enough = match access {
            Access::Push => true,
            Access::Pull => !writes,
            Access::None => false,
        };
        if enough {
            return Ok(());
        }
        if access != Access::None && access != self.gate.anybody() {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "DENIED", "the credential does not allow this"));
        }
        Err(Refusal::unauthorized(challenge(headers, repository, writes)))
    }

    async fn access(&self, headers: &HeaderMap) -> Access {
        let Some(value) = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
            return self.gate.anybody();
        };
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                self.signer.access(token.trim())
            }
            Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("basic") => match basic(encoded) {
                Some((user, password)) => self.gate.known(&user, &password).await,
                None => Access::None,
            },
            _ => Access::None,
        }
    }

    /// Issues a token for whatever credential came with the request.
    pub(crate) async fn issue(&self, headers: &HeaderMap, query: Option<&str>) -> Result<Response, Refusal> {
        let mut access = self.access(headers).await;
        if access == Access::None {
            return Err(Refusal::unauthorized("Basic realm=\"registry\"".to_owned()));
        }
        // A token that was asked for pulling does not push.
        let scope = parameter(query, "scope").unwrap_or_default();
        if access == Access::Push && !scope.is_empty() && !scope.contains("push") && !scope.contains('*') {
            access = Access::Pull;
        }
        let token = self.signer.issue(access);
        let seconds = Signer::LIFETIME.as_secs();
        Ok(axum::Json(json!({ "token": token, "access_token": token, "expires_in": seconds }))
            .into_response())
    }
}

fn basic(encoded: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn challenge(headers: &HeaderMap, repository: Option<&str>, writes: bool) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    let safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let host: String = host.chars().filter(safe).collect();
    let scheme = match headers.get("x-forwarded-proto").map(axum::http::HeaderValue::as_bytes) {
        Some(b"https") => "https",
        _ => "http",
    };
    let mut text = format!("Bearer realm=\"{scheme}://{host}/token\",service=\"{host}\"");
    if let Some(repository) = repository {
        let actions = if writes { "pull,push" } else { "pull" };
        text = format!("{text},scope=\"repository:{repository}:{actions}\"");
    }
    text
}
