//! Blobs: uploads in one piece, in chunks or resumed; downloads with ranges.

use super::refusal::Refusal;
use super::{Registry, parameter, plain};
use crate::digest::Digest;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use std::io::SeekFrom;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

pub(super) async fn get(
    registry: &Registry,
    digest: &Digest,
    range: Option<HeaderValue>,
    head: bool,
) -> Result<Response, Refusal> {
    let (mut file, size) = registry.storage.blob(digest).await?;
    let mut headers = vec![
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DIGEST, digest.to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, format!("\"{digest}\"")),
    ];
    let range = range.as_ref().and_then(|value| value.to_str().ok()).map(|text| span(text, size));
    let (status, start, length) = match range {
        None => (StatusCode::OK, 0, size),
        Some(Some((start, end))) => {
            headers.push((header::CONTENT_RANGE, format!("bytes {start}-{end}/{size}")));
            (StatusCode::PARTIAL_CONTENT, start, end - start + 1)
        }
        Some(None) => {
            return Err(Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, "RANGE_INVALID", "no such range"));
        }
    };
    headers.push((header::CONTENT_LENGTH, length.to_string()));
    let mut response = plain(status, &headers);
    if !head {
        file.seek(SeekFrom::Start(start)).await?;
        *response.body_mut() = Body::from_stream(ReaderStream::with_capacity(file.take(length), 256 << 10));
    }
    Ok(response)
}

/// Reads `bytes=a-b`, `bytes=a-` or `bytes=-n`.
fn span(text: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let end = size.checked_sub(1)?;
    let (start, stop) = match (first, last) {
        ("", last) => (size.saturating_sub(last.parse().ok()?), end),
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, last.parse::<u64>().ok()?.min(end)),
    };
    (start <= stop).then_some((start, stop))
}

pub(super) async fn delete(registry: &Registry, digest: &Digest) -> Result<Response, Refusal> {
    registry.storage.delete_blob(digest).await?;
    Ok(plain(StatusCode::ACCEPTED, &[]))
}

/// Begins an upload; with a digest and a body it is done at once; `mount` takes over what is there already.
pub(super) async fn begin(registry: &Registry, name: &str, request: Request) -> Result<Response, Refusal> {
    let query = request.uri().query().map(ToOwned::to_owned);
    if let Some(Ok(digest)) = parameter(query.as_deref(), "mount").map(|text| text.parse::<Digest>())
        && registry.storage.blob(&digest).await.is_ok()
    {
        return Ok(created(name, &digest));
    }
    let id = registry.storage.begin_upload().await?;
    if let Some(digest) = parameter(query.as_deref(), "digest") {
        write(registry, &id, request).await?;
        return conclude(registry, name, &id, &digest).await;
    }
    Ok(accepted(name, &id, 0))
}

pub(super) async fn progress(registry: &Registry, name: &str, id: &str) -> Result<Response, Refusal> {
    let (_, size) = registry.storage.upload(id).await?;
    let mut response = accepted(name, id, size);
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

pub(super) async fn append(
    registry: &Registry,
    name: &str,
    id: &str,
    request: Request,
) -> Result<Response, Refusal> {
    let size = write(registry, id, request).await?;
    Ok(accepted(name, id, size))
}

pub(super) async fn finish(
    registry: &Registry,
    name: &str,
    id: &str,
    request: Request,
) -> Result<Response, Refusal> {
    let digest = parameter(request.uri().query(), "digest")
        .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", "the digest is missing"))?;
    write(registry, id, request).await?;
    conclude(registry, name, id, &digest).await
}

async fn conclude(registry: &Registry, name: &str, id: &str, digest: &str) -> Result<Response, Refusal> {
    let invalid = |_| Refusal::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", "the digest is not sha256");
    let digest: Digest = digest.parse().map_err(invalid)?;
    registry.storage.finish_upload(id, &digest).await?;
    Ok(created(name, &digest))
}

/// Appends a body to an upload; returns how much is there then.
async fn write(registry: &Registry, id: &str, request: Request) -> Result<u64, Refusal> {
    let (mut file, mut size) = registry.storage.upload(id).await?;
    if let Some(start) = content_range(request.headers())
        && start != size
    {
        let message = format!("the upload continues at {size}");
        return Err(Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID", message));
    }
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        let broken = |_| Refusal::new(StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID", "the upload broke off");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        size += u64::try_from(data.len()).unwrap_or(u64::MAX);
        if size > registry.options.blob_limit {
            registry.storage.drop_upload(id).await?;
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", "the blob is too large"));
        }
        file.write_all(&data).await?;
    }
    file.flush().await?;
    Ok(size)
}

fn content_range(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let text = text.strip_prefix("bytes ").unwrap_or(text);
    text.split_once('-')?.0.parse().ok()
}

fn accepted(name: &str, id: &str, size: u64) -> Response {
    let headers = [
        (header::LOCATION, format!("/v2/{name}/blobs/uploads/{id}")),
        (header::RANGE, format!("0-{}", size.saturating_sub(1))),
        (UPLOAD_ID, id.to_owned()),
        (header::CONTENT_LENGTH, "0".to_owned()),
    ];
    plain(StatusCode::ACCEPTED, &headers)
}

fn created(name: &str, digest: &Digest) -> Response {
    let headers =
        [(header::LOCATION, format!("/v2/{name}/blobs/{digest}")), (CONTENT_DIGEST, digest.to_string())];
    plain(StatusCode::CREATED, &headers)
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn ranges() {
        assert_eq!(span("bytes=0-3", 10), Some((0, 3)));
        assert_eq!(span("bytes=4-", 10), Some((4, 9)));
        assert_eq!(span("bytes=-4", 10), Some((6, 9)));
        assert_eq!(span("bytes=0-99", 10), Some((0, 9)));
        for bad in ["bytes=10-", "bytes=5-2", "lines=1-2", "bytes=x-"] {
            assert_eq!(span(bad, 10), None, "{bad}");
        }
        assert_eq!(span("bytes=0-", 0), None);
    }
}
