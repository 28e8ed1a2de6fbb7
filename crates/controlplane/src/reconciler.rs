//! Makes what runs become what is wanted, forever.
//!
//! Each round reads the deployments, counts their instances, lets the version's state machine decide, asks the
//! scaling policy how many there should be, and starts or stops instances accordingly. A round takes no input and
//! is safe to repeat; it runs when something changed and at every tick. Whatever fails is tried again next round.

mod placement;
mod routes;
mod scale;

use crate::core::{Core, storage};
use scale::ScaleStates;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use wheelhouse_functions::catalogue::{Cluster, ClusterState};
use wheelhouse_functions::deployment::Deployment;
use wheelhouse_functions::id::VersionId;
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::instance_state::{
    Failure, FailureCause, InstanceEvent, InstanceState, step as step_instance,
};
use wheelhouse_functions::plan::{Wanted, census, plan};
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_functions::version_state::{VersionEvent, VersionState, step as step_version};
use wheelhouse_store::record::{AsyncRequest, RequestState};
use wheelhouse_store::{Filter, Head, Stored};

/// Records of ended instances kept per version, to explain what happened.
const ENDED_KEPT: usize = 16;

pub(crate) struct Reconciler {
    core: Arc<Core>,
    scales: ScaleStates,
}

impl Reconciler {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core, scales: ScaleStates::default() }
    }

    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        let mut tick = tokio::time::interval(self.core.options.tick);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = self.core.changed.notified() => {}
                _ = tick.tick() => {}
            }
            self.core.metrics.reconciles.inc();
            if let Err(problem) = self.round().await {
                tracing::warn!(detail = problem.detail, "reconciling failed; trying again");
            }
        }
    }

    async fn round(&mut self) -> Result<(), Problem> {
        let clusters = self.watch_clusters().await?;
        // Read before the deployments: an instance found here without one has lost it, and is not about to get one.
        let instances = self.core.store.table::<Instance>().heads(Filter::All, None, u32::MAX).await;
        let instances = instances.map_err(storage)?;
        let deployments = self.core.store.table::<Deployment>().list(Filter::All).await.map_err(storage)?;
        let mut seen = HashSet::new();
        for deployment in deployments {
            seen.insert(deployment.value.version);
            let version = deployment.value.version;
            if let Err(problem) = self.reconcile(deployment, &clusters).await {
                tracing::debug!(%version, detail = problem.detail, "a version could not be reconciled this time");
            }
        }
        let parent = |head: &Head| head.parent.parse::<VersionId>().ok();
        for head in
            instances.iter().filter(|head| parent(head).is_none_or(|version| !seen.contains(&version)))
        {
            if let Some(stored) = self.core.store.table::<Instance>().get(&head.id).await.map_err(storage)? {
                self.end_orphan(stored, &clusters).await?;
            }
        }
        self.scales.retain(&seen);
        self.publish_routes().await
    }

    /// Marks clusters whose agents are silent, and gives up instances of those silent for too long.
    async fn watch_clusters(&self) -> Result<Vec<Cluster>, Problem> {
        let options = &self.core.options;
        let mut clusters = Vec::new();
        for mut stored in self.core.store.table::<Cluster>().list(Filter::All).await.map_err(storage)? {
            let silent = self.core.lasted(stored.value.last_heartbeat).unsigned_abs();
            if stored.value.state == ClusterState::Ready && silent > options.cluster_silence {
                tracing::warn!(cluster = stored.value.name, "no word from the cluster's agent");
                stored.value.state = ClusterState::NotReady;
                self.core.store.transaction().update(&stored).commit().await.map_err(storage)?;
            }
            if silent > options.cluster_loss {
                self.give_up(&stored.value).await?;
            }
            clusters.push(stored.value);
        }
        Ok(clusters)
    }

    async fn give_up(&self, cluster: &Cluster) -> Result<(), Problem> {
        let filter = Filter::Label(cluster.id.to_string());
        for mut stored in self.core.store.table::<Instance>().list(filter).await.map_err(storage)? {
            let failure = Failure {
                cause: FailureCause::AgentLost,
                message: format!("no word from the agent of cluster {}", cluster.name),
            };
            let event = InstanceEvent::Failed(failure);
            let (state, effects) = step_instance(stored.value.state, event, &self.core.options.timers);
            if state != stored.value.state {
                let moved = self.core.move_instance(&mut stored, state, &effects, Vec::new(), cluster).await;
                moved.map_err(storage)?;
            }
        }
        Ok(())
    }

    async fn reconcile(
        &mut self,
        deployment: Stored<Deployment>,
        clusters: &[Cluster],
    ) -> Result<(), Problem> {
        let core = Arc::clone(&self.core);
        let id = deployment.value.version;
        let Some(mut version) = core.store.table::<FunctionVersion>().get(id).await.map_err(storage)? else {
            // The version is gone: its deployment goes too.
            let orphan = deployment.value.id;
            return core.store.transaction().delete::<Deployment>(orphan).commit().await.map_err(storage);
        };
        let filter = Filter::Parent(id.to_string());
        let stored = core.store.table::<Instance>().list(filter).await.map_err(storage)?;
        let stored = self.let_time_pass(stored, clusters).await?;
        for other in stored.iter().filter(|one| one.value.deployment != deployment.value.id) {
            self.end_orphan(other.clone(), clusters).await?;
        }
        let instances: Vec<Instance> = stored
            .iter()
            .map(|stored| stored.value.clone())
            .filter(|instance| instance.deployment == deployment.value.id)
            .collect();
        self.advance(&mut version, &deployment, &instances).await?;
        if version.value.state.wants_instances() {
            self.scale_and_start(&version.value, &deployment.value, &instances, clusters).await?;
        }
        self.prune(&instances).await
    }

    /// Lets the instances' timers run.
    async fn let_time_pass(
        &self,
        mut instances: Vec<Stored<Instance>>,
        clusters: &[Cluster],
    ) -> Result<Vec<Stored<Instance>>, Problem> {
        for stored in &mut instances {
            let event = InstanceEvent::Elapsed(self.core.lasted(stored.value.state_since));
            let (state, effects) = step_instance(stored.value.state, event, &self.core.options.timers);
            let cluster = clusters.iter().find(|cluster| cluster.id == stored.value.cluster);
            if let (true, Some(cluster)) = (state != stored.value.state, cluster) {
                let moved = self.core.move_instance(stored, state, &effects, Vec::new(), cluster).await;
                moved.map_err(storage)?;
                stored.revision += 1;
            }
        }
        Ok(instances)
    }

    /// Lets the version's state machine see what there is.
    async fn advance(
        &self,
        version: &mut Stored<FunctionVersion>,
        deployment: &Stored<Deployment>,
        instances: &[Instance],
    ) -> Result<(), Problem> {
        let core = &self.core;
        let state = version.value.state;
        let event = match state {
            VersionState::Error => {
                let age = core.now().duration_since(version.value.state_since);
                if age.is_negative() || age.unsigned_abs() < core.options.error_retention {
                    return Ok(());
                }
                VersionEvent::RetentionOver
            }
            VersionState::Draining => {
                let load = core.load.load(version.value.version);
                if load.busy > 0 || load.queued > 0 || self.has_async_work(&version.value).await? {
                    return Ok(());
                }
                VersionEvent::Drained
            }
            VersionState::Inactive
            | VersionState::Deploying
            | VersionState::Active
            | VersionState::Degrading
            | VersionState::Degraded => {
                VersionEvent::Counted(census(&deployment.value.specifications, instances))
            }
        };
        // Observations are never refused.
        let Ok((next, effects)) = step_version(state, event) else { return Ok(()) };
        if next == state && effects.is_empty() {
            return Ok(());
        }
        tracing::info!(version = %version.value.version, from = ?state, to = ?next, "version moved");
        core.apply_version(version, next, &effects, None).await
    }

    async fn has_async_work(&self, version: &FunctionVersion) -> Result<bool, Problem> {
        let filter = Filter::Parent(version.version.to_string());
        let requests = self.core.store.table::<AsyncRequest>().list(filter).await.map_err(storage)?;
        Ok(requests
            .iter()
            .any(|stored| matches!(stored.value.state, RequestState::Queued | RequestState::Running)))
    }

    async fn scale_and_start(
        &mut self,
        version: &FunctionVersion,
        deployment: &Deployment,
        instances: &[Instance],
        clusters: &[Cluster],
    ) -> Result<(), Problem> {
        let core = Arc::clone(&self.core);
        let now = core.now();
        let load = core.load.load(version.version);
        let counts = self.scales.decide(&core.options.scaling, deployment, instances, &load, now);
        let wanted: Vec<Wanted<'_>> = deployment
            .specifications
            .iter()
            .zip(counts)
            .map(|(specification, count)| Wanted { specification, count })
            .collect();
        let plan = plan(&wanted, instances, now);
        for id in &plan.stop {
            if let Some(stored) = core.store.table::<Instance>().get(*id).await.map_err(storage)? {
                self.end(stored, clusters).await?;
            }
        }
        if !plan.start.is_empty() {
            self.start(version, deployment, instances, clusters, &plan.start).await?;
        }
        Ok(())
    }

    /// Ends an instance that was asked for in the moment its deployment was removed: nothing else would.
    async fn end_orphan(&self, stored: Stored<Instance>, clusters: &[Cluster]) -> Result<(), Problem> {
        let deployment = stored.value.deployment;
        let found = self.core.store.table::<Deployment>().get(deployment).await.map_err(storage)?;
        if found.is_some() || !stored.value.state.is_live() {
            return Ok(());
        }
        tracing::info!(instance = %stored.value.id, "the instance has no deployment any more");
        self.end(stored, clusters).await
    }

    async fn end(&self, mut stored: Stored<Instance>, clusters: &[Cluster]) -> Result<(), Problem> {
        let timers = &self.core.options.timers;
        let (state, effects) = step_instance(stored.value.state, InstanceEvent::Terminate, timers);
        let Some(cluster) = clusters.iter().find(|cluster| cluster.id == stored.value.cluster) else {
            return Ok(());
        };
        let moved = self.core.move_instance(&mut stored, state, &effects, Vec::new(), cluster).await;
        moved.map_err(storage)
    }

    /// Forgets all but the last ended instances.
    async fn prune(&self, instances: &[Instance]) -> Result<(), Problem> {
        let mut ended: Vec<&Instance> =
            instances.iter().filter(|instance| instance.state == InstanceState::Terminated).collect();
        if ended.len() <= ENDED_KEPT {
            return Ok(());
        }
        ended.sort_by_key(|instance| std::cmp::Reverse(instance.id));
        let mut transaction = self.core.store.transaction();
        for instance in ended.into_iter().skip(ENDED_KEPT) {
            transaction = transaction.delete::<Instance>(instance.id);
        }
        transaction.commit().await.map_err(storage)
    }
}
