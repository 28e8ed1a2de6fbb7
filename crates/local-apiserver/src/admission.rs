//! Admission: what the API server itself adds to objects and refuses, beyond the form of an object.
//!
//! [`mutate_create`], [`mutate_update`], [`validate_create`], [`validate_update`] and
//! [`validate_delete`] are the seams for more: each rule is one call there.

use serde_json::Value;

use crate::cluster::{Cluster, subject};
use crate::meta;
use crate::operations::{Context, Target};
use crate::resources::Resource;
use crate::status::{Status, Subject};

mod limits;
mod pod;
mod security;
mod storage;

pub(crate) use pod::quality;

fn is(resource: &Resource, group: &str, plural: &str) -> bool {
    resource.group == group && resource.plural == plural
}

/// Completes a new object.
///
/// # Errors
/// 403 when something it needs is missing.
pub(crate) fn mutate_create(
    cluster: &Cluster,
    target: &Target,
    _context: &Context,
    object: &mut Value,
) -> Result<(), Status> {
    let resource = &target.resource;
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => {
            limits::fill_in(cluster, target, object);
            pod::complete(cluster, target, object)?;
        }
        ("", "persistentvolumeclaims") => storage::claim(cluster, object),
        ("", "persistentvolumes") => storage::protect(object, "kubernetes.io/pv-protection"),
        ("networking.k8s.io", "ingresses") => storage::ingress(cluster, object)?,
        ("", "nodes") => taint_new_node(object),
        _ => {}
    }
    Ok(())
}

/// New nodes take no pods before the node controller has seen them ready.
fn taint_new_node(node: &mut Value) {
    let taint = serde_json::json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"});
    let Some(spec) = meta::map_mut(node, "spec") else { return };
    let taints = spec.entry("taints".to_owned()).or_insert_with(|| serde_json::json!([]));
    let Some(list) = taints.as_array_mut() else { return };
    let same =
        |other: &Value| other.get("key") == taint.get("key") && other.get("effect") == taint.get("effect");
    if !list.iter().any(same) {
        list.push(taint);
    }
}

/// Completes a changed object.
///
/// # Errors
/// None at present; the seam of later rules.
pub(crate) fn mutate_update(
    _cluster: &Cluster,
    target: &Target,
    _context: &Context,
    new: &mut Value,
    old: &Value,
) -> Result<(), Status> {
    if is(&target.resource, "", "pods") && target.subresource.is_empty() {
        pod::tolerations(new);
        pod::keep_priority(new, old);
    }
    Ok(())
}

/// New objects need a namespace that exists and is not ending.
///
/// # Errors
/// 404 or 403.
pub(crate) fn namespace_open(cluster: &Cluster, target: &Target, name: &str) -> Result<(), Status> {
    if !target.resource.namespaced || target.namespace.is_empty() {
        return Ok(());
    }
    let Some(namespace) = cluster.object("namespaces", "", &target.namespace) else {
        return Err(Status::not_found(Subject { group: "", kind: "namespaces", name: &target.namespace }));
    };
    if !meta::deleting(&namespace) {
        return Ok(());
    }
    let mut status = Status::forbidden(
        subject(&target.resource, name),
        &format!(
            "unable to create new content in namespace {} because it is being terminated",
            target.namespace
        ),
    );
    let cause = serde_json::json!([{
        "reason": "NamespaceTerminating",
        "message": format!("namespace {} is being terminated", target.namespace),
        "field": "metadata.namespace"
    }]);
    meta::set(&mut status.details, "causes", cause);
    Err(status)
}

/// Last look at a new object.
///
/// # Errors
/// 403 when the requester may not make it.
pub(crate) fn validate_create(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    object: &Value,
) -> Result<(), Status> {
    crate::auth::escalation(cluster, target, context, object)?;
    let resource = &target.resource;
    if is(resource, "", "pods") || is(resource, "", "persistentvolumeclaims") {
        limits::check(cluster, target, object)?;
    }
    security::check(cluster, target, context, object, None)
}

/// Last look at a changed object.
///
/// # Errors
/// 403 when the requester may not make it.
pub(crate) fn validate_update(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    new: &Value,
    old: &Value,
) -> Result<(), Status> {
    crate::auth::escalation(cluster, target, context, new)?;
    if is(&target.resource, "", "persistentvolumeclaims") && target.subresource.is_empty() {
        limits::check(cluster, target, new)?;
    }
    security::check(cluster, target, context, new, Some(old))
}

/// Last look before an object goes.
///
/// # Errors
/// None at present; the seam of later rules.
pub(crate) fn validate_delete(
    _cluster: &Cluster,
    _target: &Target,
    _context: &Context,
    _object: &Value,
) -> Result<(), Status> {
    Ok(())
}

/// Keeps other quota decisions waiting until the object is written.
pub(crate) type QuotaTurn<'a> = Option<tokio::sync::MutexGuard<'a, ()>>;

/// Holds a new object against the quotas of its namespace.
///
/// # Errors
/// 403 when a quota would be exceeded.
pub(crate) async fn quota_create<'a>(
    cluster: &'a Cluster,
    target: &Target,
    context: &Context,
    object: &Value,
) -> Result<QuotaTurn<'a>, Status> {
    let _ = context;
    crate::quota::admit(cluster, target, object, None).await
}

/// Holds a changed object against the quotas of its namespace.
///
/// # Errors
/// 403 when a quota would be exceeded.
pub(crate) async fn quota_update<'a>(
    cluster: &'a Cluster,
    target: &Target,
    context: &Context,
    new: &Value,
    old: &Value,
) -> Result<QuotaTurn<'a>, Status> {
    let _ = context;
    if !is(&target.resource, "", "services") && !is(&target.resource, "", "persistentvolumeclaims") {
        return Ok(None);
    }
    crate::quota::admit(cluster, target, new, Some(old)).await
}
