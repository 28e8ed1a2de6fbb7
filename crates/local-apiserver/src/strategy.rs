//! What each kind does to an object before it is stored: which parts a request may set, when the
//! generation counts up, what a new object starts with.

use serde_json::{Value, json};

use crate::meta;
use crate::operations::Target;
use crate::resources::Resource;

mod service;

fn is(resource: &Resource, group: &str, plural: &str) -> bool {
    resource.group == group && resource.plural == plural
}

/// Kinds whose `metadata.generation` counts the changes of what is wanted.
fn counts_generations(resource: &Resource) -> bool {
    resource.custom.is_some()
        || matches!(
            (resource.group.as_str(), resource.plural.as_str()),
            ("", "pods" | "replicationcontrollers" | "podtemplates")
                | ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets")
                | ("batch", "jobs" | "cronjobs")
                | ("policy", "poddisruptionbudgets")
                | ("networking.k8s.io", "ingresses" | "networkpolicies" | "ingressclasses")
                | ("apiextensions.k8s.io", "customresourcedefinitions")
                | ("discovery.k8s.io", "endpointslices")
                | ("flowcontrol.apiserver.k8s.io", _)
                | ("admissionregistration.k8s.io", _)
                | ("resource.k8s.io", "resourceslices" | "deviceclasses")
                | ("scheduling.k8s.io", "priorityclasses")
        )
}

fn has_status(resource: &Resource) -> bool {
    resource.subresource("status").is_some()
}

/// Prepares a new object.
pub(crate) fn prepare_create(resource: &Resource, object: &mut Value) {
    if counts_generations(resource) {
        meta::set_metadata(object, "generation", Some(1.into()));
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => {
            let quality = crate::admission::quality(object);
            let mut status = json!({"phase": "Pending", "qosClass": quality});
            if !meta::items(object, &["spec", "schedulingGates"]).is_empty() {
                let blocked = json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates",
                    "lastProbeTime": null, "lastTransitionTime": meta::now()}]);
                meta::set(&mut status, "conditions", blocked);
            }
            meta::set(object, "status", status);
        }
        ("", "namespaces") => {
            meta::set(object, "status", json!({"phase": "Active"}));
            if let Some(spec) = meta::map_mut(object, "spec") {
                spec.insert("finalizers".to_owned(), json!(["kubernetes"]));
            }
        }
        ("", "persistentvolumeclaims") => meta::set(object, "status", json!({"phase": "Pending"})),
        ("", "persistentvolumes") => {
            let when = meta::now();
            meta::set(object, "status", json!({"phase": "Pending", "lastPhaseTransitionTime": when}));
        }
        ("", "nodes") => {}
        ("", "serviceaccounts") => names_of_secrets(object),
        ("apps", "daemonsets") => {
            template_generation(object, 1);
            fresh_status(resource, object);
        }
        ("batch", "jobs") => {
            crate::defaulting::own_job_labels(object);
            fresh_status(resource, object);
        }
        ("apiextensions.k8s.io", "customresourcedefinitions") => crate::custom::prepare(object, None),
        ("certificates.k8s.io", "certificatesigningrequests") => meta::set(object, "status", json!({})),
        ("apps", "deployments" | "replicasets" | "statefulsets") if has_status(resource) => {
            fresh_status(resource, object);
        }
        _ if has_status(resource) && resource.custom.is_none() => fresh_status(resource, object),
        _ => {
            if resource.custom.as_ref().is_some_and(|custom| custom.has_status) {
                meta::remove(object, "status");
            }
        }
    }
}

fn template_generation(object: &mut Value, generation: i64) {
    if let Some(metadata) = meta::at_mut(object, &["metadata"])
        && let Some(annotations) = meta::map_mut(metadata, "annotations")
    {
        annotations.insert(crate::defaulting::TEMPLATE_GENERATION.to_owned(), generation.to_string().into());
    }
}

fn fresh_status(resource: &Resource, object: &mut Value) {
    let shape =
        resource.shape.type_def().and_then(|def| def.field("status").map(|field| field.shape.clone()));
    if let Some(shape) = shape {
        meta::set(object, "status", crate::decode::zero(&shape));
    }
}

/// Prepares a changed object: what the path may not change is taken from the old one.
pub(crate) fn prepare_update(target: &Target, new: &mut Value, old: &Value) {
    let resource = &target.resource;
    match target.subresource.as_str() {
        "status" => prepare_status(resource, new, old),
        "finalize" => {
            let finalizers = meta::at(new, &["spec", "finalizers"]).cloned();
            keep_all_but(new, old, &[]);
            if let Some(spec) = meta::map_mut(new, "spec") {
                match finalizers.filter(|f| f.as_array().is_some_and(|items| !items.is_empty())) {
                    Some(finalizers) => spec.insert("finalizers".to_owned(), finalizers),
                    None => spec.shift_remove("finalizers"),
                };
            }
        }
        "ephemeralcontainers" => {
            let containers = meta::at(new, &["spec", "ephemeralContainers"]).cloned();
            keep_all_but(new, old, &[]);
            if let (Some(spec), Some(containers)) = (meta::map_mut(new, "spec"), containers) {
                spec.insert("ephemeralContainers".to_owned(), containers);
            }
        }
        "approval" => {
            let conditions = meta::at(new, &["status", "conditions"]).cloned();
            keep_all_but(new, old, &[]);
            if let (Some(status), Some(conditions)) = (meta::map_mut(new, "status"), conditions) {
                status.insert("conditions".to_owned(), conditions);
            }
        }
        _ => prepare_main(resource, new, old),
    }
    if counts_generations(resource) && target.subresource != "status" && wanted_changed(resource, new, old) {
        let generation =
            meta::at(old, &["metadata", "generation"]).and_then(Value::as_i64).unwrap_or_default();
        meta::set_metadata(new, "generation", Some((generation + 1).into()));
    }
}

fn prepare_main(resource: &Resource, new: &mut Value, old: &Value) {
    let keeps_status = match &resource.custom {
        Some(custom) => custom.has_status,
        None => has_status(resource),
    };
    if keeps_status {
        match old.get("status") {
            Some(status) => meta::set(new, "status", status.clone()),
            None => {
                meta::remove(new, "status");
            }
        }
    }
    if is(resource, "apps", "daemonsets") {
        let before = meta::text(old, &["metadata", "annotations", crate::defaulting::TEMPLATE_GENERATION]);
        let changed = meta::at(new, &["spec", "template"]) != meta::at(old, &["spec", "template"]);
        template_generation(new, before.parse().unwrap_or(0) + i64::from(changed));
    }
    if is(resource, "", "services") {
        service::drop_unused(new, old);
    }
    if is(resource, "", "namespaces") {
        // only the finalize subresource may change them
        let finalizers = meta::at(old, &["spec", "finalizers"]).cloned();
        if let Some(spec) = meta::map_mut(new, "spec") {
            match finalizers {
                Some(finalizers) => spec.insert("finalizers".to_owned(), finalizers),
                None => spec.shift_remove("finalizers"),
            };
        }
    }
    if is(resource, "apiextensions.k8s.io", "customresourcedefinitions") {
        crate::custom::prepare(new, Some(old));
    }
    if is(resource, "", "secrets") {
        // the type may be left out of an update
        if meta::text(new, &["type"]).is_empty() {
            meta::set(new, "type", meta::text(old, &["type"]).to_owned());
        }
    }
    if is(resource, "", "serviceaccounts") {
        if new.get("secrets").is_none()
            && let Some(secrets) = old.get("secrets")
        {
            meta::set(new, "secrets", secrets.clone());
        }
        names_of_secrets(new);
    }
}

/// A service account refers to its secrets by their names alone.
fn names_of_secrets(account: &mut Value) {
    for secret in meta::at_mut(account, &["secrets"]).and_then(Value::as_array_mut).into_iter().flatten() {
        *secret = match secret.get("name") {
            Some(name) => json!({ "name": name }),
            None => json!({}),
        };
    }
}

fn prepare_status(resource: &Resource, new: &mut Value, old: &Value) {
    let status = new.get("status").cloned();
    let managed = meta::at(new, &["metadata", "managedFields"]).cloned();
    if resource.custom.is_some() {
        keep_all_but(new, old, &[]);
        match status {
            Some(status) => meta::set(new, "status", status),
            None => {
                meta::remove(new, "status");
            }
        }
        meta::set_metadata(new, "managedFields", managed);
        return;
    }
    let keys: Vec<String> = new.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
    for key in
        keys.iter().filter(|key| !matches!(key.as_str(), "status" | "metadata" | "kind" | "apiVersion"))
    {
        match old.get(key) {
            Some(value) => meta::set(new, key, value.clone()),
            None => {
                meta::remove(new, key);
            }
        }
    }
    for (key, value) in old.as_object().into_iter().flatten() {
        if new.get(key).is_none() && key != "status" {
            meta::set(new, key, value.clone());
        }
    }
    let metadata_keys: &[&str] = match (resource.group.as_str(), resource.plural.as_str()) {
        ("apps", "deployments") => &["labels"],
        ("", "pods") => &["ownerReferences", "finalizers"],
        ("apiextensions.k8s.io", _) | ("", "persistentvolumes") => &[],
        _ => &[],
    };
    for key in metadata_keys {
        meta::set_metadata(new, key, meta::at(old, &["metadata", key]).cloned());
    }
}

/// Takes everything from the old object but managed fields and these keys.
fn keep_all_but(new: &mut Value, old: &Value, keys: &[&str]) {
    let managed = meta::at(new, &["metadata", "managedFields"]).cloned();
    let kept: Vec<(String, Value)> =
        keys.iter().filter_map(|key| Some(((*key).to_owned(), new.get(*key)?.clone()))).collect();
    *new = old.clone();
    for (key, value) in kept {
        meta::set(new, &key, value);
    }
    meta::set_metadata(new, "managedFields", managed);
}

/// Whether what is wanted (not what is seen) changed.
fn wanted_changed(resource: &Resource, new: &Value, old: &Value) -> bool {
    if resource.custom.as_ref().is_some_and(|custom| !custom.has_status) {
        return without(new, &["metadata"]) != without(old, &["metadata"]);
    }
    if resource.custom.is_some()
        || resource.group == "admissionregistration.k8s.io"
        || is(resource, "discovery.k8s.io", "endpointslices")
    {
        return without(new, &["metadata", "status"]) != without(old, &["metadata", "status"]);
    }
    if is(resource, "apps", "deployments") {
        // annotations of a deployment are part of what is wanted
        let annotations = |object: &Value| meta::text_map(object, &["metadata", "annotations"]);
        if annotations(new) != annotations(old) {
            return true;
        }
    }
    new.get("spec") != old.get("spec")
}

fn without(object: &Value, keys: &[&str]) -> Value {
    let mut object = object.clone();
    for key in keys.iter().chain(&["apiVersion"]) {
        meta::remove(&mut object, key);
    }
    object
}

/// An update that leaves a deleted object without finalizers removes it.
pub(crate) fn removed_by_update(resource: &Resource, object: &Value) -> bool {
    let grace =
        meta::at(object, &["metadata", "deletionGracePeriodSeconds"]).and_then(Value::as_i64).unwrap_or(0);
    let held = is(resource, "", "namespaces") && !meta::items(object, &["spec", "finalizers"]).is_empty();
    meta::deleting(object) && meta::finalizers(object).is_empty() && grace == 0 && !held
}

/// Kinds that may be replaced without naming the version that was read.
pub(crate) fn unconditional_update(resource: &Resource) -> bool {
    resource.custom.is_none()
        && !matches!(
            (resource.group.as_str(), resource.plural.as_str()),
            (
                "apiextensions.k8s.io"
                    | "apiregistration.k8s.io"
                    | "coordination.k8s.io"
                    | "admissionregistration.k8s.io",
                _
            ) | ("policy", "poddisruptionbudgets")
                | ("node.k8s.io", "runtimeclasses")
                | (
                    "storage.k8s.io",
                    "csidrivers" | "csistoragecapacities" | "volumeattachments" | "csinodes"
                )
        )
}

/// Kinds whose deletion answers with the object instead of a status.
pub(crate) fn returns_deleted(resource: &Resource) -> bool {
    matches!(
        (resource.group.as_str(), resource.plural.as_str()),
        (
            "",
            "pods"
                | "services"
                | "persistentvolumeclaims"
                | "persistentvolumes"
                | "serviceaccounts"
                | "resourcequotas"
                | "podtemplates"
                | "namespaces"
        ) | ("storage.k8s.io", _)
            | ("resource.k8s.io", _)
    )
}
