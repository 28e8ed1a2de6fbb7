//! Starting instances: on which cluster, with which record.

use super::Reconciler;
use crate::core::storage;
use wheelhouse_functions::catalogue::{Cluster, ClusterState, Filter as PlacementFilter, place};
use wheelhouse_functions::deployment::{Deployment, HealthReport};
use wheelhouse_functions::gpu_specification::GpuSpecification;
use wheelhouse_functions::id::{ClusterId, GpuSpecificationId, InstanceId};
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::instance_state::InstanceState;
use wheelhouse_functions::instance_type::InstanceType;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_functions::version_state::VersionState;
use wheelhouse_store::{Filter, Stored};

impl Reconciler {
    /// Asks for instances on clusters that have the GPUs free.
    pub(super) async fn start(
        &self,
        version: &FunctionVersion,
        deployment: &Deployment,
        known: &[Instance],
        clusters: &[Cluster],
        start: &[(GpuSpecificationId, u32)],
    ) -> Result<(), Problem> {
        let core = &self.core;
        let mut free = self.free_gpus(clusters).await?;
        let mut transaction = core.store.transaction();
        let mut started = 0;
        for (id, count) in start {
            let Some(specification) = deployment.specification(*id) else { continue };
            let Ok(instance_type) = specification.instance_type.parse::<InstanceType>() else { continue };
            for _ in 0..*count {
                let Some(cluster) = choose(clusters, deployment, specification, &instance_type, &free) else {
                    self.report_full(deployment, specification).await?;
                    break;
                };
                if let Some((_, _, gpus)) =
                    free.iter_mut().find(|(id, gpu, _)| *id == cluster && *gpu == specification.gpu)
                {
                    *gpus = gpus.saturating_sub(instance_type.gpus());
                }
                let now = core.now();
                let first_batch = version.state == VersionState::Deploying
                    && !known.iter().any(|instance| instance.was_running || instance.failure.is_some());
                let instance = Instance {
                    id: core.new_id(InstanceId::from_parts)?,
                    function: version.function,
                    version: version.version,
                    deployment: deployment.id,
                    specification: specification.id,
                    account: version.account.clone(),
                    cluster,
                    gpu: specification.gpu.clone(),
                    instance_type: specification.instance_type.clone(),
                    first_batch,
                    state: InstanceState::Requested,
                    state_since: now,
                    was_running: false,
                    endpoints: Vec::new(),
                    failure: None,
                    created_at: now,
                    updated_at: now,
                };
                tracing::info!(instance = %instance.id, version = %version.version, "instance asked for");
                transaction = transaction.insert(&instance);
                started += 1;
            }
        }
        transaction.commit().await.map_err(storage)?;
        if started > 0 {
            core.work.send_modify(|revision| *revision = revision.wrapping_add(1));
        }
        Ok(())
    }

    /// Free GPUs by cluster and model.
    async fn free_gpus(&self, clusters: &[Cluster]) -> Result<Vec<(ClusterId, String, u32)>, Problem> {
        let all = self.core.store.table::<Instance>().list(Filter::All).await.map_err(storage)?;
        let used = |cluster: ClusterId, gpu: &str| -> u32 {
            all.iter()
                .map(|stored| &stored.value)
                .filter(|instance| {
                    instance.cluster == cluster && instance.gpu == gpu && instance.state.needs_agent()
                })
                .filter_map(|instance| instance.instance_type.parse::<InstanceType>().ok())
                .map(|instance_type| instance_type.gpus())
                .sum()
        };
        let free = clusters.iter().flat_map(|cluster| cluster.gpus.iter().map(move |offer| (cluster, offer)));
        Ok(free
            .map(|(cluster, offer)| {
                let left = offer.capacity.saturating_sub(used(cluster.id, &offer.name));
                (cluster.id, offer.name.clone(), left)
            })
            .collect())
    }

    /// Says in the deployment's health that no cluster has room; said once until something else is said.
    async fn report_full(
        &self,
        deployment: &Deployment,
        specification: &GpuSpecification,
    ) -> Result<(), Problem> {
        let error = format!(
            "pod-stuck-scheduling: no cluster has {} free for another instance",
            specification.instance_type
        );
        if deployment.health.iter().any(|report| report.error == error) {
            return Ok(());
        }
        let found =
            self.core.store.table::<wheelhouse_functions::deployment::Deployment>().get(deployment.id).await;
        let Some(Stored { mut value, revision }) = found.map_err(storage)? else { return Ok(()) };
        value.remember(HealthReport {
            instance: InstanceId::from_uuid(specification.id.uuid()),
            gpu: specification.gpu.clone(),
            backend: specification.backend.clone().unwrap_or_default(),
            instance_type: specification.instance_type.clone(),
            error,
            at: self.core.now(),
        });
        self.core.store.transaction().update(&Stored { value, revision }).commit().await.map_err(storage)
    }
}

/// The suitable, ready cluster with the most free GPUs; `None` when none has enough.
fn choose(
    clusters: &[Cluster],
    deployment: &Deployment,
    specification: &GpuSpecification,
    instance_type: &InstanceType,
    free: &[(ClusterId, String, u32)],
) -> Option<ClusterId> {
    let filter = PlacementFilter {
        gpu: &specification.gpu,
        instance_type: Some(&specification.instance_type),
        backend: specification.backend.as_deref(),
        clusters: &specification.clusters,
        regions: &specification.regions,
        attributes: &specification.attributes,
    };
    let suitable = place(clusters, &deployment.account, &filter).ok()?.clusters;
    let ready = |id: &ClusterId| {
        clusters.iter().any(|cluster| cluster.id == *id && cluster.state == ClusterState::Ready)
    };
    suitable
        .into_iter()
        .filter(ready)
        .filter_map(|id| {
            let (_, _, gpus) =
                free.iter().find(|(cluster, gpu, _)| *cluster == id && *gpu == specification.gpu)?;
            (*gpus >= instance_type.gpus()).then_some((*gpus, id))
        })
        .max_by_key(|(gpus, id)| (*gpus, std::cmp::Reverse(*id)))
        .map(|(_, id)| id)
}
