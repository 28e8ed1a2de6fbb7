//! Deployments: ask for, see, change, remove.

use super::find::VersionPath;
use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params, Search};
use crate::core::charts::{DeployFacts, accept};
use crate::core::{Core, storage};
use crate::wire::deployment::{
    DeploymentDto, DeploymentResponse, FunctionDeploymentRequest, GpuSpecificationDto,
    ListDeploymentsResponse, SpecificationDraft, UpdateGpuSpecificationRequest,
    UpdateGpuSpecificationResponse,
};
use crate::wire::function::{FunctionDto, FunctionResponse, View};
use axum::extract::State;
use axum::http::Method;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use wheelhouse_functions::catalogue::{Cluster, Filter as PlacementFilter, place};
use wheelhouse_functions::definition::Workload;
use wheelhouse_functions::deployment::Deployment;
use wheelhouse_functions::engine::Surroundings;
use wheelhouse_functions::gpu_specification::{Bounds, GpuSpecification};
use wheelhouse_functions::id::{DeploymentId, GpuSpecificationId, VersionId};
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::instance_state::{InstanceEvent, step as step_instance};
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_functions::version_state::{VersionEffect, VersionEvent, VersionState, step};
use wheelhouse_functions::violation::Violations;
use wheelhouse_store::{Filter, Stored};

const ACCESS: Access = Access::Own(&[Scope::DeployFunction]);
const BY_VERSION: &str = "/v2/nvcf/deployments/functions/{functionId}/versions/{versionId}";

pub(crate) fn register(api: &mut Api) {
    api.on(Method::POST, BY_VERSION, ACCESS, "Deploy a version")
        .takes::<FunctionDeploymentRequest>()
        .gives::<DeploymentResponse>()
        .mirrored_by(deploy);
    api.on(Method::GET, BY_VERSION, ACCESS, "See the deployment of a version")
        .gives::<DeploymentResponse>()
        .mirrored_by(get_by_version);
    api.on(Method::PUT, BY_VERSION, ACCESS, "Change bounds of a deployment (deprecated; use PATCH)")
        .takes::<FunctionDeploymentRequest>()
        .gives::<DeploymentResponse>()
        .mirrored_by(put);
    api.on(
        Method::DELETE,
        BY_VERSION,
        ACCESS,
        "Remove a deployment; with graceful=true after its queue is drained",
    )
    .gives::<FunctionResponse>()
    .mirrored_by(undeploy);
    api.on(Method::GET, "/v2/nvcf/deployments/{deploymentId}", ACCESS, "See a deployment")
        .gives::<DeploymentResponse>()
        .mirrored_by(get);
    api.on(
        Method::PATCH,
        "/v2/nvcf/deployments/{deploymentId}/gpu-specifications/{gpuSpecId}",
        ACCESS,
        "Change one GPU specification of a running deployment",
    )
    .takes::<UpdateGpuSpecificationRequest>()
    .gives::<UpdateGpuSpecificationResponse>()
    .mirrored_by(patch);
    api.on(
        Method::GET,
        "/v2/nvcf/accounts/{ncaId}/deployments",
        Access::Account(&[Scope::DeployFunction]),
        "List the deployments of an account",
    )
    .gives::<ListDeploymentsResponse>()
    .by(list);
}

async fn deploy(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
    Json(body): Json<FunctionDeploymentRequest>,
) -> ApiResult<axum::Json<DeploymentResponse>> {
    let mut stored = core.own_version(&caller, &path).await?;
    let is_chart = matches!(stored.value.definition.workload, Workload::Chart { .. });
    let mut drafts = body.check(is_chart)?;
    drafts.sort_by_key(|draft| draft.wishes.preferred_order.unwrap_or(u8::MAX));
    let all_minimums_zero = drafts.iter().all(|draft| draft.bounds.min_instances == 0);
    let (state, _effects) = step(stored.value.state, VersionEvent::Deploy { all_minimums_zero })
        .map_err(Problem::invalid_request)?;
    let mut specifications = Vec::with_capacity(drafts.len());
    let mut findings = Vec::new();
    for draft in drafts {
        let (specification, found) = core.accept_specification(&caller, &stored.value, draft).await?;
        specifications.push(specification);
        findings.extend(found);
    }
    let now = core.now();
    let version = &mut stored.value;
    version.state = state;
    version.state_since = now;
    let deployment = Deployment {
        id: core.new_id(DeploymentId::from_parts)?,
        function: version.function,
        version: version.version,
        account: version.account.clone(),
        specifications,
        revision: 1,
        health: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    let entry = caller.audit(now, "deploy", format_args!("{}/{}", version.function, version.version));
    core.store.transaction().update(&stored).insert(&deployment).audit(&entry).commit().await?;
    core.changed.notify_one();
    Ok(axum::Json(DeploymentResponse { deployment: DeploymentDto::of(&deployment, &stored.value), findings }))
}

impl Core {
    /// Finds where a specification can run and checks the chart with its values.
    async fn accept_specification(
        &self,
        caller: &Caller,
        version: &FunctionVersion,
        draft: SpecificationDraft,
    ) -> Result<(GpuSpecification, Vec<Value>), Problem> {
        let clusters: Vec<Cluster> = self
            .store
            .table::<Cluster>()
            .list(Filter::All)
            .await
            .map_err(storage)?
            .into_iter()
            .map(|stored| stored.value)
            .collect();
        let filter = PlacementFilter {
            gpu: &draft.gpu,
            instance_type: draft.instance_type.as_deref(),
            backend: draft.backend.as_deref(),
            clusters: &draft.clusters,
            regions: &draft.regions,
            attributes: &draft.attributes,
        };
        let placement = place(&clusters, &caller.account, &filter).map_err(Problem::invalid_request)?;
        let specification = GpuSpecification {
            id: self.new_id(GpuSpecificationId::from_parts)?,
            gpu: draft.gpu,
            instance_type: placement.instance_type.to_string(),
            backend: draft.backend,
            clusters: draft.clusters,
            regions: draft.regions,
            attributes: draft.attributes,
            bounds: draft.bounds,
            configuration: draft.configuration,
            validation_policy: draft.validation_policy,
            autoscaling: draft.autoscaling,
            wishes: draft.wishes,
        };
        let target = clusters.iter().find(|cluster| placement.clusters.contains(&cluster.id));
        let findings = self.check_specification(version, &specification, target).await?;
        Ok((specification, findings))
    }

    async fn check_specification(
        &self,
        version: &FunctionVersion,
        specification: &GpuSpecification,
        target: Option<&Cluster>,
    ) -> Result<Vec<Value>, Problem> {
        let (Some(digest), Workload::Chart { reference, .. }) =
            (&version.chart_digest, &version.definition.workload)
        else {
            return Ok(Vec::new());
        };
        let facts = DeployFacts {
            values: specification.configuration.clone().unwrap_or_default(),
            kubernetes_version: target.map_or_else(
                || self.options.default_kubernetes_version.clone(),
                |cluster| cluster.kubernetes_version.clone(),
            ),
            api_versions: target.map(|cluster| cluster.api_versions.clone()).unwrap_or_default(),
            instance_type: Some(specification.instance_type.clone()),
            policy: specification.validation_policy.clone(),
            surroundings: Surroundings {
                registries: Some(self.image_registries(&version.account).await?),
                ..target.map(|cluster| offered(cluster, specification)).unwrap_or_default()
            },
        };
        let created = DeployFacts {
            kubernetes_version: self.oldest_kubernetes().await?,
            policy: facts.policy.clone(),
            ..DeployFacts::default()
        };
        let chart = self.pinned_chart(digest).await?;
        let report =
            self.check_chart(chart, &version.definition, Some(reference), facts, Some(created)).await?;
        if report.is_refused() {
            self.metrics.refused_chart("validate");
        }
        accept(&report)?;
        Ok(report.findings.into_iter().map(|finding| finding.details).collect())
    }

    /// The deployment of a version.
    pub(crate) async fn deployment_of(
        &self,
        version: VersionId,
    ) -> Result<Option<Stored<Deployment>>, Problem> {
        let filter = Filter::Parent(version.to_string());
        Ok(self.store.table::<Deployment>().list(filter).await.map_err(storage)?.into_iter().next())
    }

    /// Removes a deployment, at once or after draining.
    pub(crate) async fn undeploy(
        &self,
        caller: &Caller,
        mut stored: Stored<FunctionVersion>,
        graceful: bool,
    ) -> Result<Stored<FunctionVersion>, Problem> {
        let event = VersionEvent::Undeploy { graceful };
        let (state, effects) = step(stored.value.state, event).map_err(Problem::invalid_request)?;
        let action = if graceful { "undeploy_gracefully" } else { "undeploy" };
        let entry = caller.audit(self.now(), action, stored.value.version);
        self.apply_version(&mut stored, state, &effects, Some(&entry)).await?;
        Ok(stored)
    }

    /// Writes a version's new state and carries out the effects of the transition. Safe to repeat.
    pub(crate) async fn apply_version(
        &self,
        stored: &mut Stored<FunctionVersion>,
        state: VersionState,
        effects: &[VersionEffect],
        entry: Option<&wheelhouse_store::record::AuditEntry>,
    ) -> Result<(), Problem> {
        let now = self.now();
        if stored.value.state != state {
            stored.value.state = state;
            stored.value.state_since = now;
        }
        let mut transaction = self.store.transaction().update(stored);
        if let Some(entry) = entry {
            transaction = transaction.audit(entry);
        }
        let version = stored.value.version;
        if effects.contains(&VersionEffect::TerminateInstances) {
            let filter = Filter::Parent(version.to_string());
            for mut instance in self.store.table::<Instance>().list(filter).await.map_err(storage)? {
                let timers = &self.options.timers;
                let (next, _) = step_instance(instance.value.state, InstanceEvent::Terminate, timers);
                if next != instance.value.state {
                    instance.value.state = next;
                    instance.value.state_since = now;
                    instance.value.updated_at = now;
                    instance.value.endpoints.clear();
                    transaction = transaction.update(&instance);
                } else if !next.needs_agent() && effects.contains(&VersionEffect::DeleteDeployment) {
                    transaction = transaction.delete::<Instance>(instance.value.id);
                }
            }
        }
        if effects.contains(&VersionEffect::DeleteDeployment)
            && let Some(deployment) = self.deployment_of(version).await?
        {
            transaction = transaction.delete::<Deployment>(deployment.value.id);
        }
        transaction.commit().await.map_err(storage)?;
        stored.revision += 1;
        if effects.contains(&VersionEffect::DropQueue) {
            self.load.drop_queue(version);
        }
        self.work_changed();
        Ok(())
    }
}

/// What a node of the instance type offers on a cluster, as far as its agent says.
fn offered(cluster: &Cluster, specification: &GpuSpecification) -> Surroundings {
    // The type of several nodes is made of those of one.
    let node = specification.instance_type.split(".x").next().unwrap_or_default();
    let mut offers = cluster.gpus.iter().flat_map(|gpu| &gpu.instance_types);
    let offer = offers.find(|offer| offer.name == specification.instance_type || offer.name == node);
    Surroundings {
        cluster: cluster.name.clone(),
        cpu_cores: offer.map(|offer| offer.cpu_cores).filter(|cores| *cores > 0),
        memory_bytes: offer.map(|offer| offer.memory_bytes).filter(|bytes| *bytes > 0),
        ..Surroundings::default()
    }
}

async fn get_by_version(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
) -> ApiResult<axum::Json<DeploymentResponse>> {
    let version = core.own_version(&caller, &path).await?.value;
    let deployment = core.deployment_of(version.version).await?.ok_or_else(|| no_deployment(&path))?;
    Ok(axum::Json(DeploymentResponse {
        deployment: DeploymentDto::of(&deployment.value, &version),
        findings: Vec::new(),
    }))
}

fn no_deployment(path: &VersionPath) -> Problem {
    let VersionPath { function_id, version_id } = path;
    Problem::not_found(format!("Function id '{function_id}', version '{version_id}': No deployment found"))
}

/// A path that names a deployment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentPath {
    deployment_id: String,
}

/// A path that names one GPU specification of a deployment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpecificationPath {
    deployment_id: String,
    gpu_spec_id: String,
}

async fn own_deployment(
    core: &Core,
    caller: &Caller,
    id: &str,
) -> Result<(Stored<Deployment>, Stored<FunctionVersion>), Problem> {
    let missing = || Problem::not_found(format!("Deployment id '{id}': Not found"));
    let id: DeploymentId = id.parse().map_err(|_| missing())?;
    let deployment = core.store.table::<Deployment>().get(id).await.map_err(storage)?.ok_or_else(missing)?;
    let path = VersionPath {
        function_id: deployment.value.function.to_string(),
        version_id: deployment.value.version.to_string(),
    };
    let version = core.own_version(caller, &path).await.map_err(|_| missing())?;
    Ok((deployment, version))
}

async fn get(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<DeploymentPath>,
) -> ApiResult<axum::Json<DeploymentResponse>> {
    let (deployment, version) = own_deployment(&core, &caller, &path.deployment_id).await?;
    let deployment = DeploymentDto::of(&deployment.value, &version.value);
    Ok(axum::Json(DeploymentResponse { deployment, findings: Vec::new() }))
}

async fn list(
    State(core): State<Arc<Core>>,
    caller: Caller,
) -> ApiResult<axum::Json<ListDeploymentsResponse>> {
    let filter = Filter::Account(caller.account.to_string());
    let mut deployments = Vec::new();
    for stored in core.store.table::<Deployment>().list(filter).await? {
        let version = core.store.table::<FunctionVersion>().get(stored.value.version).await?;
        if let Some(version) = version {
            deployments.push(DeploymentDto::of(&stored.value, &version.value));
        }
    }
    Ok(axum::Json(ListDeploymentsResponse { deployments }))
}

/// The deprecated change of a whole deployment: only bounds may differ, specification by specification.
async fn put(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
    Json(body): Json<FunctionDeploymentRequest>,
) -> ApiResult<axum::Json<DeploymentResponse>> {
    let version = core.own_version(&caller, &path).await?.value;
    let mut deployment = core.deployment_of(version.version).await?.ok_or_else(|| no_deployment(&path))?;
    if !matches!(version.state, VersionState::Active | VersionState::Deploying) {
        let detail = "use PATCH endpoint to update gpu-specification";
        return Err(Problem::invalid_request(detail).into());
    }
    let drafts = body.check(version.chart_digest.is_some())?;
    for draft in drafts {
        let named = |specification: &&mut GpuSpecification| {
            specification.gpu == draft.gpu
                && draft.instance_type.as_ref().is_none_or(|name| *name == specification.instance_type)
        };
        let found = deployment.value.specifications.iter_mut().find(named);
        let specification = found
            .ok_or_else(|| Problem::invalid_request(format_args!("Invalid GPU '{}' specified", draft.gpu)))?;
        specification.bounds = draft.bounds;
    }
    let now = core.now();
    deployment.value.updated_at = now;
    let entry = caller.audit(now, "update_deployment", deployment.value.id);
    core.store.transaction().update(&deployment).audit(&entry).commit().await?;
    core.work_changed();
    let deployment = DeploymentDto::of(&deployment.value, &version);
    Ok(axum::Json(DeploymentResponse { deployment, findings: Vec::new() }))
}

async fn patch(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<SpecificationPath>,
    Json(body): Json<UpdateGpuSpecificationRequest>,
) -> ApiResult<axum::Json<UpdateGpuSpecificationResponse>> {
    let (mut deployment, version) = own_deployment(&core, &caller, &path.deployment_id).await?;
    let missing = || Problem::not_found(format!("GPU specification id '{}': Not found", path.gpu_spec_id));
    let id: GpuSpecificationId = path.gpu_spec_id.parse().map_err(|_| missing())?;
    let mut specification = deployment.value.specification(id).ok_or_else(missing)?.clone();
    let updated = change(&mut specification, &body)?;
    if !updated {
        return Err(Problem::invalid_request("At least one property must be specified").into());
    }
    if body.configuration.is_some() {
        if version.value.chart_digest.is_none() {
            let detail = "'configuration' can only be specified for functions with a 'helmChart'";
            return Err(Problem::invalid_request(detail).into());
        }
        specification.configuration.clone_from(&body.configuration);
        let clusters = core.store.table::<Cluster>().list(Filter::All).await?;
        let target = clusters
            .iter()
            .map(|stored| &stored.value)
            .find(|cluster| cluster.gpus.iter().any(|gpu| gpu.name == specification.gpu));
        core.check_specification(&version.value, &specification, target).await?;
        deployment.value.revision += 1;
    }
    let slot = deployment.value.specifications.iter_mut().find(|known| known.id == id).ok_or_else(missing)?;
    slot.clone_from(&specification);
    let now = core.now();
    deployment.value.updated_at = now;
    let entry = caller.audit(now, "update_gpu_specification", id);
    core.store.transaction().update(&deployment).audit(&entry).commit().await?;
    core.work_changed();
    let gpu_specification = GpuSpecificationDto::of(&specification);
    Ok(axum::Json(UpdateGpuSpecificationResponse { gpu_specification }))
}

/// Applies the changed members to a specification; false when there was none.
fn change(
    specification: &mut GpuSpecification,
    body: &UpdateGpuSpecificationRequest,
) -> Result<bool, Problem> {
    let old = specification.bounds;
    let mut violations = Violations::of("updateGpuSpecificationRequest");
    specification.bounds = Bounds::check(
        "",
        Some(body.min_instances.unwrap_or(i64::from(old.min_instances))),
        Some(body.max_instances.unwrap_or(i64::from(old.max_instances))),
        Some(body.max_request_concurrency.unwrap_or(i64::from(old.max_request_concurrency))),
        &mut violations,
    );
    violations.into_result(())?;
    match body.autoscaling_configuration_policy.as_deref() {
        None | Some("CUSTOM_CONFIGURATION") => {
            if let Some(own) = &body.autoscaling_configuration {
                specification.autoscaling = Some(own.check()?);
            }
        }
        Some("PLATFORM_CONFIGURATION") => specification.autoscaling = None,
        Some(other) => {
            let detail = format!("Invalid autoscalingConfigurationPolicy '{other}' specified");
            return Err(Problem::new(ProblemKind::BadRequest, detail));
        }
    }
    Ok(body.min_instances.is_some()
        || body.max_instances.is_some()
        || body.max_request_concurrency.is_some()
        || body.configuration.is_some()
        || body.autoscaling_configuration.is_some()
        || body.autoscaling_configuration_policy.is_some())
}

/// How a deployment is removed.
#[derive(Debug, Deserialize)]
struct UndeployQuery {
    graceful: Option<bool>,
}

async fn undeploy(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
    Search(query): Search<UndeployQuery>,
) -> ApiResult<axum::Json<FunctionResponse>> {
    let stored = core.own_version(&caller, &path).await?;
    if !stored.value.state.is_deployed() {
        return Err(no_deployment(&path).into());
    }
    let stored = core.undeploy(&caller, stored, query.graceful.unwrap_or(false)).await?;
    let function = FunctionDto::of(&stored.value, View::Full { secrets: true });
    Ok(axum::Json(FunctionResponse { function, findings: Vec::new() }))
}
