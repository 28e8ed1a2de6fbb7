//! Slots of running instances, and the queue in front of them.
//!
//! Every instance takes so many calls at a time. A call that finds no free slot waits: per account first come,
//! first served, and accounts in turn, so that a busy account delays nobody but itself. The queue is bounded.

use crate::instance::{Instance, Place};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::{Notify, oneshot};
use wheelhouse_functions::id::{InstanceId, RequestId, VersionId};
use wheelhouse_functions::route::{LoadSource, RouteTable, VersionLoad};

/// Why a call did not get a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSlot {
    /// The queue is full.
    Full,
    /// The queue was dropped, because the version was undeployed.
    Dropped,
}

/// All versions that are deployed or have calls.
pub(crate) struct Versions {
    all: RwLock<HashMap<VersionId, Arc<Version>>>,
    queue_limit: usize,
    wake: Arc<Notify>,
}

/// One version's slots and queue.
pub(crate) struct Version {
    inner: Mutex<Inner>,
    wake: Arc<Notify>,
}

#[derive(Default)]
struct Inner {
    instances: Vec<Arc<Instance>>,
    busy: HashMap<InstanceId, u32>,
    turn: usize,
    /// Accounts with waiting calls, the next to be served first.
    queues: VecDeque<(String, VecDeque<Waiting>)>,
    queued: usize,
    last_activity: Option<Instant>,
}

struct Waiting {
    request: RequestId,
    since: Instant,
    /// Instances this call could not reach.
    avoid: Vec<InstanceId>,
    serve: oneshot::Sender<Permit>,
}

/// A slot. Dropping it frees the slot for the next call in the queue.
pub(crate) struct Permit {
    /// Where the slot goes back to; `None` once it has gone back.
    version: Option<Arc<Version>>,
    pub(crate) instance: Arc<Instance>,
    pub(crate) place: Arc<Place>,
}

impl Versions {
    pub(crate) fn new(queue_limit: usize, wake: Arc<Notify>) -> Self {
        Self { all: RwLock::new(HashMap::new()), queue_limit, wake }
    }

    /// The slots and queue of a version.
    pub(crate) fn get(&self, version: VersionId) -> Arc<Version> {
        if let Some(known) = self.all.read().unwrap_or_else(PoisonError::into_inner).get(&version) {
            return Arc::clone(known);
        }
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(Version { inner: Mutex::default(), wake: Arc::clone(&self.wake) });
        Arc::clone(all.entry(version).or_insert_with(made))
    }

    /// Takes over where functions run now.
    pub(crate) fn update(&self, table: &RouteTable) {
        for route in table.iter() {
            let version = self.get(route.version);
            let instances = route.instances.iter().map(|of| Arc::new(Instance::new(route, of)));
            version.lock().instances = instances.collect();
            version.pump();
        }
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|id, version| {
            let mut inner = version.lock();
            if table.version(*id).is_none() {
                inner.instances.clear();
            }
            table.version(*id).is_some() || inner.queued > 0 || !inner.busy.is_empty()
        });
    }

    /// Waits for a slot. Dropping the future leaves the queue.
    ///
    /// # Errors
    /// When the queue is full or dropped.
    pub(crate) async fn acquire(
        &self,
        version: VersionId,
        request: RequestId,
        account: &str,
        prefer: Option<InstanceId>,
        avoid: &[InstanceId],
    ) -> Result<Permit, NoSlot> {
        let version = self.get(version);
        let receiver = {
            let mut inner = version.lock();
            inner.last_activity = Some(Instant::now());
            // Whoever comes later never overtakes those who wait.
            if inner.queued == 0
                && let Some((instance, place)) = inner.take(prefer, avoid)
            {
                drop(inner);
                return Ok(Permit { version: Some(version), instance, place });
            }
            if inner.queued >= self.queue_limit {
                return Err(NoSlot::Full);
            }
            let (serve, receiver) = oneshot::channel();
            inner.push(account, Waiting { request, since: Instant::now(), avoid: avoid.to_vec(), serve });
            if inner.instances.is_empty() {
                version.wake.notify_one();
            }
            receiver
        };
        version.pump();
        let seat = Seat { version: &version, account, request };
        let served = receiver.await;
        drop(seat);
        served.map_err(|_| NoSlot::Dropped)
    }
}

/// A seat in the queue, given up when the call leaves.
struct Seat<'a> {
    version: &'a Version,
    account: &'a str,
    request: RequestId,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.version.lock().remove(self.account, self.request);
    }
}

impl Version {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves those who wait, as long as there are slots.
    fn pump(self: &Arc<Self>) {
        loop {
            let (waiting, permit) = {
                let mut inner = self.lock();
                let Some(avoid) = inner.next().map(|waiting| waiting.avoid.clone()) else { return };
                let Some((instance, place)) = inner.take(None, &avoid) else { return };
                let Some(waiting) = inner.pop() else { return };
                (waiting, Permit { version: Some(Arc::clone(self)), instance, place })
            };
            // Whoever left meanwhile gives the slot back; this loop serves the next one.
            if let Err(mut permit) = waiting.serve.send(permit) {
                permit.version = None;
                self.release(permit.instance.of.id);
            }
        }
    }

    fn release(&self, instance: InstanceId) {
        let mut inner = self.lock();
        inner.last_activity = Some(Instant::now());
        if let Some(busy) = inner.busy.get_mut(&instance) {
            *busy = busy.saturating_sub(1);
            if *busy == 0 {
                inner.busy.remove(&instance);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(version) = self.version.take() {
            version.release(self.instance.of.id);
            version.pump();
        }
    }
}

impl Inner {
    /// Takes a slot of the preferred instance, or of the least busy one.
    fn take(
        &mut self,
        prefer: Option<InstanceId>,
        avoid: &[InstanceId],
    ) -> Option<(Arc<Instance>, Arc<Place>)> {
        let busy = |instance: &Instance| self.busy.get(&instance.of.id).copied().unwrap_or(0);
        let free = |instance: &&Arc<Instance>| {
            busy(instance) < instance.of.slots && !avoid.contains(&instance.of.id)
        };
        let preferred = self.instances.iter().filter(free).find(|instance| Some(instance.of.id) == prefer);
        // Ties are broken by turns, so that idle instances share the work.
        let count = self.instances.len().max(1);
        let turn = self.turn % count;
        let least = || {
            let rotated = self.instances.iter().skip(turn).chain(self.instances.iter().take(turn));
            rotated.filter(free).min_by_key(|instance| {
                u64::from(busy(instance)) * 1_000_000 / u64::from(instance.of.slots.max(1))
            })
        };
        let chosen = Arc::clone(preferred.or_else(least)?);
        self.turn = self.turn.wrapping_add(1);
        let place = chosen.place(self.turn)?;
        *self.busy.entry(chosen.of.id).or_insert(0) += 1;
        Some((chosen, place))
    }

    fn push(&mut self, account: &str, waiting: Waiting) {
        self.queued += 1;
        match self.queues.iter_mut().find(|(name, _)| name == account) {
            Some((_, queue)) => queue.push_back(waiting),
            None => self.queues.push_back((account.to_owned(), VecDeque::from([waiting]))),
        }
    }

    fn next(&self) -> Option<&Waiting> {
        self.queues.front()?.1.front()
    }

    /// Takes the next call and puts its account at the end of the round.
    fn pop(&mut self) -> Option<Waiting> {
        let (account, mut queue) = self.queues.pop_front()?;
        let waiting = queue.pop_front();
        if !queue.is_empty() {
            self.queues.push_back((account, queue));
        }
        self.queued = self.queued.saturating_sub(usize::from(waiting.is_some()));
        waiting
    }

    fn remove(&mut self, account: &str, request: RequestId) {
        let Some(at) = self.queues.iter().position(|(name, _)| name == account) else { return };
        let Some((_, queue)) = self.queues.get_mut(at) else { return };
        let before = queue.len();
        queue.retain(|waiting| waiting.request != request);
        self.queued = self.queued.saturating_sub(before - queue.len());
        if queue.is_empty() {
            self.queues.remove(at);
        }
    }

    /// Where a call stands, counted from 1, if nobody leaves or comes.
    fn position(&self, request: RequestId) -> Option<u32> {
        let (account, place) = self.queues.iter().enumerate().find_map(|(account, (_, queue))| {
            Some((account, queue.iter().position(|waiting| waiting.request == request)?))
        })?;
        let before: usize = self
            .queues
            .iter()
            .enumerate()
            .map(|(other, (_, queue))| match other.cmp(&account) {
                std::cmp::Ordering::Less => queue.len().min(place + 1),
                std::cmp::Ordering::Equal => place,
                std::cmp::Ordering::Greater => queue.len().min(place),
            })
            .sum();
        u32::try_from(before + 1).ok()
    }
}

impl LoadSource for Versions {
    fn load(&self, version: VersionId) -> VersionLoad {
        let known = self.all.read().unwrap_or_else(PoisonError::into_inner).get(&version).cloned();
        let Some(version) = known else { return VersionLoad::default() };
        let inner = version.lock();
        let oldest =
            inner.queues.iter().filter_map(|(_, queue)| queue.front()).map(|waiting| waiting.since).min();
        let milliseconds = |at: Instant| u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX);
        VersionLoad {
            busy: inner.busy.values().sum(),
            queued: u32::try_from(inner.queued).unwrap_or(u32::MAX),
            oldest_wait: oldest.map_or(0, milliseconds),
            idle: if inner.busy.is_empty() && inner.queued == 0 {
                inner.last_activity.map(milliseconds)
            } else {
                Some(0)
            },
        }
    }

    fn drop_queue(&self, version: VersionId) {
        let known = self.all.read().unwrap_or_else(PoisonError::into_inner).get(&version).cloned();
        if let Some(version) = known {
            let mut inner = version.lock();
            inner.queued = 0;
            // Dropping the senders tells those who wait.
            inner.queues.clear();
        }
    }

    fn position(&self, request: RequestId) -> Option<(VersionId, u32)> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().find_map(|(id, version)| Some((*id, version.lock().position(request)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use wheelhouse_functions::id::{AccountId, FunctionId};
    use wheelhouse_functions::instance::Endpoint;
    use wheelhouse_functions::route::Route;
    use wheelhouse_functions::route::RouteInstance;
    use wheelhouse_functions::version_state::VersionState;

    fn version() -> VersionId {
        VersionId::from_parts(1, [1; 10])
    }

    fn request(number: u8) -> RequestId {
        RequestId::from_parts(u64::from(number), [number; 10])
    }

    fn table(instances: &[(u8, u32)]) -> RouteTable {
        let instance = |&(number, slots): &(u8, u32)| RouteInstance {
            id: InstanceId::from_parts(u64::from(number), [number; 10]),
            endpoints: vec![Endpoint { host: format!("i{number}"), port: 1 }],
            slots,
            instance_type: String::new(),
            backend: String::new(),
        };
        let route = Route {
            function: FunctionId::from_parts(1, [1; 10]),
            version: version(),
            name: "f".into(),
            account: AccountId::default_account(),
            shared_with: vec![],
            state: VersionState::Active,
            inference_path: "/".into(),
            grpc: false,
            instances: instances.iter().map(instance).collect(),
            rate_limit: None,
        };
        [Arc::new(route)].into_iter().collect()
    }

    fn versions(limit: usize, instances: &[(u8, u32)]) -> Arc<Versions> {
        let versions = Arc::new(Versions::new(limit, Arc::new(Notify::new())));
        versions.update(&table(instances));
        versions
    }

    fn wait(
        versions: &Arc<Versions>,
        number: u8,
        account: &'static str,
    ) -> tokio::task::JoinHandle<Result<String, NoSlot>> {
        let versions = Arc::clone(versions);
        tokio::spawn(async move {
            let permit = versions.acquire(version(), request(number), account, None, &[]).await?;
            let host = permit.place.endpoint.host.clone();
            // Held for ever: the test counts who is served.
            std::mem::forget(permit);
            Ok(host)
        })
    }

    async fn settle() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn slots_are_spread_over_instances_and_freed() {
        let versions = versions(10, &[(1, 2), (2, 2)]);
        let mut permits = Vec::new();
        for number in 0..4 {
            permits.push(versions.acquire(version(), request(number), "a", None, &[]).await.unwrap());
        }
        let on = |host: &str| permits.iter().filter(|permit| permit.place.endpoint.host == host).count();
        assert_eq!((on("i1"), on("i2")), (2, 2));
        let waiting = wait(&versions, 9, "a");
        settle().await;
        assert_eq!(versions.load(version()).queued, 1);
        assert_eq!(versions.position(request(9)), Some((version(), 1)));
        permits.pop();
        waiting.await.unwrap().unwrap();
        assert_eq!((versions.load(version()).queued, versions.load(version()).busy), (0, 4));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_a_dropped_one_tells() {
        let versions = versions(1, &[]);
        let waiting = wait(&versions, 1, "a");
        settle().await;
        let refused = versions.acquire(version(), request(2), "a", None, &[]).await;
        assert!(matches!(refused, Err(NoSlot::Full)));
        versions.drop_queue(version());
        assert_eq!(waiting.await.unwrap(), Err(NoSlot::Dropped));
        assert_eq!(versions.load(version()).queued, 0);
    }

    #[tokio::test]
    async fn accounts_take_turns() {
        let versions = versions(10, &[]);
        let mut calls = Vec::new();
        for (number, account) in [(1, "busy"), (2, "busy"), (3, "busy"), (4, "other")] {
            calls.push((number, wait(&versions, number, account)));
            settle().await;
        }
        assert_eq!(versions.position(request(4)), Some((version(), 2)));
        assert_eq!(versions.position(request(3)), Some((version(), 4)));
        let mut order = Vec::new();
        for slots in 1..=4 {
            versions.update(&table(&[(1, slots)]));
            settle().await;
            for (number, call) in &calls {
                if call.is_finished() && !order.contains(number) {
                    order.push(*number);
                }
            }
        }
        assert_eq!(order, [1, 4, 2, 3]);
    }

    #[tokio::test]
    async fn whoever_leaves_is_not_served() {
        let versions = versions(10, &[]);
        let leaving = wait(&versions, 1, "a");
        let staying = wait(&versions, 2, "a");
        settle().await;
        leaving.abort();
        settle().await;
        assert_eq!(versions.load(version()).queued, 1);
        versions.update(&table(&[(1, 1)]));
        assert_eq!(
            tokio::time::timeout(Duration::from_secs(5), staying).await.unwrap().unwrap().unwrap(),
            "i1"
        );
        assert_eq!(versions.load(version()).busy, 1);
    }

    #[tokio::test]
    async fn preferred_and_avoided_instances() {
        let versions = versions(10, &[(1, 9), (2, 9)]);
        let first = InstanceId::from_parts(1, [1; 10]);
        for number in 0..4 {
            let permit = versions.acquire(version(), request(number), "a", Some(first), &[]).await.unwrap();
            assert_eq!(permit.place.endpoint.host, "i1");
            let other = versions.acquire(version(), request(number), "a", None, &[first]).await.unwrap();
            assert_eq!(other.place.endpoint.host, "i2");
        }
    }

    #[tokio::test]
    async fn a_call_without_instances_rings() {
        let wake = Arc::new(Notify::new());
        let versions = Arc::new(Versions::new(10, Arc::clone(&wake)));
        versions.update(&table(&[]));
        let waiting = wait(&versions, 1, "a");
        tokio::time::timeout(Duration::from_secs(5), wake.notified()).await.unwrap();
        assert_eq!(versions.load(version()).idle, Some(0));
        waiting.abort();
    }
}
