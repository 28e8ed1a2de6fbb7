//! `serve` as a process that may be killed, a stand-in for its agent that outlives it, and the function's server.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wheelhouse_platform::client::{ApiClient, ClientError};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Where the platform is at the moment, and the administrator's token.
#[derive(Clone, Default)]
pub(crate) struct Door(Arc<Mutex<(String, String)>>);

impl Door {
    /// A client of wherever the platform is now.
    pub(crate) fn client(&self) -> ApiClient {
        let (server, token) = self.0.lock().unwrap().clone();
        ApiClient::new(&server, &token)
    }

    /// The same with another key.
    pub(crate) fn client_with(&self, token: &str) -> ApiClient {
        ApiClient::new(&self.0.lock().unwrap().0, token)
    }
}

/// The process, its state, and what it is told to die of.
pub(crate) struct Service {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) door: Door,
    child: Option<Child>,
    database: Option<String>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Service {
    /// Starts it on nothing.
    pub(crate) fn start(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut service = Self { folder, door: Door::default(), child: None, database };
        assert!(service.up(""), "`serve` did not start");
        service
    }

    /// Starts it on what it left, with a failpoint; false when it died of it before it served.
    pub(crate) fn up(&mut self, failpoint: &str) -> bool {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wheelhouse"));
        let anywhere = "127.0.0.1:0";
        command.args(["serve", "--output=json", "--listen", anywhere, "--listen-grpc", anywhere]);
        command.args(["--listen-registry", anywhere, "--state"]).arg(self.folder.path());
        command.args(self.database.iter().map(|url| format!("--database={url}")));
        self.launch(command, failpoint)
    }

    /// The same where files may not grow beyond so many blocks of 1024 bytes: writing there fails.
    pub(crate) fn up_on_a_full_disk(&mut self, blocks: u64) -> bool {
        // What ignores a signal keeps ignoring it as another program; then writing fails and kills nobody.
        let script = "trap '' XFSZ; ulimit -f $0; exec \"$@\"";
        let mut command = Command::new("bash");
        command.args(["-c", script, &blocks.to_string(), env!("CARGO_BIN_EXE_wheelhouse")]);
        let anywhere = "127.0.0.1:0";
        command.args(["serve", "--output=json", "--listen", anywhere, "--listen-grpc", anywhere]);
        command.args(["--listen-registry", anywhere, "--state"]).arg(self.folder.path());
        self.launch(command, "")
    }

    fn launch(&mut self, mut command: Command, failpoint: &str) -> bool {
        let log =
            std::fs::File::options().append(true).create(true).open(self.folder.path().join("log")).unwrap();
        let mut child = command
            .env("WHEELHOUSE_FAILPOINT", failpoint)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(document) = serde_json::from_str::<Value>(&line) else {
            child.wait().unwrap();
            return false;
        };
        let mut door = self.door.0.lock().unwrap();
        document["server"].as_str().unwrap().clone_into(&mut door.0);
        if let Some(token) = document["token"].as_str() {
            token.clone_into(&mut door.1);
        }
        drop(door);
        self.child = Some(child);
        true
    }

    /// As `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _gone = child.kill();
            child.wait().unwrap();
        }
    }

    /// Whether it has died by itself.
    pub(crate) fn is_dead(&mut self) -> bool {
        let ended = self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
        if ended {
            self.child = None;
        }
        ended
    }

    /// What it said last, for a test that fails.
    pub(crate) fn log(&self) -> String {
        let text = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("api call")).collect();
        lines.iter().rev().take(20).rev().copied().collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn state(&self) -> &Path {
        self.folder.path()
    }
}

/// Looks until something is so.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The function: it answers with what it was asked and remembers each call's attempt.
#[derive(Clone, Default)]
pub(crate) struct Function {
    calls: Arc<Mutex<HashMap<String, Vec<u32>>>>,
}

impl Function {
    /// Serves it on loopback; gives its port.
    pub(crate) async fn serve(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls = Arc::clone(&self.calls);
        let answer = move |headers: HeaderMap, body: Bytes| {
            let said = String::from_utf8_lossy(&body).into_owned();
            let attempt =
                headers.get("nvcf-attempt").map_or(1, |value| value.to_str().unwrap().parse().unwrap());
            calls.lock().unwrap().entry(said.clone()).or_default().push(attempt);
            async move { said }
        };
        tokio::spawn(
            async move { axum::serve(listener, Router::new().fallback(any(answer))).await.unwrap() },
        );
        port
    }

    /// The attempts that reached it of the call with this body.
    pub(crate) fn attempts(&self, said: &str) -> Vec<u32> {
        self.calls.lock().unwrap().get(said).cloned().unwrap_or_default()
    }
}

/// Makes what is wanted ready at once, forever, wherever the platform is.
pub(crate) async fn pretend(door: Door, port: u16) {
    loop {
        if let Err(_away) = pretend_once(&door.client(), port).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn pretend_once(agent: &ApiClient, port: u16) -> Result<(), ClientError> {
    let cluster = json!({
        "name": "local", "group": "nvcf-default", "kubernetesVersion": "v1.36.0", "apiVersions": [],
        "region": null, "attributes": [],
        "gpus": [{ "name": "L40", "capacity": 2, "instance_types": [{
            "name": "ON-PREM.GPU.L40_1x", "description": "one", "default": true, "cpu_cores": 8,
            "memory_bytes": 1u64 << 34
        }] }],
    });
    let known = agent.call(Method::PUT, "/v1/agent/clusters", Some(&cluster)).await?;
    let cluster = known["cluster"].as_str().unwrap().to_owned();
    let mut after = String::new();
    loop {
        let path = format!("/v1/agent/clusters/{cluster}/work?wait=1{after}");
        let work = agent.call(Method::GET, &path, None).await?;
        after = format!("&after={}", work["revision"]);
        let endpoint = json!([{ "host": "127.0.0.1", "port": port }]);
        let observe = |instance: &Value| match instance["wanted"].as_bool() {
            Some(true) => json!({
                "id": instance["id"], "phase": { "phase": "ready" }, "endpoints": endpoint,
                "revision": instance["revision"],
            }),
            _ => {
                json!({ "id": instance["id"], "phase": { "phase": "gone" }, "endpoints": [], "revision": 0 })
            }
        };
        let observed: Vec<Value> = work["instances"].as_array().unwrap().iter().map(observe).collect();
        let path = format!("/v1/agent/clusters/{cluster}/report");
        agent.call(Method::POST, &path, Some(&json!({ "instances": observed }))).await?;
    }
}
