//! The server on the wire: TLS, HTTP/1.1 and HTTP/2, content negotiation, one handler per kind of
//! request.

mod body;
mod descriptions;
mod discovery;
mod handler;
mod negotiate;
mod objects;
mod openapi;
mod proxy;
mod reviews;
mod server;
mod watch;

pub(crate) use body::Body;
pub use server::Limits;
pub(crate) use server::serve;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::Value;

use crate::operations::Context;
use crate::status::Status;

/// An answer on its way out.
pub(crate) type Reply = Response<Body>;

/// A JSON answer.
fn json(code: u16, value: &Value) -> Reply {
    raw(code, "application/json", serde_json::to_vec(value).unwrap_or_default())
}

/// An answer with this content.
fn raw(code: u16, media: &'static str, content: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Body::full(content.into()));
    *reply.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    reply
}

/// A refusal.
fn refusal(status: &Status) -> Reply {
    let mut reply = json(status.code, &status.to_value());
    let retry = status.details.get("retryAfterSeconds").and_then(Value::as_u64);
    if let Some(seconds) = retry {
        reply.headers_mut().insert("retry-after", HeaderValue::from(seconds));
    }
    reply
}

/// Adds the warnings of a request to its answer.
fn with_warnings(mut reply: Reply, context: &Context) -> Reply {
    for warning in context.take_warnings() {
        let escaped = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{escaped}\"")) {
            reply.headers_mut().append("warning", value);
        }
    }
    reply
}
