//! Volumes, claims and storage classes.

use serde_json::Value;
use wheelhouse_objects::Quantity;

use super::{Errors, unchanged};
use crate::field::FieldError;
use crate::meta;

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

fn access_modes(object: &Value, errors: &mut Errors) {
    let modes = meta::items(object, &["spec", "accessModes"]);
    if modes.is_empty() {
        errors.push(FieldError::required("spec.accessModes", "at least 1 access mode is required"));
    }
    for mode in modes.iter().filter(|mode| !MODES.contains(&mode.as_str().unwrap_or_default())) {
        errors.push(FieldError::not_supported("spec.accessModes", mode.clone(), &MODES));
    }
}

fn copy(from: &Value, to: &mut Value, key: &str) {
    match from.get(key) {
        Some(value) => meta::set(to, key, value.clone()),
        None => {
            meta::remove(to, key);
        }
    }
}

pub(super) fn claim(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    access_modes(object, errors);
    let storage = meta::text(object, &["spec", "resources", "requests", "storage"]);
    if storage.is_empty() {
        errors.push(FieldError::required("spec.resources[storage]", ""));
    } else if Quantity::parse(storage).is_some_and(|amount| amount.nanos() <= 0) {
        errors.push(FieldError::invalid("spec.resources[storage]", storage, "must be greater than zero"));
    }
    let Some(old) = old else { return };
    let mut before = old.get("spec").cloned().unwrap_or_default();
    let mut now = object.get("spec").cloned().unwrap_or_default();
    // the volume is set once
    if meta::text(&before, &["volumeName"]).is_empty() {
        copy(&now, &mut before, "volumeName");
    }
    if meta::text(object, &["status", "phase"]) == "Bound" {
        copy(&before, &mut now, "volumeAttributesClassName");
        let size = meta::at(&before, &["resources", "requests", "storage"]).cloned();
        if let (Some(size), Some(requests)) = (size, meta::at_mut(&mut now, &["resources", "requests"])) {
            meta::set(requests, "storage", size);
        }
    }
    if now != before {
        let difference = crate::inner::claim_spec_difference(&before, &now);
        errors.push(FieldError::forbidden(
            "spec",
            format!("spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n{difference}"),
        ));
    }
    let before = Quantity::parse(meta::text(old, &["spec", "resources", "requests", "storage"]));
    if let (Some(before), Some(now)) = (before, Quantity::parse(storage))
        && now < before
    {
        errors.push(FieldError::forbidden(
            "spec.resources.requests.storage",
            "field can not be less than status.capacity",
        ));
    }
}

pub(super) fn volume(object: &Value, errors: &mut Errors) {
    access_modes(object, errors);
    let capacity = meta::text(object, &["spec", "capacity", "storage"]);
    if meta::text_map(object, &["spec", "capacity"]).is_empty() {
        errors.push(FieldError::required("spec.capacity", ""));
    } else if Quantity::parse(capacity).is_some_and(|amount| amount.nanos() <= 0) {
        errors.push(FieldError::invalid("spec.capacity[storage]", capacity, "must be greater than zero"));
    }
    let policy = meta::text(object, &["spec", "persistentVolumeReclaimPolicy"]);
    let policies = ["Delete", "Recycle", "Retain"];
    if !policy.is_empty() && !policies.contains(&policy) {
        errors.push(FieldError::not_supported("spec.persistentVolumeReclaimPolicy", policy, &policies));
    }
    const SOURCES: [&str; 12] = [
        "hostPath",
        "nfs",
        "csi",
        "local",
        "fc",
        "iscsi",
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "cephfs",
        "rbd",
        "azureDisk",
        "azureFile",
    ];
    let spec = object.get("spec").cloned().unwrap_or_default();
    if !SOURCES.iter().any(|source| spec.get(*source).is_some_and(Value::is_object)) {
        errors.push(FieldError::required("spec", "must specify a volume type"));
    }
}

pub(super) fn class(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    if meta::text(object, &["provisioner"]).is_empty() {
        errors.push(FieldError::required("provisioner", ""));
    }
    let policy = meta::text(object, &["reclaimPolicy"]);
    if !matches!(policy, "Delete" | "Retain") {
        errors.push(FieldError::not_supported("reclaimPolicy", policy, &["Delete", "Retain"]));
    }
    let mode = meta::text(object, &["volumeBindingMode"]);
    if !matches!(mode, "Immediate" | "WaitForFirstConsumer") {
        errors.push(FieldError::not_supported(
            "volumeBindingMode",
            mode,
            &["Immediate", "WaitForFirstConsumer"],
        ));
    }
    let Some(old) = old else { return };
    if object.get("parameters") != old.get("parameters") {
        errors.push(FieldError::forbidden("parameters", "updates to parameters are forbidden."));
    }
    if object.get("provisioner") != old.get("provisioner") {
        errors.push(FieldError::forbidden("provisioner", "updates to provisioner are forbidden."));
    }
    unchanged(object, old, &["reclaimPolicy"], errors);
    unchanged(object, old, &["volumeBindingMode"], errors);
}
