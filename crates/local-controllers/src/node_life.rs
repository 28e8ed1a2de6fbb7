//! Nodes that have gone silent: they are marked, and the pods on them are given up after a while.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{LEASE, NODE, POD};
use wheelhouse_cluster::{DeleteOptions, Key, Resource, Subresource, metadata};

use crate::action::{Action, Plan};
use crate::controller::Controller;
use crate::field::{items, number, stamp, text, time};
use crate::pod::condition;
use crate::world::World;

/// How long a node may be silent, in seconds.
const GRACE: i64 = 40;
const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const LEASES: &str = "kube-node-lease";

/// Marks silent nodes; keyed by node.
#[derive(Debug)]
pub(crate) struct NodeLife;

/// Gives pods up that are on nodes which do not want them, or which are no more; keyed by pod.
#[derive(Debug)]
pub(crate) struct TaintEviction;

impl Controller for NodeLife {
    fn name(&self) -> &'static str {
        "node-lifecycle-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![NODE, LEASE]
    }

    fn keys(&self, _: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == LEASE && metadata::namespace(object) != LEASES {
            return Vec::new();
        }
        vec![Key::new("", metadata::name(object))]
    }

    fn plan(&self, world: &World, key: &Key, now: Timestamp) -> Plan {
        let Some(node) = world.get(&NODE, key) else { return Plan::nothing() };
        let lease = world.get(&LEASE, &Key::new(LEASES, &key.name));
        judge(&node, lease.as_deref(), now)
    }
}

fn judge(node: &Value, lease: Option<&Value>, now: Timestamp) -> Plan {
    let mut plan = Plan::nothing();
    let heard = [
        lease.and_then(|lease| time(lease, "/spec/renewTime")),
        condition(node, "Ready").and_then(|ready| time(ready, "/lastHeartbeatTime")),
        time(node, "/metadata/creationTimestamp"),
    ];
    let Some(heard) = heard.into_iter().flatten().max() else { return plan };
    let left = heard.as_second() + GRACE - now.as_second();
    if left > 0 {
        plan.look_again(Duration::from_secs(u64::try_from(left).unwrap_or(1)));
        match condition(node, "Ready").map(|ready| text(ready, "/status")) {
            Some("True") => plan.actions.extend(taints(node, None, now)),
            Some("False") => plan.actions.extend(taints(node, Some(NOT_READY), now)),
            // a node that has not said anything yet keeps the taint it was made with
            _ => {}
        }
        return plan;
    }
    let unknown = condition(node, "Ready").is_some_and(|ready| text(ready, "/status") == "Unknown");
    if !unknown {
        let conditions: Vec<Value> = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]
            .iter()
            .map(|kind| {
                json!({"type": kind, "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status.",
                    "lastHeartbeatTime": stamp(heard), "lastTransitionTime": stamp(now)})
            })
            .collect();
        let patch = json!({"status": {"conditions": conditions}});
        plan.then(Action::Patch {
            resource: NODE,
            key: Key::of(node),
            part: Some(Subresource::Status),
            patch,
        });
    }
    plan.actions.extend(taints(node, Some(UNREACHABLE), now));
    plan
}

/// Makes this taint, with both effects, the only one of ours on the node; nothing when it is so. A new
/// node comes with [`NOT_READY`] from the API server and loses it here.
fn taints(node: &Value, wanted: Option<&str>, now: Timestamp) -> Option<Action> {
    let ours = |taint: &&Value| matches!(text(taint, "/key"), NOT_READY | UNREACHABLE);
    let present: Vec<&Value> = items(node, "/spec/taints").filter(ours).collect();
    let has = |key: &str, effect: &str| {
        present.iter().find(|taint| text(taint, "/key") == key && text(taint, "/effect") == effect)
    };
    let effects = ["NoSchedule", "NoExecute"];
    let right = match wanted {
        None => present.is_empty(),
        Some(key) => present.len() == 2 && effects.iter().all(|effect| has(key, effect).is_some()),
    };
    if right {
        return None;
    }
    let mut all: Vec<Value> = items(node, "/spec/taints").filter(|taint| !ours(taint)).cloned().collect();
    for (key, effect) in wanted.into_iter().flat_map(|key| effects.map(|effect| (key, effect))) {
        all.push(match has(key, effect) {
            Some(taint) => (*taint).clone(),
            None => json!({"key": key, "effect": effect, "timeAdded": stamp(now)}),
        });
    }
    Some(Action::Patch {
        resource: NODE,
        key: Key::of(node),
        part: None,
        patch: json!({"metadata": {"resourceVersion": metadata::resource_version(node)}, "spec": {"taints": all}}),
    })
}

impl Controller for TaintEviction {
    fn name(&self) -> &'static str {
        "taint-eviction-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![POD, NODE]
    }

    fn keys(&self, world: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == POD {
            return vec![Key::of(object)];
        }
        let name = metadata::name(object);
        world
            .all(&POD)
            .iter()
            .filter(|pod| text(pod, "/spec/nodeName") == name)
            .map(|pod| Key::of(pod))
            .collect()
    }

    fn plan(&self, world: &World, key: &Key, now: Timestamp) -> Plan {
        let Some(pod) = world.get(&POD, key) else { return Plan::nothing() };
        let name = text(&pod, "/spec/nodeName");
        let synced = world.cache(&NODE).is_some_and(|cache| cache.is_synced());
        if name.is_empty() || !synced {
            return Plan::nothing();
        }
        evict(&pod, world.get(&NODE, &Key::new("", name)).as_ref(), now)
    }
}

fn evict(pod: &Value, node: Option<&Arc<Value>>, now: Timestamp) -> Plan {
    let mut plan = Plan::nothing();
    let delete = |grace: Option<u32>| Action::Delete {
        resource: POD,
        key: Key::of(pod),
        options: DeleteOptions {
            uid: Some(metadata::uid(pod).to_owned()),
            grace_seconds: grace,
            ..DeleteOptions::default()
        },
    };
    let Some(node) = node else {
        // Nobody is left who could end it in an orderly way.
        plan.then(delete(Some(0)));
        return plan;
    };
    let silent = condition(node, "Ready").is_some_and(|ready| text(ready, "/status") == "Unknown");
    if metadata::is_deleting(pod) {
        // Its node does not answer; on one machine that means that nothing of it runs.
        let until = time(pod, "/metadata/deletionTimestamp").map(Timestamp::as_second).unwrap_or_default();
        if silent && now.as_second() >= until {
            plan.then(delete(Some(0)));
        } else if silent {
            plan.look_again(Duration::from_secs(u64::try_from(until - now.as_second()).unwrap_or(1)));
        }
        return plan;
    }
    let mut soonest: Option<i64> = None;
    for taint in items(node, "/spec/taints").filter(|taint| text(taint, "/effect") == "NoExecute") {
        let since = time(taint, "/timeAdded").unwrap_or(now).as_second();
        let tolerated: Vec<Option<i64>> = items(pod, "/spec/tolerations")
            .filter(|toleration| crate::scheduler::tolerates(toleration, taint))
            .map(|toleration| number(toleration, "/tolerationSeconds"))
            .collect();
        let end = if tolerated.is_empty() {
            Some(since)
        } else if tolerated.contains(&None) {
            None
        } else {
            tolerated.into_iter().flatten().min().map(|seconds| since + seconds.max(0))
        };
        soonest = match (soonest, end) {
            (Some(known), Some(end)) => Some(known.min(end)),
            (known, end) => known.or(end),
        };
    }
    match soonest.map(|end| end - now.as_second()) {
        Some(left) if left <= 0 => plan.then(delete(None)),
        Some(left) => plan.look_again(Duration::from_secs(u64::try_from(left).unwrap_or(1))),
        None => {}
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn node(taints: Value) -> Value {
        json!({"metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"taints": taints},
            "status": {"conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-01-01T00:00:00Z"}]}})
    }

    #[test]
    fn a_silent_node_is_marked_and_a_returning_one_is_cleared() {
        assert_eq!(judge(&node(json!([])), None, at("2026-01-01T00:00:39Z")).actions.len(), 0);
        assert_eq!(judge(&node(json!([])), None, at("2026-01-01T00:00:40Z")).actions.len(), 2);
        let lease = json!({"spec": {"renewTime": "2026-01-01T00:01:00.5Z"}});
        assert_eq!(judge(&node(json!([])), Some(&lease), at("2026-01-01T00:01:30Z")).actions.len(), 0);
        let new = node(json!([{"key": NOT_READY, "effect": "NoSchedule"}]));
        assert_eq!(judge(&new, Some(&lease), at("2026-01-01T00:01:30Z")).actions.len(), 1);
        let marked = node(json!([{"key": UNREACHABLE, "effect": "NoExecute"}]));
        assert_eq!(judge(&marked, Some(&lease), at("2026-01-01T00:01:30Z")).actions.len(), 1);
    }

    #[test]
    fn pods_stay_as_long_as_they_tolerate() {
        let node =
            Arc::new(node(json!([{"key": "k", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z"}])));
        let with = |tolerations: Value, now: &str| {
            evict(
                &json!({"metadata": {"name": "p"}, "spec": {"tolerations": tolerations}}),
                Some(&node),
                at(now),
            )
            .actions
            .len()
        };
        assert_eq!(with(json!([]), "2026-01-01T00:00:00Z"), 1);
        assert_eq!(with(json!([{"key": "k", "operator": "Exists"}]), "2027-01-01T00:00:00Z"), 0);
        let while_ = json!([{"key": "k", "operator": "Exists", "tolerationSeconds": 300}]);
        assert_eq!(with(while_.clone(), "2026-01-01T00:04:59Z"), 0);
        assert_eq!(with(while_, "2026-01-01T00:05:00Z"), 1);
        assert_eq!(
            evict(&json!({"metadata": {"name": "p"}}), None, at("2026-01-01T00:00:00Z")).actions.len(),
            1
        );
    }
}
