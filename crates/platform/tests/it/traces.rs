//! Spans reach a collector as OpenTelemetry's own would.

use crate::harness::Engine;
use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;
use http::Method;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wheelhouse_platform::client::ApiClient;
use wheelhouse_platform::{Build, Options, Platform, TraceOptions};

type Exports = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

async fn collector() -> (String, Exports) {
    let exports = Exports::default();
    let taken = Arc::clone(&exports);
    let take = move |headers: HeaderMap, body: String| {
        taken.lock().unwrap().push((headers, serde_json::from_str(&body).unwrap()));
        async { "{}" }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, exports)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn api_calls_are_exported_with_their_callers_trace() {
    let (endpoint, exports) = collector().await;
    let directory = tempfile::tempdir().unwrap();
    let at = || "127.0.0.1:0".parse().unwrap();
    let mut options = Options::on_loopback(directory.path().to_owned());
    (options.listen, options.listen_grpc, options.listen_registry) = (at(), None, None);
    let headers = vec![("x-collector-key".to_owned(), "k".to_owned())];
    options.traces = Some(TraceOptions { endpoint, headers, service: "here".to_owned() });
    let platform = Platform::build(Build { engine: Arc::new(Engine), options }).await.unwrap();
    let ready = platform.ready().clone();
    let cancel = CancellationToken::new();
    let running = tokio::spawn(platform.run(None, cancel.clone()));
    let client = ApiClient::new(&format!("http://{}", ready.gateway), &ready.first_token.unwrap());
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let path = "/v2/nvcf/functions?limit=1";
    client.send(Method::GET, path, &[("traceparent", parent)], "".into()).await.unwrap();
    drop(client);
    // What waits to be sent is sent before the end.
    cancel.cancel();
    running.await.unwrap().unwrap();
    let exports = std::mem::take(&mut *exports.lock().unwrap());
    let (headers, body) = exports.first().unwrap();
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["x-collector-key"], "k");
    let resource = &body["resourceSpans"][0];
    assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "here");
    let span = &resource["scopeSpans"][0]["spans"][0];
    assert_eq!(span["name"], "GET /v2/nvcf/functions");
    assert_eq!(span["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span["parentSpanId"], "b7ad6b7169203331");
}
