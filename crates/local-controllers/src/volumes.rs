//! Persistent volumes: claims are bound to volumes that fit, or a folder is made for them.
//!
//! The storage class `local-path` is the default; its volumes are folders below the state directory,
//! which every node of the machine sees.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD, STORAGE_CLASS};
use wheelhouse_cluster::{DeleteOptions, Key, Resource, Subresource, metadata};
use wheelhouse_objects::{Quantity, Selector};

use crate::action::{Action, Plan};
use crate::controller::Controller;
use crate::field::{items, text, value};
use crate::pod;
use crate::world::World;

/// The storage class that makes folders.
pub(crate) const CLASS: &str = "local-path";
const PROVISIONER: &str = "wheelhouse.dev/local-path";
const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
const CLAIM_IN_USE: &str = "kubernetes.io/pvc-protection";
const VOLUME_IN_USE: &str = "kubernetes.io/pv-protection";

/// Binds claims; keyed by claim.
#[derive(Debug)]
pub(crate) struct Claims {
    /// Where folders are made; nothing is provisioned without one.
    pub(crate) folder: Option<PathBuf>,
}

/// Retires volumes whose claims are gone; keyed by volume.
#[derive(Debug)]
pub(crate) struct Volumes {
    /// Where folders are made.
    pub(crate) folder: Option<PathBuf>,
}

/// Keeps the storage class; keyed by its name.
#[derive(Debug)]
pub(crate) struct Classes {
    /// Where folders are made; without one there is no class.
    pub(crate) folder: Option<PathBuf>,
}

/// Makes the claims of pods' ephemeral volumes; keyed by pod.
#[derive(Debug)]
pub(crate) struct EphemeralVolumes;

impl Controller for Classes {
    fn name(&self) -> &'static str {
        "storageclass-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        // Namespaces are there from the start: the first one wakes this controller.
        vec![STORAGE_CLASS, wheelhouse_cluster::resources::NAMESPACE]
    }

    fn keys(&self, _: &World, _: &Resource, _: &Value) -> Vec<Key> {
        vec![Key::new("", CLASS)]
    }

    fn plan(&self, world: &World, key: &Key, _: Timestamp) -> Plan {
        let synced = world.cache(&STORAGE_CLASS).is_some_and(|cache| cache.is_synced());
        if self.folder.is_none() || world.get(&STORAGE_CLASS, key).is_some() || !synced {
            return Plan::nothing();
        }
        let others = world
            .all(&STORAGE_CLASS)
            .iter()
            .any(|class| metadata::annotation(class, DEFAULT_CLASS) == Some("true"));
        let object = json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": CLASS, "annotations": {DEFAULT_CLASS: (!others).to_string()}},
            "provisioner": PROVISIONER, "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate",
        });
        vec![Action::Create { resource: STORAGE_CLASS, object }].into()
    }
}

impl Controller for EphemeralVolumes {
    fn name(&self) -> &'static str {
        "ephemeral-volume-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![POD]
    }

    fn keys(&self, _: &World, _: &Resource, object: &Value) -> Vec<Key> {
        let any = items(object, "/spec/volumes")
            .any(|volume| volume.get("ephemeral").is_some_and(|kind| !kind.is_null()));
        if any { vec![Key::of(object)] } else { Vec::new() }
    }

    fn plan(&self, world: &World, key: &Key, _: Timestamp) -> Plan {
        let mut plan = Plan::nothing();
        let Some(pod) = world.get(&POD, key).filter(|pod| pod::is_active(pod)) else { return plan };
        for volume in items(&pod, "/spec/volumes") {
            let Some(template) = volume.pointer("/ephemeral/volumeClaimTemplate") else { continue };
            let name = format!("{}-{}", key.name, text(volume, "/name"));
            if world.get(&PERSISTENT_VOLUME_CLAIM, &Key::new(&key.namespace, &name)).is_some() {
                continue;
            }
            let object = json!({
                "apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": {"namespace": key.namespace, "name": name, "labels": value(template, "/metadata/labels"),
                    "annotations": value(template, "/metadata/annotations"), "ownerReferences": [pod::controlled_by(&pod, &POD)]},
                "spec": value(template, "/spec"),
            });
            plan.then(Action::Create { resource: PERSISTENT_VOLUME_CLAIM, object });
        }
        plan
    }
}

impl Controller for Claims {
    fn name(&self) -> &'static str {
        "persistentvolume-binder"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![PERSISTENT_VOLUME_CLAIM, PERSISTENT_VOLUME, STORAGE_CLASS, POD]
    }

    fn keys(&self, world: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == PERSISTENT_VOLUME_CLAIM {
            return vec![Key::of(object)];
        }
        if *resource == POD {
            // Only the end of a pod matters: it may free a claim that waits to go.
            let names =
                items(object, "/spec/volumes").map(|volume| text(volume, "/persistentVolumeClaim/claimName"));
            return names
                .filter(|name| !name.is_empty())
                .map(|name| Key::new(metadata::namespace(object), name))
                .collect();
        }
        let claims = world.all(&PERSISTENT_VOLUME_CLAIM);
        claims
            .iter()
            .filter(|claim| text(claim, "/status/phase") != "Bound")
            .map(|claim| Key::of(claim))
            .collect()
    }

    fn plan(&self, world: &World, key: &Key, _: Timestamp) -> Plan {
        let Some(claim) = world.get(&PERSISTENT_VOLUME_CLAIM, key) else { return Plan::nothing() };
        if metadata::is_deleting(&claim) {
            return let_go(&claim, &world.list(&POD, &key.namespace));
        }
        bind(&claim, &world.all(&PERSISTENT_VOLUME), &world.all(&STORAGE_CLASS), self.folder.as_deref())
    }

    fn is_serial(&self) -> bool {
        // Two claims must not take the same volume.
        true
    }
}

/// A claim on its way out goes when no pod uses it.
fn let_go(claim: &Value, pods: &[Arc<Value>]) -> Plan {
    let held = items(claim, "/metadata/finalizers").any(|finalizer| finalizer.as_str() == Some(CLAIM_IN_USE));
    let used = pods.iter().any(|pod| {
        !pod::is_terminal(pod)
            && items(pod, "/spec/volumes")
                .any(|volume| text(volume, "/persistentVolumeClaim/claimName") == metadata::name(claim))
    });
    if !held || used {
        return Plan::nothing();
    }
    vec![without_finalizer(PERSISTENT_VOLUME_CLAIM, claim, CLAIM_IN_USE)].into()
}

fn without_finalizer(resource: Resource, object: &Value, finalizer: &str) -> Action {
    let kept: Vec<&Value> =
        items(object, "/metadata/finalizers").filter(|known| known.as_str() != Some(finalizer)).collect();
    Action::Patch {
        resource,
        key: Key::of(object),
        part: None,
        patch: json!({"metadata": {"uid": metadata::uid(object), "resourceVersion": metadata::resource_version(object), "finalizers": kept}}),
    }
}

/// The class of a claim: its own, or the default one.
fn class_of<'a>(claim: &'a Value, classes: &'a [Arc<Value>]) -> &'a str {
    match claim.pointer("/spec/storageClassName").and_then(Value::as_str) {
        Some(name) => name,
        None => classes
            .iter()
            .find(|class| metadata::annotation(class, DEFAULT_CLASS) == Some("true"))
            .map(|class| metadata::name(class))
            .unwrap_or_default(),
    }
}

fn is_for(volume: &Value, claim: &Value) -> bool {
    let uid = text(volume, "/spec/claimRef/uid");
    text(volume, "/spec/claimRef/namespace") == metadata::namespace(claim)
        && text(volume, "/spec/claimRef/name") == metadata::name(claim)
        && (uid.is_empty() || uid == metadata::uid(claim))
}

/// Whether a volume that nobody has fits a claim.
fn fits(volume: &Value, claim: &Value, class: &str) -> bool {
    let modes: Vec<&Value> = items(volume, "/spec/accessModes").collect();
    let mode = |object: &Value| match text(object, "/spec/volumeMode") {
        "" => "Filesystem".to_owned(),
        other => other.to_owned(),
    };
    let size = |object: &Value, path: &str| object.pointer(path).and_then(Quantity::of).unwrap_or_default();
    let selector = value(claim, "/spec/selector");
    !metadata::is_deleting(volume)
        && value(volume, "/spec/claimRef").is_null()
        && text(volume, "/spec/storageClassName") == class
        && items(claim, "/spec/accessModes").all(|wanted| modes.contains(&wanted))
        && mode(volume) == mode(claim)
        && size(volume, "/spec/capacity/storage") >= size(claim, "/spec/resources/requests/storage")
        && (selector.is_null() || Selector::of(selector).picks(volume.pointer("/metadata/labels")))
}

/// The next step towards a bound claim: a volume for it, the claim's name on the volume, the volume's
/// name on the claim, the word that it is bound.
fn bind(claim: &Value, volumes: &[Arc<Value>], classes: &[Arc<Value>], folder: Option<&Path>) -> Plan {
    let mut plan = Plan::nothing();
    let class = class_of(claim, classes);
    let named = text(claim, "/spec/volumeName");
    let mut candidates: Vec<&Arc<Value>> = match named {
        "" => volumes.iter().filter(|volume| is_for(volume, claim)).collect(),
        name => volumes.iter().filter(|volume| metadata::name(volume) == name).collect(),
    };
    if candidates.is_empty() && named.is_empty() {
        candidates = volumes.iter().filter(|volume| fits(volume, claim, class)).collect();
        // The smallest that fits is wasted least.
        candidates.sort_by_key(|volume| {
            (
                volume.pointer("/spec/capacity/storage").and_then(Quantity::of),
                metadata::name(volume).to_owned(),
            )
        });
    }
    let Some(volume) = candidates.first() else {
        let ours = classes
            .iter()
            .any(|known| metadata::name(known) == class && text(known, "/provisioner") == PROVISIONER);
        if let (true, true, Some(folder)) = (ours, named.is_empty(), folder) {
            plan.then(Action::Create {
                resource: PERSISTENT_VOLUME,
                object: provisioned(claim, class, folder),
            });
        }
        return plan;
    };
    let reference = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": metadata::namespace(claim),
        "name": metadata::name(claim), "uid": metadata::uid(claim)});
    if text(volume, "/spec/claimRef/uid") != metadata::uid(claim) {
        if !value(volume, "/spec/claimRef").is_null() && !is_for(volume, claim) {
            return plan;
        }
        plan.then(Action::Patch {
            resource: PERSISTENT_VOLUME,
            key: Key::of(volume),
            part: None,
            patch: json!({"metadata": {"resourceVersion": metadata::resource_version(volume)}, "spec": {"claimRef": reference}}),
        });
    }
    if text(volume, "/status/phase") != "Bound" {
        plan.then(Action::Patch {
            resource: PERSISTENT_VOLUME,
            key: Key::of(volume),
            part: Some(Subresource::Status),
            patch: json!({"status": {"phase": "Bound"}}),
        });
    }
    if named.is_empty() {
        plan.then(Action::Patch {
            resource: PERSISTENT_VOLUME_CLAIM,
            key: Key::of(claim),
            part: None,
            patch: json!({"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}, "spec": {"volumeName": metadata::name(volume)}}),
        });
    }
    if text(claim, "/status/phase") != "Bound" {
        plan.then(Action::Patch {
            resource: PERSISTENT_VOLUME_CLAIM,
            key: Key::of(claim),
            part: Some(Subresource::Status),
            patch: json!({"status": {"phase": "Bound", "accessModes": value(volume, "/spec/accessModes"), "capacity": value(volume, "/spec/capacity")}}),
        });
    }
    plan
}

fn provisioned(claim: &Value, class: &str, folder: &Path) -> Value {
    let name = format!("pvc-{}", metadata::uid(claim));
    let path = folder.join(&name);
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": PROVISIONER}},
        "spec": {
            "capacity": {"storage": value(claim, "/spec/resources/requests/storage")},
            "accessModes": value(claim, "/spec/accessModes"),
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": class,
            "hostPath": {"path": path, "type": "DirectoryOrCreate"},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": metadata::namespace(claim),
                "name": metadata::name(claim), "uid": metadata::uid(claim)},
        },
    })
}

impl Controller for Volumes {
    fn name(&self) -> &'static str {
        "persistentvolume-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM]
    }

    fn keys(&self, _: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        if *resource == PERSISTENT_VOLUME {
            return vec![Key::of(object)];
        }
        let name = text(object, "/spec/volumeName");
        if name.is_empty() { Vec::new() } else { vec![Key::new("", name)] }
    }

    fn plan(&self, world: &World, key: &Key, _: Timestamp) -> Plan {
        let Some(volume) = world.get(&PERSISTENT_VOLUME, key) else { return Plan::nothing() };
        let synced = world.cache(&PERSISTENT_VOLUME_CLAIM).is_some_and(|cache| cache.is_synced());
        if !synced {
            return Plan { actions: Vec::new(), again: Some(std::time::Duration::from_millis(200)) };
        }
        let of = Key::new(text(&volume, "/spec/claimRef/namespace"), text(&volume, "/spec/claimRef/name"));
        let claim = world.get(&PERSISTENT_VOLUME_CLAIM, &of);
        retire(&volume, claim.as_deref(), self.folder.as_deref())
    }
}

/// What becomes of a volume: available, or released when its claim is gone, and then kept or removed.
fn retire(volume: &Value, claim: Option<&Value>, folder: Option<&Path>) -> Plan {
    let mut plan = Plan::nothing();
    let owner = text(volume, "/spec/claimRef/uid");
    let phase = text(volume, "/status/phase");
    let say = |phase: &str| Action::Patch {
        resource: PERSISTENT_VOLUME,
        key: Key::of(volume),
        part: Some(Subresource::Status),
        patch: json!({"status": {"phase": phase}}),
    };
    let lives = owner.is_empty() || claim.is_some_and(|claim| metadata::uid(claim) == owner);
    if metadata::is_deleting(volume) {
        let held =
            items(volume, "/metadata/finalizers").any(|finalizer| finalizer.as_str() == Some(VOLUME_IN_USE));
        if held && (!lives || owner.is_empty()) {
            plan.then(without_finalizer(PERSISTENT_VOLUME, volume, VOLUME_IN_USE));
        }
        return plan;
    }
    if owner.is_empty() {
        if phase.is_empty() || phase == "Pending" {
            plan.then(say("Available"));
        }
    } else if !lives {
        if phase != "Released" {
            plan.then(say("Released"));
        }
        if text(volume, "/spec/persistentVolumeReclaimPolicy") == "Delete" {
            let path = Path::new(text(volume, "/spec/hostPath/path"));
            // Only what was made here is removed from disk.
            let ours = metadata::annotation(volume, "pv.kubernetes.io/provisioned-by") == Some(PROVISIONER);
            if let Some(folder) = folder.filter(|folder| ours && path.parent() == Some(folder)) {
                plan.then(Action::RemoveFolder {
                    folder: folder.to_owned(),
                    name: metadata::name(volume).to_owned(),
                });
            }
            plan.then(Action::Delete {
                resource: PERSISTENT_VOLUME,
                key: Key::of(volume),
                options: DeleteOptions {
                    uid: Some(metadata::uid(volume).to_owned()),
                    ..DeleteOptions::default()
                },
            });
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(extra: Value) -> Value {
        let mut claim = json!({"metadata": {"namespace": "n", "name": "c", "uid": "c"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
        for (key, value) in extra.as_object().unwrap() {
            claim["spec"][key] = value.clone();
        }
        claim
    }

    fn class() -> Arc<Value> {
        Arc::new(
            json!({"metadata": {"name": CLASS, "annotations": {DEFAULT_CLASS: "true"}}, "provisioner": PROVISIONER}),
        )
    }

    fn volume(name: &str, size: &str, class: &str) -> Arc<Value> {
        Arc::new(
            json!({"metadata": {"name": name, "uid": name}, "spec": {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": class}}),
        )
    }

    fn said(plan: &Plan) -> Vec<String> {
        plan.actions
            .iter()
            .map(|action| match action {
                Action::Create { object, .. } => {
                    format!("+{} {}", metadata::name(object), text(object, "/spec/hostPath/path"))
                }
                Action::Patch { resource, key, part, .. } => {
                    format!("{} {}{}", resource.plural, key.name, if part.is_some() { " status" } else { "" })
                }
                Action::Delete { key, .. } => format!("-{}", key.name),
                Action::RemoveFolder { name, .. } => format!("rm {name}"),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_claim_of_the_default_class_is_given_a_folder_and_bound() {
        let folder = Path::new("/state/volumes");
        let first = bind(&claim(json!({})), &[], &[class()], Some(folder));
        assert_eq!(said(&first), ["+pvc-c /state/volumes/pvc-c"]);
        let Action::Create { object, .. } = &first.actions[0] else { panic!() };
        let second = bind(&claim(json!({})), &[Arc::new(object.clone())], &[class()], Some(folder));
        assert_eq!(
            said(&second),
            ["persistentvolumes pvc-c status", "persistentvolumeclaims c", "persistentvolumeclaims c status"]
        );
        assert_eq!(said(&bind(&claim(json!({})), &[], &[class()], None)), Vec::<String>::new());
        assert_eq!(
            said(&bind(&claim(json!({"storageClassName": "other"})), &[], &[class()], Some(folder))),
            Vec::<String>::new()
        );
    }

    #[test]
    fn of_volumes_that_fit_the_smallest_is_taken() {
        let volumes = [
            volume("big", "9Gi", "manual"),
            volume("fit", "2Gi", "manual"),
            volume("small", "1Mi", "manual"),
            volume("else", "1Gi", "x"),
        ];
        let plan = bind(&claim(json!({"storageClassName": "manual"})), &volumes, &[], None);
        assert_eq!(said(&plan)[0], "persistentvolumes fit");
    }

    #[test]
    fn a_volume_goes_with_its_claim_if_it_may() {
        let mut made = provisioned(&claim(json!({})), CLASS, Path::new("/v"));
        made["metadata"]["uid"] = json!("v");
        assert_eq!(
            said(&retire(&made, None, Some(Path::new("/v")))),
            ["persistentvolumes pvc-c status", "rm pvc-c", "-pvc-c"]
        );
        assert_eq!(
            said(&retire(&made, Some(&claim(json!({}))), Some(Path::new("/v")))),
            Vec::<String>::new()
        );
        made["spec"]["hostPath"]["path"] = json!("/etc");
        assert_eq!(
            said(&retire(&made, None, Some(Path::new("/v")))),
            ["persistentvolumes pvc-c status", "-pvc-c"]
        );
        made["spec"]["persistentVolumeReclaimPolicy"] = json!("Retain");
        assert_eq!(said(&retire(&made, None, Some(Path::new("/v")))), ["persistentvolumes pvc-c status"]);
    }

    #[test]
    fn a_claim_in_use_stays() {
        let mut going = claim(json!({}));
        going["metadata"]["finalizers"] = json!([CLAIM_IN_USE]);
        let user = |phase: &str| {
            Arc::new(
                json!({"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "c"}}]}, "status": {"phase": phase}}),
            )
        };
        assert_eq!(said(&let_go(&going, &[user("Running")])), Vec::<String>::new());
        assert_eq!(said(&let_go(&going, &[user("Succeeded")])), ["persistentvolumeclaims c"]);
    }
}
