//! Making nodes known, and saying that they live.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use wheelhouse_cluster::resources::{LEASE, NODE, SERVICE};
use wheelhouse_cluster::{PatchKind, Result, Subresource};

use super::machine;
use crate::host::Host;
use crate::options::NodeOptions;

/// How often a node says that it lives, as the kubelet.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How many heartbeats go without a word on the conditions.
const CONDITIONS_EVERY: u32 = 6;
/// How long to wait when the API does not answer.
const AGAIN: Duration = Duration::from_millis(100);
/// Where the leases of nodes lie.
const LEASES: &str = "kube-node-lease";

/// Registers a node and renews it for ever.
pub(super) async fn run(host: Arc<Host>, name: String, port: u16) {
    let Some(options) = host.options.nodes.iter().find(|node| node.name == name).cloned() else { return };
    while let Err(error) = register(&host, &options, port).await {
        tracing::debug!(node = name, %error, "a node was not registered; trying again");
        tokio::time::sleep(AGAIN).await;
    }
    let mut beats: u32 = 0;
    loop {
        let beaten = if beats.is_multiple_of(CONDITIONS_EVERY) && beats > 0 {
            match tell_status(&host, &options, port).await {
                // Somebody deleted the node: it is here all the same.
                Err(error) if error.is_not_found() => register(&host, &options, port).await,
                other => other,
            }
        } else {
            Ok(())
        };
        let leased = lease(&host, &name).await;
        match beaten.and(leased) {
            Ok(()) => {
                beats = beats.wrapping_add(1);
                tokio::time::sleep(HEARTBEAT).await;
            }
            Err(error) => {
                tracing::debug!(node = name, %error, "a heartbeat was not told; trying again");
                tokio::time::sleep(AGAIN * 10).await;
            }
        }
    }
}

async fn register(host: &Host, options: &NodeOptions, port: u16) -> Result<()> {
    let mut labels: Map<String, Value> = [
        ("kubernetes.io/hostname", options.name.as_str()),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", architecture()),
        ("node.kubernetes.io/instance-type", options.instance_type.as_str()),
        ("topology.kubernetes.io/region", "local"),
        ("topology.kubernetes.io/zone", "local"),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.into()))
    .collect();
    labels.extend(options.labels.iter().map(|(key, value)| (key.clone(), value.as_str().into())));
    let taints: Vec<Value> = options
        .taints
        .iter()
        .map(|(key, value, effect)| json!({"key": key, "value": value, "effect": effect}))
        .collect();
    let part = host.options.nodes.iter().position(|node| node.name == options.name);
    let range = part
        .and_then(|part| host.options.pods.part(24, u32::try_from(part).ok()?))
        .map(|range| range.to_string());
    let node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": options.name, "labels": labels},
        "spec": {"podCIDR": range, "podCIDRs": [range], "taints": taints, "providerID": format!("wheelhouse://{}/{}", host.options.cluster, options.name)},
        "status": status(host, options, port),
    });
    match host.cluster.create(&NODE, None, &node).await {
        Err(error) if error.is_already_exists() => {
            let patch = json!({"metadata": {"labels": labels}});
            host.cluster.patch(&NODE, None, &options.name, None, PatchKind::Merge, &patch).await?;
        }
        other => drop(other?),
    }
    tell_status(host, options, port).await
}

async fn tell_status(host: &Host, options: &NodeOptions, port: u16) -> Result<()> {
    let patch = json!({"status": status(host, options, port)});
    host.cluster
        .patch(&NODE, None, &options.name, Some(Subresource::Status), PatchKind::Merge, &patch)
        .await
        .map(drop)
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn status(host: &Host, options: &NodeOptions, port: u16) -> Value {
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut capacity = machine();
    capacity.extend(options.capacity.clone());
    let known = host.get(&NODE, "", &options.name);
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        let before = known.as_ref().and_then(|node| {
            let list = node.pointer("/status/conditions")?.as_array()?;
            list.iter().find(|each| each.get("type").and_then(Value::as_str) == Some(kind)).cloned()
        });
        let since = before
            .filter(|before| before.get("status").and_then(Value::as_str) == Some(status))
            .and_then(|before| before.get("lastTransitionTime").cloned())
            .unwrap_or_else(|| now.as_str().into());
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": now, "lastTransitionTime": since})
    };
    let address = host.node_addresses.get(&options.name).map(ToString::to_string).unwrap_or_default();
    json!({
        "capacity": capacity,
        "allocatable": capacity,
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ],
        "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": options.name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        "nodeInfo": {
            "machineID": read("/etc/machine-id"), "systemUUID": options.name, "bootID": read("/proc/sys/kernel/random/boot_id"),
            "kernelVersion": read("/proc/sys/kernel/osrelease"), "osImage": "wheelhouse local node",
            "containerRuntimeVersion": concat!("wheelhouse://", env!("CARGO_PKG_VERSION")),
            "kubeletVersion": "v1.36.2", "kubeProxyVersion": "v1.36.2", "operatingSystem": "linux", "architecture": architecture(),
        },
    })
}

async fn lease(host: &Host, name: &str) -> Result<()> {
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let patch = json!({"spec": {"renewTime": now, "holderIdentity": name, "leaseDurationSeconds": 40}});
    match host.cluster.patch(&LEASE, Some(LEASES), name, None, PatchKind::Merge, &patch).await {
        Err(error) if error.is_not_found() => {
            let lease = json!({
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": {"namespace": LEASES, "name": name},
                "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": now},
            });
            host.cluster.create(&LEASE, Some(LEASES), &lease).await.map(drop)
        }
        other => other.map(drop),
    }
}

/// Keeps the address of cluster DNS from being given to another Service.
pub(super) async fn dns_service(host: Arc<Host>) {
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"namespace": "kube-system", "name": "kube-dns", "labels": {"k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS"}},
        "spec": {"clusterIP": host.options.dns.to_string(), "ports": [
            {"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]},
    });
    loop {
        match host.cluster.create(&SERVICE, Some("kube-system"), &service).await {
            Ok(_) => return,
            Err(error) if error.is_already_exists() => return,
            // An address is refused before a name is; the one who has it may be this very Service.
            Err(error) if matches!(error.code(), Some(400 | 422)) => {
                let known = host.cluster.get(&SERVICE, Some("kube-system"), "kube-dns").await;
                let address = known
                    .as_ref()
                    .ok()
                    .and_then(Option::as_ref)
                    .map(|known| known.pointer("/spec/clusterIP"));
                if address == Some(service.pointer("/spec/clusterIP")) {
                    return;
                }
                tracing::warn!(%error, "the address of cluster DNS cannot be reserved");
                return;
            }
            Err(_) => tokio::time::sleep(AGAIN * 3).await,
        }
    }
}
