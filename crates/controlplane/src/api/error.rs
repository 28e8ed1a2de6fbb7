use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use wheelhouse_functions::problem::Problem;

/// A problem on its way out. Its body is written by the frame around every call, which knows the path.
#[derive(Debug, Clone)]
pub(crate) struct ApiError(pub(crate) Problem);

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<wheelhouse_store::Error> for ApiError {
    fn from(error: wheelhouse_store::Error) -> Self {
        Self(crate::core::storage(error))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What handlers return.
pub(crate) type ApiResult<T> = Result<T, ApiError>;
