//! What registered clusters offer: GPUs and the instance types made of them.

use crate::id::{AccountId, ClusterId};
use crate::instance_type::InstanceType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A registered cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// Its name, unique.
    pub name: String,
    /// The group it belongs to; deployments name it as `backend`.
    pub group: String,
    /// The account that registered it.
    pub account: AccountId,
    /// Accounts that may use it; `*` for all.
    pub authorized_accounts: Vec<String>,
    /// Its Kubernetes version, e.g. `v1.36.1`.
    pub kubernetes_version: String,
    /// The API versions it serves, for charts that ask.
    pub api_versions: Vec<String>,
    /// Where it is.
    pub region: Option<String>,
    /// Free attributes, matched by placement filters.
    pub attributes: Vec<String>,
    /// The GPUs it has.
    pub gpus: Vec<GpuOffer>,
    /// Whether it takes new instances.
    pub state: ClusterState,
    /// When its agent was last heard.
    pub last_heartbeat: Timestamp,
}

/// A cluster's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClusterState {
    /// It takes instances.
    Ready,
    /// Its agent has not been heard for too long.
    NotReady,
    /// It keeps what it has and takes nothing new.
    Cordoned,
    /// It takes nothing new and its instances are moved away.
    Draining,
}

impl ClusterState {
    /// The reference's word.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::NotReady => "NOT_READY",
            Self::Cordoned => "CORDON",
            Self::Draining => "CORDON_AND_DRAIN",
        }
    }
}

/// One GPU model of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuOffer {
    /// Its name, e.g. `H100`.
    pub name: String,
    /// How many there are.
    pub capacity: u32,
    /// Instance types made of it.
    pub instance_types: Vec<InstanceTypeOffer>,
}

/// One instance type a cluster offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceTypeOffer {
    /// Its name, e.g. `NCP.GPU.H100_1x`.
    pub name: String,
    /// What it is, in words.
    pub description: String,
    /// Whether it is chosen when a deployment names none.
    pub default: bool,
    /// CPU cores of one node.
    pub cpu_cores: u32,
    /// Memory of one node, in bytes.
    pub memory_bytes: u64,
}

/// Why a placement is impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlacementError {
    /// No cluster has the GPU.
    #[error("Invalid GPU '{0}' specified")]
    Gpu(String),
    /// No cluster group of that name, or none with the GPU.
    #[error("Invalid Backend '{0}' specified")]
    Backend(String),
    /// No cluster of the given names or filters.
    #[error("Invalid Clusters '{0}' specified")]
    Clusters(String),
    /// The GPU is there, the type is not.
    #[error("Invalid InstanceType '{0}' specified")]
    InstanceType(String),
    /// It exists nowhere as a default.
    #[error("GPU '{0}' has no default InstanceType; name one")]
    NoDefault(String),
}

/// Which clusters a specification accepts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter<'a> {
    /// GPU name.
    pub gpu: &'a str,
    /// Instance type, if named.
    pub instance_type: Option<&'a str>,
    /// Cluster group, if named.
    pub backend: Option<&'a str>,
    /// Cluster names; empty means any.
    pub clusters: &'a [String],
    /// Regions; empty means any.
    pub regions: &'a [String],
    /// Attributes that must all be there.
    pub attributes: &'a [String],
}

/// A specification's instance type and the clusters that can run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The type.
    pub instance_type: InstanceType,
    /// Suitable clusters, in the order given.
    pub clusters: Vec<ClusterId>,
}

/// Finds where a specification can run for `account`, and its instance type when it names none.
///
/// # Errors
/// The first filter that leaves no cluster, in the reference's words.
pub fn place(
    clusters: &[Cluster],
    account: &AccountId,
    filter: &Filter<'_>,
) -> Result<Placement, PlacementError> {
    let visible = |cluster: &&Cluster| {
        cluster.account == *account
            || cluster.authorized_accounts.iter().any(|name| name == "*" || name == account.as_str())
    };
    let has_gpu = |cluster: &&Cluster| cluster.gpus.iter().any(|gpu| gpu.name == filter.gpu);
    let with_gpu: Vec<&Cluster> = clusters.iter().filter(visible).filter(has_gpu).collect();
    if with_gpu.is_empty() {
        return Err(PlacementError::Gpu(filter.gpu.to_owned()));
    }
    let in_group: Vec<&Cluster> = with_gpu
        .into_iter()
        .filter(|cluster| {
            filter.backend.is_none_or(|backend| cluster.group == backend || cluster.name == backend)
        })
        .collect();
    if in_group.is_empty() {
        return Err(PlacementError::Backend(filter.backend.unwrap_or_default().to_owned()));
    }
    let matching: Vec<&Cluster> = in_group
        .into_iter()
        .filter(|cluster| {
            let named = filter.clusters.is_empty() || filter.clusters.contains(&cluster.name);
            let region = filter.regions.is_empty()
                || cluster.region.as_ref().is_some_and(|region| filter.regions.contains(region));
            named && region && filter.attributes.iter().all(|wanted| cluster.attributes.contains(wanted))
        })
        .collect();
    if matching.is_empty() {
        return Err(PlacementError::Clusters(filter.clusters.join(", ")));
    }
    let name = match filter.instance_type {
        Some(name) => name.to_owned(),
        None => matching
            .iter()
            .flat_map(|cluster| cluster.gpus.iter().filter(|gpu| gpu.name == filter.gpu))
            .flat_map(|gpu| gpu.instance_types.iter())
            .find(|offer| offer.default)
            .map(|offer| offer.name.clone())
            .ok_or_else(|| PlacementError::NoDefault(filter.gpu.to_owned()))?,
    };
    let instance_type: InstanceType = name.parse().map_err(|_| PlacementError::InstanceType(name.clone()))?;
    let suitable: Vec<ClusterId> = matching
        .iter()
        .filter(|cluster| offers(cluster, filter.gpu, &instance_type))
        .map(|cluster| cluster.id)
        .collect();
    if suitable.is_empty() {
        return Err(PlacementError::InstanceType(name));
    }
    Ok(Placement { instance_type, clusters: suitable })
}

/// Whether a cluster offers a type: itself, or its one-node form when the type spans nodes and enough GPUs are
/// there.
fn offers(cluster: &Cluster, gpu: &str, instance_type: &InstanceType) -> bool {
    let name = instance_type.to_string();
    let node = instance_type.node_name();
    cluster.gpus.iter().filter(|offer| offer.name == gpu).any(|offer| {
        offer.instance_types.iter().any(|offered| {
            offered.name == name || (offered.name == node && offer.capacity >= instance_type.gpus())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> Cluster {
        Cluster {
            id: ClusterId::from_parts(1, [1; 10]),
            name: "local".into(),
            group: "nvcf-default".into(),
            account: AccountId::default_account(),
            authorized_accounts: vec!["*".into()],
            kubernetes_version: "v1.36.0".into(),
            api_versions: vec![],
            region: Some("here".into()),
            attributes: vec!["fast".into()],
            gpus: vec![GpuOffer {
                name: "L40".into(),
                capacity: 16,
                instance_types: vec![
                    InstanceTypeOffer {
                        name: "ON-PREM.GPU.L40_8x".into(),
                        description: String::new(),
                        default: false,
                        cpu_cores: 8,
                        memory_bytes: 1,
                    },
                    InstanceTypeOffer {
                        name: "ON-PREM.GPU.L40_1x".into(),
                        description: String::new(),
                        default: true,
                        cpu_cores: 8,
                        memory_bytes: 1,
                    },
                ],
            }],
            state: ClusterState::Ready,
            last_heartbeat: Timestamp::UNIX_EPOCH,
        }
    }

    fn check(filter: Filter<'_>, expect: &str) {
        let account: AccountId = "someone".parse().unwrap();
        let shown = match place(&[cluster()], &account, &filter) {
            Ok(placement) => placement.instance_type.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expect);
    }

    #[test]
    fn placements() {
        let base = Filter { gpu: "L40", ..Filter::default() };
        check(Filter { backend: Some("nvcf-default"), ..base.clone() }, "ON-PREM.GPU.L40_1x");
        check(
            Filter { instance_type: Some("ON-PREM.GPU.L40_8x.x2"), ..base.clone() },
            "ON-PREM.GPU.L40_8x.x2",
        );
        check(
            Filter { instance_type: Some("ON-PREM.GPU.L40_8x.x3"), ..base.clone() },
            "Invalid InstanceType 'ON-PREM.GPU.L40_8x.x3' specified",
        );
        check(
            Filter { instance_type: Some("nonsense"), ..base.clone() },
            "Invalid InstanceType 'nonsense' specified",
        );
        check(Filter { backend: Some("other"), ..base.clone() }, "Invalid Backend 'other' specified");
        check(Filter { clusters: &["other".into()], ..base.clone() }, "Invalid Clusters 'other' specified");
        check(
            Filter { regions: &["here".into()], attributes: &["fast".into()], ..base.clone() },
            "ON-PREM.GPU.L40_1x",
        );
        check(Filter { attributes: &["slow".into()], ..base }, "Invalid Clusters '' specified");
        check(Filter { gpu: "B200", ..Filter::default() }, "Invalid GPU 'B200' specified");
    }
}
