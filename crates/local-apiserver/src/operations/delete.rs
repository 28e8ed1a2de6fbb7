//! Deleting objects: at once, after a grace period, or when the last finalizer is gone.

use serde_json::{Map, Value, json};

use super::read::{ListOptions, list};
use super::{Context, IMMORTAL, Target, settle};
use crate::cluster::{Cluster, Written, parse, subject};
use crate::resources::Resource;
use crate::status::{Status, Subject};
use crate::{admission, allocation, convert, managed, meta};

/// Options of a deletion.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DeleteOptions {
    /// Seconds an object may take to end; the object's own when absent.
    pub(crate) grace_seconds: Option<i64>,
    /// `Orphan`, `Background` or `Foreground`; the resource's default when absent.
    pub(crate) propagation: Option<String>,
    /// The object must have this uid.
    pub(crate) uid: Option<String>,
    /// The object must have this version.
    pub(crate) resource_version: Option<String>,
}

impl DeleteOptions {
    /// Reads a `DeleteOptions` object.
    ///
    /// # Errors
    /// 422 when options contradict each other.
    pub(crate) fn from_value(value: &Value) -> Result<Self, Status> {
        let orphan = meta::at(value, &["orphanDependents"]).and_then(Value::as_bool);
        let propagation = meta::at(value, &["propagationPolicy"]).and_then(Value::as_str).map(str::to_owned);
        let invalid = |error| {
            Status::invalid(
                crate::status::Subject { group: "meta.k8s.io", kind: "DeleteOptions", name: "" },
                &[error],
            )
        };
        if orphan.is_some() && propagation.is_some() {
            return Err(invalid(crate::field::FieldError::invalid(
                "propagationPolicy",
                propagation,
                "orphanDependents and deletionPropagation cannot be both set",
            )));
        }
        if let Some(policy) = &propagation
            && !matches!(policy.as_str(), "Orphan" | "Background" | "Foreground")
        {
            return Err(invalid(crate::field::FieldError::not_supported(
                "propagationPolicy",
                policy.clone(),
                &["Foreground", "Background", "Orphan", "nil"],
            )));
        }
        let text = |path: &[&str]| meta::at(value, path).and_then(Value::as_str).map(str::to_owned);
        Ok(DeleteOptions {
            grace_seconds: meta::at(value, &["gracePeriodSeconds"]).and_then(Value::as_i64),
            propagation: propagation
                .or_else(|| orphan.map(|o| if o { "Orphan" } else { "Background" }.to_owned())),
            uid: text(&["preconditions", "uid"]),
            resource_version: text(&["preconditions", "resourceVersion"]),
        })
    }
}

/// What became of a deletion.
pub(crate) enum Deleted {
    /// The object is gone; this was its last state.
    Gone(Value),
    /// The object is marked and will go when its grace period and finalizers are over.
    Pending(Value),
}

/// Deletes an object.
///
/// # Errors
/// 404, or 409 when a precondition fails.
pub(crate) async fn delete(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    options: &DeleteOptions,
) -> Result<Deleted, Status> {
    let resource = &target.resource;
    let key = target.key();
    if resource.plural == "namespaces"
        && resource.group.is_empty()
        && IMMORTAL.contains(&target.name.as_str())
    {
        return Err(Status::forbidden(subject(resource, &target.name), "this namespace may not be deleted"));
    }
    loop {
        let Some(record) = cluster.store.get(&key.table, &key.namespace, &key.name) else {
            return Err(Status::not_found(subject(resource, &target.name)));
        };
        let old = convert::to_served(resource, parse(&record).unwrap_or_default());
        check(resource, options, &old)?;
        admission::validate_delete(cluster, target, context, &old)?;
        let mut new = old.clone();
        let finalizers = finalizers(resource, options, &old);
        meta::set_metadata(&mut new, "finalizers", (!finalizers.is_empty()).then(|| json!(finalizers)));
        let grace = grace(resource, options, &old);
        let held_by_spec =
            resource.plural == "namespaces" && !meta::items(&new, &["spec", "finalizers"]).is_empty();
        if finalizers.is_empty() && grace == 0 && !held_by_spec {
            let mut last = old.clone();
            if resource.group.is_empty() && resource.plural == "pods" {
                mark(resource, &mut last, &old, 0);
            }
            if context.dry_run {
                return Ok(Deleted::Gone(last));
            }
            let stored = convert::to_storage(resource, old.clone());
            match cluster.remove(key.clone(), record.revision, &stored).await? {
                Written::Changed => continue,
                Written::Done(_) => {
                    allocation::on_delete(cluster, resource, &stored);
                    settle(cluster, &key.table).await;
                    return Ok(Deleted::Gone(last));
                }
            }
        }
        mark(resource, &mut new, &old, grace);
        if context.dry_run {
            return Ok(Deleted::Pending(new));
        }
        if managed::same_beside_times(&new, &old) {
            return Ok(Deleted::Pending(old));
        }
        let stored = convert::to_storage(resource, new);
        match cluster.put(key.clone(), Some(record.revision), &stored).await? {
            Written::Changed => {}
            Written::Done(record) => {
                settle(cluster, &key.table).await;
                return Ok(Deleted::Pending(convert::to_served(resource, parse(&record).unwrap_or(stored))));
            }
        }
    }
}

fn check(resource: &Resource, options: &DeleteOptions, old: &Value) -> Result<(), Status> {
    let failed = |what: &str, wanted: &str, present: &str, changed: &str| {
        let about = Subject { group: &resource.group, kind: &resource.kind, name: meta::name(old) };
        Status::conflict(
            about,
            &format!(
                "the {what} in the precondition ({wanted}) does not match the {what} in record ({present}). The object might have been {changed}"
            ),
        )
    };
    if let Some(uid) = options.uid.as_deref().filter(|uid| *uid != meta::uid(old)) {
        return Err(failed("UID", uid, meta::uid(old), "deleted and then recreated"));
    }
    let version = meta::text(old, &["metadata", "resourceVersion"]);
    if let Some(wanted) = options.resource_version.as_deref().filter(|wanted| *wanted != version) {
        return Err(failed("ResourceVersion", wanted, version, "modified"));
    }
    Ok(())
}

/// The finalizers after the deletion: the two of the garbage collector follow the propagation policy.
fn finalizers(resource: &Resource, options: &DeleteOptions, old: &Value) -> Vec<String> {
    let mut finalizers = meta::finalizers(old);
    let default = match (resource.group.as_str(), resource.plural.as_str()) {
        // the one kind whose pods stay by default
        ("", "replicationcontrollers") => Some("Orphan"),
        _ => None,
    };
    match options.propagation.as_deref().or(default) {
        Some("Orphan") => {
            finalizers.retain(|f| f != "foregroundDeletion" && f != "orphan");
            finalizers.push("orphan".to_owned());
        }
        Some("Foreground") => {
            finalizers.retain(|f| f != "foregroundDeletion" && f != "orphan");
            finalizers.push("foregroundDeletion".to_owned());
        }
        Some(_) => finalizers.retain(|f| f != "foregroundDeletion" && f != "orphan"),
        None => {}
    }
    // the objects of a definition go before it does
    let definition = resource.storage() == crate::custom::TABLE;
    if definition && !meta::deleting(old) && !finalizers.iter().any(|f| f == crate::custom::CLEANUP) {
        finalizers.push(crate::custom::CLEANUP.to_owned());
    }
    finalizers
}

/// Seconds until the object may be removed; only pods know a grace period.
fn grace(resource: &Resource, options: &DeleteOptions, old: &Value) -> i64 {
    if !resource.group.is_empty() || resource.plural != "pods" {
        return 0;
    }
    let own = meta::at(old, &["spec", "terminationGracePeriodSeconds"]).and_then(Value::as_i64).unwrap_or(30);
    let asked = options.grace_seconds.unwrap_or(own);
    // negative values mean: at once, but not by force
    let asked = if asked < 0 { 1 } else { asked };
    let ended = matches!(meta::text(old, &["status", "phase"]), "Succeeded" | "Failed");
    if meta::text(old, &["spec", "nodeName"]).is_empty() || ended {
        return 0;
    }
    match meta::at(old, &["metadata", "deletionGracePeriodSeconds"]).and_then(Value::as_i64) {
        // a second deletion may only shorten the time
        Some(present) if options.grace_seconds.is_none() || asked > present => present,
        _ => asked,
    }
}

fn mark(resource: &Resource, new: &mut Value, old: &Value, grace: i64) {
    let already = meta::deleting(old);
    let present = meta::at(old, &["metadata", "deletionGracePeriodSeconds"]).and_then(Value::as_i64);
    if already && present == Some(grace) {
        return;
    }
    let when = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(grace.clamp(0, 1 << 31));
    meta::set_metadata(new, "deletionTimestamp", Some(crate::decode::format_seconds(when).into()));
    let own_end = (resource.group.is_empty() && resource.plural == "namespaces")
        || resource.plural == "customresourcedefinitions";
    if own_end {
        if let Some(status) = meta::map_mut(new, "status").filter(|_| resource.plural == "namespaces") {
            status.insert("phase".to_owned(), "Terminating".into());
        }
        if resource.plural == "customresourcedefinitions"
            && let Some(status) = meta::map_mut(new, "status")
            && let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut)
        {
            conditions.push(json!({
                "lastTransitionTime": meta::now(), "reason": "InstanceDeletionPending", "status": "True", "type": "Terminating",
                "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
            }));
        }
        return;
    }
    meta::set_metadata(new, "deletionGracePeriodSeconds", Some(grace.into()));
    if let Some(generation) =
        meta::at(old, &["metadata", "generation"]).and_then(Value::as_i64).filter(|_| !already)
    {
        meta::set_metadata(new, "generation", Some((generation + 1).into()));
    }
}

/// Deletes every object a list would show, and returns that list.
///
/// # Errors
/// The first refusal other than 404.
pub(crate) async fn delete_collection(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    options: &DeleteOptions,
    selection: &ListOptions,
) -> Result<Value, Status> {
    let listed = list(cluster, target, selection)?;
    let mut items = Vec::new();
    for item in &listed.items {
        let object = super::read::shown(&target.resource, item);
        let one = Target {
            name: meta::name(&object).to_owned(),
            namespace: meta::namespace(&object).to_owned(),
            ..target.clone()
        };
        match delete(cluster, &one, context, options).await {
            Ok(Deleted::Gone(object) | Deleted::Pending(object)) => items.push(object),
            Err(status) if status.code == 404 => {}
            Err(status) => return Err(status),
        }
    }
    for item in &mut items {
        if let Some(map) = item.as_object_mut().filter(|_| target.resource.custom.is_none()) {
            map.shift_remove("kind");
            map.shift_remove("apiVersion");
        }
    }
    let mut list = Map::new();
    list.insert("kind".to_owned(), target.resource.list_kind.clone().into());
    list.insert("apiVersion".to_owned(), target.resource.api_version().into());
    list.insert("metadata".to_owned(), json!({"resourceVersion": listed.revision.to_string()}));
    list.insert("items".to_owned(), Value::Array(items));
    Ok(Value::Object(list))
}
