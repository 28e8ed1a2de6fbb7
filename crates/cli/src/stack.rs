//! Everything in one process: a local cluster, and the platform with an agent for it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wheelhouse_local::{Gpu, LocalCluster};
use wheelhouse_platform::{Build, Options, Platform, Ready};

use crate::commands::Failure;
use crate::engine::engine;

/// The exit code of commands that need containers where there can be none; `local up` has it too.
pub(crate) const NO_CONTAINERS: u8 = 6;

/// What everything is started with.
pub(crate) struct StackOptions {
    /// The folder for everything that is kept.
    pub state: PathBuf,
    /// Nodes of the cluster.
    pub nodes: u32,
    /// What they declare.
    pub gpus: Vec<Gpu>,
    /// The platform's own.
    pub platform: Options,
}

/// Everything, running.
pub(crate) struct Stack {
    /// Where the platform is.
    pub ready: Ready,
    /// The file for `kubectl`.
    pub kubeconfig: PathBuf,
    /// How long the cluster took to be ready.
    pub cluster_took: Duration,
    /// How long the platform took after that.
    pub platform_took: Duration,
    cluster: LocalCluster,
    cancel: CancellationToken,
    task: JoinHandle<Result<(), wheelhouse_platform::Error>>,
}

impl Stack {
    /// Starts the cluster, waits for its nodes, and starts the platform on it.
    pub(crate) async fn start(options: StackOptions) -> Result<Self, Failure> {
        let started = Instant::now();
        let mut settings = wheelhouse_local::Options::new(cluster_folder(&options.state));
        (settings.nodes, settings.gpus) = (options.nodes, options.gpus);
        let mut cluster = LocalCluster::start(settings).await.map_err(cluster_failure)?;
        if let Err(error) = cluster.ready().await {
            cluster.stop().await;
            return Err(cluster_failure(error));
        }
        let cluster_took = started.elapsed();
        let started = Instant::now();
        let (platform, agent) = match build(options.platform).await {
            Ok(built) => built,
            Err(failure) => {
                cluster.stop().await;
                return Err(failure);
            }
        };
        let ready = platform.ready().clone();
        let cancel = CancellationToken::new();
        let task = tokio::spawn(platform.run(Some((cluster.client(), agent)), cancel.clone()));
        let kubeconfig = cluster.kubeconfig_path().to_owned();
        let platform_took = started.elapsed();
        Ok(Stack { ready, kubeconfig, cluster_took, platform_took, cluster, cancel, task })
    }

    /// Runs until `stop` is cancelled or the platform ends by itself, then ends everything in order.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Result<(), Failure> {
        let ended = tokio::select! {
            () = stop.cancelled() => None,
            ended = &mut self.task => Some(ended),
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                self.cancel.cancel();
                self.task.await
            }
        };
        self.cluster.stop().await;
        Ok(ended??)
    }

    /// Ends everything in order: first calls, then pods.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        let stop = CancellationToken::new();
        stop.cancel();
        self.run(stop).await
    }
}

async fn build(options: Options) -> Result<(Platform, wheelhouse_agent::Options), Failure> {
    let platform = Platform::build(Build { engine: engine(), options }).await.map_err(chained)?;
    let agent = platform.agent_options().await.map_err(chained)?;
    Ok((platform, agent))
}

/// Where the cluster's part of the state is.
pub(crate) fn cluster_folder(state: &Path) -> PathBuf {
    state.join("cluster")
}

/// Where the platform's part of the state is.
pub(crate) fn platform_folder(state: &Path) -> PathBuf {
    state.join("platform")
}

/// An error with its causes in one line.
pub(crate) fn chained(error: impl std::error::Error) -> Failure {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Failure::new(text)
}

/// Why there is no cluster; a machine without containers has an exit code of its own.
pub(crate) fn cluster_failure(error: wheelhouse_local::Error) -> Failure {
    let lacks = matches!(error, wheelhouse_local::Error::Machine(_));
    let failure = chained(error);
    if !lacks {
        return failure;
    }
    let advice = "without containers here: `wheelhouse serve`, and `wheelhouse agent` for another cluster";
    Failure { exit_code: NO_CONTAINERS, message: format!("{}\n{advice}", failure.message), ..failure }
}

/// The address clients on this machine use for one that may be "all addresses".
pub(crate) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    address
}
