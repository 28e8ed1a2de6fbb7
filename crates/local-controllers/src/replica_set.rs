//! ReplicaSets: so many pods of one template.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{POD, REPLICA_SET};
use wheelhouse_cluster::{DeleteOptions, Key, Resource, Subresource, metadata};
use wheelhouse_objects::Selector;

use crate::action::{Action, Plan};
use crate::controller::{Controller, owner_key};
use crate::field::{number, value};
use crate::pod;
use crate::world::World;

/// The most pods made or deleted in one turn, as upstream's burst.
const BURST: usize = 500;

/// Keeps the pods of ReplicaSets.
#[derive(Debug)]
pub(crate) struct ReplicaSets;

impl Controller for ReplicaSets {
    fn name(&self) -> &'static str {
        "replicaset-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![REPLICA_SET, POD]
    }

    fn keys(&self, world: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == REPLICA_SET {
            return vec![Key::of(object)];
        }
        if let Some(key) = owner_key(object, "ReplicaSet") {
            return vec![key];
        }
        if metadata::controller(object).is_some() {
            return Vec::new();
        }
        // A pod without a controller may be adopted.
        let sets = world.list(&REPLICA_SET, metadata::namespace(object));
        let labels = object.pointer("/metadata/labels");
        sets.iter()
            .filter(|set| Selector::of(value(set, "/spec/selector")).picks(labels))
            .map(|set| Key::of(set))
            .collect()
    }

    fn plan(&self, world: &World, key: &Key, now: Timestamp) -> Plan {
        match world.get(&REPLICA_SET, key) {
            Some(set) => plan(&set, &world.list(&POD, &key.namespace), now),
            None => Plan::nothing(),
        }
    }
}

/// Adoption and release: a pod that the selector picks and nobody controls is taken, one that the
/// selector does not pick any more is let go. Gives the pods that belong to the owner.
pub(crate) fn claim(
    owner: &Value,
    resource: &Resource,
    selector: &Selector,
    candidates: &[Arc<Value>],
    child: &Resource,
    plan: &mut Plan,
) -> Vec<Arc<Value>> {
    let uid = metadata::uid(owner);
    let mut claimed = Vec::new();
    for object in candidates {
        let picked = selector.picks(object.pointer("/metadata/labels"));
        match metadata::controller_uid(object) {
            Some(controller) if controller == uid => {
                if picked {
                    claimed.push(Arc::clone(object));
                } else if !metadata::is_deleting(owner) {
                    let others: Vec<&Value> = metadata::owners(object)
                        .filter(|owner| owner.get("uid").and_then(Value::as_str) != Some(uid))
                        .collect();
                    plan.then(Action::Patch {
                        resource: child.clone(),
                        key: Key::of(object),
                        part: None,
                        patch: json!({"metadata": {"uid": metadata::uid(object), "ownerReferences": others}}),
                    });
                }
            }
            None if picked
                && !metadata::is_deleting(owner)
                && !metadata::is_deleting(object)
                && !pod::is_terminal(object) =>
            {
                let mut owners: Vec<Value> = metadata::owners(object).cloned().collect();
                owners.push(pod::controlled_by(owner, resource));
                plan.then(Action::Patch {
                    resource: child.clone(),
                    key: Key::of(object),
                    part: None,
                    patch: json!({"metadata": {"uid": metadata::uid(object), "ownerReferences": owners}}),
                });
                claimed.push(Arc::clone(object));
            }
            _ => {}
        }
    }
    claimed
}

/// What is to be done for one ReplicaSet, given the pods of its namespace.
pub(crate) fn plan(set: &Value, pods: &[Arc<Value>], now: Timestamp) -> Plan {
    let mut plan = Plan::nothing();
    let selector = Selector::of(value(set, "/spec/selector"));
    let owned = claim(set, &REPLICA_SET, &selector, pods, &POD, &mut plan);
    let active: Vec<Arc<Value>> = owned.iter().filter(|pod| pod::is_active(pod)).cloned().collect();
    let wanted = usize::try_from(number(set, "/spec/replicas").unwrap_or(1)).unwrap_or_default();
    if !metadata::is_deleting(set) {
        if active.len() < wanted {
            let mut made = pod::from_template(set, &REPLICA_SET, value(set, "/spec/template"));
            if let Some(fields) = made.pointer_mut("/metadata").and_then(Value::as_object_mut) {
                fields.insert("generateName".to_owned(), format!("{}-", metadata::name(set)).into());
            }
            for _ in 0..(wanted - active.len()).min(BURST) {
                plan.then(Action::Create { resource: POD, object: made.clone() });
            }
        } else if active.len() > wanted {
            let mut ranked = active.clone();
            pod::rank_for_deletion(&mut ranked);
            for surplus in ranked.iter().take((active.len() - wanted).min(BURST)) {
                plan.then(Action::Delete {
                    resource: POD,
                    key: Key::of(surplus),
                    options: DeleteOptions {
                        uid: Some(metadata::uid(surplus).to_owned()),
                        ..DeleteOptions::default()
                    },
                });
            }
        }
    }
    let ending = owned.iter().filter(|pod| metadata::is_deleting(pod) && !pod::is_terminal(pod)).count();
    status(set, &active, ending, now, &mut plan);
    plan
}

fn status(set: &Value, active: &[Arc<Value>], ending: usize, now: Timestamp, plan: &mut Plan) {
    let min_ready = number(set, "/spec/minReadySeconds").unwrap_or_default();
    let template = Selector::equal_to(value(set, "/spec/template/metadata/labels"));
    let ready = active.iter().filter(|pod| pod::is_ready(pod)).count();
    let available = active.iter().filter(|pod| pod::is_available(pod, min_ready, now)).count();
    let labelled = active.iter().filter(|pod| template.picks(pod.pointer("/metadata/labels"))).count();
    let observed = metadata::generation(set);
    let fields = [
        ("replicas", i64::try_from(active.len()).unwrap_or(i64::MAX)),
        ("fullyLabeledReplicas", i64::try_from(labelled).unwrap_or(i64::MAX)),
        ("readyReplicas", i64::try_from(ready).unwrap_or(i64::MAX)),
        ("availableReplicas", i64::try_from(available).unwrap_or(i64::MAX)),
        ("terminatingReplicas", i64::try_from(ending).unwrap_or(i64::MAX)),
        ("observedGeneration", observed),
    ];
    let changed = fields
        .iter()
        .any(|(field, new)| number(set, &format!("/status/{field}")).unwrap_or_default() != *new)
        || number(set, "/status/observedGeneration") != Some(observed);
    if changed {
        let mut new = serde_json::Map::new();
        for (field, count) in fields {
            new.insert(field.to_owned(), count.into());
        }
        plan.then(Action::Patch {
            resource: REPLICA_SET,
            key: Key::of(set),
            part: Some(Subresource::Status),
            patch: json!({"status": new}),
        });
    }
    if ready > available {
        plan.look_again(Duration::from_secs(u64::try_from(min_ready).unwrap_or(1).max(1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(replicas: i64) -> Value {
        json!({"metadata": {"namespace": "n", "name": "r", "uid": "r", "generation": 1},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "x"}},
                "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": []}}},
            "status": {"observedGeneration": 1}})
    }

    fn pod(name: &str, owner: Option<&str>, app: &str, phase: &str) -> Arc<Value> {
        let owners = owner.map(|uid| json!([{"uid": uid, "controller": true}])).unwrap_or_else(|| json!([]));
        Arc::new(
            json!({"metadata": {"namespace": "n", "name": name, "uid": name, "labels": {"app": app}, "ownerReferences": owners},
            "status": {"phase": phase}}),
        )
    }

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    /// The plan in few words: `+` create, `-name` delete, `adopt name`, `release name`, `status n`.
    fn said(set: &Value, pods: &[Arc<Value>]) -> Vec<String> {
        plan(set, pods, now())
            .actions
            .iter()
            .map(|action| match action {
                Action::Create { .. } => "+".to_owned(),
                Action::Delete { key, .. } => format!("-{}", key.name),
                Action::Patch { key, part: None, patch, .. } => {
                    let adopts = !patch["metadata"]["ownerReferences"].as_array().unwrap().is_empty();
                    format!("{} {}", if adopts { "adopt" } else { "release" }, key.name)
                }
                Action::Patch { patch, .. } => format!("status {}", patch["status"]["replicas"]),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn pods_are_made_and_deleted_to_the_number_wanted() {
        let owned = |name: &str| pod(name, Some("r"), "x", "Running");
        assert_eq!(said(&set(2), &[]), ["+", "+"]);
        assert_eq!(said(&set(2), &[owned("a")]), ["+", "status 1"]);
        assert_eq!(said(&set(1), &[owned("a"), owned("b")]).len(), 2);
        assert_eq!(said(&set(0), &[owned("a")]), ["-a", "status 1"]);
        assert_eq!(said(&set(1), &[pod("a", Some("r"), "x", "Failed")]), ["+"]);
    }

    #[test]
    fn stray_pods_are_adopted_and_strangers_let_go() {
        assert_eq!(said(&set(1), &[pod("a", None, "x", "Running")]), ["adopt a", "status 1"]);
        assert_eq!(said(&set(1), &[pod("a", Some("r"), "y", "Running")]), ["release a", "+"]);
        assert_eq!(said(&set(1), &[pod("a", Some("other"), "x", "Running")]), ["+"]);
    }

    #[test]
    fn a_set_on_its_way_out_makes_nothing() {
        let mut going = set(3);
        going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert_eq!(said(&going, &[]), Vec::<String>::new());
    }

    #[test]
    fn made_pods_carry_template_and_owner() {
        let Action::Create { object, .. } = &plan(&set(1), &[], now()).actions[0] else { panic!() };
        assert_eq!(object["metadata"]["generateName"], "r-");
        assert_eq!(object["metadata"]["labels"], json!({"app": "x"}));
        assert_eq!(object["metadata"]["ownerReferences"][0]["kind"], "ReplicaSet");
    }
}
