//! One instance, from the first object to the last.
//!
//! The task looks at what is desired and at what is there, makes them agree, and tells what it sees. It begins the
//! same way whether the instance is new or was made by an agent before it: applying is safe to repeat.

mod apply;
mod remove;

use crate::control::Control;
use crate::judge::{TroubledContainer, Troubles, Verdict, endpoints, judge};
use crate::objects;
use crate::options::{Options, chain};
use crate::probe::probe;
use serde_json::Value;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, watch};
use wheelhouse_cluster::{Cluster, ListOptions, LogOptions, Resource, resources};
use wheelhouse_functions::engine::ChartEngine;
use wheelhouse_functions::instance::{Endpoint, namespace_of};
use wheelhouse_functions::instance_state::{Failure, FailureCause};
use wheelhouse_functions::work::{DesiredInstance, DesiredWorkload, ObservedInstance, Phase};

/// Log lines told with a failure.
const LOG_LINES: u64 = 20;
/// The longest text told with a failure, in characters.
const LOG_LENGTH: usize = 4096;

/// What all instances share.
pub(crate) struct Parts {
    pub(crate) cluster: Cluster,
    pub(crate) engine: Arc<dyn ChartEngine>,
    pub(crate) options: Options,
    pub(crate) control: Arc<Control>,
}

/// What was applied for an instance.
pub(crate) struct Applied {
    /// The objects, with where each is served.
    pub(crate) objects: Vec<(Resource, Value)>,
    /// Whether the health endpoint alone decides.
    pub(crate) ready_by_probe: bool,
}

struct Task {
    parts: Arc<Parts>,
    desired: watch::Receiver<DesiredInstance>,
    reports: mpsc::Sender<ObservedInstance>,
    told: Option<ObservedInstance>,
    /// Since when the instance has not been ready.
    waiting_since: Option<Instant>,
    was_ready: bool,
}

/// Runs one instance until it is gone or the task is ended.
pub(crate) async fn run(
    parts: Arc<Parts>,
    desired: watch::Receiver<DesiredInstance>,
    reports: mpsc::Sender<ObservedInstance>,
) {
    let mut task = Task { parts, desired, reports, told: None, waiting_since: None, was_ready: false };
    loop {
        let desired = task.desired.borrow_and_update().clone();
        if !desired.wanted {
            task.leave(&desired).await;
            return;
        }
        if task.told.is_none() {
            task.tell(&desired, Phase::Starting, Vec::new()).await;
        }
        match task.apply(&desired).await {
            Ok(applied) => task.watch(&desired, &applied).await,
            Err(failure) => {
                task.tell(&desired, Phase::Failed(failure), Vec::new()).await;
                // Until something else is desired there is nothing to do.
                if task.desired.changed().await.is_err() {
                    return;
                }
            }
        }
    }
}

impl Task {
    async fn tell(&mut self, desired: &DesiredInstance, phase: Phase, endpoints: Vec<Endpoint>) {
        if matches!(phase, Phase::Ready | Phase::Gone | Phase::Failed(_)) {
            self.waiting_since = None;
        }
        self.tell_waiting(desired, phase, endpoints, None).await;
    }

    async fn tell_waiting(
        &mut self,
        desired: &DesiredInstance,
        phase: Phase,
        endpoints: Vec<Endpoint>,
        waiting: Option<String>,
    ) {
        let revision = desired.revision;
        let observed = ObservedInstance { id: desired.id, phase, endpoints, revision, waiting };
        if self.told.as_ref() == Some(&observed) {
            return;
        }
        tracing::info!(instance = %observed.id, phase = ?observed.phase, "instance seen");
        self.told = Some(observed.clone());
        // Without a supervisor nobody listens, and this task ends with it.
        let _told = self.reports.send(observed).await;
    }

    /// Looks at the instance until something else is desired.
    async fn watch(&mut self, desired: &DesiredInstance, applied: &Applied) {
        let mut troubles = Troubles::default();
        loop {
            let steady = match self.look(desired, applied, &mut troubles).await {
                Ok(steady) => steady,
                Err(error) => {
                    // The cluster cannot be asked: what was told last stays true as far as we know.
                    tracing::warn!(instance = %desired.id, error = chain(&error), "cannot look at an instance");
                    false
                }
            };
            let pause = if steady { self.parts.options.steady_look } else { self.parts.options.look };
            tokio::select! {
                changed = self.desired.changed() => {
                    if changed.is_err() {
                        return std::future::pending().await;
                    }
                    return;
                }
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Looks once and tells what is seen; true when the instance serves.
    async fn look(
        &mut self,
        desired: &DesiredInstance,
        applied: &Applied,
        troubles: &mut Troubles,
    ) -> Result<bool, wheelhouse_cluster::Error> {
        let namespace = namespace_of(desired.id);
        let cluster = &self.parts.cluster;
        if cluster.get(&resources::NAMESPACE, None, &namespace).await?.is_none() {
            self.tell(desired, Phase::Gone, Vec::new()).await;
            return Ok(false);
        }
        let pods = cluster.list(&resources::POD, Some(&namespace), &ListOptions::default()).await?;
        let mut live = Vec::with_capacity(applied.objects.len());
        for (resource, object) in &applied.objects {
            let name = wheelhouse_cluster::metadata::name(object);
            match cluster.get(resource, Some(&namespace), name).await? {
                Some(object) => live.push(object),
                None => {
                    let message = format!("{}/{name} disappeared", resource.kind);
                    let failure = Failure { cause: FailureCause::ControllerFailed, message };
                    self.tell(desired, Phase::Failed(failure), Vec::new()).await;
                    return Ok(false);
                }
            }
        }
        let timers = self.parts.options.timers;
        let verdict = judge(&live, &pods, applied.ready_by_probe, &timers, troubles, Instant::now());
        match verdict {
            Verdict::Failed(failure, troubled) => {
                let failure = self.with_logs(&namespace, failure, troubled).await;
                self.tell(desired, Phase::Failed(failure), Vec::new()).await;
                Ok(false)
            }
            Verdict::Waiting(what) => {
                tracing::debug!(instance = %desired.id, what, "not ready");
                self.not_ready(desired, what).await;
                Ok(false)
            }
            Verdict::Healthy => {
                let found = self.serving(desired, &live, &namespace).await?;
                if found.is_empty() {
                    let what = "its health endpoint does not answer as it should".to_owned();
                    self.not_ready(desired, what).await;
                    return Ok(false);
                }
                self.was_ready = true;
                self.tell(desired, Phase::Ready, found).await;
                Ok(true)
            }
        }
    }

    /// Tells that the instance does not serve; what it waits for too, once that has lasted.
    async fn not_ready(&mut self, desired: &DesiredInstance, what: String) {
        let phase = if self.was_ready { Phase::NotReady } else { Phase::Starting };
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let has_lasted = since.elapsed() >= self.parts.options.timers.patience;
        self.tell_waiting(desired, phase, Vec::new(), has_lasted.then_some(what)).await;
    }

    /// The addresses behind the entry service whose health endpoint answers as it should.
    async fn serving(
        &self,
        desired: &DesiredInstance,
        live: &[Value],
        namespace: &str,
    ) -> Result<Vec<Endpoint>, wheelhouse_cluster::Error> {
        let name = match &desired.workload {
            DesiredWorkload::Chart { service, .. } => service.as_str(),
            DesiredWorkload::Container { .. } => objects::CONTAINER_SERVICE,
        };
        let is_entry = |object: &&Value| {
            object.get("kind").and_then(Value::as_str) == Some("Service")
                && wheelhouse_cluster::metadata::name(object) == name
        };
        let Some(service) = live.iter().find(is_entry) else { return Ok(Vec::new()) };
        let cluster = &self.parts.cluster;
        let slices =
            cluster.list(&resources::ENDPOINT_SLICE, Some(namespace), &ListOptions::default()).await?;
        let inference = endpoints(service, &slices, desired.inference_port);
        let health = endpoints(service, &slices, desired.health.port);
        let mut healthy = Vec::new();
        for endpoint in inference {
            let Some(asked) = health.iter().find(|health| health.host == endpoint.host) else { continue };
            match probe(asked, &desired.health).await {
                Ok(()) => healthy.push(endpoint),
                Err(why) => tracing::debug!(instance = %desired.id, host = asked.host, why, "not healthy"),
            }
        }
        Ok(healthy)
    }

    /// Adds the last log lines of the container that explains a failure.
    async fn with_logs(
        &self,
        namespace: &str,
        failure: Failure,
        troubled: Option<TroubledContainer>,
    ) -> Failure {
        let Some(TroubledContainer { pod, container, previous }) = troubled else { return failure };
        let options = LogOptions {
            container: Some(container.clone()),
            previous,
            tail: Some(LOG_LINES),
            ..LogOptions::default()
        };
        let Ok(mut stream) = self.parts.cluster.logs(namespace, &pod, &options).await else { return failure };
        let mut text = Vec::new();
        while let Some(Ok(bytes)) = stream.next().await {
            text.extend_from_slice(&bytes);
            if text.len() > LOG_LENGTH {
                break;
            }
        }
        let words: String = String::from_utf8_lossy(&text)
            .chars()
            .filter(|c| !c.is_control() || *c == '\n')
            .take(LOG_LENGTH)
            .collect();
        if words.trim().is_empty() {
            return failure;
        }
        Failure {
            message: format!("{}\n{container} said last:\n{}", failure.message, words.trim_end()),
            ..failure
        }
    }
}
