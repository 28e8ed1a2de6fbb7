//! StatefulSets: pods with names and volumes of their own, made and replaced in order.

mod revision;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{CONTROLLER_REVISION, PERSISTENT_VOLUME_CLAIM, POD, STATEFUL_SET};
use wheelhouse_cluster::{DeleteOptions, Key, Resource, Subresource, metadata};
use wheelhouse_objects::Selector;

use crate::action::{Action, Plan};
use crate::controller::{Controller, owner_key};
use crate::field::{items, number, scaled, set, text, value};
use crate::pod;
use crate::replica_set::claim;
use crate::world::World;

const HASH_LABEL: &str = "controller-revision-hash";

/// Keeps the pods of StatefulSets.
#[derive(Debug)]
pub(crate) struct StatefulSets;

impl Controller for StatefulSets {
    fn name(&self) -> &'static str {
        "statefulset-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![STATEFUL_SET, POD, CONTROLLER_REVISION, PERSISTENT_VOLUME_CLAIM]
    }

    fn keys(&self, world: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == STATEFUL_SET {
            return vec![Key::of(object)];
        }
        if *resource == PERSISTENT_VOLUME_CLAIM {
            let sets = world.list(&STATEFUL_SET, metadata::namespace(object));
            let name = metadata::name(object);
            let named = sets.iter().filter(|set| name.contains(&format!("-{}-", metadata::name(set))));
            return named.map(|set| Key::of(set)).collect();
        }
        owner_key(object, "StatefulSet").into_iter().collect()
    }

    fn plan(&self, world: &World, key: &Key, now: Timestamp) -> Plan {
        let Some(set) = world.get(&STATEFUL_SET, key) else { return Plan::nothing() };
        let uid = metadata::uid(&set);
        plan(
            &set,
            &world.list(&POD, &key.namespace),
            &world.controlled(&CONTROLLER_REVISION, &key.namespace, uid),
            &world.list(&PERSISTENT_VOLUME_CLAIM, &key.namespace),
            now,
        )
    }
}

/// The number in a pod's name, if the pod is one of the set's.
fn ordinal(set: &Value, pod: &Value) -> Option<i64> {
    metadata::name(pod).strip_prefix(metadata::name(set))?.strip_prefix('-')?.parse().ok()
}

/// What is to be done for one StatefulSet.
fn plan(
    set: &Value,
    pods: &[Arc<Value>],
    revisions: &[Arc<Value>],
    claims: &[Arc<Value>],
    now: Timestamp,
) -> Plan {
    let mut plan = Plan::nothing();
    let selector = Selector::of(value(set, "/spec/selector"));
    let named: Vec<Arc<Value>> = pods.iter().filter(|pod| ordinal(set, pod).is_some()).cloned().collect();
    let owned = claim(set, &STATEFUL_SET, &selector, &named, &POD, &mut plan);
    let history = revision::History::of(set, revisions);
    if let Some(missing) = history.missing() {
        plan.then(missing);
        return plan;
    }
    let first = number(set, "/spec/ordinals/start").unwrap_or_default();
    let replicas = number(set, "/spec/replicas").unwrap_or(1);
    if !metadata::is_deleting(set) {
        let turn = Turn { set, history: &history, claims, first, replicas, now };
        turn.take(&owned, &mut plan);
    }
    status(set, &owned, &history, replicas, now, &mut plan);
    history.clean_up(&owned, &mut plan);
    plan
}

/// One look at the pods and what follows from it.
struct Turn<'a> {
    set: &'a Value,
    history: &'a revision::History,
    claims: &'a [Arc<Value>],
    first: i64,
    replicas: i64,
    now: Timestamp,
}

impl Turn<'_> {
    fn is_parallel(&self) -> bool {
        text(self.set, "/spec/podManagementPolicy") == "Parallel"
    }

    fn is_healthy(&self, pod: &Value) -> bool {
        let min_ready = number(self.set, "/spec/minReadySeconds").unwrap_or_default();
        pod::is_active(pod) && pod::is_available(pod, min_ready, self.now)
    }

    fn partition(&self) -> i64 {
        number(self.set, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or_default()
    }

    fn take(&self, owned: &[Arc<Value>], plan: &mut Plan) {
        let at = |ordinal: i64| owned.iter().find(|pod| self::ordinal(self.set, pod) == Some(ordinal));
        let wanted = self.first..self.first + self.replicas;
        let mut waiting = false;
        for ordinal in wanted.clone() {
            match at(ordinal) {
                None => {
                    self.create(ordinal, plan);
                    waiting = true;
                }
                Some(pod) if pod::is_terminal(pod) && !metadata::is_deleting(pod) => {
                    // It ended, as pods of a set should not: it is made anew under its name.
                    self.delete(pod, plan);
                    waiting = true;
                }
                Some(pod) => waiting |= !self.is_healthy(pod),
            }
            if waiting && !self.is_parallel() {
                break;
            }
        }
        let mut surplus: Vec<&Arc<Value>> = owned
            .iter()
            .filter(|pod| self::ordinal(self.set, pod).is_some_and(|ordinal| !wanted.contains(&ordinal)))
            .collect();
        surplus.sort_by_key(|pod| std::cmp::Reverse(self::ordinal(self.set, pod)));
        if self.is_parallel() {
            for pod in surplus.iter().filter(|pod| !metadata::is_deleting(pod)) {
                self.delete(pod, plan);
            }
        } else if waiting {
            return;
        } else if let Some(last) = surplus.first() {
            if !metadata::is_deleting(last) {
                self.delete(last, plan);
            }
            return;
        }
        self.release_claims(owned, plan);
        if text(self.set, "/spec/updateStrategy/type") != "OnDelete" {
            self.update(owned, plan);
        }
    }

    /// Replaces pods of an older template, the last first, no more at once than may be missing.
    fn update(&self, owned: &[Arc<Value>], plan: &mut Plan) {
        let allowed = value(self.set, "/spec/updateStrategy/rollingUpdate/maxUnavailable");
        let allowed = scaled(allowed, self.replicas, true).unwrap_or(1).max(1);
        let mut missing = 0;
        let from = self.first + self.partition();
        for ordinal in (from..self.first + self.replicas).rev() {
            let Some(pod) = owned.iter().find(|pod| self::ordinal(self.set, pod) == Some(ordinal)) else {
                return;
            };
            if metadata::label(pod, HASH_LABEL) != Some(self.history.update()) && !metadata::is_deleting(pod)
            {
                self.delete(pod, plan);
                missing += 1;
            } else if !self.is_healthy(pod) {
                missing += 1;
            }
            if missing >= allowed {
                return;
            }
        }
    }

    fn delete(&self, pod: &Value, plan: &mut Plan) {
        plan.then(Action::Delete {
            resource: POD,
            key: Key::of(pod),
            options: DeleteOptions { uid: Some(metadata::uid(pod).to_owned()), ..DeleteOptions::default() },
        });
    }

    fn claim_name(&self, template: &Value, ordinal: i64) -> String {
        format!("{}-{}-{ordinal}", metadata::name(template), metadata::name(self.set))
    }

    fn create(&self, ordinal: i64, plan: &mut Plan) {
        let name = format!("{}-{ordinal}", metadata::name(self.set));
        for template in items(self.set, "/spec/volumeClaimTemplates") {
            let claim = self.claim_name(template, ordinal);
            if self.claims.iter().any(|known| metadata::name(known) == claim) {
                continue;
            }
            let mut object = template.clone();
            set(&mut object, &["apiVersion"], "v1".into());
            set(&mut object, &["kind"], "PersistentVolumeClaim".into());
            set(&mut object, &["metadata", "name"], claim.into());
            set(&mut object, &["metadata", "namespace"], metadata::namespace(self.set).into());
            for (key, label) in
                value(self.set, "/spec/selector/matchLabels").as_object().into_iter().flatten()
            {
                set(&mut object, &["metadata", "labels", key], label.clone());
            }
            if text(self.set, "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted") == "Delete" {
                let owner = pod::controlled_by(self.set, &STATEFUL_SET);
                set(&mut object, &["metadata", "ownerReferences"], json!([owner]));
            }
            if let Some(fields) = object.as_object_mut() {
                fields.remove("status");
            }
            plan.then(Action::Create { resource: PERSISTENT_VOLUME_CLAIM, object });
        }
        // Below the partition the old template stays in force.
        let (hash, template) = if ordinal < self.first + self.partition() {
            self.history.current_template()
        } else {
            self.history.update_template()
        };
        let mut made = pod::from_template(self.set, &STATEFUL_SET, &template);
        set(&mut made, &["metadata", "name"], name.as_str().into());
        set(&mut made, &["metadata", "labels", HASH_LABEL], hash.into());
        set(&mut made, &["metadata", "labels", "statefulset.kubernetes.io/pod-name"], name.as_str().into());
        set(&mut made, &["metadata", "labels", "apps.kubernetes.io/pod-index"], ordinal.to_string().into());
        set(&mut made, &["spec", "hostname"], name.into());
        set(&mut made, &["spec", "subdomain"], text(self.set, "/spec/serviceName").into());
        let mut volumes: Vec<Value> = items(&made, "/spec/volumes").cloned().collect();
        for template in items(self.set, "/spec/volumeClaimTemplates") {
            let volume = metadata::name(template);
            volumes.retain(|known| text(known, "/name") != volume);
            volumes.push(json!({"name": volume, "persistentVolumeClaim": {"claimName": self.claim_name(template, ordinal)}}));
        }
        if !volumes.is_empty() {
            set(&mut made, &["spec", "volumes"], volumes.into());
        }
        plan.then(Action::Create { resource: POD, object: made });
    }

    /// Deletes the claims of pods that scaling took away, where the set says so.
    fn release_claims(&self, owned: &[Arc<Value>], plan: &mut Plan) {
        if text(self.set, "/spec/persistentVolumeClaimRetentionPolicy/whenScaled") != "Delete" {
            return;
        }
        for template in items(self.set, "/spec/volumeClaimTemplates") {
            let prefix = format!("{}-{}-", metadata::name(template), metadata::name(self.set));
            for claim in self.claims {
                let ordinal =
                    metadata::name(claim).strip_prefix(&prefix).and_then(|number| number.parse::<i64>().ok());
                let Some(ordinal) = ordinal.filter(|ordinal| *ordinal >= self.first + self.replicas) else {
                    continue;
                };
                let used = owned.iter().any(|pod| self::ordinal(self.set, pod) == Some(ordinal));
                if !used && !metadata::is_deleting(claim) {
                    plan.then(Action::Delete {
                        resource: PERSISTENT_VOLUME_CLAIM,
                        key: Key::of(claim),
                        options: DeleteOptions {
                            uid: Some(metadata::uid(claim).to_owned()),
                            ..DeleteOptions::default()
                        },
                    });
                }
            }
        }
    }
}

fn status(
    set: &Value,
    owned: &[Arc<Value>],
    history: &revision::History,
    replicas: i64,
    now: Timestamp,
    plan: &mut Plan,
) {
    let min_ready = number(set, "/spec/minReadySeconds").unwrap_or_default();
    let count = |wanted: &dyn Fn(&Value) -> bool| {
        i64::try_from(owned.iter().filter(|pod| wanted(pod)).count()).unwrap_or(i64::MAX)
    };
    let of = |pod: &Value, hash: &str| metadata::label(pod, HASH_LABEL) == Some(hash);
    let ready = count(&|pod| pod::is_active(pod) && pod::is_ready(pod));
    let available = count(&|pod| pod::is_active(pod) && pod::is_available(pod, min_ready, now));
    let updated = count(&|pod| pod::is_active(pod) && of(pod, history.update()));
    // The update is the current revision once all pods have it and are ready.
    let done = updated == replicas && ready == replicas;
    let current = if done { history.update() } else { history.current() };
    let wanted = json!({
        "observedGeneration": metadata::generation(set),
        "replicas": count(&|pod| !pod::is_terminal(pod)),
        "readyReplicas": ready,
        "availableReplicas": available,
        "currentReplicas": count(&|pod| pod::is_active(pod) && of(pod, current)),
        "updatedReplicas": updated,
        "currentRevision": current,
        "updateRevision": history.update(),
        "collisionCount": number(set, "/status/collisionCount").unwrap_or_default(),
    });
    let known = value(set, "/status");
    let same = wanted.as_object().into_iter().flatten().all(|(field, new)| {
        known.get(field).unwrap_or(&Value::Null) == new
            || (known.get(field).is_none() && new.as_i64() == Some(0))
    });
    if !same {
        plan.then(Action::Patch {
            resource: STATEFUL_SET,
            key: Key::of(set),
            part: Some(Subresource::Status),
            patch: json!({"status": wanted}),
        });
    }
    if ready > available {
        plan.look_again(Duration::from_secs(u64::try_from(min_ready).unwrap_or(1).max(1)));
    }
}

#[cfg(test)]
mod tests;
