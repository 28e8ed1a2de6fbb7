//! A control plane in the test's own process.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use wheelhouse_controlplane::{
    Build, ChartSource, ControlPlane, FetchError, FetchedChart, NewKey, Options, RegistryLogin, create_key,
    ensure_first_key,
};
use wheelhouse_functions::chart_reference::ChartReference;
use wheelhouse_functions::engine::{
    ChartEngine, ChartRequest, CheckReport, EngineError, Finding, Level, PodFacts, Rendered,
};
use wheelhouse_functions::id::{RequestId, VersionId};
use wheelhouse_functions::route::{LoadSource, RouteTable, VersionLoad};
use wheelhouse_functions::scope::{Grant, Grants};
use wheelhouse_store::{Authenticator, BoxFuture, Store};

/// Refuses values with a key `refuse`, and services called `missing`.
struct Engine;

impl ChartEngine for Engine {
    fn check(&self, request: &ChartRequest<'_>) -> CheckReport {
        let finding = |rule: &str, level, message: String| Finding {
            rule: rule.into(),
            level,
            details: json!({ "id": rule, "message": message }),
            message,
        };
        let mut findings = vec![finding("WH-016", Level::Info, "skipped".into())];
        if request.service == "missing" {
            findings.push(finding("WH-020", Level::Error, "no Service named \"missing\"".into()));
        }
        if let Some(why) = request.values.get("refuse") {
            findings.push(finding("WH-010", Level::Error, format!("refused: {why}")));
        }
        CheckReport { findings, objects: 1, ..CheckReport::default() }
    }

    fn render(&self, request: &ChartRequest<'_>) -> Result<Vec<Value>, EngineError> {
        Ok(vec![json!({ "values": request.values })])
    }

    fn prepare(&self, _: &ChartRequest<'_>, _: &PodFacts<'_>) -> Result<Rendered, EngineError> {
        Err(EngineError("agents do this".into()))
    }
}

/// Gives one archive under every reference, but for hosts that play a part; the whole of it may be away.
#[derive(Default)]
struct Charts {
    archive: Arc<Mutex<Vec<u8>>>,
    away: AtomicBool,
}

impl ChartSource for Charts {
    fn fetch<'a>(
        &'a self,
        reference: &'a ChartReference,
        logins: &'a [RegistryLogin],
    ) -> BoxFuture<'a, Result<FetchedChart, FetchError>> {
        Box::pin(async move {
            let host = reference.host().to_owned();
            if self.away.load(Ordering::Relaxed) {
                return Err(FetchError::Unavailable { host, reason: "connection refused".into() });
            }
            match host.as_str() {
                "private" if logins.is_empty() => {
                    Err(FetchError::Unauthorized { host, reason: "401".into() })
                }
                "down" => Err(FetchError::Unavailable { host, reason: "connection refused".into() }),
                _ => Ok(FetchedChart {
                    bytes: self.archive.lock().unwrap().clone(),
                    digest: format!("sha256:{}", "1".repeat(64)),
                }),
            }
        })
    }

    fn find_image<'a>(
        &'a self,
        image: &'a str,
        _: &'a [RegistryLogin],
    ) -> BoxFuture<'a, Result<(), FetchError>> {
        Box::pin(async move {
            match image.contains("missing") {
                true => Err(FetchError::NotFound { reference: image.to_owned(), reason: "404".into() }),
                false => Ok(()),
            }
        })
    }
}

#[derive(Default)]
struct Loads(Mutex<HashMap<VersionId, VersionLoad>>);

impl LoadSource for Loads {
    fn load(&self, version: VersionId) -> VersionLoad {
        self.0.lock().unwrap().get(&version).copied().unwrap_or_default()
    }
    fn drop_queue(&self, version: VersionId) {
        self.0.lock().unwrap().remove(&version);
    }
    fn position(&self, _: RequestId) -> Option<(VersionId, u32)> {
        None
    }
}

pub(crate) struct Harness {
    pub(crate) store: Store,
    pub(crate) router: Router,
    pub(crate) admin: String,
    pub(crate) routes: watch::Receiver<Arc<RouteTable>>,
    /// What every chart reference gives.
    pub(crate) archive: Arc<Mutex<Vec<u8>>>,
    loads: Arc<Loads>,
    charts: Arc<Charts>,
    cancel: CancellationToken,
    _directory: tempfile::TempDir,
}

impl Drop for Harness {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Harness {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        Self::start_on(Arc::new(Engine), options).await
    }

    /// A control plane with another chart engine.
    pub(crate) async fn start_on(engine: Arc<dyn ChartEngine>, options: Options) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let admin = ensure_first_key(&store, jiff::Timestamp::now()).await.unwrap().unwrap();
        let (sender, routes) = watch::channel(Arc::default());
        let loads = Arc::new(Loads::default());
        let archive = Arc::new(Mutex::new(b"chart".to_vec()));
        let charts = Arc::new(Charts { archive: Arc::clone(&archive), away: AtomicBool::default() });
        let control = ControlPlane::build(Build {
            store: store.clone(),
            authenticator: Arc::new(Authenticator::new(store.clone())),
            engine,
            charts: Arc::clone(&charts) as Arc<dyn ChartSource>,
            load: Arc::clone(&loads) as Arc<dyn LoadSource>,
            routes: sender,
            wake: Arc::new(Notify::new()),
            more_metrics: Arc::new(|_| {}),
            spans: None,
            options,
        });
        let cancel = CancellationToken::new();
        let router = control.router();
        let stop = cancel.clone();
        tokio::spawn(async move { control.run(stop).await });
        Self {
            store,
            router,
            admin: admin.reveal().into(),
            routes,
            archive,
            loads,
            charts,
            cancel,
            _directory: directory,
        }
    }

    /// A key of an account with these grants.
    pub(crate) async fn key(&self, account: &str, grants: &[&str]) -> String {
        let new = NewKey {
            account: account.parse().unwrap(),
            owner: "tester".into(),
            description: String::new(),
            grants: grants.iter().map(|text| text.parse::<Grant>().unwrap()).collect::<Grants>(),
            resources: vec![],
            issuer: String::new(),
            audience: vec![],
            expires_at: None,
            actor: "test".into(),
            request: String::new(),
        };
        create_key(&self.store, new, jiff::Timestamp::now()).await.unwrap().1.reveal().to_owned()
    }

    /// From now on no registry answers.
    pub(crate) fn take_registries_away(&self) {
        self.charts.away.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_load(&self, version: &str, load: VersionLoad) {
        self.loads.0.lock().unwrap().insert(version.parse().unwrap(), load);
    }

    pub(crate) async fn call(
        &self,
        token: Option<&str>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer { status, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Some(&self.admin), Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Some(&self.admin), Method::POST, path, Some(body)).await
    }

    /// Creates a function and returns its ids.
    pub(crate) async fn create(&self, change: impl FnOnce(&mut Value)) -> (String, String) {
        let mut body = chart_function();
        change(&mut body);
        let answer = self.post("/v2/nvcf/functions", body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let text = |name: &str| answer.body["function"][name].as_str().unwrap().to_owned();
        (text("id"), text("versionId"))
    }

    /// Introduces a cluster with L40s and returns its id.
    pub(crate) async fn cluster(&self, capacity: u32) -> String {
        let types = |name: &str, default: bool| json!({ "name": name, "description": "", "default": default, "cpu_cores": 8, "memory_bytes": 1u64 << 34 });
        let body = json!({
            "name": "local", "group": "nvcf-default", "kubernetesVersion": "v1.36.0", "apiVersions": [],
            "region": null, "attributes": [],
            "gpus": [{ "name": "L40", "capacity": capacity, "instance_types": [types("ON-PREM.GPU.L40_1x", true)] }],
        });
        let answer = self.call(Some(&self.admin), Method::PUT, "/v1/agent/clusters", Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["cluster"].as_str().unwrap().to_owned()
    }

    /// What the cluster is to have, as soon as `ready` likes it.
    pub(crate) async fn work(&self, cluster: &str, ready: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let mut after = None;
        for _ in 0..100 {
            let query = after.map_or(String::new(), |after: u64| format!("?after={after}&wait=1"));
            let answer = self.get(&format!("/v1/agent/clusters/{cluster}/work{query}")).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let instances = answer.body["instances"].as_array().unwrap().clone();
            if ready(&instances) {
                return instances;
            }
            after = answer.body["revision"].as_u64();
        }
        panic!("the cluster never got the work the test waits for");
    }

    pub(crate) async fn report(&self, cluster: &str, instance: &Value, phase: Value) {
        let endpoints =
            if phase["phase"] == "ready" { json!([{ "host": "127.0.0.1", "port": 1 }]) } else { json!([]) };
        let observed = json!({ "id": instance["id"], "phase": phase, "endpoints": endpoints, "revision": 1 });
        let path = format!("/v1/agent/clusters/{cluster}/report");
        let answer = self.post(&path, json!({ "instances": [observed] })).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    pub(crate) async fn wait_for_status(&self, function: &str, version: &str, status: &str) -> Value {
        let path = format!("/v2/nvcf/functions/{function}/versions/{version}");
        let mut last = Value::Null;
        for _ in 0..6000 {
            last = self.get(&path).await.body["function"].clone();
            if last["status"] == status {
                return last;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the version never became {status}: {last}");
    }
}

/// The create call of the user documents.
pub(crate) fn chart_function() -> Value {
    json!({
        "name": "function_name",
        "inferenceUrl": "v2/models/model_name/versions/model_version/infer",
        "inferencePort": 8001,
        "helmChart": "oci://localhost:5000/team/charts/inference-test-1.0.tgz",
        "helmChartServiceName": "service_name",
        "apiBodyFormat": "CUSTOM"
    })
}

/// The deploy call of the user documents.
pub(crate) fn deployment() -> Value {
    json!({ "deploymentSpecifications": [{
        "gpu": "L40", "backend": "nvcf-default", "maxInstances": 2, "minInstances": 1,
        "configuration": { "key_one": "<value>", "key_two": { "key_two_subkey_one": "<value>" } }
    }] })
}
