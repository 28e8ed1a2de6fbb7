//! Running the controllers: follow the cluster, plan, carry out.

mod carry_out;
mod namespace;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use wheelhouse_cluster::resources::CUSTOM_RESOURCE_DEFINITION;
use wheelhouse_cluster::{Change, Cluster, Reflector, Resource};

use crate::controller::Controller;
use crate::garbage::Garbage;
use crate::options::Options;
use crate::queue::{Item, Queue};
use crate::world::World;

/// How many plans are worked at once.
const WORKERS: usize = 16;
/// How often the kinds served are asked for anew, besides when a CustomResourceDefinition changes.
const DISCOVERY: Duration = Duration::from_secs(60);

/// Kinds that nothing here is interested in: many, short-lived, and never owners.
const NOT_FOLLOWED: [&str; 2] = ["events", "leases"];

/// All controllers of the local cluster, ready to run.
pub struct Controllers {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Controllers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Controllers").finish_non_exhaustive()
    }
}

pub(crate) struct Shared {
    pub(crate) cluster: Cluster,
    pub(crate) world: World,
    controllers: Vec<Box<dyn Controller>>,
    /// Which controllers a kind concerns.
    interested: HashMap<Resource, Vec<usize>>,
    /// The garbage collector's place: every kind concerns it.
    collector: usize,
    queue: Mutex<Queue>,
    wake: Notify,
    rediscover: Notify,
    pub(crate) told: carry_out::Told,
}

impl Controllers {
    /// The controllers of a local cluster.
    #[must_use]
    pub fn new(cluster: Cluster, options: Options) -> Self {
        let mut controllers = options.controllers();
        let collector = controllers.len();
        controllers.push(Box::new(Garbage));
        let mut interested: HashMap<Resource, Vec<usize>> = HashMap::new();
        for (index, controller) in controllers.iter().enumerate() {
            for resource in controller.watches() {
                interested.entry(resource).or_default().push(index);
            }
        }
        let serial: Vec<usize> = controllers
            .iter()
            .enumerate()
            .filter(|(_, controller)| controller.is_serial())
            .map(|(index, _)| index)
            .collect();
        let shared = Shared {
            cluster,
            world: World::default(),
            controllers,
            interested,
            collector,
            queue: Mutex::new(Queue::new(serial)),
            wake: Notify::new(),
            rediscover: Notify::new(),
            told: carry_out::Told::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Runs until `cancelled` is done. What is being written at that moment is written to its end.
    pub async fn run(self, cancelled: impl Future<Output = ()>) {
        let mut tasks = JoinSet::new();
        let mut known: Vec<Resource> = self.shared.interested.keys().cloned().collect();
        for resource in &known {
            tasks.spawn(follow(Arc::clone(&self.shared), resource.clone()));
        }
        let mut workers = JoinSet::new();
        let mut next_discovery = Instant::now();
        tokio::pin!(cancelled);
        loop {
            while workers.len() < WORKERS {
                let Some(item) = self.shared.take() else { break };
                workers.spawn(work(Arc::clone(&self.shared), item));
            }
            let due = self.shared.next_due().map_or(next_discovery, |due| due.min(next_discovery));
            tokio::select! {
                () = &mut cancelled => break,
                () = self.shared.wake.notified() => {}
                Some(_) = workers.join_next() => {}
                () = self.shared.rediscover.notified() => next_discovery = Instant::now(),
                () = tokio::time::sleep_until(due.into()) => {}
            }
            if Instant::now() >= next_discovery {
                next_discovery = Instant::now() + self.discover(&mut known, &mut tasks).await;
            }
        }
        tasks.abort_all();
        while workers.join_next().await.is_some() {}
    }

    /// Follows every kind that can be listed, watched and deleted; the garbage collector needs all.
    /// Gives the time after which to ask again.
    async fn discover(&self, known: &mut Vec<Resource>, tasks: &mut JoinSet<()>) -> Duration {
        let discovery = match self.shared.cluster.discover().await {
            Ok(discovery) => discovery,
            Err(error) => {
                tracing::debug!(%error, "cannot ask what the API serves; trying again");
                return Duration::from_millis(100);
            }
        };
        for served in discovery.served {
            let can = |verb: &str| served.verbs.iter().any(|known| known == verb);
            let wanted = can("list")
                && can("watch")
                && can("delete")
                && !NOT_FOLLOWED.contains(&&*served.resource.plural);
            // One version of a kind is enough: all show the same objects.
            let followed = known.iter().any(|resource| {
                resource.plural == served.resource.plural && resource.group == served.resource.group
            });
            if wanted && !followed {
                known.push(served.resource.clone());
                tasks.spawn(follow(Arc::clone(&self.shared), served.resource));
            }
        }
        DISCOVERY
    }
}

impl Shared {
    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Item> {
        self.queue().take(Instant::now())
    }

    fn next_due(&self) -> Option<Instant> {
        self.queue().next_due()
    }

    /// Queues what a change concerns.
    pub(crate) fn concern(&self, resource: &Resource, change: &Change) {
        let (Change::Applied(object) | Change::Deleted(object)) = change else { return };
        let indexes = self.interested.get(resource).into_iter().flatten().copied();
        let mut items: Vec<Item> = Vec::new();
        for index in indexes.chain([self.collector]) {
            if let Some(controller) = self.controllers.get(index) {
                items.extend(
                    controller.keys(&self.world, resource, object).into_iter().map(|key| (index, key)),
                );
            }
        }
        let mut queue = self.queue();
        items.into_iter().for_each(|item| queue.add(item));
        drop(queue);
        self.wake.notify_one();
        if *resource == CUSTOM_RESOURCE_DEFINITION {
            self.rediscover.notify_one();
        }
    }
}

async fn follow(shared: Arc<Shared>, resource: Resource) {
    let reflector = Reflector::new(shared.cluster.clone(), resource.clone());
    shared.world.follow(resource.clone(), reflector.cache());
    reflector
        .run(move |change| {
            shared.world.note(&resource, &change);
            shared.concern(&resource, &change);
        })
        .await;
}

async fn work(shared: Arc<Shared>, item: Item) {
    let Some(controller) = shared.controllers.get(item.0) else { return };
    let plan = controller.plan(&shared.world, &item.1, Timestamp::now());
    let mut succeeded = true;
    for action in plan.actions {
        if let Err(error) = shared.carry_out(action).await {
            let expected = error.is_conflict() || error.is_not_found() || error.is_transient();
            if expected {
                tracing::debug!(controller = controller.name(), key = %item.1, %error, "trying again");
            } else {
                tracing::warn!(controller = controller.name(), key = %item.1, %error, "failed; trying again");
            }
            succeeded = false;
            break;
        }
    }
    let now = Instant::now();
    let mut queue = shared.queue();
    queue.done(&item, succeeded, now);
    if let Some(after) = plan.again {
        queue.add_at(item, now + after);
    }
    drop(queue);
    shared.wake.notify_one();
}
