//! How a control plane is put together.

use crate::api;
use crate::core::Core;
use crate::core::charts::ChartSource;
use crate::reconciler::Reconciler;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use wheelhouse_functions::engine::ChartEngine;
use wheelhouse_functions::instance_state::Timers;
use wheelhouse_functions::route::{LoadSource, RouteTable};
use wheelhouse_functions::scaling::Policy;
use wheelhouse_functions::trace::SpanSink;
use wheelhouse_store::{Authenticator, Store};

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long instance states may last.
    pub timers: Timers,
    /// The scaling policy of versions that bring none.
    pub scaling: Policy,
    /// How often the reconciler looks by itself.
    pub tick: Duration,
    /// After how long a silent cluster takes nothing new.
    pub cluster_silence: Duration,
    /// After how long a silent cluster's instances are given up.
    pub cluster_loss: Duration,
    /// How long failed deployments are kept before they are cleaned up.
    pub error_retention: Duration,
    /// The largest request body the API reads, in bytes.
    pub body_limit: usize,
    /// Kubernetes version charts are checked against while no cluster is registered.
    pub default_kubernetes_version: String,
    /// Registry hosts known beside the reference's list.
    pub recognized_registries: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timers: Timers::default(),
            scaling: Policy::default(),
            tick: Duration::from_secs(1),
            cluster_silence: Duration::from_secs(60),
            cluster_loss: Duration::from_secs(600),
            error_retention: Duration::from_secs(7 * 24 * 3600),
            body_limit: 4 << 20,
            default_kubernetes_version: "v1.36.0".to_owned(),
            recognized_registries: Vec::new(),
        }
    }
}

/// What a control plane is built from.
pub struct Build {
    /// Durable state.
    pub store: Store,
    /// Who is behind a token; shared with the gateway.
    pub authenticator: Arc<Authenticator>,
    /// The chart engine.
    pub engine: Arc<dyn ChartEngine>,
    /// Where charts come from.
    pub charts: Arc<dyn ChartSource>,
    /// How busy versions are; the gateway knows.
    pub load: Arc<dyn LoadSource>,
    /// Where routes are published for the gateway.
    pub routes: watch::Sender<Arc<RouteTable>>,
    /// Wakes the reconciler; the gateway rings it when a call finds no instance.
    pub wake: Arc<Notify>,
    /// Registers metrics of other parts of the process, e.g. the gateway's, so that one endpoint shows all.
    pub more_metrics: Arc<dyn Fn(&mut Registry) + Send + Sync>,
    /// Where spans of calls go; `None` where nobody collects them.
    pub spans: Option<Arc<dyn SpanSink>>,
    /// What the operator set.
    pub options: Options,
}

impl std::fmt::Debug for Build {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Build").field("options", &self.options).finish_non_exhaustive()
    }
}

/// The control plane.
pub struct ControlPlane {
    core: Arc<Core>,
}

impl std::fmt::Debug for ControlPlane {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ControlPlane").finish_non_exhaustive()
    }
}

impl ControlPlane {
    /// Puts it together. Nothing runs and nothing is bound yet.
    #[must_use]
    pub fn build(parts: Build) -> Self {
        // Agents ask for what comes after the revision they know; starting from the time makes a restarted
        // control plane's revisions differ from those of its former life.
        let start = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0);
        let core = Core {
            started: parts.store.now(),
            store: parts.store,
            authenticator: parts.authenticator,
            engine: parts.engine,
            charts: parts.charts,
            chart_work: Arc::new(tokio::sync::Semaphore::new(charts_at_a_time())),
            load: parts.load,
            options: parts.options,
            spans: parts.spans,
            changed: parts.wake,
            work: watch::Sender::new(start),
            entries: crate::core::entries::Entries::default(),
            logs: Arc::default(),
            routes: parts.routes,
            metrics: crate::api::metrics::Metrics::default(),
            more_metrics: parts.more_metrics,
        };
        Self { core: Arc::new(core) }
    }

    /// The HTTP API.
    pub fn router(&self) -> axum::Router {
        api::router(Arc::clone(&self.core))
    }

    /// Every endpoint of the API, with the scopes it asks for.
    #[must_use]
    pub fn endpoints() -> Vec<crate::Endpoint> {
        api::endpoints()
    }

    /// The OpenAPI document.
    #[must_use]
    pub fn openapi() -> serde_json::Value {
        api::openapi::document(&api::endpoints())
    }

    /// Reconciles until cancelled.
    pub async fn run(&self, cancel: CancellationToken) {
        Reconciler::new(Arc::clone(&self.core)).run(cancel).await;
    }
}

/// One chart for each processor, but not more than memory has room for.
fn charts_at_a_time() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).clamp(1, 4)
}
