//! How an agent is put together.

use crate::control::Control;
use crate::error::Error;
use crate::supervisor::Supervisor;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wheelhouse_cluster::{Cluster, ListOptions, resources};
use wheelhouse_functions::catalogue::{GpuOffer, InstanceTypeOffer};
use wheelhouse_functions::engine::ChartEngine;
use wheelhouse_functions::work::Registration;

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Options {
    /// Base address of the control plane, e.g. `https://api.example.com`.
    pub server: String,
    /// The agent's token.
    pub token: String,
    /// The cluster's name, unique.
    pub name: String,
    /// The group it joins; deployments name it as `backend`.
    pub group: String,
    /// The provider part of instance types, e.g. `ON-PREM`.
    pub provider: String,
    /// Where the cluster is.
    pub region: String,
    /// Free attributes.
    pub attributes: Vec<String>,
    /// The GPUs to offer; `None` to find them by the nodes' labels and capacities.
    pub gpus: Option<Vec<GpuOffer>>,
    /// Whether pods are bound to nodes that carry the instance-type label.
    pub bind_to_instance_type: bool,
    /// How often an instance that is not steady is looked at.
    pub look: Duration,
    /// How often a steady instance is looked at.
    pub steady_look: Duration,
    /// The timers after which pods are given up.
    pub timers: Timers,
    /// How long pods may take to end.
    pub termination_grace: Duration,
}

/// After how long troubled pods are given up. The defaults are the reference's.
#[derive(Debug, Clone, Copy)]
pub struct Timers {
    /// An instance that is not ready: after so long it is told what it waits for.
    pub patience: Duration,
    /// A pod that no node takes.
    pub scheduling: Duration,
    /// A pod whose image cannot be pulled.
    pub image_pull: Duration,
    /// A container that keeps restarting (and has at least three times).
    pub restart_loop: Duration,
    /// An init container that does not end.
    pub init_stuck: Duration,
    /// A namespace that does not go away.
    pub namespace_stuck: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(30),
            scheduling: Duration::from_secs(600),
            image_pull: Duration::from_secs(60),
            restart_loop: Duration::from_secs(600),
            init_stuck: Duration::from_secs(7200),
            namespace_stuck: Duration::from_secs(300),
        }
    }
}

impl Options {
    /// The defaults for a control plane and a token: cluster `local` in group `nvcf-default`.
    #[must_use]
    pub fn new(server: &str, token: &str) -> Self {
        Self {
            server: server.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            name: "local".to_owned(),
            group: "nvcf-default".to_owned(),
            provider: "ON-PREM".to_owned(),
            region: "local".to_owned(),
            attributes: Vec::new(),
            gpus: None,
            bind_to_instance_type: false,
            look: Duration::from_millis(200),
            steady_look: Duration::from_secs(2),
            timers: Timers::default(),
            termination_grace: Duration::from_secs(120),
        }
    }
}

/// What an agent is built from.
pub struct Build {
    /// The cluster.
    pub cluster: Cluster,
    /// The chart engine.
    pub engine: Arc<dyn ChartEngine>,
    /// What the operator set.
    pub options: Options,
}

impl std::fmt::Debug for Build {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Build").field("cluster", &self.options.name).finish_non_exhaustive()
    }
}

/// The agent.
#[derive(Debug)]
pub struct Agent {
    parts: Build,
}

/// Waits between tries to reach the control plane.
const RETRY: [u64; 6] = [1, 2, 4, 8, 15, 30];

impl Agent {
    /// Puts it together. Nothing is called yet.
    #[must_use]
    pub const fn build(parts: Build) -> Self {
        Self { parts }
    }

    /// Introduces the cluster and works until cancelled. What it made stays on the cluster: a later agent finds it.
    ///
    /// # Errors
    /// Only [`Error::Unauthorized`]; everything else is tried again.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), Error> {
        let control = Arc::new(Control::new(&self.parts.options));
        let mut tries = 0_usize;
        let id = loop {
            let registering = async {
                let registration = registration(&self.parts.cluster, &self.parts.options).await?;
                control.register(&registration).await
            };
            let registered = tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                registered = registering => registered,
            };
            match registered {
                Ok(id) => break id,
                Err(Error::Unauthorized) => return Err(Error::Unauthorized),
                Err(error) => {
                    let wait = RETRY.get(tries).copied().unwrap_or(30);
                    tries += 1;
                    tracing::warn!(error = chain(&error), wait, "cannot introduce the cluster; trying again");
                    tokio::select! {
                        () = cancel.cancelled() => return Ok(()),
                        () = tokio::time::sleep(Duration::from_secs(wait)) => {}
                    }
                }
            }
        };
        tracing::info!(cluster = %id, name = self.parts.options.name, "the cluster is introduced");
        Supervisor::new(self.parts, control, id).run(cancel).await
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

async fn registration(cluster: &Cluster, options: &Options) -> Result<Registration, Error> {
    let version = cluster.get_path("/version").await?;
    let discovery = cluster.discover().await?;
    let mut api_versions = discovery.versions.clone();
    for served in &discovery.served {
        api_versions.push(format!("{}/{}", served.resource.api_version(), served.resource.kind));
    }
    let gpus = match &options.gpus {
        Some(gpus) => gpus.clone(),
        None => {
            let nodes = cluster.list(&resources::NODE, None, &ListOptions::default()).await?;
            offered_gpus(&nodes, &options.provider)
        }
    };
    let git_version = version.get("gitVersion").and_then(Value::as_str).unwrap_or("v1.36.0");
    Ok(Registration {
        name: options.name.clone(),
        group: options.group.clone(),
        kubernetes_version: git_version.to_owned(),
        api_versions,
        region: Some(options.region.clone()),
        attributes: options.attributes.clone(),
        gpus,
    })
}

/// Finds the GPUs of nodes: model by the label `nvidia.com/gpu.product`, number by the capacity `nvidia.com/gpu`.
/// Each model is offered by 1, 2, 4, … GPUs up to what its largest node has; one GPU is the default.
#[must_use]
pub fn offered_gpus(nodes: &[Value], provider: &str) -> Vec<GpuOffer> {
    let mut models: BTreeMap<String, (u32, u32, u32, u64)> = BTreeMap::new();
    for node in nodes {
        let count = node
            .pointer("/status/allocatable/nvidia.com~1gpu")
            .and_then(wheelhouse_objects::Quantity::of)
            .map_or(0, |quantity| u32::try_from(quantity.units()).unwrap_or(0));
        let label = node.pointer("/metadata/labels/nvidia.com~1gpu.product").and_then(Value::as_str);
        let (Some(label), true) = (label, count > 0) else { continue };
        let quantity = |path: &str| node.pointer(path).and_then(wheelhouse_objects::Quantity::of);
        let cpu = quantity("/status/allocatable/cpu")
            .map_or(0, |quantity| u32::try_from(quantity.units()).unwrap_or(0));
        let memory = quantity("/status/allocatable/memory")
            .map_or(0, |quantity| u64::try_from(quantity.units()).unwrap_or(0));
        let entry = models.entry(model(label)).or_insert((0, 0, 0, 0));
        entry.0 += count;
        entry.1 = entry.1.max(count);
        entry.2 = entry.2.max(cpu);
        entry.3 = entry.3.max(memory);
    }
    models
        .into_iter()
        .map(|(name, (capacity, per_node, cpu_cores, memory_bytes))| {
            let counts = std::iter::successors(Some(1_u32), |count| count.checked_mul(2));
            let instance_types = counts
                .take_while(|count| *count <= per_node)
                .map(|count| InstanceTypeOffer {
                    name: format!("{provider}.GPU.{name}_{count}x"),
                    description: format!("{count} NVIDIA {name}"),
                    default: count == 1,
                    cpu_cores,
                    memory_bytes,
                })
                .collect();
            GpuOffer { name, capacity, instance_types }
        })
        .collect()
}

/// `NVIDIA-H100-80GB-HBM3` is an `H100`; `Tesla-T4` a `T4`.
fn model(label: &str) -> String {
    let parts = label.split(['-', ' ', '_']).filter(|part| {
        !matches!(part.to_ascii_lowercase().as_str(), "nvidia" | "tesla" | "geforce" | "quadro" | "rtx" | "")
    });
    let first = parts.map(ToOwned::to_owned).next();
    first.unwrap_or_else(|| label.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nodes_say_what_they_have() {
        let node = |product: &str, gpus: &str| {
            json!({
                "metadata": { "labels": { "nvidia.com/gpu.product": product } },
                "status": { "allocatable": { "nvidia.com/gpu": gpus, "cpu": "8", "memory": "32Gi" } },
            })
        };
        let nodes = [
            node("NVIDIA-H100-80GB-HBM3", "8"),
            node("NVIDIA-H100-80GB-HBM3", "4"),
            node("Tesla-T4", "1"),
            json!({}),
        ];
        let offers = offered_gpus(&nodes, "NCP");
        let shown: Vec<(String, u32, Vec<String>)> = offers
            .iter()
            .map(|offer| {
                let types = offer.instance_types.iter().map(|offered| offered.name.clone()).collect();
                (offer.name.clone(), offer.capacity, types)
            })
            .collect();
        let types = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            shown[0],
            (
                "H100".into(),
                12,
                types(&["NCP.GPU.H100_1x", "NCP.GPU.H100_2x", "NCP.GPU.H100_4x", "NCP.GPU.H100_8x"])
            )
        );
        assert_eq!(shown[1], ("T4".into(), 1, types(&["NCP.GPU.T4_1x"])));
        assert_eq!(offers[0].instance_types[0].memory_bytes, 32 << 30);
    }
}
