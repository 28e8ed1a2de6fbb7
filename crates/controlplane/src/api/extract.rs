//! What handlers take out of a request.

use super::error::ApiError;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use uuid::Uuid;
use wheelhouse_functions::access::Principal;
use wheelhouse_functions::id::AccountId;
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_store::record::AuditEntry;

/// The id of a call, in its answer and in the logs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RequestId(pub(crate) Uuid);

/// Who calls, and in which account they act.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) principal: Arc<Principal>,
    pub(crate) account: AccountId,
    pub(crate) request: RequestId,
}

impl Caller {
    /// An audit entry for something this caller does.
    pub(crate) fn audit(&self, at: jiff::Timestamp, action: &str, target: impl ToString) -> AuditEntry {
        AuditEntry {
            at,
            account: self.account.to_string(),
            actor: self.principal.key.to_string(),
            action: action.to_owned(),
            target: target.to_string(),
            request: self.request.0.to_string(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let missing = || Problem::new(ProblemKind::Unauthorized, "The request was not authenticated");
        Ok(parts.extensions.get::<Self>().cloned().ok_or_else(missing)?)
    }
}

/// A JSON body. Errors name the place in the body.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        let value = serde_json::from_slice(&bytes)
            .map_err(|error| Problem::invalid_request(format_args!("the body cannot be read: {error}")))?;
        Ok(Self(value))
    }
}

fn unread(rejection: BytesRejection) -> ApiError {
    let kind = match rejection.status().as_u16() {
        413 => ProblemKind::PayloadTooLarge,
        _ => ProblemKind::BadRequest,
    };
    Problem::new(kind, rejection.body_text()).into()
}

/// Path parameters. What is not an id names nothing, so the answer is 404.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(value) = Path::<T>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found("The path names nothing that exists"))?;
        Ok(Self(value))
    }
}

/// Query parameters.
#[derive(Debug)]
pub(crate) struct Search<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Search<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(value) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::invalid_request(rejection.body_text()))?;
        Ok(Self(value))
    }
}
