//! Replacing and patching objects and their subresources.

use serde_json::{Value, json};

use super::body::typed;
use super::create::check_namespace;
use super::{Context, Target, body_shape, settle};
use crate::cluster::{Cluster, Written, kind_subject, parse, subject};
use crate::field::FieldError;
use crate::resources::Resource;
use crate::status::{Status, Subject};
use crate::store::Record;
use crate::{
    admission, allocation, convert, defaulting, managed, meta, patch as patches, scale, strategy, validation,
};

/// Rounds before a contested update gives up.
const ATTEMPTS: usize = 32;

/// One of the four kinds of patches.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Patch {
    /// RFC 6902.
    Json(Value),
    /// RFC 7386.
    Merge(Value),
    /// Kubernetes strategic merge.
    Strategic(Value),
    /// Server-side apply: the applied configuration.
    Apply(Value),
}

/// Replaces an object; the flag says that it was created.
///
/// # Errors
/// Everything the API refuses an update for.
pub(crate) async fn update(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    mut object: Value,
) -> Result<(Value, bool), Status> {
    check_name(target, &object)?;
    check_namespace(target, &mut object)?;
    if cluster.store.get(&target.key().table, &target.key().namespace, &target.name).is_none() {
        if target.subresource.is_empty() && creates_on_update(&target.resource) {
            meta::set_metadata(&mut object, "name", Some(target.name.clone().into()));
            return Ok((super::create(cluster, target, context, object).await?, true));
        }
        return Err(Status::not_found(subject(&target.resource, &target.name)));
    }
    let updated = change(cluster, target, context, &|_| Ok(object.clone()), Origin::Replace).await?;
    Ok((updated, false))
}

/// Patches an object; the flag says that it was created (server-side apply).
///
/// # Errors
/// Everything the API refuses a patch for.
pub(crate) async fn patch(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    patch: &Patch,
) -> Result<(Value, bool), Status> {
    if let Patch::Apply(applied) = patch {
        return apply_patch(cluster, target, context, applied).await;
    }
    let make = |current: &Value| -> Result<Value, Status> {
        let mut value = current.clone();
        match patch {
            Patch::Json(operations) => {
                patches::json(&mut value, operations).map_err(|error| match error {
                    patches::JsonPatchError::Malformed(why) => Status::bad_request(why),
                    patches::JsonPatchError::TooMany(why) => Status::plain(
                        413,
                        "RequestEntityTooLarge",
                        format!("Request entity too large: {why}"),
                    ),
                    patches::JsonPatchError::Failed(_) => Status::plain(
                        422,
                        "Invalid",
                        "the server rejected our request due to an error in our request",
                    )
                    .with_details(serde_json::json!({})),
                })?
            }
            Patch::Merge(change) => patches::merge(&mut value, change.clone()),
            Patch::Strategic(change) => {
                let shape = body_shape(target);
                patches::strategic_merge(&shape, &mut value, change)
                    .map_err(|why| Status::plain(500, "", why))?;
                crate::decode::restore(&shape, &value)
                    .map_err(|why| invalid_patch(&patches::go_text(change), &why))?;
            }
            Patch::Apply(_) => {}
        }
        if meta::name(&value) != target.name && target.subresource.is_empty() {
            return Err(Status::bad_request(format!(
                "the name of the object ({}) does not match the name on the URL ({})",
                meta::name(&value),
                target.name
            )));
        }
        if target.resource.namespaced
            && !matches!(meta::namespace(&value), "")
            && meta::namespace(&value) != target.namespace
        {
            return Err(Status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        let text = patched_text(&value, &touched(patch));
        typed(target, context, value, &[]).map_err(|status| not_decoded(status, &text))
    };
    if cluster.store.get(&target.key().table, &target.key().namespace, &target.name).is_none() {
        return Err(Status::not_found(subject(&target.resource, &target.name)));
    }
    Ok((change(cluster, target, context, &make, Origin::Patch).await?, false))
}

/// The places a patch takes apart: objects of objects.
fn touched(patch: &Patch) -> Value {
    match patch {
        Patch::Merge(change) => change.clone(),
        Patch::Json(operations) => {
            let mut places = json!({});
            let paths = operations
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|operation| operation.get("path").and_then(Value::as_str)?.strip_prefix('/'));
            for path in paths {
                let mut place = &mut places;
                let Some((lead, _)) = path.rsplit_once('/') else { continue };
                for step in lead.split('/') {
                    let Some(map) = place.as_object_mut() else { break };
                    place =
                        map.entry(step.replace("~1", "/").replace("~0", "~")).or_insert_with(|| json!({}));
                }
            }
            places
        }
        Patch::Strategic(_) | Patch::Apply(_) => Value::Null,
    }
}

/// A patched object as messages show it: keys are sorted where the patch took the object apart, and
/// elsewhere in the order of their types.
fn patched_text(value: &Value, touched: &Value) -> String {
    let mut value = value.clone();
    in_order(&mut value, Some(touched), "");
    value.to_string()
}

fn in_order(value: &mut Value, touched: Option<&Value>, name: &str) {
    const METADATA: [&str; 14] = [
        "name",
        "generateName",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "labels",
        "annotations",
        "ownerReferences",
        "finalizers",
        "managedFields",
    ];
    const OWNER: [&str; 6] = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];
    const MANAGER: [&str; 7] =
        ["manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1", "subresource"];
    let order: &[&str] = match name {
        "metadata" => &METADATA,
        "ownerReferences" => &OWNER,
        "managedFields" => &MANAGER,
        _ => &[],
    };
    match value {
        Value::Object(map) => {
            if touched.is_some_and(Value::is_object) {
                map.sort_keys();
            } else {
                let first = order.iter().filter_map(|key| map.shift_remove_entry(*key)).collect::<Vec<_>>();
                for (index, (key, value)) in first.into_iter().enumerate() {
                    map.shift_insert(index, key, value);
                }
            }
            for (key, value) in map.iter_mut().filter(|(key, _)| *key != "fieldsV1") {
                in_order(value, touched.and_then(|touched| touched.get(key)), key);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| in_order(item, None, name)),
        _ => {}
    }
}

/// A patched object that does not decode is an invalid patch.
fn not_decoded(status: Status, text: &str) -> Status {
    let why = status.message.split_once(": ").map_or(status.message.as_str(), |(_, why)| why);
    invalid_patch(text, why)
}

fn invalid_patch(text: &str, why: &str) -> Status {
    Status::invalid(Subject { group: "", kind: "", name: "" }, &[FieldError::invalid("patch", text, why)])
}

async fn apply_patch(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    applied: &Value,
) -> Result<(Value, bool), Status> {
    let mut applied = applied.clone();
    if meta::at(&applied, &["metadata", "managedFields"]).is_some_and(|m| !m.is_null()) {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    if meta::at(&applied, &["metadata", "name"]).is_some() {
        check_name(target, &applied)?;
    }
    check_namespace(target, &mut applied.clone())?;
    if target.subresource.is_empty() && meta::text(&applied, &["metadata", "name"]).is_empty() {
        meta::set_metadata(&mut applied, "name", Some(target.name.clone().into()));
    }
    if target.subresource == "scale" {
        applied = managed::scale_configuration(target, &applied)?;
    }
    let plain = Target {
        subresource: if target.subresource == "scale" { String::new() } else { target.subresource.clone() },
        ..target.clone()
    };
    let quiet = Context::internal();
    let retyped = |object: Value| typed(&plain, &quiet, object, &[]);
    for _ in 0..ATTEMPTS {
        let exists = cluster.store.get(&target.key().table, &target.key().namespace, &target.name).is_some();
        if exists {
            let make = |current: &Value| managed::apply(target, context, current, &applied).and_then(retyped);
            return Ok((change(cluster, target, context, &make, Origin::Apply).await?, false));
        }
        if !target.subresource.is_empty() {
            return Err(Status::not_found(subject(&target.resource, &target.name)));
        }
        if !meta::text(&applied, &["metadata", "uid"]).is_empty() {
            return Err(Status::conflict(
                subject(&target.resource, &target.name),
                &format!(
                    "uid mismatch: the provided object specified uid {}, and no existing object was found",
                    meta::uid(&applied)
                ),
            ));
        }
        // a version of what is not there is no hindrance
        meta::set_metadata(&mut applied, "resourceVersion", None);
        let fresh = retyped(managed::apply(target, context, &Value::Null, &applied)?)?;
        match super::create(cluster, target, context, fresh).await {
            Err(status) if status.reason == "AlreadyExists" => {}
            other => return Ok((other?, true)),
        }
    }
    Err(Status::stale(subject(&target.resource, &target.name)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Replace,
    Patch,
    Apply,
}

/// The read-change-write cycle of every update.
async fn change(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    make: &(dyn Fn(&Value) -> Result<Value, Status> + Sync),
    origin: Origin,
) -> Result<Value, Status> {
    let resource = &target.resource;
    let key = target.key();
    let scaled = target.subresource == "scale";
    for _ in 0..ATTEMPTS {
        let Some(record) = cluster.store.get(&key.table, &key.namespace, &key.name) else {
            return Err(Status::not_found(subject(resource, &target.name)));
        };
        let old = convert::to_served(resource, parse(&record).unwrap_or_default());
        let scaling = scaled && origin != Origin::Apply;
        let mut shown = if scaling { scale::from_object(resource, &old) } else { old.clone() };
        if scaling && origin == Origin::Patch {
            let managers = managed::of_replicas(target, &old);
            meta::set_metadata(&mut shown, "managedFields", managers);
        }
        let made = make(&shown)?;
        let strict = precondition(resource, &made, &old, origin)?;
        // a uid is a condition of a replacement, and a change of a patch
        let other_uid = Some(meta::uid(&made)).filter(|uid| !uid.is_empty() && *uid != meta::uid(&old));
        let other_uid = other_uid.map(str::to_owned);
        let mut new = if scaling { scale::into_object(resource, &old, &made)? } else { made };
        if new.get("kind").is_none() {
            meta::set(&mut new, "kind", resource.kind.clone());
            meta::set(&mut new, "apiVersion", resource.api_version());
        }
        keep_metadata(&mut new, &old);
        defaulting::apply(resource, &mut new);
        if origin != Origin::Apply {
            managed::on_update(target, context, &mut new, &old);
        }
        crate::decode::settle(&resource.shape, &mut new);
        strategy::prepare_update(target, &mut new, &old);
        admission::mutate_update(cluster, target, context, &mut new, &old)?;
        defaulting::apply(resource, &mut new);
        let mut warnings = Vec::new();
        let mut errors = validation::update(target, &new, &old, &mut warnings);
        warnings.into_iter().for_each(|text| context.warn(text));
        if let Some(uid) = other_uid {
            let error = FieldError::invalid("metadata.uid", uid, "field is immutable");
            errors.splice(0..0, [error.clone(), error]);
        }
        if !errors.is_empty() {
            return Err(Status::invalid(kind_subject(resource, &target.name), &errors));
        }
        crate::warnings::of(target, &new, Some(&old)).into_iter().for_each(|text| context.warn(text));
        admission::validate_update(cluster, target, context, &new, &old)?;
        let held = allocation::on_update(cluster, resource, &mut new, &old)?;
        let _quota = match admission::quota_update(cluster, target, context, &new, &old).await {
            Ok(quota) => quota,
            Err(status) => {
                held.release(cluster);
                return Err(status);
            }
        };
        let outcome = write(cluster, target, context, &record, &old, new).await;
        match outcome {
            Ok(Some(object)) => {
                held.commit(cluster);
                return Ok(if scaled { scale::from_object(resource, &object) } else { object });
            }
            Ok(None) if strict => {
                held.release(cluster);
                return Err(Status::stale(subject(resource, &target.name)));
            }
            Ok(None) => held.release(cluster),
            Err(status) => {
                held.release(cluster);
                return Err(status);
            }
        }
    }
    Err(Status::stale(subject(resource, &target.name)))
}

/// Writes the new state; `None` when another write came between.
async fn write(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    record: &Record,
    old: &Value,
    new: Value,
) -> Result<Option<Value>, Status> {
    let resource = &target.resource;
    let key = target.key();
    let gone = strategy::removed_by_update(resource, &new);
    if !gone && managed::same_beside_times(&new, old) {
        return Ok(Some(old.clone()));
    }
    let stored = convert::to_storage(resource, new);
    if context.dry_run {
        return Ok(Some(convert::to_served(resource, stored)));
    }
    let written = if gone {
        cluster.remove(key.clone(), record.revision, &parse(record).unwrap_or_default()).await?
    } else {
        cluster.put(key.clone(), Some(record.revision), &stored).await?
    };
    match written {
        Written::Changed => Ok(None),
        Written::Done(record) => {
            settle(cluster, &key.table).await;
            if gone {
                allocation::on_delete(cluster, resource, &stored);
                return Ok(Some(convert::to_served(resource, stored)));
            }
            Ok(Some(convert::to_served(resource, parse(&record).unwrap_or(stored))))
        }
    }
}

/// Checks the version and uid a client names; says whether it named a version.
fn precondition(resource: &Resource, new: &Value, old: &Value, origin: Origin) -> Result<bool, Status> {
    let name = meta::name(old);
    let version = meta::text(new, &["metadata", "resourceVersion"]);
    let uid = meta::uid(new);
    if origin == Origin::Replace && !uid.is_empty() && uid != meta::uid(old) {
        return Err(Status::conflict(
            subject(resource, name),
            &format!(
                "StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                registry_key(resource, old),
                meta::uid(old)
            ),
        ));
    }
    if version.is_empty() || version == "0" {
        if origin == Origin::Replace && !strategy::unconditional_update(resource) {
            return Err(Status::invalid(
                Subject { kind: &resource.plural, ..kind_subject(resource, name) },
                &[FieldError::invalid("metadata.resourceVersion", 0, "must be specified for an update")],
            ));
        }
        return Ok(false);
    }
    if version != meta::text(old, &["metadata", "resourceVersion"]) {
        return Err(Status::stale(subject(resource, name)));
    }
    Ok(origin == Origin::Replace)
}

/// Where a real API server keeps an object.
fn registry_key(resource: &Resource, object: &Value) -> String {
    let table = match (&resource.custom, resource.plural.as_str()) {
        (Some(_), plural) => format!("{}/{plural}", resource.group),
        (None, "services") => "services/specs".to_owned(),
        (None, plural) => plural.to_owned(),
    };
    let namespace = meta::namespace(object);
    let slash = if namespace.is_empty() { "" } else { "/" };
    format!("/registry/{table}/{namespace}{slash}{}", meta::name(object))
}

fn check_name(target: &Target, object: &Value) -> Result<(), Status> {
    let name = meta::name(object);
    if name.is_empty() {
        return Err(Status::bad_request(format!(
            "the name of the object ({} based on URL) was undeterminable: name must be provided",
            target.name
        )));
    }
    if !name.is_empty() && name != target.name {
        return Err(Status::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            target.name
        )));
    }
    Ok(())
}

/// System metadata is the server's: a client's copy of it counts for nothing.
fn keep_metadata(new: &mut Value, old: &Value) {
    if meta::at(old, &["metadata", "deletionTimestamp"]).is_some() {
        let value = meta::at(old, &["metadata", "deletionTimestamp"]).cloned();
        meta::set_metadata(new, "deletionTimestamp", value);
    }
    for key in [
        "uid",
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "resourceVersion",
        "selfLink",
        "generateName",
        "name",
        "namespace",
    ] {
        let value = meta::at(old, &["metadata", key]).cloned();
        meta::set_metadata(new, key, value);
    }
}

fn creates_on_update(resource: &Resource) -> bool {
    matches!(
        (resource.group.as_str(), resource.plural.as_str()),
        ("", "endpoints" | "events" | "limitranges" | "services")
            | ("node.k8s.io", "runtimeclasses")
            | ("coordination.k8s.io", "leases")
            | ("rbac.authorization.k8s.io" | "events.k8s.io", _)
    )
}
