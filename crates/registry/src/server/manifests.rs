//! Manifests, tags and referrers.

use super::refusal::Refusal;
use super::storage::StoredManifest;
use super::{Registry, parameter, plain};
use crate::digest::Digest;
use crate::manifest::IMAGE_MANIFEST;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const IMAGE_INDEX: &str = "application/vnd.oci.image.index.v1+json";

pub(super) async fn get(
    registry: &Registry,
    name: &str,
    reference: &str,
    head: bool,
) -> Result<Response, Refusal> {
    let manifest = registry.storage.manifest(name, reference).await?;
    let headers = [
        (header::CONTENT_TYPE, manifest.media_type),
        (header::CONTENT_LENGTH, manifest.bytes.len().to_string()),
        (header::ETAG, format!("\"{}\"", manifest.digest)),
        (CONTENT_DIGEST, manifest.digest.to_string()),
    ];
    let mut response = plain(StatusCode::OK, &headers);
    if !head {
        *response.body_mut() = Body::from(manifest.bytes);
    }
    Ok(response)
}

pub(super) async fn put(
    registry: &Registry,
    name: &str,
    reference: &str,
    request: Request,
) -> Result<Response, Refusal> {
    let invalid = |message: String| Refusal::new(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", message);
    let given = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(ToOwned::to_owned);
    let limited = Limited::new(request.into_body(), registry.options.manifest_limit);
    let bytes =
        limited.collect().await.map_err(|_| invalid("it is too large or broke off".to_owned()))?.to_bytes();
    let value: Value =
        serde_json::from_slice(&bytes).map_err(|error| invalid(format!("it is not JSON: {error}")))?;
    if !value.is_object() {
        return Err(invalid("it is not an object".to_owned()));
    }
    let digest = Digest::of(&bytes);
    let wanted = reference.parse::<Digest>().ok();
    if wanted.as_ref().is_some_and(|wanted| *wanted != digest) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "DIGEST_INVALID",
            format!("its digest is {digest}"),
        ));
    }
    check_references(registry, name, &value).await?;
    let own = value.get("mediaType").and_then(Value::as_str).map(ToOwned::to_owned);
    let media_type = given.or(own).unwrap_or_else(|| IMAGE_MANIFEST.to_owned());
    let manifest = StoredManifest { digest, media_type, bytes: bytes.to_vec() };
    let tag = wanted.is_none().then_some(reference);
    registry.storage.put_manifest(name, &manifest, tag).await?;
    let mut headers = vec![
        (header::LOCATION, format!("/v2/{name}/manifests/{reference}")),
        (CONTENT_DIGEST, manifest.digest.to_string()),
    ];
    if let Some(subject) = value.pointer("/subject/digest").and_then(Value::as_str) {
        headers.push((SUBJECT, subject.to_owned()));
    }
    Ok(plain(StatusCode::CREATED, &headers))
}

/// Everything a manifest names has to be here already.
async fn check_references(registry: &Registry, name: &str, manifest: &Value) -> Result<(), Refusal> {
    let list = |field: &str| manifest.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    for descriptor in manifest.get("config").cloned().into_iter().chain(list("layers")) {
        let text = descriptor.get("digest").and_then(Value::as_str).unwrap_or_default();
        let unknown = || {
            Refusal::new(StatusCode::NOT_FOUND, "MANIFEST_BLOB_UNKNOWN", format!("blob {text} is not here"))
        };
        let digest: Digest = text.parse().map_err(|_| unknown())?;
        let (_, size) = registry.storage.blob(&digest).await.map_err(|_| unknown())?;
        if descriptor.get("size").and_then(Value::as_u64).is_some_and(|said| said != size) {
            let message = format!("blob {digest} has {size} bytes");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "SIZE_INVALID", message));
        }
    }
    for descriptor in list("manifests") {
        let text = descriptor.get("digest").and_then(Value::as_str).unwrap_or_default();
        registry.storage.manifest(name, text).await?;
    }
    Ok(())
}

pub(super) async fn delete(registry: &Registry, name: &str, reference: &str) -> Result<Response, Refusal> {
    registry.storage.delete_manifest(name, reference).await?;
    Ok(plain(StatusCode::ACCEPTED, &[]))
}

pub(super) async fn tags(registry: &Registry, name: &str, query: Option<&str>) -> Result<Response, Refusal> {
    let mut tags = registry.storage.tags(name).await?;
    if let Some(last) = parameter(query, "last") {
        tags.retain(|tag| *tag > last);
    }
    let mut link = None;
    if let Some(most) = parameter(query, "n").and_then(|text| text.parse::<usize>().ok())
        && tags.len() > most
    {
        tags.truncate(most);
        let last = tags.last().cloned().unwrap_or_default();
        link = Some(format!("</v2/{name}/tags/list?n={most}&last={last}>; rel=\"next\""));
    }
    let mut response = axum::Json(json!({ "name": name, "tags": tags })).into_response();
    if let Some(Ok(link)) = link.map(|link| link.parse()) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// What is about a manifest: signatures, bills of materials and the like.
pub(super) async fn referrers(
    registry: &Registry,
    name: &str,
    digest: &Digest,
    query: Option<&str>,
) -> Result<Response, Refusal> {
    let wanted = parameter(query, "artifactType");
    let mut found = Vec::new();
    for manifest in registry.storage.manifests(name).await? {
        let Ok(value) = serde_json::from_slice::<Value>(&manifest.bytes) else { continue };
        if value.pointer("/subject/digest").and_then(Value::as_str) != Some(&digest.to_string()) {
            continue;
        }
        let kind =
            value.get("artifactType").or_else(|| value.pointer("/config/mediaType")).and_then(Value::as_str);
        if wanted.as_deref().is_some_and(|wanted| Some(wanted) != kind) {
            continue;
        }
        found.push(json!({
            "mediaType": manifest.media_type,
            "digest": manifest.digest.to_string(),
            "size": manifest.bytes.len(),
            "artifactType": kind,
            "annotations": value.get("annotations").cloned().unwrap_or_else(|| json!({})),
        }));
    }
    let body = json!({ "schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": found });
    let mut response = (StatusCode::OK, body.to_string()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(IMAGE_INDEX));
    if wanted.is_some() {
        let applied = header::HeaderValue::from_static("artifactType");
        response.headers_mut().insert("oci-filters-applied", applied);
    }
    Ok(response)
}
