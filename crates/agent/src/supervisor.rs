//! One task per instance. Tasks are told what is desired and tell what they see; nothing else is shared.

use crate::control::Control;
use crate::error::Error;
use crate::instance::{self, Parts};
use crate::logs;
use crate::options::{Build, chain};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use wheelhouse_cluster::{DeleteOptions, ListOptions, metadata, resources};
use wheelhouse_functions::id::{ClusterId, InstanceId, RequestId};
use wheelhouse_functions::instance::namespace_of;
use wheelhouse_functions::work::{DesiredInstance, LogRequest, ObservedInstance, Phase, Report, Work};

/// Reports on their way.
const WAITING: usize = 1024;
/// How often everything known is reported again, so that nothing lost stays lost.
const REPEAT: Duration = Duration::from_secs(30);
/// How long to wait after the control plane could not be reached.
const RETRY: Duration = Duration::from_secs(2);

struct Running {
    desired: watch::Sender<DesiredInstance>,
    task: JoinHandle<()>,
}

/// Keeps one task per instance.
pub(crate) struct Supervisor {
    parts: Arc<Parts>,
    control: Arc<Control>,
    cluster: ClusterId,
    running: HashMap<InstanceId, Running>,
    seen: HashMap<InstanceId, ObservedInstance>,
    /// Logs begun that the control plane may still ask for.
    logs: HashSet<RequestId>,
    readers: JoinSet<()>,
}

impl Supervisor {
    pub(crate) fn new(parts: Build, control: Arc<Control>, cluster: ClusterId) -> Self {
        let parts = Parts {
            cluster: parts.cluster,
            engine: parts.engine,
            options: parts.options,
            control: Arc::clone(&control),
        };
        Self {
            parts: Arc::new(parts),
            control,
            cluster,
            running: HashMap::new(),
            seen: HashMap::new(),
            logs: HashSet::new(),
            readers: JoinSet::new(),
        }
    }

    pub(crate) async fn run(mut self, cancel: CancellationToken) -> Result<(), Error> {
        let (reports, mut reported) = mpsc::channel::<ObservedInstance>(WAITING);
        let (work, mut news) = mpsc::channel::<Result<Work, Error>>(1);
        let asking = tokio::spawn(ask(Arc::clone(&self.control), self.cluster, work, cancel.clone()));
        let mut repeat = tokio::time::interval(REPEAT);
        let ended = loop {
            tokio::select! {
                () = cancel.cancelled() => break Ok(()),
                Some(news) = news.recv() => match news {
                    Ok(work) => self.take(work, &reports).await,
                    Err(error) => break Err(error),
                },
                Some(observed) = reported.recv() => self.tell(observed, &mut reported).await,
                _ = repeat.tick() => self.repeat().await,
            }
        };
        asking.abort();
        for running in self.running.into_values() {
            running.task.abort();
        }
        ended
    }

    /// Begins to bring the logs that are asked for.
    fn read(&mut self, requests: Vec<LogRequest>) {
        while self.readers.try_join_next().is_some() {}
        let asked: HashSet<RequestId> = requests.iter().map(|request| request.id).collect();
        for request in requests {
            if !self.logs.contains(&request.id) {
                let (door, control) = (self.parts.cluster.clone(), Arc::clone(&self.control));
                self.readers.spawn(logs::serve(door, control, self.cluster, request));
            }
        }
        self.logs = asked;
    }

    /// Takes over what is desired.
    async fn take(&mut self, work: Work, reports: &mpsc::Sender<ObservedInstance>) {
        self.read(work.logs);
        let desired: HashMap<InstanceId, DesiredInstance> =
            work.instances.into_iter().map(|instance| (instance.id, instance)).collect();
        self.sweep(&desired).await;
        for (id, instance) in desired {
            match self.running.get(&id) {
                Some(running) if !running.task.is_finished() => {
                    running.desired.send_if_modified(|known| {
                        let changed = *known != instance;
                        if changed {
                            *known = instance;
                        }
                        changed
                    });
                }
                _ => {
                    let (desired, receiver) = watch::channel(instance);
                    let task =
                        tokio::spawn(instance::run(Arc::clone(&self.parts), receiver, reports.clone()));
                    self.running.insert(id, Running { desired, task });
                }
            }
        }
    }

    /// Forgets tasks of instances nobody knows any more, and takes their namespaces away: ours by label, so that
    /// nothing of anybody else's is ever touched.
    async fn sweep(&mut self, desired: &HashMap<InstanceId, DesiredInstance>) {
        let orphans: Vec<InstanceId> =
            self.running.keys().filter(|id| !desired.contains_key(id)).copied().collect();
        for id in orphans {
            if let Some(running) = self.running.remove(&id) {
                running.task.abort();
            }
            self.seen.remove(&id);
        }
        let selector = format!("{}={}", crate::objects::MANAGED_BY, self.parts.options.name);
        let options = ListOptions { labels: Some(selector), ..ListOptions::default() };
        let namespaces = match self.parts.cluster.list(&resources::NAMESPACE, None, &options).await {
            Ok(namespaces) => namespaces,
            Err(error) => {
                tracing::warn!(error = chain(&error), "cannot list the namespaces of instances");
                return;
            }
        };
        for namespace in namespaces {
            let name = metadata::name(&namespace);
            let known = desired.keys().any(|id| namespace_of(*id) == name);
            if known || metadata::is_deleting(&namespace) {
                continue;
            }
            tracing::info!(namespace = name, "taking away a namespace nobody wants any more");
            let options =
                DeleteOptions { uid: Some(metadata::uid(&namespace).to_owned()), ..DeleteOptions::default() };
            if let Err(error) = self.parts.cluster.delete(&resources::NAMESPACE, None, name, &options).await {
                tracing::warn!(namespace = name, error = chain(&error), "cannot delete a namespace");
            }
        }
    }

    /// Reports what a task saw, together with what others saw meanwhile.
    async fn tell(&mut self, first: ObservedInstance, more: &mut mpsc::Receiver<ObservedInstance>) {
        let mut instances = vec![first];
        while let Ok(observed) = more.try_recv() {
            instances.push(observed);
        }
        for observed in &instances {
            if observed.phase == Phase::Gone {
                self.running.remove(&observed.id);
            }
            self.seen.insert(observed.id, observed.clone());
        }
        self.send(Report { instances }).await;
    }

    async fn repeat(&mut self) {
        if self.seen.is_empty() {
            return;
        }
        let instances = self.seen.values().cloned().collect();
        self.send(Report { instances }).await;
        // What is gone was told; the control plane forgets it too.
        self.seen.retain(|_, observed| observed.phase != Phase::Gone);
    }

    async fn send(&self, report: Report) {
        if let Err(error) = self.control.report(self.cluster, &report).await {
            // Everything is reported again at the next turn.
            tracing::warn!(error = chain(&error), "cannot report");
        }
    }
}

/// Asks for work, over and over.
async fn ask(
    control: Arc<Control>,
    cluster: ClusterId,
    news: mpsc::Sender<Result<Work, Error>>,
    cancel: CancellationToken,
) {
    let mut after = None;
    while !cancel.is_cancelled() {
        match control.work(cluster, after).await {
            Ok(work) => {
                if after != Some(work.revision) || after.is_none() {
                    after = Some(work.revision);
                    if news.send(Ok(work)).await.is_err() {
                        return;
                    }
                }
            }
            Err(Error::Unauthorized) => {
                // Whoever listens stops the agent.
                let _told = news.send(Err(Error::Unauthorized)).await;
                return;
            }
            Err(error) => {
                tracing::warn!(error = chain(&error), "cannot ask for work");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}
