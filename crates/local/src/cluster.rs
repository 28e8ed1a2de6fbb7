//! Starting the three parts, waiting for them, stopping them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use wheelhouse_cluster::resources::NODE;
use wheelhouse_cluster::{Access, Cluster, ListOptions};
use wheelhouse_local_apiserver as apiserver;
use wheelhouse_local_controllers::{self as controllers, Controllers};
use wheelhouse_local_node::{self as node, Nodes, devices, doctor};

use crate::error::Error;
use crate::images::Images;
use crate::options::Options;
use crate::ranges::{self, Ranges};
use crate::running::{Hold, Running};

/// How long the parts may take to get ready.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether they are.
const LOOK: Duration = Duration::from_millis(2);

/// How long it took from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// Until the API answered.
    pub api: Duration,
    /// Until all nodes were ready.
    pub nodes: Duration,
}

/// A cluster that this process runs. Dropping it ends it, but not in order: use [`LocalCluster::stop`].
#[derive(Debug)]
pub struct LocalCluster {
    begun: Instant,
    hold: Hold,
    client: Cluster,
    running: Running,
    images: Images,
    nodes: Option<Part>,
    controllers: Part,
    api: Part,
    _ranges: Ranges,
}

/// A part that runs, and is told to end when this is dropped.
#[derive(Debug)]
struct Part {
    name: &'static str,
    cancel: DropGuard,
    task: JoinHandle<()>,
}

impl Part {
    fn start<F: Future<Output = ()> + Send + 'static>(
        name: &'static str,
        run: impl FnOnce(CancellationToken) -> F,
    ) -> Self {
        let cancel = CancellationToken::new();
        let task = tokio::spawn(run(cancel.clone()));
        Self { name, cancel: cancel.drop_guard(), task }
    }

    async fn stop(self) {
        drop(self.cancel);
        if let Err(error) = self.task.await {
            tracing::error!(part = self.name, %error, "a part did not end well");
        }
    }
}

impl LocalCluster {
    /// Starts a cluster, with what an earlier one left in the state directory. The API answers soon after;
    /// [`LocalCluster::ready`] waits for it and for the nodes.
    ///
    /// # Errors
    /// If another process runs a cluster there, the address or the state cannot be used, or the machine
    /// cannot run containers and there are to be nodes.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let begun = Instant::now();
        let devices = if options.nodes == 0 { Vec::new() } else { devices::discover(&options.devices) };
        let nodes = options.nodes(devices, devices::nvidia_model().as_deref());
        if !nodes.is_empty() {
            let report = doctor::examine();
            if !report.is_fit() {
                return Err(Error::Machine(report));
            }
        }
        let hold = Hold::take(&options.state)?;
        let state = hold.state().to_owned();
        if !nodes.is_empty() {
            ranges::clear_leftovers();
        }
        let ranges = ranges::take(&state)?;
        let mut api = apiserver::Options::new(&state);
        api.bind = options.listen;
        api.service_range = (ranges.services.base(), ranges.services.prefix);
        let server = api.build().await?;
        let ready = server.ready().clone();
        let authority = ready.authority_pem.clone();
        let access = Access::with_token(&ready.url, Some(authority.clone().into_bytes()), &ready.admin_token);
        let client = Cluster::new(&access)?;
        let running = Running {
            pid: std::process::id(),
            server: ready.url.clone(),
            kubeconfig: state.join("kubeconfig"),
            nodes: nodes.iter().map(|node| node.name.clone()).collect(),
            api_ready_ms: None,
            nodes_ready_ms: None,
        };
        let api = Part::start("API server", |cancel| server.run(cancel));
        hold.tell(&running)?;
        let manage =
            controllers::Options { authority: Some(authority), volumes: Some(state.join("node/volumes")) };
        let manage = Controllers::new(client.clone(), manage);
        let controllers = Part::start("controllers", |cancel| manage.run(cancel.cancelled_owned()));
        let dns = ranges.services.nth(10).ok_or_else(|| Error::Ranges("no room for DNS".to_owned()))?;
        let images = Images::of(&state)?;
        let nodes = if nodes.is_empty() {
            None
        } else {
            let settings = node::Options {
                pods: ranges.pods,
                services: ranges.services,
                dns,
                sandbox: options.sandbox,
                token: ready.node_token,
                plain_registries: options.plain_registries,
                // The state directory tells clusters of one machine apart.
                ..node::Options::new(&name(&state), state.join("node"), nodes)
            };
            let built = Nodes::build(client.clone(), settings).await?;
            Some(Part::start("nodes", |cancel| built.run(cancel.cancelled_owned())))
        };
        Ok(Self { begun, hold, client, running, images, nodes, controllers, api, _ranges: ranges })
    }

    /// Waits until the API answers and all nodes are ready.
    ///
    /// # Errors
    /// If that takes longer than a minute.
    pub async fn ready(&mut self) -> Result<Timings, Error> {
        let api = self.api_ready().await?;
        let nodes = self.nodes_ready().await?;
        Ok(Timings { api, nodes })
    }

    /// Waits until the API answers, and gives the time since the start.
    ///
    /// # Errors
    /// If that takes longer than a minute.
    pub async fn api_ready(&mut self) -> Result<Duration, Error> {
        let client = self.client.clone();
        let took =
            self.until("the API does not answer", async || client.get_text("/readyz").await.is_ok()).await?;
        self.running.api_ready_ms = Some(millis(took));
        self.hold.tell(&self.running)?;
        Ok(took)
    }

    /// Waits until all nodes are ready, and gives the time since the start.
    ///
    /// # Errors
    /// If that takes longer than a minute.
    pub async fn nodes_ready(&mut self) -> Result<Duration, Error> {
        let (client, names) = (self.client.clone(), self.running.nodes.clone());
        let ready = async || {
            let Ok(nodes) = client.list(&NODE, None, &ListOptions::default()).await else { return false };
            names.iter().all(|name| nodes.iter().any(|node| is_ready(node, name)))
        };
        let took = self.until("the nodes are not ready", ready).await?;
        self.running.nodes_ready_ms = Some(millis(took));
        self.hold.tell(&self.running)?;
        Ok(took)
    }

    async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) -> Result<Duration, Error> {
        let deadline = Instant::now() + PATIENCE;
        while !holds().await {
            if Instant::now() >= deadline {
                return Err(Error::Late { what: what.to_owned(), after: PATIENCE });
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(self.begun.elapsed())
    }

    /// A client with all rights, as the parts themselves have.
    #[must_use]
    pub fn client(&self) -> Cluster {
        self.client.clone()
    }

    /// The address of the API.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.running.server
    }

    /// The file that `kubectl`, Helm and others are pointed to with `KUBECONFIG`.
    #[must_use]
    pub fn kubeconfig_path(&self) -> &Path {
        &self.running.kubeconfig
    }

    /// What is in that file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn kubeconfig(&self) -> Result<String, Error> {
        let path = &self.running.kubeconfig;
        std::fs::read_to_string(path).map_err(Error::state(path))
    }

    /// The images, to load archives into.
    #[must_use]
    pub fn images(&self) -> Images {
        self.images.clone()
    }

    /// What others are told of this cluster.
    #[must_use]
    pub fn running(&self) -> &Running {
        &self.running
    }

    /// Runs until cancelled, then stops.
    pub async fn run(self, cancel: CancellationToken) {
        cancel.cancelled().await;
        self.stop().await;
    }

    /// Ends all pods, then the controllers, then the API. The pods stay in the API and come up again with
    /// the next start.
    pub async fn stop(self) {
        if let Some(nodes) = self.nodes {
            nodes.stop().await;
        }
        self.controllers.stop().await;
        self.api.stop().await;
    }
}

/// Removes everything that a cluster keeps in its state directory.
///
/// # Errors
/// If a process runs the cluster, the folder is no state directory, or something cannot be removed.
pub fn reset(state: &Path) -> Result<(), Error> {
    if !state.exists() {
        return Ok(());
    }
    if !state.join("store.redb").is_file() && !state.join("pid").is_file() {
        return Err(Error::NotOurs(state.to_owned()));
    }
    let hold = Hold::take(state)?;
    let ranges = ranges::take(hold.state())?;
    let nodes = node::Options { pods: ranges.pods, ..node::Options::new("", state, Vec::new()) };
    // Needs rights that a cluster without nodes did not need, and then there is nothing to take away.
    if let Err(error) = Nodes::purge(&nodes) {
        tracing::debug!(%error, "routes were not taken away");
    }
    let path: PathBuf = hold.state().to_owned();
    std::fs::remove_dir_all(&path).map_err(Error::state(&path))
}

/// A name for the cluster on a state directory, which no other cluster of the machine has.
fn name(state: &Path) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    format!("local-{:012x}", hasher.finish() & 0xffff_ffff_ffff)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn is_ready(node: &Value, name: &str) -> bool {
    let conditions = node.pointer("/status/conditions").and_then(Value::as_array);
    let is = |condition: &Value, key: &str, wanted: &str| {
        condition.get(key).and_then(Value::as_str) == Some(wanted)
    };
    wheelhouse_cluster::metadata::name(node) == name
        && conditions
            .into_iter()
            .flatten()
            .any(|condition| is(condition, "type", "Ready") && is(condition, "status", "True"))
        // The taint of a node that was away goes last.
        && !node.pointer("/spec/taints").and_then(Value::as_array).into_iter().flatten().any(|taint| {
            is(taint, "key", "node.kubernetes.io/not-ready") || is(taint, "key", "node.kubernetes.io/unreachable")
        })
}
