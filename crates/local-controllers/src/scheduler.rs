//! The scheduler: which node a pod goes to.
//!
//! A pod passes through *filters*, each of which may refuse a node and say why, and the nodes left
//! are *scored*. The filters and their words are upstream's default plugins: node name, cordon,
//! taints, affinity, host ports, resources, topology spread, pod affinity, volumes. Preemption of
//! pods of lower priority is not done.

mod affinity;
mod filter;
mod resources;
mod score;
mod spread;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{NAMESPACE, NODE, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD};
use wheelhouse_cluster::{Key, Resource, Subresource, metadata};

use crate::action::{Action, Plan, Telling};
use crate::controller::Controller;
use crate::field::{items, stamp, text};
use crate::pod::{condition, is_terminal};
use crate::world::World;

/// The name under which pods ask for this scheduler.
const NAME: &str = "default-scheduler";
/// How long before a pod that fitted nowhere is tried again even if nothing changed.
const RETRY: Duration = Duration::from_secs(60);

/// Puts pods on nodes.
#[derive(Debug)]
pub(crate) struct Scheduler;

impl Controller for Scheduler {
    fn name(&self) -> &'static str {
        NAME
    }

    fn watches(&self) -> Vec<Resource> {
        vec![POD, NODE, NAMESPACE, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM]
    }

    fn keys(&self, world: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == NAMESPACE {
            return Vec::new();
        }
        if *resource == POD && is_waiting(world, object) {
            return vec![Key::of(object)];
        }
        if *resource == POD && !(is_terminal(object) || metadata::is_deleting(object)) {
            // A pod newly placed takes room and gives none, but others may want to be near it.
            return Vec::new();
        }
        world.all(&POD).iter().filter(|pod| is_waiting(world, pod)).map(|pod| Key::of(pod)).collect()
    }

    fn plan(&self, world: &World, key: &Key, now: Timestamp) -> Plan {
        let Some(pod) = world.get(&POD, key).filter(|pod| is_waiting(world, pod)) else {
            return Plan::nothing();
        };
        if items(&pod, "/spec/schedulingGates").next().is_some() {
            return told(
                &pod,
                "SchedulingGated",
                "Scheduling is blocked due to non-empty scheduling gates",
                now,
            );
        }
        match choose(&pod, &View::of(world)) {
            Ok(node) => {
                let mut plan = Plan::nothing();
                plan.then(Action::Bind {
                    key: key.clone(),
                    uid: metadata::uid(&pod).to_owned(),
                    node: node.clone(),
                });
                let message = format!("Successfully assigned {key} to {node}");
                plan.then(tell(&pod, false, "Scheduled", message));
                plan
            }
            Err(message) => told(&pod, "Unschedulable", &message, now),
        }
    }

    fn is_serial(&self) -> bool {
        true
    }
}

fn is_waiting(world: &World, pod: &Value) -> bool {
    let scheduler = text(pod, "/spec/schedulerName");
    world.node_of(pod).is_none()
        && !is_terminal(pod)
        && !metadata::is_deleting(pod)
        && (scheduler.is_empty() || scheduler == NAME)
}

fn tell(pod: &Value, warning: bool, reason: &'static str, message: String) -> Action {
    Action::Tell(Telling {
        resource: POD,
        key: Key::of(pod),
        uid: metadata::uid(pod).to_owned(),
        warning,
        reason,
        message,
        by: NAME,
    })
}

/// Says on the pod why it waits, if that is not said yet.
fn told(pod: &Value, reason: &str, message: &str, now: Timestamp) -> Plan {
    let mut plan = Plan { actions: Vec::new(), again: Some(RETRY) };
    let known = condition(pod, "PodScheduled");
    let read = |field: &str| known.map(|known| text(known, &format!("/{field}"))).unwrap_or_default();
    if read("status") == "False" && read("reason") == reason && read("message") == message {
        return plan;
    }
    let since = if read("status") == "False" { read("lastTransitionTime").to_owned() } else { stamp(now) };
    let mut conditions: Vec<Value> = items(pod, "/status/conditions")
        .filter(|condition| text(condition, "/type") != "PodScheduled")
        .cloned()
        .collect();
    conditions.push(json!({"type": "PodScheduled", "status": "False", "reason": reason, "message": message,
        "lastProbeTime": null, "lastTransitionTime": since}));
    plan.then(Action::Patch {
        resource: POD,
        key: Key::of(pod),
        part: Some(Subresource::Status),
        patch: json!({"metadata": {"uid": metadata::uid(pod)}, "status": {"conditions": conditions}}),
    });
    if reason == "Unschedulable" {
        plan.then(tell(pod, true, "FailedScheduling", message.to_owned()));
    }
    plan
}

/// What scheduling looks at: nodes with the pods on them, and the volumes.
pub(crate) struct View {
    pub(crate) nodes: Vec<NodeView>,
    pub(crate) namespaces: Vec<Arc<Value>>,
    pub(crate) claims: Vec<Arc<Value>>,
    pub(crate) volumes: Vec<Arc<Value>>,
}

/// One node and the pods on it that have not ended.
pub(crate) struct NodeView {
    pub(crate) node: Arc<Value>,
    pub(crate) pods: Vec<Arc<Value>>,
}

impl NodeView {
    pub(crate) fn name(&self) -> &str {
        metadata::name(&self.node)
    }

    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        metadata::label(&self.node, key)
    }
}

impl View {
    fn of(world: &World) -> Self {
        let mut pods: BTreeMap<String, Vec<Arc<Value>>> = BTreeMap::new();
        for pod in world.all(&POD).into_iter().filter(|pod| !is_terminal(pod)) {
            if let Some(node) = world.node_of(&pod) {
                pods.entry(node).or_default().push(pod);
            }
        }
        let nodes = world.all(&NODE).into_iter().map(|node| {
            let pods = pods.remove(metadata::name(&node)).unwrap_or_default();
            NodeView { node, pods }
        });
        Self {
            nodes: nodes.collect(),
            namespaces: world.all(&NAMESPACE),
            claims: world.all(&PERSISTENT_VOLUME_CLAIM),
            volumes: world.all(&PERSISTENT_VOLUME),
        }
    }
}

/// Whether a node is one for a daemon's pod: its affinity and taints allow it. Whether it has room is
/// found out when the pod is placed.
pub(crate) fn takes_daemon(pod: &Value, node: &Value) -> bool {
    terms::affinity_allows(pod, node)
        && terms::untolerated(pod, node, &["NoSchedule", "NoExecute"]).next().is_none()
}

/// Whether one toleration tolerates a taint.
pub(crate) use terms::one_tolerates as tolerates;

/// The node for a pod, or why there is none.
pub(crate) fn choose(pod: &Value, view: &View) -> Result<String, String> {
    if view.nodes.is_empty() {
        return Err("no nodes available to schedule pods".to_owned());
    }
    let volumes = filter::volumes(pod, view)?;
    let spread = spread::Spread::of(pod, view);
    let affinity = affinity::Affinity::of(pod, view);
    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    let mut fitting = Vec::new();
    for node in &view.nodes {
        let mut reasons = filter::refusals(pod, node);
        if reasons.is_empty() {
            reasons.extend(volumes.refusal(node));
            reasons.extend(spread.refusal(node));
            reasons.extend(affinity.refusal(node));
        }
        if reasons.is_empty() {
            fitting.push(node);
        }
        for reason in reasons {
            *refusals.entry(reason).or_default() += 1;
        }
    }
    let scores = score::scores(pod, &fitting, &spread, &affinity);
    let best = fitting.iter().zip(scores).max_by(|(left, a), (right, b)| {
        // Of equals the one with fewer pods, then the first by name.
        a.cmp(b)
            .then_with(|| right.pods.len().cmp(&left.pods.len()))
            .then_with(|| right.name().cmp(left.name()))
    });
    match best {
        Some((node, _)) => Ok(node.name().to_owned()),
        None => {
            let mut reasons: Vec<String> =
                refusals.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
            reasons.sort();
            Err(format!("0/{} nodes are available: {}.", view.nodes.len(), reasons.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests;
