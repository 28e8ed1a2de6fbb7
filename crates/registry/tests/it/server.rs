//! The server by its protocol: the distribution specification's push, pull, resume, delete.

use crate::harness::{Harness, TestGate};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use wheelhouse_registry::server::{Access, Options, build};
use wheelhouse_registry::{Digest, IMAGE_MANIFEST};

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn code(&self) -> String {
        let value: Value = serde_json::from_slice(&self.body).unwrap();
        value["errors"][0]["code"].as_str().unwrap().to_owned()
    }
}

struct Server {
    router: Router,
    _directory: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = Options { blob_limit: 100, ..Options::in_directory(directory.path().to_owned()) };
        Self { router: build(options, Arc::new(TestGate(Access::Push))).unwrap(), _directory: directory }
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    async fn push(&self, bytes: &'static [u8]) -> Digest {
        let digest = Digest::of(bytes);
        let done = self.call("POST", &format!("/v2/a/blobs/uploads/?digest={digest}"), &[], bytes).await;
        assert_eq!(done.status, 201);
        assert_eq!(done.header("location"), format!("/v2/a/blobs/{digest}"));
        digest
    }

    async fn tag(&self, tag: &str, extra: Value) -> Digest {
        let config = self.push(b"{}").await;
        let mut manifest = json!({
            "schemaVersion": 2, "mediaType": IMAGE_MANIFEST, "layers": [],
            "config": { "mediaType": "application/x", "digest": config.to_string(), "size": 2 },
        });
        manifest.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let bytes = manifest.to_string();
        let digest = Digest::of(bytes.as_bytes());
        let done = self
            .call("PUT", &format!("/v2/a/manifests/{tag}"), &[("content-type", IMAGE_MANIFEST)], bytes)
            .await;
        assert_eq!((done.status, done.header("docker-content-digest")), (201, &*digest.to_string()));
        digest
    }
}

#[tokio::test]
async fn uploads_in_one_piece_in_chunks_and_resumed() {
    let server = Server::start();
    let digest = server.push(b"hello").await;
    let begun = server.call("POST", "/v2/a/blobs/uploads/", &[], "").await;
    assert_eq!((begun.status, begun.header("range")), (202, "0-0"));
    let location = begun.header("location").to_owned();
    let first = server.call("PATCH", &location, &[("content-range", "0-2")], "hel").await;
    assert_eq!((first.status, first.header("range")), (202, "0-2"));
    let gap = server.call("PATCH", &location, &[("content-range", "4-5")], "x").await;
    assert_eq!((gap.status, gap.code()), (416, "BLOB_UPLOAD_INVALID".into()));
    let progress = server.call("GET", &location, &[], "").await;
    assert_eq!((progress.status, progress.header("range")), (204, "0-2"));
    let done =
        server.call("PUT", &format!("{location}?digest={digest}"), &[("content-range", "3-4")], "lo").await;
    assert_eq!(done.status, 201);
    assert_eq!(server.call("GET", &location, &[], "").await.status, 404);

    let wrong =
        server.call("POST", &format!("/v2/a/blobs/uploads/?digest={}", Digest::of(b"x")), &[], "y").await;
    assert_eq!((wrong.status, wrong.code()), (400, "DIGEST_INVALID".into()));
    let large =
        server.call("POST", &format!("/v2/a/blobs/uploads/?digest={digest}"), &[], "x".repeat(101)).await;
    assert_eq!(large.status, 413);
    let mounted = server.call("POST", &format!("/v2/b/blobs/uploads/?mount={digest}&from=a"), &[], "").await;
    assert_eq!(mounted.status, 201);
    let escape = server.call("PATCH", "/v2/a/blobs/uploads/..%2f..%2fx", &[], "x").await;
    assert_eq!(escape.status, 404);
    let dropped = server.call("POST", "/v2/a/blobs/uploads/", &[], "").await;
    let location = dropped.header("location").to_owned();
    assert_eq!(server.call("DELETE", &location, &[], "").await.status, 204);
    assert_eq!(server.call("DELETE", &location, &[], "").await.status, 404);
}

#[tokio::test]
async fn blobs_are_read_whole_and_in_part() {
    let server = Server::start();
    let digest = server.push(b"hello").await;
    let path = format!("/v2/a/blobs/{digest}");
    let whole = server.call("GET", &path, &[], "").await;
    assert_eq!(
        (whole.status, whole.body.as_slice(), whole.header("content-length")),
        (200, &b"hello"[..], "5")
    );
    let head = server.call("HEAD", &path, &[], "").await;
    assert_eq!((head.status, head.body.len(), head.header("content-length")), (200, 0, "5"));
    let part = server.call("GET", &path, &[("range", "bytes=1-3")], "").await;
    assert_eq!(
        (part.status, part.body.as_slice(), part.header("content-range")),
        (206, &b"ell"[..], "bytes 1-3/5")
    );
    assert_eq!(server.call("GET", &path, &[("range", "bytes=9-")], "").await.status, 416);
    assert_eq!(server.call("DELETE", &path, &[], "").await.status, 202);
    let gone = server.call("GET", &path, &[], "").await;
    assert_eq!((gone.status, gone.code()), (404, "BLOB_UNKNOWN".into()));
}

#[tokio::test]
async fn manifests_tags_and_referrers() {
    let server = Server::start();
    let digest = server.tag("1.0", json!({})).await;
    server.tag("2.0", json!({ "annotations": { "x": "y" } })).await;
    let got = server.call("GET", "/v2/a/manifests/1.0", &[], "").await;
    assert_eq!((got.status, got.header("content-type")), (200, IMAGE_MANIFEST));
    let by_digest = server.call("GET", &format!("/v2/a/manifests/{digest}"), &[], "").await;
    assert_eq!(by_digest.body, got.body);
    let tags: Value =
        serde_json::from_slice(&server.call("GET", "/v2/a/tags/list", &[], "").await.body).unwrap();
    assert_eq!(tags, json!({ "name": "a", "tags": ["1.0", "2.0"] }));
    let page = server.call("GET", "/v2/a/tags/list?n=1", &[], "").await;
    assert_eq!(page.header("link"), "</v2/a/tags/list?n=1&last=1.0>; rel=\"next\"");
    assert_eq!(server.call("GET", "/v2/none/tags/list", &[], "").await.status, 404);

    let missing =
        json!({ "schemaVersion": 2, "config": { "digest": Digest::of(b"not here").to_string(), "size": 8 } });
    let refused = server.call("PUT", "/v2/a/manifests/3.0", &[], missing.to_string()).await;
    assert_eq!((refused.status, refused.code()), (404, "MANIFEST_BLOB_UNKNOWN".into()));
    assert_eq!(server.call("PUT", "/v2/a/manifests/3.0", &[], "no json").await.status, 400);

    let subject = json!({ "digest": digest.to_string(), "size": 1, "mediaType": IMAGE_MANIFEST });
    let about = server.tag("sig", json!({ "subject": subject, "artifactType": "sig/x" })).await;
    let referrers =
        server.call("GET", &format!("/v2/a/referrers/{digest}?artifactType=sig%2Fx"), &[], "").await;
    let value: Value = serde_json::from_slice(&referrers.body).unwrap();
    assert_eq!(value["manifests"][0]["digest"], about.to_string());
    assert_eq!(referrers.header("oci-filters-applied"), "artifactType");

    assert_eq!(server.call("DELETE", "/v2/a/manifests/2.0", &[], "").await.status, 202);
    assert_eq!(server.call("GET", "/v2/a/manifests/2.0", &[], "").await.status, 404);
    assert_eq!(server.call("DELETE", &format!("/v2/a/manifests/{digest}"), &[], "").await.status, 202);
    assert_eq!(server.call("GET", "/v2/a/manifests/1.0", &[], "").await.status, 404);
}

#[tokio::test]
async fn authentication_by_basic_and_by_token() {
    let harness = Harness::start(Access::None).await;
    let directory = tempfile::tempdir().unwrap();
    let options = Options::in_directory(directory.path().to_owned());
    let server =
        Server { router: build(options, Arc::new(TestGate(Access::None))).unwrap(), _directory: directory };
    let none = server.call("GET", "/v2/", &[("host", "registry.test")], "").await;
    assert_eq!(none.status, 401);
    assert_eq!(
        none.header("www-authenticate"),
        "Bearer realm=\"http://registry.test/token\",service=\"registry.test\""
    );
    let basic = |user: &str| format!("Basic {}", harness.login(user).auth);
    assert_eq!(server.call("GET", "/v2/", &[("authorization", &basic("puller"))], "").await.status, 200);
    assert_eq!(server.call("GET", "/v2/", &[("authorization", &basic("nobody"))], "").await.status, 401);
    let denied =
        server.call("POST", "/v2/a/blobs/uploads/", &[("authorization", &basic("puller"))], "").await;
    assert_eq!((denied.status, denied.code()), (403, "DENIED".into()));
    let token = async |user: &str, scope: &str| {
        let answer = server
            .call("GET", &format!("/token?scope={scope}"), &[("authorization", &basic(user))], "")
            .await;
        let value: Value = serde_json::from_slice(&answer.body).unwrap();
        format!("Bearer {}", value["token"].as_str().unwrap_or_default())
    };
    let post = async |token: &str| {
        server.call("POST", "/v2/a/blobs/uploads/", &[("authorization", token)], "").await.status
    };
    assert_eq!(post(&token("pusher", "repository:a:pull,push").await).await, 202);
    assert_eq!(post(&token("pusher", "repository:a:pull").await).await, 403);
    assert_eq!(post("Bearer push.9999999999.forged").await, 401);
    assert_eq!(server.call("GET", "/token", &[("authorization", &basic("nobody"))], "").await.status, 401);
}
