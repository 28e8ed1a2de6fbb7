//! A platform, a Kubernetes API, and a stand-in for controllers and nodes: what a Deployment wants becomes true at
//! once, and every Service leads to a real server on loopback.

use axum::Router;
use axum::http::Uri;
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use wheelhouse_cluster::{Access, ApplyOptions, Cluster, ListOptions, Subresource, metadata, resources};
use wheelhouse_functions::engine::{ChartEngine, ChartRequest, CheckReport, EngineError, PodFacts, Rendered};
use wheelhouse_platform::{Build, Options, Platform, Ready};
use wheelhouse_registry::{AddressPolicy, Client, Login, Target};

/// The "charts" of this test are JSON lists of objects, in which `${NAMESPACE}` is replaced.
pub(crate) struct Engine;

impl ChartEngine for Engine {
    fn check(&self, _: &ChartRequest<'_>) -> CheckReport {
        CheckReport::default()
    }

    fn render(&self, request: &ChartRequest<'_>) -> Result<Vec<Value>, EngineError> {
        let text = String::from_utf8_lossy(request.chart).replace("${NAMESPACE}", request.namespace);
        let values = serde_json::to_string(request.values).unwrap();
        let text = text.replace("${VALUES}", &values.replace('\\', "\\\\").replace('"', "\\\""));
        serde_json::from_str(&text).map_err(|error| EngineError(error.to_string()))
    }

    fn prepare(&self, request: &ChartRequest<'_>, _: &PodFacts<'_>) -> Result<Rendered, EngineError> {
        Ok(Rendered { objects: self.render(request)?, ready_by_probe: false })
    }
}

pub(crate) struct Harness {
    pub(crate) ready: Ready,
    pub(crate) token: String,
    pub(crate) cluster: Cluster,
    cancel: CancellationToken,
    running: Option<Running>,
    directory: tempfile::TempDir,
}

impl Drop for Harness {
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some((cancel, _)) = &self.running {
            cancel.cancel();
        }
    }
}

impl Harness {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let cancel = CancellationToken::new();
        let cluster = kubernetes(directory.path(), &cancel).await;
        let function = serve_function().await;
        tokio::spawn(pretend(cluster.clone(), function));

        let (ready, running) = run_platform(directory.path(), &cluster).await;
        let token = ready.first_token.clone().unwrap();
        let harness = Self { ready, token, cluster, cancel, running: Some(running), directory };
        harness
            .until("the cluster is introduced", async |harness| {
                let groups = harness.curl("/v2/nvcf/clusterGroups").await;
                groups["clusterGroups"].as_array().is_some_and(|groups| !groups.is_empty())
            })
            .await;
        harness
    }

    /// Ends the platform, not the cluster, and starts it anew on what it left.
    pub(crate) async fn restart_platform(&mut self) {
        let (cancel, ended) = self.running.take().unwrap();
        cancel.cancel();
        ended.await.unwrap();
        let (ready, running) = run_platform(self.directory.path(), &self.cluster).await;
        assert!(ready.first_token.is_none(), "the first token is made once");
        (self.ready, self.running) = (ready, Some(running));
    }

    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn(&Self) -> bool) {
        for _ in 0..2400 {
            if holds(self).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("never: {what}");
    }

    /// Pushes a "chart" into the embedded registry.
    pub(crate) async fn push(&self, name: &str, version: &str, objects: &Value) {
        let host = self.ready.registry.unwrap().to_string();
        let auth = STANDARD.encode(format!("user:{}", self.token));
        let logins = [Login { host: host.clone(), auth }];
        let policy = AddressPolicy {
            private_hosts: vec![host.clone()],
            plain_hosts: vec![host.clone()],
            trusted_hosts: vec![],
        };
        let client =
            Client::new(wheelhouse_registry::Options { policy, ..wheelhouse_registry::Options::default() });
        let repository = format!("team/charts/{name}");
        let target = Target { host: &host, repository: &repository, tag: version, logins: &logins };
        let metadata = json!({ "name": name, "version": version });
        client.push_chart(&target, &metadata, objects.to_string().into(), BTreeMap::new()).await.unwrap();
    }

    /// Runs a shell command with the documents' variables set; its output is what curl printed.
    pub(crate) async fn shell(&self, script: &str, more: &[(&str, &str)]) -> String {
        let mut command = Command::new("bash");
        command.arg("-c").arg(script);
        command.env("GATEWAY_ADDR", self.ready.gateway.to_string()).env("NVCF_TOKEN", &self.token);
        command.env("REGISTRY", self.ready.registry.unwrap().to_string()).env("REPOSITORY", "team");
        for (name, value) in more {
            command.env(name, value);
        }
        let output = command.output().await.unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) async fn curl(&self, path: &str) -> Value {
        let script = format!(
            "curl -s \"http://${{GATEWAY_ADDR}}{path}\" -H \"Host: api.${{GATEWAY_ADDR}}\" -H \"Authorization: Bearer $NVCF_TOKEN\""
        );
        serde_json::from_str(&self.shell(&script, &[]).await).unwrap_or(Value::Null)
    }
}

/// The local API server; or, in the reference suite, a real one that the environment names.
async fn kubernetes(directory: &Path, cancel: &CancellationToken) -> Cluster {
    let variable = |name: &str| std::env::var(format!("KUBERNETES_TEST_{name}"));
    if let Ok(server) = variable("SERVER") {
        let authority = std::fs::read(variable("AUTHORITY").unwrap()).unwrap();
        let access = Access::with_token(&server, Some(authority), &variable("TOKEN").unwrap());
        let cluster = Cluster::new(&access).unwrap();
        // What another test has left.
        for namespace in cluster.list(&resources::NAMESPACE, None, &ListOptions::default()).await.unwrap() {
            let name = metadata::name(&namespace);
            if name.starts_with("sr-") {
                let _gone = cluster.delete(&resources::NAMESPACE, None, name, &Default::default()).await;
                empty(&cluster, name).await;
            }
        }
        return cluster;
    }
    let api = wheelhouse_local_apiserver::Options::new(directory.join("kubernetes"));
    let server = api.build().await.unwrap();
    let ready = server.ready();
    let authority = ready.authority_pem.clone().into_bytes();
    let cluster = Cluster::new(&Access::with_token(&ready.url, Some(authority), &ready.admin_token)).unwrap();
    tokio::spawn(server.run(cancel.clone()));
    cluster
}

/// Ends a namespace that is to go, as the namespace controller would.
async fn empty(cluster: &Cluster, name: &str) {
    if let Ok(Some(mut namespace)) = cluster.get(&resources::NAMESPACE, None, name).await {
        namespace["spec"]["finalizers"] = json!([]);
        let _raced = cluster.replace(&resources::NAMESPACE, &namespace, Some(Subresource::Finalize)).await;
    }
}

type Running = (CancellationToken, tokio::task::JoinHandle<()>);

async fn run_platform(directory: &Path, cluster: &Cluster) -> (Ready, Running) {
    let at = || "127.0.0.1:0".parse().unwrap();
    let mut options = Options::on_loopback(directory.join("platform"));
    (options.listen, options.listen_grpc, options.listen_registry) = (at(), None, Some(at()));
    options.gateway.drain = Duration::from_secs(2);
    let platform = Platform::build(Build { engine: Arc::new(Engine), options }).await.unwrap();
    let ready = platform.ready().clone();
    let mut agent = platform.agent_options().await.unwrap();
    agent.gpus = Some(vec![gpus()]);
    agent.look = Duration::from_millis(50);
    let cancel = CancellationToken::new();
    let (stop, door) = (cancel.clone(), cluster.clone());
    let ended = tokio::spawn(async move { platform.run(Some((door, agent)), stop).await.unwrap() });
    (ready, (cancel, ended))
}

fn gpus() -> wheelhouse_functions::catalogue::GpuOffer {
    serde_json::from_value(json!({
        "name": "L40", "capacity": 4,
        "instance_types": [{
            "name": "ON-PREM.GPU.L40_1x", "description": "one", "default": true, "cpu_cores": 8,
            "memory_bytes": 1u64 << 34
        }],
    }))
    .unwrap()
}

/// The function: healthy, and telling what it was asked.
async fn serve_function() -> SocketAddr {
    let listener = TcpListener::bind((own_address(), 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/v2/health/ready", any(|| async { "ready" }))
        .fallback(|uri: Uri, body: String| async move { format!("{} got {body}", uri.path()) });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Where the function listens: on loopback; but a real API server takes no endpoints there, so that with one it is
/// the address by which this machine would reach another.
fn own_address() -> IpAddr {
    if std::env::var_os("KUBERNETES_TEST_SERVER").is_none() {
        return Ipv4Addr::LOCALHOST.into();
    }
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    // Nothing is sent.
    socket.connect("192.0.2.1:9").unwrap();
    socket.local_addr().unwrap().ip()
}

/// Stands in for controllers and nodes.
async fn pretend(cluster: Cluster, function: SocketAddr) {
    let all = ListOptions::default();
    loop {
        for deployment in cluster.list(&resources::DEPLOYMENT, None, &all).await.unwrap_or_default() {
            let generation = metadata::generation(&deployment);
            if deployment["status"]["observedGeneration"] == generation {
                continue;
            }
            let replicas = deployment["spec"]["replicas"].as_i64().unwrap_or(1);
            let mut done = deployment.clone();
            done["status"] = json!({
                "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
                "availableReplicas": replicas, "readyReplicas": replicas,
            });
            let _raced = cluster.replace(&resources::DEPLOYMENT, &done, Some(Subresource::Status)).await;
        }
        for service in cluster.list(&resources::SERVICE, None, &all).await.unwrap_or_default() {
            let (name, namespace) = (metadata::name(&service), metadata::namespace(&service));
            if !namespace.starts_with("sr-") {
                continue;
            }
            let ports: Vec<Value> = service["spec"]["ports"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|port| json!({ "name": port["name"].as_str().unwrap_or_default(), "port": function.port(), "protocol": "TCP" }))
                .collect();
            let slice = json!({
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                "metadata": {
                    "name": format!("{name}-1"), "namespace": namespace,
                    "labels": { "kubernetes.io/service-name": name },
                },
                "endpoints": [{ "addresses": [function.ip().to_string()], "conditions": { "ready": true } }],
                "ports": ports,
            });
            let options = ApplyOptions::by("pretend").forced();
            let _raced = cluster.apply(&resources::ENDPOINT_SLICE, &slice, None, &options).await;
        }
        // Namespaces that are to go are emptied, as the namespace controller would.
        for namespace in cluster.list(&resources::NAMESPACE, None, &all).await.unwrap_or_default() {
            if metadata::is_deleting(&namespace) {
                empty(&cluster, metadata::name(&namespace)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
