//! Cluster groups, GPUs, and the maintenance of clusters.

use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params};
use crate::core::Core;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use wheelhouse_functions::catalogue::{Cluster, ClusterState, GpuOffer};
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::instance_type::InstanceType;
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_functions::scope::Scope;
use wheelhouse_store::{Filter, Stored};

/// An instance type of a GPU.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct InstanceTypeDto {
    name: String,
    value: String,
    description: String,
    default: bool,
    node_type: String,
    cpu_cores: u32,
    system_memory: String,
    gpu_count: u32,
}

/// A GPU.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GpuDto {
    name: String,
    capacity: u32,
    instance_types: Vec<InstanceTypeDto>,
}

/// A cluster of a group.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClusterDto {
    id: String,
    name: String,
    k8s_version: String,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    last_heartbeat: String,
}

/// A group of clusters; deployments name it as `backend`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClusterGroupDto {
    id: String,
    name: String,
    nca_id: String,
    authorized_nca_ids: Vec<String>,
    gpus: Vec<GpuDto>,
    clusters: Vec<ClusterDto>,
}

/// Cluster groups.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClusterGroupsResponse {
    cluster_groups: Vec<ClusterGroupDto>,
}

/// A cluster as those who keep it see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RegisteredClusterDto {
    cluster_id: String,
    cluster_name: String,
    cluster_group_name: String,
    nca_id: String,
    #[serde(rename = "authorizedNCAIds")]
    authorized_nca_ids: Vec<String>,
    status: String,
    k8s_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    attributes: Vec<String>,
    gpus: Vec<GpuDto>,
    last_heartbeat: String,
}

/// Clusters.
#[derive(Debug, Serialize, JsonSchema)]
struct ListClustersResponse {
    clusters: Vec<RegisteredClusterDto>,
}

/// A change of a cluster's state.
#[derive(Debug, Deserialize, JsonSchema)]
struct ClusterStateRequest {
    /// `READY`, `CORDON` or `CORDON_AND_DRAIN`.
    status: String,
}

pub(crate) fn register(api: &mut Api) {
    const ONE: &str = "/v1/accounts/{ncaId}/clusters/{clusterId}";
    let manage = Access::Account(&[Scope::ClusterManagement]);
    api.on(
        Method::GET,
        "/v2/nvcf/clusterGroups",
        Access::Own(&[Scope::ListClusterGroups, Scope::DeployFunction]),
        "List cluster groups and their GPUs",
    )
    .gives::<ClusterGroupsResponse>()
    .by(groups);
    api.on(
        Method::GET,
        "/v2/nvcf/supportedGpus",
        Access::Own(&[Scope::RegisterFunction]),
        "List GPUs and their instance types",
    )
    .gives::<Vec<GpuDto>>()
    .by(supported_gpus);
    api.on(Method::GET, "/v1/accounts/{ncaId}/clusters", manage, "List the clusters of an account")
        .gives::<ListClustersResponse>()
        .by(list);
    api.on(Method::GET, ONE, manage, "See a cluster").gives::<RegisteredClusterDto>().by(get);
    api.on(Method::PATCH, ONE, manage, "Cordon, drain or ready a cluster")
        .takes::<ClusterStateRequest>()
        .by(patch);
    api.on(Method::DELETE, ONE, manage, "Forget a cluster that has no instances").by(delete);
}

fn gpu(offer: &GpuOffer) -> GpuDto {
    let instance_types = offer.instance_types.iter().map(|offered| {
        let parsed: Option<InstanceType> = offered.name.parse().ok();
        InstanceTypeDto {
            name: offered.name.clone(),
            value: parsed.as_ref().map_or_else(|| offered.name.clone(), InstanceType::value),
            description: offered.description.clone(),
            default: offered.default,
            node_type: if parsed.as_ref().is_some_and(|kind| kind.nodes() > 1) { "MULTI" } else { "SINGLE" }
                .to_owned(),
            cpu_cores: offered.cpu_cores,
            system_memory: format!("{}Mi", offered.memory_bytes >> 20),
            gpu_count: parsed.as_ref().map_or(1, InstanceType::gpus),
        }
    });
    GpuDto { name: offer.name.clone(), capacity: offer.capacity, instance_types: instance_types.collect() }
}

/// GPUs of several clusters put together: capacities add up, types are listed once.
fn merged<'a>(offers: impl Iterator<Item = &'a GpuOffer>) -> Vec<GpuDto> {
    let mut gpus: BTreeMap<String, GpuDto> = BTreeMap::new();
    for offer in offers {
        let shown = gpu(offer);
        match gpus.get_mut(&offer.name) {
            None => {
                gpus.insert(offer.name.clone(), shown);
            }
            Some(known) => {
                known.capacity += shown.capacity;
                for kind in shown.instance_types {
                    if !known.instance_types.iter().any(|other| other.name == kind.name) {
                        known.instance_types.push(kind);
                    }
                }
            }
        }
    }
    gpus.into_values().collect()
}

async fn visible(core: &Core, caller: &Caller) -> ApiResult<Vec<Cluster>> {
    let all = core.store.table::<Cluster>().list(Filter::All).await?;
    let visible = |cluster: &Cluster| {
        let authorized = |name: &String| name == "*" || *name == caller.account.as_str();
        cluster.account == caller.account || cluster.authorized_accounts.iter().any(authorized)
    };
    Ok(all.into_iter().map(|stored| stored.value).filter(visible).collect())
}

async fn groups(
    State(core): State<Arc<Core>>,
    caller: Caller,
) -> ApiResult<axum::Json<ClusterGroupsResponse>> {
    let mut groups: BTreeMap<String, Vec<Cluster>> = BTreeMap::new();
    for cluster in visible(&core, &caller).await? {
        groups.entry(cluster.group.clone()).or_default().push(cluster);
    }
    let cluster_groups = groups
        .into_iter()
        .filter_map(|(name, clusters)| {
            let first = clusters.first()?;
            Some(ClusterGroupDto {
                id: first.id.to_string(),
                name,
                nca_id: first.account.to_string(),
                authorized_nca_ids: first.authorized_accounts.clone(),
                gpus: merged(clusters.iter().flat_map(|cluster| cluster.gpus.iter())),
                clusters: clusters
                    .iter()
                    .map(|cluster| ClusterDto {
                        id: cluster.id.to_string(),
                        name: cluster.name.clone(),
                        k8s_version: cluster.kubernetes_version.clone(),
                        status: cluster.state.status().to_owned(),
                        region: cluster.region.clone(),
                        last_heartbeat: cluster.last_heartbeat.to_string(),
                    })
                    .collect(),
            })
        })
        .collect();
    Ok(axum::Json(ClusterGroupsResponse { cluster_groups }))
}

async fn supported_gpus(State(core): State<Arc<Core>>, caller: Caller) -> ApiResult<axum::Json<Vec<GpuDto>>> {
    let clusters = visible(&core, &caller).await?;
    Ok(axum::Json(merged(clusters.iter().flat_map(|cluster| cluster.gpus.iter()))))
}

/// A path that names a cluster.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClusterPath {
    cluster_id: String,
}

async fn own(core: &Core, caller: &Caller, path: &ClusterPath) -> ApiResult<Stored<Cluster>> {
    let found = core.store.table::<Cluster>().get(&path.cluster_id).await?;
    let missing = || Problem::not_found(format!("Cluster id '{}': Not found", path.cluster_id));
    Ok(found.filter(|stored| stored.value.account == caller.account).ok_or_else(missing)?)
}

fn registered(cluster: &Cluster) -> RegisteredClusterDto {
    RegisteredClusterDto {
        cluster_id: cluster.id.to_string(),
        cluster_name: cluster.name.clone(),
        cluster_group_name: cluster.group.clone(),
        nca_id: cluster.account.to_string(),
        authorized_nca_ids: cluster.authorized_accounts.clone(),
        status: cluster.state.status().to_owned(),
        k8s_version: cluster.kubernetes_version.clone(),
        region: cluster.region.clone(),
        attributes: cluster.attributes.clone(),
        gpus: cluster.gpus.iter().map(gpu).collect(),
        last_heartbeat: cluster.last_heartbeat.to_string(),
    }
}

async fn list(State(core): State<Arc<Core>>, caller: Caller) -> ApiResult<axum::Json<ListClustersResponse>> {
    let all = core.store.table::<Cluster>().list(Filter::Account(caller.account.to_string())).await?;
    let clusters = all.iter().map(|stored| registered(&stored.value)).collect();
    Ok(axum::Json(ListClustersResponse { clusters }))
}

async fn get(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<ClusterPath>,
) -> ApiResult<axum::Json<RegisteredClusterDto>> {
    Ok(axum::Json(registered(&own(&core, &caller, &path).await?.value)))
}

async fn patch(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<ClusterPath>,
    Json(body): Json<ClusterStateRequest>,
) -> ApiResult<StatusCode> {
    let mut stored = own(&core, &caller, &path).await?;
    stored.value.state = match body.status.as_str() {
        "READY" => ClusterState::Ready,
        "CORDON" => ClusterState::Cordoned,
        "CORDON_AND_DRAIN" => ClusterState::Draining,
        other => {
            return Err(Problem::invalid_request(format_args!("Invalid status '{other}' specified")).into());
        }
    };
    let entry = caller.audit(core.now(), "set_cluster_state", stored.value.id);
    core.store.transaction().update(&stored).audit(&entry).commit().await?;
    core.work_changed();
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<ClusterPath>,
) -> ApiResult<StatusCode> {
    let stored = own(&core, &caller, &path).await?;
    let instances = core.store.table::<Instance>().list(Filter::Label(stored.value.id.to_string())).await?;
    if instances.iter().any(|instance| instance.value.state.is_live()) {
        let detail = "The cluster still has instances; drain it first";
        return Err(Problem::new(ProblemKind::Conflict, detail).into());
    }
    let entry = caller.audit(core.now(), "delete_cluster", stored.value.id);
    core.store.transaction().delete::<Cluster>(stored.value.id).audit(&entry).commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
