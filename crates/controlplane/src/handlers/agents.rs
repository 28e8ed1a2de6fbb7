//! What cluster agents call: introduce a cluster, fetch work, fetch charts, report.
//!
//! Agents only call out. `GET …/work` holds the line until there is something newer than the revision the agent
//! names; the answer is always everything, so that a lost answer costs nothing.

use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params, Search};
use crate::core::{Core, storage};
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use wheelhouse_functions::catalogue::{Cluster, ClusterState};
use wheelhouse_functions::definition::Workload;
use wheelhouse_functions::deployment::{Deployment, HealthReport};
use wheelhouse_functions::id::ClusterId;
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::instance_state::{InstanceEffect, InstanceEvent, step};
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_functions::work::{
    DesiredInstance, DesiredWorkload, ObservedInstance, Phase, PullCredential, Registered, Registration,
    Report, SecretValue, Work,
};
use wheelhouse_store::{Error, Filter, Stored};

const ACCESS: Access = Access::Everywhere(&[Scope::ClusterAgent]);
/// The longest an agent's question for work is held.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

pub(crate) fn register(api: &mut Api) {
    api.on(Method::PUT, "/v1/agent/clusters", ACCESS, "Introduce a cluster").by(introduce);
    api.on(Method::GET, "/v1/agent/clusters/{clusterId}/work", ACCESS, "Fetch what a cluster is to have")
        .by(work);
    api.on(Method::POST, "/v1/agent/clusters/{clusterId}/report", ACCESS, "Report what a cluster has")
        .by(report);
    api.on(Method::GET, "/v1/agent/charts/{digest}", ACCESS, "Fetch a pinned chart").by(chart);
}

async fn introduce(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Json(body): Json<Registration>,
) -> ApiResult<axum::Json<Registered>> {
    let now = core.now();
    let known = core.store.table::<Cluster>().by_label(&body.name).await?;
    let cluster = Cluster {
        id: match &known {
            Some(stored) => stored.value.id,
            None => core.new_id(ClusterId::from_parts)?,
        },
        name: body.name,
        group: body.group,
        account: known.as_ref().map_or_else(|| caller.account.clone(), |stored| stored.value.account.clone()),
        authorized_accounts: known
            .as_ref()
            .map_or_else(|| vec!["*".to_owned()], |stored| stored.value.authorized_accounts.clone()),
        kubernetes_version: body.kubernetes_version,
        api_versions: body.api_versions,
        region: body.region,
        attributes: body.attributes,
        gpus: body.gpus,
        state: match known.as_ref().map(|stored| stored.value.state) {
            // What an operator set stays.
            Some(ClusterState::Cordoned) => ClusterState::Cordoned,
            Some(ClusterState::Draining) => ClusterState::Draining,
            Some(ClusterState::Ready | ClusterState::NotReady) | None => ClusterState::Ready,
        },
        last_heartbeat: now,
    };
    let entry = caller.audit(now, "register_cluster", cluster.id);
    core.store.transaction().put(&cluster).audit(&entry).commit().await?;
    core.changed.notify_one();
    Ok(axum::Json(Registered { cluster: cluster.id }))
}

/// A path that names a cluster.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClusterPath {
    pub(super) cluster_id: String,
}

/// What an agent knows already, and how long it wants to wait.
#[derive(Debug, Deserialize)]
struct WorkQuery {
    after: Option<u64>,
    wait: Option<u64>,
}

async fn known_cluster(core: &Core, path: &ClusterPath) -> Result<Stored<Cluster>, Problem> {
    let found = core.store.table::<Cluster>().get(&path.cluster_id).await.map_err(storage)?;
    found.ok_or_else(|| Problem::not_found(format!("Cluster id '{}': Not found", path.cluster_id)))
}

async fn work(
    State(core): State<Arc<Core>>,
    Params(path): Params<ClusterPath>,
    Search(query): Search<WorkQuery>,
) -> ApiResult<axum::Json<Work>> {
    let mut cluster = known_cluster(&core, &path).await?;
    cluster.value.last_heartbeat = core.now();
    if cluster.value.state == ClusterState::NotReady {
        cluster.value.state = ClusterState::Ready;
    }
    match core.store.transaction().update(&cluster).commit().await {
        // Somebody else changed the record: the next question brings the heartbeat.
        Ok(()) | Err(Error::Conflict { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let mut changes = core.work.subscribe();
    if query.after == Some(*changes.borrow_and_update()) {
        let wait = Duration::from_secs(query.wait.unwrap_or(0)).min(LONGEST_WAIT);
        // Whether something changed or time is up: the answer is what is wanted now.
        let _elapsed = tokio::time::timeout(wait, changes.changed()).await;
    }
    let revision = *core.work.borrow();
    let logs = core.logs.wanted(cluster.value.id);
    Ok(axum::Json(Work { revision, instances: core.desired(&cluster.value).await?, logs }))
}

impl Core {
    /// The id of a cluster that is known.
    pub(super) async fn cluster_id(&self, path: &ClusterPath) -> Result<ClusterId, Problem> {
        Ok(known_cluster(self, path).await?.value.id)
    }

    /// Everything a cluster is to have, and what is still to go.
    async fn desired(&self, cluster: &Cluster) -> Result<Vec<DesiredInstance>, Problem> {
        let filter = Filter::Label(cluster.id.to_string());
        let instances = self.store.table::<Instance>().list(filter).await.map_err(storage)?;
        let mut desired = Vec::new();
        for stored in instances {
            let instance = stored.value;
            if !instance.state.needs_agent() {
                continue;
            }
            let version =
                self.store.table::<FunctionVersion>().get(instance.version).await.map_err(storage)?;
            let deployment =
                self.store.table::<Deployment>().get(instance.deployment).await.map_err(storage)?;
            desired.push(self.desired_instance(&instance, cluster, version, deployment).await?);
        }
        Ok(desired)
    }

    async fn desired_instance(
        &self,
        instance: &Instance,
        cluster: &Cluster,
        version: Option<Stored<FunctionVersion>>,
        deployment: Option<Stored<Deployment>>,
    ) -> Result<DesiredInstance, Problem> {
        let specification = deployment
            .as_ref()
            .and_then(|deployment| deployment.value.specification(instance.specification))
            .cloned();
        // Without its version or deployment it can only be taken away.
        let (Some(version), Some(deployment), Some(specification)) = (version, deployment, specification)
        else {
            return Ok(leaving(instance, cluster));
        };
        let version = version.value;
        let definition = &version.definition;
        let workload = match (&definition.workload, &version.chart_digest) {
            (Workload::Chart { .. }, Some(digest)) => DesiredWorkload::Chart {
                digest: digest.clone(),
                service: definition.entry_service().unwrap_or_default(),
                values: specification.configuration.clone().unwrap_or_default(),
            },
            (Workload::Container { image, arguments, environment }, _) => DesiredWorkload::Container {
                image: image.clone(),
                arguments: arguments.clone(),
                environment: environment.clone(),
            },
            (Workload::Chart { .. }, None) => return Ok(leaving(instance, cluster)),
        };
        let pull = self.logins(&version.account, "CONTAINER").await?;
        let owner = super::functions::secret_owner(version.version);
        let secrets = self.store.secrets(&owner).await.map_err(storage)?;
        Ok(DesiredInstance {
            id: instance.id,
            wanted: instance.state.is_live(),
            function: version.function,
            version: version.version,
            name: definition.name.clone(),
            account: version.account.clone(),
            workload,
            revision: deployment.value.revision,
            inference_port: definition.inference_port,
            inference_url: definition.inference_url.clone(),
            health: definition.health.clone(),
            instance_type: instance.instance_type.clone(),
            backend: cluster.group.clone(),
            policy: specification.validation_policy,
            pull: pull
                .into_iter()
                .map(|login| PullCredential { host: login.host, auth: login.auth })
                .collect(),
            secrets: secrets.into_iter().map(|(name, value)| SecretValue { name, value }).collect(),
        })
    }
}

/// An instance of which only the name is left: it is to be taken away.
fn leaving(instance: &Instance, cluster: &Cluster) -> DesiredInstance {
    DesiredInstance {
        id: instance.id,
        wanted: false,
        function: instance.function,
        version: instance.version,
        name: String::new(),
        account: instance.account.clone(),
        workload: DesiredWorkload::Container {
            image: String::new(),
            arguments: None,
            environment: Vec::new(),
        },
        revision: 0,
        inference_port: 0,
        inference_url: String::new(),
        health: wheelhouse_functions::definition::Health::default_for(1, false),
        instance_type: instance.instance_type.clone(),
        backend: cluster.group.clone(),
        policy: wheelhouse_functions::gpu_specification::ValidationPolicy::default(),
        pull: Vec::new(),
        secrets: Vec::new(),
    }
}

async fn report(
    State(core): State<Arc<Core>>,
    Params(path): Params<ClusterPath>,
    Json(body): Json<Report>,
) -> ApiResult<StatusCode> {
    let cluster = known_cluster(&core, &path).await?.value;
    for observed in body.instances {
        // A report races with the reconciler; the loser reads again.
        for _ in 0..8 {
            match core.observe(&cluster, &observed).await {
                Err(Error::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => break,
            }
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

impl Core {
    async fn observe(&self, cluster: &Cluster, observed: &ObservedInstance) -> Result<(), Error> {
        let Some(mut stored) = self.store.table::<Instance>().get(observed.id).await? else { return Ok(()) };
        if stored.value.cluster != cluster.id {
            return Ok(());
        }
        let event = match &observed.phase {
            Phase::Starting => InstanceEvent::Accepted,
            Phase::Ready => InstanceEvent::Ready,
            Phase::NotReady => InstanceEvent::NotReady,
            Phase::Failed(failure) => InstanceEvent::Failed(failure.clone()),
            Phase::Gone => InstanceEvent::Gone,
        };
        let (state, effects) = step(stored.value.state, event, &self.options.timers);
        let serving = state == wheelhouse_functions::instance_state::InstanceState::Running;
        let endpoints = if serving { observed.endpoints.clone() } else { Vec::new() };
        if observed.waiting.is_some() || observed.phase == Phase::Ready {
            self.note_waiting(&stored.value, cluster, observed.waiting.as_deref()).await?;
        }
        if state == stored.value.state && endpoints == stored.value.endpoints {
            return Ok(());
        }
        self.move_instance(&mut stored, state, &effects, endpoints, cluster).await?;
        self.changed.notify_one();
        Ok(())
    }

    /// Says in the deployment's health what an instance waits for, long before it is given up.
    async fn note_waiting(
        &self,
        instance: &Instance,
        cluster: &Cluster,
        waiting: Option<&str>,
    ) -> Result<(), Error> {
        let Some(mut deployment) = self.store.table::<Deployment>().get(instance.deployment).await? else {
            return Ok(());
        };
        let report = HealthReport {
            instance: instance.id,
            gpu: instance.gpu.clone(),
            backend: cluster.group.clone(),
            instance_type: instance.instance_type.clone(),
            error: String::new(),
            at: self.now(),
        };
        if deployment.value.note_waiting(report, waiting) {
            self.store.transaction().update(&deployment).commit().await?;
        }
        Ok(())
    }

    /// Writes an instance's new state with what follows from it.
    pub(crate) async fn move_instance(
        &self,
        stored: &mut Stored<Instance>,
        state: wheelhouse_functions::instance_state::InstanceState,
        effects: &[InstanceEffect],
        endpoints: Vec<wheelhouse_functions::instance::Endpoint>,
        cluster: &Cluster,
    ) -> Result<(), Error> {
        let now = self.now();
        let instance = &mut stored.value;
        if instance.state != state {
            tracing::info!(instance = %instance.id, from = ?instance.state, to = ?state, "instance moved");
            instance.state = state;
            instance.state_since = now;
        }
        instance.updated_at = now;
        instance.endpoints = endpoints;
        let mut transaction = self.store.transaction();
        let mut forget = false;
        for effect in effects {
            match effect {
                InstanceEffect::AddRoute => instance.was_running = true,
                InstanceEffect::ReportFailure(failure) => {
                    instance.failure = Some(failure.clone());
                    if let Some(mut deployment) =
                        self.store.table::<Deployment>().get(instance.deployment).await?
                    {
                        deployment.value.remember(HealthReport {
                            instance: instance.id,
                            gpu: instance.gpu.clone(),
                            backend: cluster.group.clone(),
                            instance_type: instance.instance_type.clone(),
                            error: format!("{}: {}", failure.cause.as_str(), failure.message),
                            at: now,
                        });
                        transaction = transaction.update(&deployment);
                    }
                }
                // A failed instance's record explains the deployment's state; it goes with the deployment.
                InstanceEffect::Forget => forget = instance.failure.is_none(),
                InstanceEffect::RemoveRoute | InstanceEffect::DeleteObjects => {}
            }
        }
        if state == wheelhouse_functions::instance_state::InstanceState::Terminated
            && self.store.table::<Deployment>().get(instance.deployment).await?.is_none()
        {
            forget = true;
        }
        transaction =
            if forget { transaction.delete::<Instance>(stored.value.id) } else { transaction.update(stored) };
        transaction.commit().await?;
        self.work.send_modify(|revision| *revision = revision.wrapping_add(1));
        Ok(())
    }
}

/// A path that names a chart.
#[derive(Debug, Deserialize)]
struct ChartPath {
    digest: String,
}

async fn chart(
    State(core): State<Arc<Core>>,
    Params(path): Params<ChartPath>,
) -> ApiResult<impl IntoResponse> {
    let bytes = core.pinned_chart(&path.digest).await?;
    Ok(([(header::CONTENT_TYPE, "application/gzip")], Arc::unwrap_or_clone(bytes)))
}
