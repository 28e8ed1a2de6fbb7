//! Garbage collection: what becomes of objects when their owners go.
//!
//! - background: an object all of whose owners are gone is deleted;
//! - foreground: an owner with the finalizer `foregroundDeletion` waits until the dependents that
//!   block it are gone;
//! - orphan: an owner with the finalizer `orphan` goes after its dependents have forgotten it.
//!
//! The key of this controller is a uid, of an object that is there or of an owner that is gone.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::{DeleteOptions, Key, Propagation, Resource, metadata};

use crate::action::{Action, Plan};
use crate::controller::Controller;
use crate::field::{items, truth};
use crate::world::World;

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Collects garbage.
#[derive(Debug)]
pub(crate) struct Garbage;

impl Controller for Garbage {
    fn name(&self) -> &'static str {
        "garbage-collector"
    }

    /// Every kind that is followed; the runner asks for all.
    fn watches(&self) -> Vec<Resource> {
        Vec::new()
    }

    fn keys(&self, _: &World, _: &Resource, object: &Value) -> Vec<Key> {
        let owners = metadata::owners(object).filter_map(|owner| owner.get("uid").and_then(Value::as_str));
        std::iter::once(metadata::uid(object))
            .chain(owners)
            .filter(|uid| !uid.is_empty())
            .map(|uid| Key::new("", uid))
            .collect()
    }

    fn plan(&self, world: &World, key: &Key, _: Timestamp) -> Plan {
        if !world.is_synced() {
            return Plan { actions: Vec::new(), again: Some(Duration::from_millis(200)) };
        }
        let mut plan = Plan::nothing();
        match world.by_uid(&key.name) {
            Some((resource, object)) => {
                orphaned(world, &resource, &object, &mut plan);
                finalize(world, &resource, &object, &mut plan);
            }
            None => {
                for (resource, dependent) in world.dependents(&key.name) {
                    orphaned(world, &resource, &dependent, &mut plan);
                }
            }
        }
        plan
    }
}

fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    items(object, "/metadata/finalizers").any(|known| known.as_str() == Some(finalizer))
}

/// An object whose owners are gone, or wait for it in the foreground.
fn orphaned(world: &World, resource: &Resource, object: &Value, plan: &mut Plan) {
    if metadata::is_deleting(object) {
        return;
    }
    let mut gone = Vec::new();
    let mut waiting = 0;
    let mut solid = 0;
    for owner in metadata::owners(object) {
        let read = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
        match world.by_uid(read("uid")) {
            Some((_, owner)) if metadata::is_deleting(&owner) && has_finalizer(&owner, FOREGROUND) => {
                waiting += 1
            }
            Some(_) => solid += 1,
            None => {
                // A kind that is not followed may well be there: leave it alone.
                let known = world.followed().into_iter().find(|known| {
                    known.kind == read("kind")
                        && known.api_version().split('/').rev().nth(1)
                            == read("apiVersion").split('/').rev().nth(1)
                });
                match known {
                    Some(kind) => gone.push((kind, read("name").to_owned(), read("uid").to_owned())),
                    None => solid += 1,
                }
            }
        }
    }
    let key = Key::of(object);
    let uid = metadata::uid(object).to_owned();
    if solid > 0 {
        if !gone.is_empty() {
            let kept: Vec<&Value> = metadata::owners(object)
                .filter(|owner| {
                    !gone.iter().any(|(_, _, uid)| owner.get("uid").and_then(Value::as_str) == Some(uid))
                })
                .collect();
            plan.then(Action::Patch {
                resource: resource.clone(),
                key,
                part: None,
                patch: json!({"metadata": {"uid": uid, "ownerReferences": kept}}),
            });
        }
    } else if waiting > 0 {
        plan.then(Action::Delete {
            resource: resource.clone(),
            key,
            options: DeleteOptions {
                propagation: Some(Propagation::Foreground),
                uid: Some(uid),
                ..DeleteOptions::default()
            },
        });
    } else if !gone.is_empty() {
        plan.then(Action::DeleteIfOrphaned { resource: resource.clone(), key, uid, owners: gone });
    }
}

/// An owner on its way out that waits for its dependents.
fn finalize(world: &World, resource: &Resource, object: &Value, plan: &mut Plan) {
    if !metadata::is_deleting(object) {
        return;
    }
    let uid = metadata::uid(object);
    let release = |finalizer: &str| {
        let kept: Vec<&Value> =
            items(object, "/metadata/finalizers").filter(|known| known.as_str() != Some(finalizer)).collect();
        Action::Patch {
            resource: resource.clone(),
            key: Key::of(object),
            part: None,
            patch: json!({"metadata": {"uid": uid, "resourceVersion": metadata::resource_version(object), "finalizers": kept}}),
        }
    };
    let names = |owner: &&Value| owner.get("uid").and_then(Value::as_str) == Some(uid);
    if has_finalizer(object, FOREGROUND) {
        let mut blocked = false;
        for (kind, dependent) in world.dependents(uid) {
            orphaned(world, &kind, &dependent, plan);
            blocked |=
                metadata::owners(&dependent).filter(names).any(|owner| truth(owner, "/blockOwnerDeletion"));
        }
        if !blocked {
            plan.then(release(FOREGROUND));
        }
    } else if has_finalizer(object, ORPHAN) {
        for (kind, dependent) in world.dependents(uid) {
            let kept: Vec<&Value> = metadata::owners(&dependent).filter(|owner| !names(owner)).collect();
            plan.then(Action::Patch {
                resource: kind,
                key: Key::of(&dependent),
                part: None,
                patch: json!({"metadata": {"uid": metadata::uid(&dependent), "ownerReferences": kept}}),
            });
        }
        plan.then(release(ORPHAN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wheelhouse_cluster::resources::{DEPLOYMENT, POD, REPLICA_SET};

    fn object(name: &str, owners: Value, finalizers: Value, going: bool) -> Value {
        let mut object = json!({"metadata": {"namespace": "n", "name": name, "uid": name, "resourceVersion": "1",
            "ownerReferences": owners, "finalizers": finalizers}});
        if going {
            object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        object
    }

    fn owner(uid: &str, kind: &str) -> Value {
        json!({"apiVersion": "apps/v1", "kind": kind, "name": uid, "uid": uid, "blockOwnerDeletion": true})
    }

    fn said(world: &World, uid: &str) -> Vec<String> {
        world.all_synced();
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let say = |action: Action| match action {
            Action::Delete { key, options, .. } => {
                format!("delete {} {:?}", key.name, options.propagation.unwrap())
            }
            Action::DeleteIfOrphaned { key, owners, .. } => format!("orphan {} of {}", key.name, owners[0].1),
            Action::Patch { key, patch, .. } if patch["metadata"].get("finalizers").is_some() => {
                format!("release {}", key.name)
            }
            Action::Patch { key, patch, .. } => format!(
                "owners of {}: {}",
                key.name,
                patch["metadata"]["ownerReferences"].as_array().unwrap().len()
            ),
            other => panic!("{other:?}"),
        };
        Garbage.plan(world, &Key::new("", uid), now).actions.into_iter().map(say).collect()
    }

    #[test]
    fn an_object_whose_only_owner_is_gone_goes_too() {
        let pod = object("p", json!([owner("r", "ReplicaSet")]), json!([]), false);
        let world = World::of([(POD, pod), (REPLICA_SET, object("other", json!([]), json!([]), false))]);
        assert_eq!(said(&world, "r"), ["orphan p of r"]);
        assert_eq!(said(&world, "p"), ["orphan p of r"]);
        assert_eq!(said(&world, "other"), Vec::<String>::new());
    }

    #[test]
    fn an_owner_of_a_kind_unknown_keeps_its_object() {
        let pod = object("p", json!([owner("r", "Widget")]), json!([]), false);
        assert_eq!(said(&World::of([(POD, pod)]), "p"), Vec::<String>::new());
    }

    #[test]
    fn one_owner_left_is_enough() {
        let pod =
            object("p", json!([owner("gone", "ReplicaSet"), owner("r", "ReplicaSet")]), json!([]), false);
        let world = World::of([(POD, pod), (REPLICA_SET, object("r", json!([]), json!([]), false))]);
        assert_eq!(said(&world, "p"), ["owners of p: 1"]);
    }

    #[test]
    fn foreground_deletion_waits_for_dependents() {
        let deployment = object("d", json!([]), json!([FOREGROUND]), true);
        let set = object("r", json!([owner("d", "Deployment")]), json!([]), false);
        let world = World::of([(DEPLOYMENT, deployment.clone()), (REPLICA_SET, set)]);
        assert_eq!(said(&world, "d"), ["delete r Foreground"]);
        assert_eq!(said(&World::of([(DEPLOYMENT, deployment)]), "d"), ["release d"]);
    }

    #[test]
    fn orphans_forget_their_owner_first() {
        let deployment = object("d", json!([]), json!([ORPHAN]), true);
        let set = object("r", json!([owner("d", "Deployment")]), json!([]), false);
        let world = World::of([(DEPLOYMENT, deployment), (REPLICA_SET, set)]);
        assert_eq!(said(&world, "d"), ["owners of r: 0", "release d"]);
        assert_eq!(said(&world, "r"), Vec::<String>::new());
    }
}
