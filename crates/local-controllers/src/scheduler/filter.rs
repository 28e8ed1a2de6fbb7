//! Filters that look at one node at a time.

use serde_json::Value;
use wheelhouse_cluster::metadata;
use wheelhouse_objects::Quantity;

use super::resources::{of_node, of_pod, sum};
use super::terms::{affinity_allows, selector_picks, tolerates, untolerated};
use super::{NodeView, View};
use crate::field::{items, text, truth};

/// Why a node cannot take a pod; empty where it can.
pub(super) fn refusals(pod: &Value, view: &NodeView) -> Vec<String> {
    let node = &view.node;
    let wanted = text(pod, "/spec/nodeName");
    if !wanted.is_empty() && wanted != view.name() {
        return vec!["node(s) didn't match the requested node name".to_owned()];
    }
    let cordon = serde_json::json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"});
    if truth(node, "/spec/unschedulable") && !tolerates(pod, &cordon) {
        return vec!["node(s) were unschedulable".to_owned()];
    }
    if let Some(taint) = untolerated(pod, node, &["NoSchedule", "NoExecute"]).next() {
        let (key, value) = (text(taint, "/key"), text(taint, "/value"));
        return vec![format!("node(s) had untolerated taint {{{key}: {value}}}")];
    }
    if !affinity_allows(pod, node) {
        return vec!["node(s) didn't match Pod's node affinity/selector".to_owned()];
    }
    if host_ports_clash(pod, view) {
        return vec!["node(s) didn't have free ports for the requested pod ports".to_owned()];
    }
    insufficient(pod, view)
}

/// The resources that a node has too little of.
fn insufficient(pod: &Value, view: &NodeView) -> Vec<String> {
    let mut reasons = Vec::new();
    let capacity = of_node(&view.node);
    let most_pods = capacity.get("pods").copied().unwrap_or(Quantity::whole(110)).units();
    if i64::try_from(view.pods.len()).unwrap_or(i64::MAX) >= most_pods {
        reasons.push("Too many pods".to_owned());
    }
    let used = sum(view.pods.iter().map(|pod| &**pod));
    for (name, asked) in of_pod(pod) {
        if asked <= Quantity::ZERO {
            continue;
        }
        let has = capacity.get(&name).copied().unwrap_or_default();
        let free = has.minus(used.get(&name).copied().unwrap_or_default());
        if asked > free {
            reasons.push(format!("Insufficient {name}"));
        }
    }
    reasons
}

/// Host ports of a pod as protocol, address and number; with a host network every port is one.
fn host_ports(pod: &Value) -> Vec<(String, String, i64)> {
    let shared = truth(pod, "/spec/hostNetwork");
    let all = items(pod, "/spec/containers").chain(items(pod, "/spec/initContainers"));
    all.flat_map(|container| items(container, "/ports"))
        .filter_map(|port| {
            let number = port.get("hostPort").and_then(Value::as_i64).filter(|number| *number > 0);
            let number =
                number.or_else(|| port.get("containerPort").and_then(Value::as_i64).filter(|_| shared))?;
            let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
            let address = port.get("hostIP").and_then(Value::as_str).filter(|address| !address.is_empty());
            Some((protocol.to_owned(), address.unwrap_or("0.0.0.0").to_owned(), number))
        })
        .collect()
}

fn host_ports_clash(pod: &Value, view: &NodeView) -> bool {
    let wanted = host_ports(pod);
    !wanted.is_empty()
        && view.pods.iter().flat_map(|other| host_ports(other)).any(|(protocol, address, number)| {
            wanted.iter().any(|(wanted_protocol, wanted_address, wanted_number)| {
                *wanted_number == number
                    && *wanted_protocol == protocol
                    && (*wanted_address == address || wanted_address == "0.0.0.0" || address == "0.0.0.0")
            })
        })
}

/// The node selectors of the volumes that a pod's claims are bound to.
pub(super) struct Volumes {
    selectors: Vec<Value>,
}

impl Volumes {
    pub(super) fn refusal(&self, view: &NodeView) -> Option<String> {
        let fits = self.selectors.iter().all(|selector| selector_picks(selector, &view.node));
        (!fits).then(|| "node(s) had volume node affinity conflict".to_owned())
    }
}

/// Looks up the claims of a pod.
///
/// # Errors
/// Why the pod cannot be placed at all: a claim is missing or not bound.
pub(super) fn volumes(pod: &Value, view: &View) -> Result<Volumes, String> {
    let namespace = metadata::namespace(pod);
    let mut selectors = Vec::new();
    let nodes = view.nodes.len();
    for volume in items(pod, "/spec/volumes") {
        let name = if volume.get("ephemeral").is_some_and(|ephemeral| !ephemeral.is_null()) {
            format!("{}-{}", metadata::name(pod), text(volume, "/name"))
        } else {
            text(volume, "/persistentVolumeClaim/claimName").to_owned()
        };
        if name.is_empty() {
            continue;
        }
        let claim = view
            .claims
            .iter()
            .find(|claim| metadata::name(claim) == name && metadata::namespace(claim) == namespace)
            .ok_or_else(|| {
                format!("0/{nodes} nodes are available: persistentvolumeclaim {name:?} not found.")
            })?;
        if metadata::is_deleting(claim) {
            return Err(format!(
                "0/{nodes} nodes are available: persistentvolumeclaim {name:?} is being deleted."
            ));
        }
        let bound = text(claim, "/spec/volumeName");
        if bound.is_empty() || text(claim, "/status/phase") != "Bound" {
            return Err(format!(
                "0/{nodes} nodes are available: pod has unbound immediate PersistentVolumeClaims."
            ));
        }
        let volume = view.volumes.iter().find(|volume| metadata::name(volume) == bound);
        let required = volume
            .and_then(|volume| volume.pointer("/spec/nodeAffinity/required"))
            .filter(|required| !required.is_null());
        selectors.extend(required.cloned());
    }
    Ok(Volumes { selectors })
}
