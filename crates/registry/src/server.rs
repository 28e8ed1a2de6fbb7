//! An OCI registry on disk (distribution specification 1.1).
//!
//! Push in one piece, in chunks or resumed; pull with ranges; tags, deletion, referrers; basic authentication and
//! tokens. Content is checked against its digest before it gets its name, and is on disk before it is acknowledged.

mod access;
mod blobs;
mod manifests;
mod refusal;
mod route;
mod storage;
mod token;

pub use access::{Access, Gate};

use crate::server::access::Guard;
use crate::server::refusal::Refusal;
use crate::server::route::{Route, route};
use crate::server::storage::Storage;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::path::PathBuf;
use std::sync::Arc;

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything is kept.
    pub directory: PathBuf,
    /// The largest blob, in bytes.
    pub blob_limit: u64,
    /// The largest manifest, in bytes.
    pub manifest_limit: usize,
}

impl Options {
    /// The defaults for a directory: blobs of 16 GiB, manifests of 4 MiB.
    #[must_use]
    pub fn in_directory(directory: PathBuf) -> Self {
        Self { directory, blob_limit: 16 << 30, manifest_limit: 4 << 20 }
    }
}

/// The registry.
pub(crate) struct Registry {
    storage: Storage,
    guard: Guard,
    options: Options,
}

/// Puts a registry together as a service.
///
/// # Errors
/// When the directory cannot be used or there is no randomness.
pub fn build(options: Options, gate: Arc<dyn Gate>) -> Result<Router, std::io::Error> {
    let storage = Storage::open(&options.directory)?;
    let registry = Registry { storage, guard: Guard::new(gate)?, options };
    Ok(Router::new().fallback(handle).with_state(Arc::new(registry)))
}

async fn handle(State(registry): State<Arc<Registry>>, request: Request) -> Response {
    let answered = answer(&registry, request).await;
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    let version = HeaderValue::from_static("registry/2.0");
    response.headers_mut().insert("docker-distribution-api-version", version);
    response
}

async fn answer(registry: &Registry, request: Request) -> Result<Response, Refusal> {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    if path == "/token" && method == Method::GET {
        return registry.guard.issue(request.headers(), request.uri().query()).await;
    }
    let route = route(&path)?;
    let repository = route.repository();
    let writes = !matches!(method, Method::GET | Method::HEAD);
    registry.guard.check(request.headers(), repository, writes).await?;
    match (method, route) {
        (Method::GET | Method::HEAD, Route::Base) => Ok((StatusCode::OK, "{}").into_response()),
        (Method::GET, Route::Tags(name)) => manifests::tags(registry, &name, request.uri().query()).await,
        (method @ (Method::GET | Method::HEAD), Route::Manifest(name, reference)) => {
            manifests::get(registry, &name, &reference, method == Method::HEAD).await
        }
        (Method::PUT, Route::Manifest(name, reference)) => {
            manifests::put(registry, &name, &reference, request).await
        }
        (Method::DELETE, Route::Manifest(name, reference)) => {
            manifests::delete(registry, &name, &reference).await
        }
        (Method::GET, Route::Referrers(name, digest)) => {
            manifests::referrers(registry, &name, &digest, request.uri().query()).await
        }
        (method @ (Method::GET | Method::HEAD), Route::Blob(_, digest)) => {
            let range = request.headers().get(header::RANGE).cloned();
            blobs::get(registry, &digest, range, method == Method::HEAD).await
        }
        (Method::DELETE, Route::Blob(_, digest)) => blobs::delete(registry, &digest).await,
        (Method::POST, Route::Uploads(name)) => blobs::begin(registry, &name, request).await,
        (Method::GET, Route::Upload(name, id)) => blobs::progress(registry, &name, &id).await,
        (Method::PATCH, Route::Upload(name, id)) => blobs::append(registry, &name, &id, request).await,
        (Method::PUT, Route::Upload(name, id)) => blobs::finish(registry, &name, &id, request).await,
        (Method::DELETE, Route::Upload(_, id)) => {
            registry.storage.drop_upload(&id).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "the method is not known here")),
    }
}

/// An answer without a body.
pub(crate) fn plain(status: StatusCode, headers: &[(header::HeaderName, String)]) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name.clone(), value);
        }
    }
    response
}

/// One parameter of a query, percent-decoded.
pub(crate) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| unescape(value)).next()
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let value = high.zip(low).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                bytes.push(value.unwrap_or(b'?'));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
