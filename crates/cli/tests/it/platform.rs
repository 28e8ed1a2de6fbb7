//! A platform on loopback, with a stand-in for its agent: what is wanted becomes ready at once, and
//! every instance is the same real server.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, Uri};
use axum::response::IntoResponse as _;
use axum::routing::any;
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use wheelhouse_functions::engine::{
    ChartEngine, ChartRequest, CheckReport, EngineError, Finding, Level, PodFacts, Rendered,
};
use wheelhouse_platform::client::ApiClient;
use wheelhouse_platform::{Build, Options, Platform, Ready};

use crate::support::Workspace;

/// Takes every chart, except with values that ask for a refusal.
struct Engine;

impl ChartEngine for Engine {
    fn check(&self, request: &ChartRequest<'_>) -> CheckReport {
        let finding = |values: &Value| Finding {
            rule: "WH-041".into(),
            level: Level::Error,
            message: "hostPID must be false".into(),
            details: json!({
                "rule": "WH-041", "level": "error", "object": "DaemonSet/agent", "path": ".spec.template.spec.hostPID",
                "message": format!("hostPID must be false, not {values}"), "fix": "remove hostPID",
                "file": "templates/agent.yaml", "line": 8, "column": 16,
                "values": [{ "path": ".Values.refuse", "from": "configuration:1:11" }],
            }),
        };
        let findings = request.values.get("refuse").map(finding).into_iter().collect();
        CheckReport { findings, objects: 1, ..CheckReport::default() }
    }

    fn render(&self, _: &ChartRequest<'_>) -> Result<Vec<Value>, EngineError> {
        Ok(Vec::new())
    }

    fn prepare(&self, _: &ChartRequest<'_>, _: &PodFacts<'_>) -> Result<Rendered, EngineError> {
        Err(EngineError("there is no agent here".into()))
    }
}

/// The platform and a folder to run commands in.
pub(crate) struct Harness {
    pub(crate) workspace: Workspace,
    pub(crate) ready: Ready,
    pub(crate) token: String,
    cancel: CancellationToken,
    state: TempDir,
    /// Last: it ends what runs on it.
    runtime: Runtime,
}

impl Drop for Harness {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Harness {
    /// A platform; commands find it through the environment.
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let state = TempDir::new().unwrap();
        let at = || "127.0.0.1:0".parse().unwrap();
        let mut options = Options::on_loopback(state.path().to_owned());
        (options.listen, options.listen_grpc, options.listen_registry) = (at(), None, Some(at()));
        options.gateway.drain = Duration::from_millis(100);
        let cancel = CancellationToken::new();
        let build = Platform::build(Build { engine: Arc::new(Engine), options });
        let platform = runtime.block_on(build).unwrap();
        let ready = platform.ready().clone();
        let token = ready.first_token.clone().unwrap();
        let stop = cancel.clone();
        runtime.spawn(async move { platform.run(None, stop).await.unwrap() });
        let function = runtime.block_on(serve_function());
        let server = format!("http://{}", ready.gateway);
        let agent = ApiClient::new(&server, &token);
        let cluster = runtime.block_on(introduce(&agent));
        runtime.spawn(pretend(agent, cluster, function));
        let mut workspace = Workspace::new();
        let home = workspace.path("home").display().to_string();
        workspace.variable("HOME", &home);
        workspace.variable("WHEELHOUSE_SERVER", &server);
        workspace.variable("WHEELHOUSE_TOKEN", &token);
        Harness { workspace, ready, token, cancel, state, runtime }
    }

    /// Makes a call of the API.
    pub(crate) fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let client = ApiClient::new(&format!("http://{}", self.ready.gateway), &self.token);
        self.runtime.block_on(client.call(method, path, body)).unwrap()
    }

    /// Every file of the platform's state.
    pub(crate) fn state_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut directories = vec![self.state.path().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { directories.push(path) } else { files.push(path) }
            }
        }
        files
    }

    /// Serves a folder as a chart repository; gives its address.
    pub(crate) fn serve(&self, folder: &Path) -> String {
        let folder = folder.to_owned();
        let give = move |uri: Uri| {
            let file = folder.join(uri.path().trim_start_matches('/'));
            async move {
                match std::fs::read(file) {
                    Ok(content) => content.into_response(),
                    Err(_) => axum::http::StatusCode::NOT_FOUND.into_response(),
                }
            }
        };
        self.runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move { axum::serve(listener, Router::new().fallback(give)).await.unwrap() });
            format!("http://{address}")
        })
    }

    /// Runs the binary; what differs from run to run is masked.
    pub(crate) fn run(&self, words: &[&str]) -> String {
        self.mask(&self.workspace.run_words(words, ""))
    }

    /// The same with something on standard input.
    pub(crate) fn run_with(&self, words: &[&str], input: &str) -> String {
        self.mask(&self.workspace.run_words(words, input))
    }

    /// Ids by their order, times, addresses and keys masked.
    pub(crate) fn mask(&self, text: &str) -> String {
        let text = text
            .replace(&self.token, "TOKEN")
            .replace(&self.ready.gateway.to_string(), "SERVER")
            .replace(&self.ready.registry.unwrap().to_string(), "REGISTRY");
        let mut ids: HashMap<String, usize> = HashMap::new();
        let mut masked = String::new();
        let mut rest = text.as_str();
        while let Some(letter) = rest.chars().next() {
            if let Some(id) = rest.get(..36).filter(|id| is_id(id)) {
                let count = ids.len() + 1;
                let number = *ids.entry(id.to_owned()).or_insert(count);
                // As long as an id: tables stay as they are.
                masked.push_str(&format!("id-{number:0>33}"));
                rest = &rest[36..];
            } else if let Some(end) = time(rest) {
                masked.push_str("TIME");
                rest = &rest[end..];
            } else {
                masked.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
        let lines: Vec<&str> = masked.lines().map(str::trim_end).collect();
        lines.join("\n")
    }
}

fn is_id(text: &str) -> bool {
    text.bytes().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// How long the time is that a text begins with: `2026-01-02T03:04:05.123Z`.
fn time(text: &str) -> Option<usize> {
    let head = text.get(..11)?;
    let shape: String =
        head.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    if shape != "0000-00-00T" {
        return None;
    }
    text.find('Z').map(|end| end + 1).filter(|&end| end < 36)
}

async fn introduce(agent: &ApiClient) -> String {
    let body = json!({
        "name": "local", "group": "nvcf-default", "kubernetesVersion": "v1.36.0", "apiVersions": [],
        "region": null, "attributes": [],
        "gpus": [{ "name": "L40", "capacity": 4, "instance_types": [{
            "name": "ON-PREM.GPU.L40_1x", "description": "one", "default": true, "cpu_cores": 8,
            "memory_bytes": 1u64 << 34
        }] }],
    });
    for _ in 0..6000 {
        if let Ok(answer) = agent.call(Method::PUT, "/v1/agent/clusters", Some(&body)).await {
            return answer["cluster"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the platform never took its cluster");
}

async fn pretend(agent: ApiClient, cluster: String, function: SocketAddr) {
    let mut after = String::new();
    loop {
        let path = format!("/v1/agent/clusters/{cluster}/work?wait=5{after}");
        let Ok(work) = agent.call(Method::GET, &path, None).await else { return };
        after = format!("&after={}", work["revision"]);
        for request in work["logs"].as_array().unwrap() {
            bring_logs(&agent, &cluster, request).await;
        }
        let endpoint = json!([{ "host": function.ip().to_string(), "port": function.port() }]);
        let observed: Vec<Value> = work["instances"]
            .as_array()
            .unwrap()
            .iter()
            .map(|instance| match instance["wanted"].as_bool() {
                Some(true) => json!({
                    "id": instance["id"], "phase": { "phase": "ready" }, "endpoints": endpoint,
                    "revision": instance["revision"],
                }),
                _ => json!({ "id": instance["id"], "phase": { "phase": "gone" }, "endpoints": [], "revision": 0 }),
            })
            .collect();
        let path = format!("/v1/agent/clusters/{cluster}/report");
        let _ended = agent.call(Method::POST, &path, Some(&json!({ "instances": observed }))).await;
    }
}

/// Two lines of a container that the request does not leave out, then the end.
async fn bring_logs(agent: &ApiClient, cluster: &str, request: &Value) {
    let said = |container: &str, line: String| {
        json!({ "instance": request["instance"], "pod": "web-0", "container": container, "line": line })
            .to_string()
            + "\n"
    };
    let wanted = |container: &str| request["container"].is_null() || request["container"] == container;
    let mut text = String::new();
    for container in ["server", "sidecar"].into_iter().filter(|container| wanted(container)) {
        text += &said(container, "started".to_owned());
        text += &said(container, format!("asked for {} lines\u{1b}[2J", request["tailLines"]));
    }
    let path = format!("/v1/agent/clusters/{cluster}/logs/{}?last=true", request["id"].as_str().unwrap());
    let sent = agent.send(Method::POST, &path, &[], text.into()).await.unwrap();
    assert_eq!(sent.status(), 204);
}

/// The function: tells what it was asked, streams events, echoes gRPC messages.
async fn serve_function() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/v2/health/ready", any(|| async { "ready" }))
        .route("/fail", any(|| async { (axum::http::StatusCode::IM_A_TEAPOT, "no coffee here") }))
        .route("/stream", any(events))
        .fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn events() -> Response<Body> {
    let pieces = ["data: {\"token\":\"one\"}\n\n", "event: end\ndata: two\n\n"];
    let frames = pieces.map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from(piece))));
    let body = Body::new(StreamBody::new(stream::iter(frames)));
    ([("content-type", "text/event-stream")], body).into_response()
}

async fn answer(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let text =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    if text("content-type").starts_with("application/grpc") {
        let mut trailers = HeaderMap::new();
        let unknown = uri.path().ends_with("/Unknown");
        trailers.insert("grpc-status", if unknown { "12" } else { "0" }.parse().unwrap());
        trailers.insert("grpc-message", if unknown { "no such method" } else { "" }.parse().unwrap());
        let frames = [Ok::<_, Infallible>(Frame::data(body)), Ok(Frame::trailers(trailers))];
        let body = Body::new(StreamBody::new(stream::iter(frames)));
        return ([("content-type", "application/grpc")], body).into_response();
    }
    let said = String::from_utf8_lossy(&body).into_owned();
    format!("{method} {} {} {said}\n", uri.path(), text("content-type")).into_response()
}
