//! DaemonSets: one pod on every node that takes it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{DAEMON_SET, NODE, POD};
use wheelhouse_cluster::{DeleteOptions, Key, Resource, Subresource, metadata};
use wheelhouse_objects::Selector;

use crate::action::{Action, Plan};
use crate::controller::{Controller, owner_key};
use crate::field::{items, number, scaled, set, text, value};
use crate::names::content_hash;
use crate::pod;
use crate::replica_set::claim;
use crate::scheduler::takes_daemon;
use crate::world::World;

const HASH_LABEL: &str = "controller-revision-hash";
/// Counts the changes of a template; the API server keeps it.
const GENERATION: &str = "deprecated.daemonset.template.generation";
const GENERATION_LABEL: &str = "pod-template-generation";

/// What every daemon tolerates, so that it runs where others do not: key and effect.
const TOLERATED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];

/// Keeps the pods of DaemonSets.
#[derive(Debug)]
pub(crate) struct DaemonSets;

impl Controller for DaemonSets {
    fn name(&self) -> &'static str {
        "daemonset-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![DAEMON_SET, POD, NODE]
    }

    fn keys(&self, world: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == DAEMON_SET {
            return vec![Key::of(object)];
        }
        if *resource == NODE {
            return world.all(&DAEMON_SET).iter().map(|daemon| Key::of(daemon)).collect();
        }
        owner_key(object, "DaemonSet").into_iter().collect()
    }

    fn plan(&self, world: &World, key: &Key, now: Timestamp) -> Plan {
        match world.get(&DAEMON_SET, key) {
            Some(daemon) => plan(&daemon, &world.all(&NODE), &world.list(&POD, &key.namespace), now),
            None => Plan::nothing(),
        }
    }
}

/// The node that a daemon's pod is made for, before or after it is placed.
fn node_of(pod: &Value) -> &str {
    let placed = text(pod, "/spec/nodeName");
    if !placed.is_empty() {
        return placed;
    }
    let required = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0";
    text(pod, required)
}

fn made(daemon: &Value, node: &str, hash: &str) -> Value {
    let mut made = pod::from_template(daemon, &DAEMON_SET, value(daemon, "/spec/template"));
    set(&mut made, &["metadata", "generateName"], format!("{}-", metadata::name(daemon)).into());
    set(&mut made, &["metadata", "labels", HASH_LABEL], hash.into());
    if let Some(generation) = metadata::annotation(daemon, GENERATION) {
        set(&mut made, &["metadata", "labels", GENERATION_LABEL], generation.into());
    }
    let terms = json!({"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]});
    set(
        &mut made,
        &["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"],
        terms,
    );
    let mut tolerations: Vec<Value> = items(&made, "/spec/tolerations").cloned().collect();
    for (key, effect) in TOLERATED {
        tolerations.push(json!({"key": key, "operator": "Exists", "effect": effect}));
    }
    set(&mut made, &["spec", "tolerations"], tolerations.into());
    made
}

fn plan(daemon: &Value, nodes: &[Arc<Value>], pods: &[Arc<Value>], now: Timestamp) -> Plan {
    let mut plan = Plan::nothing();
    let selector = Selector::of(value(daemon, "/spec/selector"));
    let owned = claim(daemon, &DAEMON_SET, &selector, pods, &POD, &mut plan);
    let hash = content_hash(value(daemon, "/spec/template"), 0);
    let min_ready = number(daemon, "/spec/minReadySeconds").unwrap_or_default();
    let wanted: Vec<&str> = nodes
        .iter()
        .filter(|node| takes_daemon(&made(daemon, metadata::name(node), &hash), node))
        .map(|node| metadata::name(node))
        .collect();
    let delete = |pod: &Value| Action::Delete {
        resource: POD,
        key: Key::of(pod),
        options: DeleteOptions { uid: Some(metadata::uid(pod).to_owned()), ..DeleteOptions::default() },
    };
    let available = |pod: &Value| pod::is_active(pod) && pod::is_available(pod, min_ready, now);
    if !metadata::is_deleting(daemon) {
        let mut stale = Vec::new();
        let mut missing = 0;
        for node in &wanted {
            let mut here: Vec<&Arc<Value>> = owned.iter().filter(|pod| node_of(pod) == *node).collect();
            here.sort_by_key(|pod| (pod::is_terminal(pod), metadata::created(pod).to_owned()));
            let ended = here.iter().filter(|pod| pod::is_terminal(pod) && !metadata::is_deleting(pod));
            ended.for_each(|pod| plan.then(delete(pod)));
            here.retain(|pod| !pod::is_terminal(pod));
            match here.split_first() {
                None => {
                    missing += 1;
                    plan.then(Action::Create { resource: POD, object: made(daemon, node, &hash) });
                }
                Some((first, more)) => {
                    more.iter()
                        .filter(|pod| !metadata::is_deleting(pod))
                        .for_each(|pod| plan.then(delete(pod)));
                    if !available(first) {
                        missing += 1;
                    }
                    if metadata::label(first, HASH_LABEL) != Some(&hash) && !metadata::is_deleting(first) {
                        stale.push(Arc::clone(first));
                    }
                }
            }
        }
        for pod in owned.iter().filter(|pod| !wanted.contains(&node_of(pod)) && !metadata::is_deleting(pod)) {
            plan.then(delete(pod));
        }
        if text(daemon, "/spec/updateStrategy/type") != "OnDelete" {
            let total = i64::try_from(wanted.len()).unwrap_or(i64::MAX);
            let allowed = value(daemon, "/spec/updateStrategy/rollingUpdate/maxUnavailable");
            let mut allowed = scaled(allowed, total, true).unwrap_or(1).max(1) - missing;
            for pod in stale {
                // One that is missing already costs nothing.
                if !available(&pod) {
                    plan.then(delete(&pod));
                } else if allowed > 0 {
                    allowed -= 1;
                    plan.then(delete(&pod));
                }
            }
        }
    }
    status(daemon, &wanted, &owned, &hash, &available, &mut plan);
    plan
}

fn status(
    daemon: &Value,
    wanted: &[&str],
    owned: &[Arc<Value>],
    hash: &str,
    available: &dyn Fn(&Value) -> bool,
    plan: &mut Plan,
) {
    let count = |matches: &dyn Fn(&Value) -> bool| -> i64 {
        let nodes = wanted.iter().filter(|node| {
            owned.iter().any(|pod| node_of(pod) == **node && pod::is_active(pod) && matches(pod))
        });
        i64::try_from(nodes.count()).unwrap_or(i64::MAX)
    };
    let desired = i64::try_from(wanted.len()).unwrap_or(i64::MAX);
    let misplaced = owned.iter().filter(|pod| pod::is_active(pod) && !wanted.contains(&node_of(pod))).count();
    let reachable = count(available);
    let new = json!({
        "desiredNumberScheduled": desired,
        "currentNumberScheduled": count(&|_| true),
        "numberMisscheduled": misplaced,
        "numberReady": count(&pod::is_ready),
        "updatedNumberScheduled": count(&|pod| metadata::label(pod, HASH_LABEL) == Some(hash)),
        "numberAvailable": reachable,
        "numberUnavailable": desired - reachable,
        "observedGeneration": metadata::generation(daemon),
    });
    let known = value(daemon, "/status");
    let same = new.as_object().into_iter().flatten().all(|(field, count)| {
        known.get(field).and_then(Value::as_i64).unwrap_or_default() == count.as_i64().unwrap_or_default()
    });
    if !same || known.get("observedGeneration").is_none() {
        let part = Some(Subresource::Status);
        plan.then(Action::Patch {
            resource: DAEMON_SET,
            key: Key::of(daemon),
            part,
            patch: json!({"status": new}),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daemon(extra: Value) -> Value {
        let mut daemon = json!({"metadata": {"namespace": "n", "name": "d", "uid": "d", "generation": 1},
            "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}}, "spec": {"image": "a"}}}});
        for (key, value) in extra.as_object().unwrap() {
            daemon["spec"]["template"]["spec"][key] = value.clone();
        }
        daemon
    }

    fn node(name: &str, extra: Value) -> Arc<Value> {
        let mut node = json!({"metadata": {"name": name, "labels": {"kind": "plain"}}, "spec": {}});
        for (key, value) in extra.as_object().unwrap() {
            node["spec"][key] = value.clone();
        }
        Arc::new(node)
    }

    /// Does what the plan says, with every pod ready at once; gives what was done to pods.
    fn turn(daemon: &Value, nodes: &[Arc<Value>], pods: &mut Vec<Arc<Value>>) -> Vec<String> {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut said = Vec::new();
        for action in plan(daemon, nodes, pods, now).actions {
            match action {
                Action::Create { mut object, .. } => {
                    let node = node_of(&object).to_owned();
                    said.push(format!("+{node}"));
                    object["metadata"]["name"] = json!(format!("d-{node}-{}", pods.len()));
                    object["metadata"]["uid"] = object["metadata"]["name"].clone();
                    object["spec"]["nodeName"] = json!(node);
                    object["status"] =
                        json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
                    pods.push(Arc::new(object));
                }
                Action::Delete { key, .. } => {
                    let pod = pods.iter().position(|pod| metadata::name(pod) == key.name).unwrap();
                    said.push(format!("-{}", node_of(&pods[pod])));
                    pods.remove(pod);
                }
                _ => {}
            }
        }
        said
    }

    #[test]
    fn every_node_that_takes_it_has_one() {
        let taint = json!({"taints": [{"key": "k", "effect": "NoSchedule"}]});
        let nodes = [node("a", json!({})), node("b", json!({"unschedulable": true})), node("c", taint)];
        let mut pods = vec![];
        assert_eq!(turn(&daemon(json!({})), &nodes, &mut pods), ["+a", "+b"]);
        assert_eq!(turn(&daemon(json!({})), &nodes, &mut pods), Vec::<String>::new());
        assert_eq!(turn(&daemon(json!({})), &nodes[..1], &mut pods), ["-b"]);
        let tolerant = daemon(json!({"tolerations": [{"operator": "Exists"}]}));
        assert_eq!(turn(&tolerant, &nodes, &mut vec![]), ["+a", "+b", "+c"]);
        let picky = daemon(json!({"nodeSelector": {"kind": "gpu"}}));
        assert_eq!(turn(&picky, &nodes, &mut vec![]), Vec::<String>::new());
    }

    #[test]
    fn an_update_goes_node_by_node() {
        let nodes = [node("a", json!({})), node("b", json!({}))];
        let mut pods = vec![];
        turn(&daemon(json!({})), &nodes, &mut pods);
        let newer = daemon(json!({"image": "b"}));
        let mut said = Vec::new();
        for _ in 0..6 {
            said.extend(turn(&newer, &nodes, &mut pods));
        }
        assert_eq!(said, ["-a", "+a", "-b", "+b"]);
    }
}
