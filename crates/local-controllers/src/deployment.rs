//! Deployments: a ReplicaSet for each version of a template, and the way from one to the next.
//!
//! ```text
//!   no ReplicaSet for the template ─► create it
//!   replicas changed on the way     ─► scale all in proportion
//!   RollingUpdate: new up within maxSurge, old down within maxUnavailable, until old is at 0
//!   Recreate:      old to 0, old pods gone, new up
//!   done                            ─► delete ReplicaSets beyond revisionHistoryLimit
//! ```
//! The decisions are those of upstream's deployment controller; each turn takes one step.

mod progress;
mod rolling;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{DEPLOYMENT, POD, REPLICA_SET};
use wheelhouse_cluster::{DeleteOptions, Key, Propagation, Resource, Subresource, metadata};
use wheelhouse_objects::Selector;

use crate::action::{Action, Plan};
use crate::controller::{Controller, owner_key};
use crate::field::{number, scaled, set, text, truth, value};
use crate::names::content_hash;
use crate::pod;
use crate::replica_set::claim;
use crate::world::World;

const HASH_LABEL: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
/// The revisions a ReplicaSet had before it became the newest again.
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MOST: &str = "deployment.kubernetes.io/max-replicas";
/// Annotations of a Deployment that its ReplicaSets do not get.
const NOT_COPIED: [&str; 5] =
    ["kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MOST];

/// Keeps the ReplicaSets of Deployments.
#[derive(Debug)]
pub(crate) struct Deployments;

impl Controller for Deployments {
    fn name(&self) -> &'static str {
        "deployment-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![DEPLOYMENT, REPLICA_SET, POD]
    }

    fn keys(&self, world: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == DEPLOYMENT {
            return vec![Key::of(object)];
        }
        if *resource == REPLICA_SET {
            return owner_key(object, "Deployment").into_iter().collect();
        }
        // Of pods only the end matters: Recreate waits for it.
        let set = owner_key(object, "ReplicaSet").and_then(|key| world.get(&REPLICA_SET, &key));
        set.and_then(|set| owner_key(&set, "Deployment")).into_iter().collect()
    }

    fn plan(&self, world: &World, key: &Key, now: Timestamp) -> Plan {
        let Some(deployment) = world.get(&DEPLOYMENT, key) else { return Plan::nothing() };
        plan(&deployment, &world.list(&REPLICA_SET, &key.namespace), &world.list(&POD, &key.namespace), now)
    }
}

/// A Deployment with the numbers that its rollout is decided by.
pub(crate) struct Rollout<'a> {
    pub(crate) deployment: &'a Value,
    pub(crate) replicas: i64,
    pub(crate) max_surge: i64,
    pub(crate) max_unavailable: i64,
    /// The ReplicaSet of the current template.
    pub(crate) new: Option<Arc<Value>>,
    /// All others, oldest first.
    pub(crate) old: Vec<Arc<Value>>,
}

impl Rollout<'_> {
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Value>> {
        self.old.iter().chain(self.new.iter())
    }

    pub(crate) fn is_rolling(&self) -> bool {
        text(self.deployment, "/spec/strategy/type") != "Recreate"
    }

    /// The most pods there may be at once.
    pub(crate) fn most(&self) -> i64 {
        self.replicas + if self.is_rolling() { self.max_surge } else { 0 }
    }
}

pub(crate) fn spec_replicas(set: &Value) -> i64 {
    number(set, "/spec/replicas").unwrap_or(1)
}

pub(crate) fn total(sets: &[Arc<Value>]) -> i64 {
    sets.iter().map(|set| spec_replicas(set)).sum()
}

pub(crate) fn available(set: &Value) -> i64 {
    number(set, "/status/availableReplicas").unwrap_or_default()
}

fn revision(object: &Value) -> i64 {
    metadata::annotation(object, REVISION).and_then(|revision| revision.parse().ok()).unwrap_or_default()
}

/// A template without the label that tells its ReplicaSet's pods apart.
fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(HASH_LABEL);
    }
    template
}

/// `maxSurge` and `maxUnavailable` as numbers; both zero would never move, so one may then be missing.
fn fences(deployment: &Value, replicas: i64) -> (i64, i64) {
    let read = |field: &str, up: bool| {
        let given = value(deployment, &format!("/spec/strategy/rollingUpdate/{field}"));
        scaled(if given.is_null() { &Value::Null } else { given }, replicas, up)
            .or_else(|| scaled(&json!("25%"), replicas, up))
            .unwrap_or_default()
            .max(0)
    };
    let (surge, unavailable) = (read("maxSurge", true), read("maxUnavailable", false));
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable.min(replicas)) }
}

/// What is to be done for one Deployment.
pub(crate) fn plan(deployment: &Value, sets: &[Arc<Value>], pods: &[Arc<Value>], now: Timestamp) -> Plan {
    let mut plan = Plan::nothing();
    let selector = Selector::of(value(deployment, "/spec/selector"));
    if selector.is_empty() {
        return plan;
    }
    let mut owned = claim(deployment, &DEPLOYMENT, &selector, sets, &REPLICA_SET, &mut plan);
    if !plan.actions.is_empty() {
        return plan;
    }
    owned.sort_by_key(|set| (metadata::created(set).to_owned(), metadata::name(set).to_owned()));
    let wanted = without_hash(value(deployment, "/spec/template"));
    let position = owned.iter().position(|set| without_hash(value(set, "/spec/template")) == wanted);
    let new = position.map(|index| owned.remove(index));
    let replicas = spec_replicas(deployment);
    let (max_surge, max_unavailable) = fences(deployment, replicas);
    let rollout = Rollout { deployment, replicas, max_surge, max_unavailable, new, old: owned };
    if !metadata::is_deleting(deployment) {
        step(&rollout, sets, pods, &mut plan);
    }
    progress::status(&rollout, now, &mut plan);
    plan
}

/// The next step of the rollout.
fn step(rollout: &Rollout<'_>, sets: &[Arc<Value>], pods: &[Arc<Value>], plan: &mut Plan) {
    let paused = truth(rollout.deployment, "/spec/paused");
    let scaling = rollout.all().any(|set| {
        spec_replicas(set) > 0
            && metadata::annotation(set, DESIRED).and_then(|count| count.parse().ok())
                != Some(rollout.replicas)
    });
    if paused || (scaling && rollout.new.is_some()) {
        for (set, replicas) in rolling::in_proportion(rollout) {
            scale(rollout, &set, replicas, plan);
        }
        if paused || !plan.actions.is_empty() {
            return;
        }
    }
    let Some(new) = &rollout.new else {
        return create(rollout, sets, pods, plan);
    };
    annotate(rollout, new, plan);
    if rollout.is_rolling() {
        let wanted = rolling::new_replicas(rollout, new);
        if wanted != spec_replicas(new) {
            return scale(rollout, new, wanted, plan);
        }
        for (set, replicas) in rolling::old_replicas(rollout, new) {
            scale(rollout, &set, replicas, plan);
        }
    } else {
        recreate(rollout, new, pods, plan);
    }
    if plan.actions.is_empty() {
        clean_up(rollout, plan);
    }
}

/// Recreate: nothing new before everything old is gone.
fn recreate(rollout: &Rollout<'_>, new: &Value, pods: &[Arc<Value>], plan: &mut Plan) {
    for set in rollout.old.iter().filter(|set| spec_replicas(set) > 0) {
        scale(rollout, set, 0, plan);
    }
    if plan.actions.is_empty() && !old_pods_run(rollout, pods) && spec_replicas(new) != rollout.replicas {
        scale(rollout, new, rollout.replicas, plan);
    }
}

fn old_pods_run(rollout: &Rollout<'_>, pods: &[Arc<Value>]) -> bool {
    let old: Vec<&str> = rollout.old.iter().map(|set| metadata::uid(set)).collect();
    pods.iter().any(|pod| {
        !pod::is_terminal(pod)
            && metadata::controller_uid(pod).is_some_and(|controller| old.contains(&controller))
    })
}

/// Makes the ReplicaSet of the current template.
fn create(rollout: &Rollout<'_>, sets: &[Arc<Value>], pods: &[Arc<Value>], plan: &mut Plan) {
    let deployment = rollout.deployment;
    if !rollout.is_rolling() {
        for set in rollout.old.iter().filter(|set| spec_replicas(set) > 0) {
            scale(rollout, set, 0, plan);
        }
        if !plan.actions.is_empty() || old_pods_run(rollout, pods) {
            return;
        }
    }
    let collisions = number(deployment, "/status/collisionCount").unwrap_or_default();
    let template = without_hash(value(deployment, "/spec/template"));
    let hash = content_hash(&template, collisions);
    let name = format!("{}-{hash}", metadata::name(deployment));
    if sets.iter().any(|set| metadata::name(set) == name) {
        // The name is taken by another template: the count changes the hash.
        return plan.then(Action::Patch {
            resource: DEPLOYMENT,
            key: Key::of(deployment),
            part: Some(Subresource::Status),
            patch: json!({"status": {"collisionCount": collisions + 1}}),
        });
    }
    let mut template = template;
    set(&mut template, &["metadata", "labels", HASH_LABEL], hash.as_str().into());
    let mut selector = value(deployment, "/spec/selector").clone();
    set(&mut selector, &["matchLabels", HASH_LABEL], hash.as_str().into());
    let last = rollout.old.iter().map(|set| revision(set)).max().unwrap_or_default();
    let replicas = if rollout.is_rolling() { rolling::first_replicas(rollout) } else { rollout.replicas };
    let object = json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "namespace": metadata::namespace(deployment),
            "name": name,
            "labels": value(&template, "/metadata/labels"),
            "annotations": annotations(rollout, last + 1),
            "ownerReferences": [pod::controlled_by(deployment, &DEPLOYMENT)],
        },
        "spec": {
            "replicas": replicas,
            "minReadySeconds": number(deployment, "/spec/minReadySeconds").unwrap_or_default(),
            "selector": selector,
            "template": template,
        },
    });
    plan.then(Action::Create { resource: REPLICA_SET, object });
}

/// The annotations that a ReplicaSet has from its Deployment.
fn annotations(rollout: &Rollout<'_>, revision: i64) -> Value {
    let mut annotations: serde_json::Map<String, Value> = rollout
        .deployment
        .pointer("/metadata/annotations")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(name, _)| !NOT_COPIED.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    annotations.insert(REVISION.to_owned(), revision.to_string().into());
    annotations.insert(DESIRED.to_owned(), rollout.replicas.to_string().into());
    annotations.insert(MOST.to_owned(), rollout.most().to_string().into());
    Value::Object(annotations)
}

/// Keeps the revision in step: a template gone back to becomes the newest revision.
fn annotate(rollout: &Rollout<'_>, new: &Value, plan: &mut Plan) {
    let last = rollout.old.iter().map(|set| revision(set)).max().unwrap_or_default();
    let before = revision(new);
    let current = before.max(last + 1);
    let mut wanted = annotations(rollout, current);
    if before > 0 && before != current {
        let history = match metadata::annotation(new, HISTORY).filter(|history| !history.is_empty()) {
            Some(history) => format!("{history},{before}"),
            None => before.to_string(),
        };
        set(&mut wanted, &[HISTORY], history.into());
    }
    let known = value(new, "/metadata/annotations");
    let differs =
        wanted.as_object().into_iter().flatten().any(|(name, value)| known.get(name) != Some(value));
    let min_ready = number(rollout.deployment, "/spec/minReadySeconds").unwrap_or_default();
    if differs || number(new, "/spec/minReadySeconds").unwrap_or_default() != min_ready {
        plan.then(Action::Patch {
            resource: REPLICA_SET,
            key: Key::of(new),
            part: None,
            patch: json!({"metadata": {"annotations": wanted}, "spec": {"minReadySeconds": min_ready}}),
        });
    }
    if revision(rollout.deployment) != current {
        plan.then(Action::Patch {
            resource: DEPLOYMENT,
            key: Key::of(rollout.deployment),
            // through the status, so that the generation counts the wishes of users alone
            part: Some(Subresource::Status),
            patch: json!({"metadata": {"annotations": {REVISION: current.to_string()}}}),
        });
    }
}

/// Sets a ReplicaSet's number of pods.
fn scale(rollout: &Rollout<'_>, set: &Value, replicas: i64, plan: &mut Plan) {
    let desired = rollout.replicas.to_string();
    let most = rollout.most().to_string();
    if spec_replicas(set) == replicas
        && metadata::annotation(set, DESIRED) == Some(&desired)
        && metadata::annotation(set, MOST) == Some(&most)
    {
        return;
    }
    plan.then(Action::Patch {
        resource: REPLICA_SET,
        key: Key::of(set),
        part: None,
        patch: json!({
            "metadata": {"resourceVersion": metadata::resource_version(set), "annotations": {DESIRED: desired, MOST: most}},
            "spec": {"replicas": replicas},
        }),
    });
}

/// Deletes ReplicaSets beyond the history that is kept, oldest revision first.
fn clean_up(rollout: &Rollout<'_>, plan: &mut Plan) {
    let kept = usize::try_from(number(rollout.deployment, "/spec/revisionHistoryLimit").unwrap_or(10))
        .unwrap_or_default();
    let mut idle: Vec<&Arc<Value>> = rollout.old.iter().filter(|set| !metadata::is_deleting(set)).collect();
    let surplus = idle.len().saturating_sub(kept);
    idle.sort_by_key(|set| revision(set));
    for set in idle.into_iter().take(surplus) {
        let still = number(set, "/status/replicas").unwrap_or_default();
        let seen = number(set, "/status/observedGeneration").unwrap_or_default() >= metadata::generation(set);
        if spec_replicas(set) == 0 && still == 0 && seen {
            plan.then(Action::Delete {
                resource: REPLICA_SET,
                key: Key::of(set),
                options: DeleteOptions {
                    propagation: Some(Propagation::Background),
                    uid: Some(metadata::uid(set).to_owned()),
                    ..DeleteOptions::default()
                },
            });
        }
    }
}

#[cfg(test)]
mod tests;
