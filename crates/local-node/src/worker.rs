//! One task for each pod: turns what happens into events for the state machine, and its effects into
//! deeds.

mod container;
mod handle;
mod prepare;
mod probing;
mod report;
mod stopping;
mod volumes;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use wheelhouse_cluster::metadata;

pub(crate) use container::{log_path, null_files, pipes};
pub(crate) use handle::Handle;

use crate::host::Host;
use crate::pod::machine::{self, Effect, Event, PodState, Stage};
use crate::pod::plan::PodPlan;
use crate::pod::status::{Place, status};
use report::Report;

/// How many events may wait.
const WAITING: usize = 256;

/// How long until a token is asked for again that could not be renewed, in milliseconds.
const RENEW_AGAIN: i64 = 30_000;

/// What a worker is told of its pod from outside.
#[derive(Debug, Clone)]
pub(crate) enum News {
    /// The pod as the API has it now.
    Pod(Arc<Value>),
    /// The pod is gone from the API.
    Gone,
    /// An object that volumes may be made of has changed: kind and name.
    Changed(&'static str, String),
}

pub(crate) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Starts the worker of a pod. Its news come through the channel given back.
pub(crate) fn start(
    host: Arc<Host>,
    pod: Arc<Value>,
    ended: mpsc::Sender<String>,
) -> (Arc<Handle>, mpsc::Sender<News>) {
    let (news, incoming) = mpsc::channel(WAITING);
    let (events, happenings) = mpsc::channel(WAITING);
    let plan = PodPlan::of(&pod);
    let plan = Arc::new(plan.with_new_ephemeral(&pod).unwrap_or(plan));
    let handle = Arc::new(Handle::new(plan, &pod, events));
    let worker = Worker { host, handle: Arc::clone(&handle), pod, tasks: tokio::task::JoinSet::new() };
    tokio::spawn(async move {
        let uid = worker.handle.plan().uid.clone();
        worker.run(incoming, happenings).await;
        let _ = ended.send(uid).await;
    });
    (handle, news)
}

struct Worker {
    host: Arc<Host>,
    handle: Arc<Handle>,
    pod: Arc<Value>,
    tasks: tokio::task::JoinSet<()>,
}

impl Worker {
    async fn run(mut self, mut news: mpsc::Receiver<News>, mut events: mpsc::Receiver<Event>) {
        let mut plan = self.handle.plan();
        let mut state = machine::begin(&plan, self.began());
        let (reports, reporter) = watch::channel(Report::Nothing);
        let mut reporting = tokio::spawn(report::run(Arc::clone(&self.host), Arc::clone(&plan), reporter));
        let mut known = self.pod.get("status").cloned().unwrap_or_default();
        let mut next = Some(self.first_event());
        let (host, handle) = (Arc::clone(&self.host), Arc::clone(&self.handle));
        self.tasks.spawn(async move { volumes::watch_sizes(&host, &handle).await });
        let mut gone = false;
        let mut renewed = 0;
        loop {
            plan = self.handle.plan();
            if let Some(event) = next.take() {
                let (after, effects) = machine::step(state, event, &plan, now());
                state = after;
                for effect in effects {
                    self.act(effect, &state);
                }
                self.handle.set_state(&state);
            }
            let shown = status(&state, &plan, &self.place(), &known, now());
            let report = if state.stage == Stage::Stopped && self.handle.is_torn_down() {
                match (gone, state.deleted) {
                    (true, _) => break,
                    (false, true) => Report::Remove(shown.clone()),
                    (false, false) => Report::Status(shown.clone()),
                }
            } else {
                Report::Status(shown.clone())
            };
            known = shown;
            reports.send_if_modified(|last| {
                let changed = *last != report;
                *last = report;
                changed
            });
            let renewal = self.handle.renew_at().filter(|_| state.stage != Stage::Stopped);
            let renewal = renewal.map(|at| at.max(renewed + RENEW_AGAIN));
            if renewal.is_some_and(|at| at <= now()) {
                renewed = now();
                self.rewrite_volumes();
                continue;
            }
            let wake = machine::wake_at(&state, &plan).into_iter().chain(renewal).min();
            let wait = wake.map(|at| u64::try_from(at - now()).unwrap_or_default());
            tokio::select! {
                event = events.recv() => next = event.or(Some(Event::Tick)),
                told = news.recv() => match told {
                    Some(News::Pod(pod)) => next = self.pod_changed(pod, &mut known, &state),
                    Some(News::Changed(kind, name)) => self.refresh(kind, &name),
                    Some(News::Gone) => { gone = true; next = Some(Event::Delete(0)); }
                    None => break,
                },
                () = async { match wait {
                    Some(wait) => tokio::time::sleep(Duration::from_millis(wait)).await,
                    None => std::future::pending().await,
                } } => next = Some(Event::Tick),
                Some(_) = self.tasks.join_next() => {}
                _ = &mut reporting => break,
            }
        }
        self.tasks.abort_all();
        reporting.abort();
        self.forget();
    }

    /// When the pod was first taken on, which a restart of the node does not change.
    fn began(&self) -> i64 {
        self.pod
            .pointer("/status/startTime")
            .and_then(Value::as_str)
            .and_then(|time| time.parse::<Timestamp>().ok())
            .map_or_else(now, Timestamp::as_millisecond)
    }

    fn first_event(&self) -> Event {
        match deletion(&self.pod) {
            Some(grace) => Event::Delete(grace),
            None => Event::Tick,
        }
    }

    fn place(&self) -> Place {
        Place {
            host_ip: self
                .host
                .node_addresses
                .get(&self.handle.node)
                .map(ToString::to_string)
                .unwrap_or_default(),
            pod_ip: self.handle.address().map(|address| address.to_string()),
        }
    }

    fn pod_changed(&mut self, pod: Arc<Value>, known: &mut Value, state: &PodState) -> Option<Event> {
        // Conditions that others set are kept; what we said ourselves is newer here.
        if let Some(conditions) = pod.pointer("/status/conditions").and_then(Value::as_array) {
            merge_foreign(known, conditions);
        }
        let relabelled = pod.pointer("/metadata/labels") != self.pod.pointer("/metadata/labels")
            || pod.pointer("/metadata/annotations") != self.pod.pointer("/metadata/annotations");
        self.pod = Arc::clone(&pod);
        self.handle.set_pod(Arc::clone(&pod));
        if let Some(grown) = self.handle.plan().with_new_ephemeral(&pod) {
            self.handle.set_plan(grown);
        }
        if relabelled {
            self.refresh("Pod", metadata::name(&pod));
        }
        match deletion(&pod) {
            Some(grace) if !state.deleted || grace == 0 => Some(Event::Delete(grace)),
            _ => Some(Event::Tick),
        }
    }

    /// Writes volumes anew that are made of an object that changed.
    fn refresh(&mut self, kind: &'static str, name: &str) {
        if volumes::mentions(&self.handle.plan(), kind, name) {
            self.rewrite_volumes();
        }
    }

    fn rewrite_volumes(&mut self) {
        let (host, handle) = (Arc::clone(&self.host), Arc::clone(&self.handle));
        self.tasks.spawn(async move {
            if let Err(message) = volumes::write_all(&host, &handle).await {
                tracing::debug!(pod = %handle.plan().name, message, "a volume was not renewed");
            }
        });
    }

    /// Does what the machine decided, in a task of its own, which tells how it went.
    fn act(&mut self, effect: Effect, state: &PodState) {
        let (host, handle) = (Arc::clone(&self.host), Arc::clone(&self.handle));
        match effect {
            Effect::Prepare => {
                self.tasks.spawn(async move { prepare::prepare(&host, &handle).await });
            }
            Effect::Pull(place) => {
                self.tasks.spawn(async move { container::pull(&host, &handle, place).await });
            }
            Effect::Create(place) => {
                let attempt = state.containers.get(place).map_or(0, |container| container.restarts);
                self.tasks.spawn(async move { container::create(&host, &handle, place, attempt).await });
            }
            Effect::Stop(place) => {
                self.tasks.spawn(async move { stopping::stop(&host, &handle, place).await });
            }
            Effect::Kill(place) => {
                self.tasks.spawn(async move { stopping::kill(&handle, place).await });
            }
            Effect::Probe(place, kind) => {
                self.tasks.spawn(async move { probing::run(&host, &handle, place, kind).await });
            }
            Effect::Tell(place, warning, reason, message) => {
                let plan = handle.plan();
                let plan = place.and_then(|place| plan.containers.get(place));
                let name = plan.map(|plan| plan.name.as_str());
                host.events.tell(&self.pod, name, warning, reason, &message);
            }
            Effect::TearDown => {
                self.tasks.spawn(async move { stopping::tear_down(&host, &handle).await });
            }
        }
    }

    /// Takes away what the pod leaves on disk.
    fn forget(&self) {
        let mut pods = self.host.pods.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        pods.remove(&self.handle.plan().uid);
        drop(pods);
        let plan = self.handle.plan();
        let folders = [prepare::pod_folder(&self.host, &plan), container::log_folder(&self.host, &plan)];
        for folder in folders {
            if let Err(error) = std::fs::remove_dir_all(&folder)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(folder = %folder.display(), %error, "a pod's folder was left behind");
            }
        }
    }
}

/// The grace period in milliseconds that a pod on its way out has left.
fn deletion(pod: &Value) -> Option<i64> {
    metadata::is_deleting(pod).then(|| {
        let seconds = pod.pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64);
        seconds.unwrap_or(30).saturating_mul(1_000)
    })
}

/// Takes over conditions of others into the status that ours is made from.
fn merge_foreign(known: &mut Value, theirs: &[Value]) {
    let kind = |condition: &Value| condition.get("type").and_then(Value::as_str).map(str::to_owned);
    let ours = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
    let Some(conditions) = known.get_mut("conditions").and_then(Value::as_array_mut) else { return };
    conditions.retain(|condition| kind(condition).is_some_and(|kind| ours.contains(&kind.as_str())));
    conditions.extend(
        theirs.iter().filter(|each| kind(each).is_some_and(|kind| !ours.contains(&kind.as_str()))).cloned(),
    );
}
