//! Managed fields of requests: which write of which target records what. The rules are in
//! [`crate::apply`].

use serde_json::{Value, json};

use crate::apply::{ApplyError, Managers, Owned, Set, Write, paths};
use crate::meta;
use crate::operations::{Context, Target};
use crate::status::Status;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Fields a path never writes, so nobody comes to own them through it.
fn ignored(target: &Target) -> Set {
    let resource = &target.resource;
    let status = match &resource.custom {
        Some(custom) => custom.has_status,
        None => resource.subresource("status").is_some(),
    };
    match (target.subresource.as_str(), resource.group.as_str(), resource.plural.as_str()) {
        ("status", _, _) if resource.custom.is_some() => paths(&["spec", "metadata"]),
        ("finalize", _, _) => paths(&["status"]),
        ("status", "apps", "deployments") => paths(&["spec", "metadata.labels"]),
        ("status", "", "pods") => paths(&["spec", "metadata.deletionTimestamp", "metadata.ownerReferences"]),
        ("status", _, _) => paths(&["spec"]),
        ("", _, _) if status => paths(&["status"]),
        _ => Set::default(),
    }
}

fn with_write<R>(target: &Target, context: &Context, run: impl FnOnce(&Write<'_>) -> R) -> R {
    let ignored = ignored(target);
    let version = target.resource.api_version();
    // scales are recorded without a time
    let now = if target.subresource == "scale" { String::new() } else { meta::now() };
    run(&Write {
        shape: &target.resource.shape,
        version: &version,
        manager: &context.field_manager,
        subresource: &target.subresource,
        ignored: &ignored,
        now: &now,
    })
}

/// Records the fields of what is answered and not stored, such as a review or a token request: its own
/// type and version count, not those of the resource it is posted to.
pub(crate) fn on_answer(target: &Target, context: &Context, object: &mut Value) {
    let shape = crate::operations::body_shape(target);
    let version = meta::text(object, &["apiVersion"]).to_owned();
    let ignored = paths(&["status"]);
    let (blank, now) = (crate::decode::zero(&shape), meta::now());
    let write = Write {
        shape: &shape,
        version: &version,
        manager: &context.field_manager,
        subresource: &target.subresource,
        ignored: &ignored,
        now: &now,
    };
    let managers = write.update(&blank, object, Managers::default());
    managers.write(object);
}

/// Records the fields of a new object.
pub(crate) fn on_create(target: &Target, context: &Context, object: &mut Value) {
    // an apply has recorded its own
    if context.applying {
        return;
    }
    let managers = Managers::read(object).unwrap_or_default();
    let managers = with_write(target, context, |write| write.update(&blank(target), object, managers));
    managers.write(object);
}

/// The object before it exists: what its type writes of nothing.
fn blank(target: &Target) -> Value {
    match target.resource.custom {
        Some(_) => json!({}),
        None => crate::decode::zero(&target.resource.shape),
    }
}

/// Records the fields a change sets.
pub(crate) fn on_update(target: &Target, context: &Context, new: &mut Value, old: &Value) {
    let given = meta::items(new, &["metadata", "managedFields"]);
    let reset = matches!(given, [only] if only == &json!({}) || is_blank(only));
    let given = if reset {
        Some(Managers::default())
    } else if target.subresource.is_empty() {
        Managers::read(new).filter(|managers| !managers.0.is_empty())
    } else {
        None
    };
    let managers = given.or_else(|| Managers::read(old)).unwrap_or_default();
    // objects nobody tracks stay untracked until the first apply; a scale sees who set the replicas
    let untracked = target.subresource == "scale" && of_replicas(target, old).is_none();
    let managers = if managers.0.is_empty() || untracked {
        managers
    } else {
        with_write(target, context, |write| write.update(old, new, managers))
    };
    managers.write(new);
}

/// Who set the replicas of an object, as its scale shows it; `None` when nobody did.
pub(crate) fn of_replicas(target: &Target, object: &Value) -> Option<Value> {
    let path = crate::scale::replicas_path(&target.resource);
    let managers = Managers::read(object)?;
    let mut owners = Managers::default();
    for (manager, owned) in managers.0 {
        if owned.fields.holds(&path) {
            let fields = paths(&["spec.replicas"]);
            owners.0.insert(manager, Owned { fields, version: "autoscaling/v1".to_owned(), ..owned });
        }
    }
    let mut scale = json!({"metadata": {}});
    owners.write(&mut scale);
    meta::at(&scale, &["metadata", "managedFields"]).cloned()
}

/// An entry as `{}` decodes.
fn is_blank(entry: &Value) -> bool {
    entry.as_object().is_some_and(|map| map.values().all(|value| value.is_null() || value == ""))
}

/// Merges an applied configuration into the live object (null when there is none).
///
/// # Errors
/// 409 with the conflicts, 500 when the configuration does not fit its type.
pub(crate) fn apply(
    target: &Target,
    context: &Context,
    live: &Value,
    applied: &Value,
) -> Result<Value, Status> {
    let identity = (meta::text(applied, &["apiVersion"]), meta::text(applied, &["kind"]));
    if identity != (target.resource.api_version().as_str(), target.resource.kind.as_str()) {
        let (group, version) = match identity.0.split_once('/') {
            Some((group, version)) => (group, version),
            None => ("", identity.0),
        };
        return Err(Status::bad_request(format!(
            "invalid object type: {group}/{version}, Kind={}",
            identity.1
        )));
    }
    let blank_object = blank(target);
    let live = if live.is_null() { &blank_object } else { live };
    let mut managers = Managers::read(live).unwrap_or_default();
    if managers.0.is_empty() && !meta::uid(live).is_empty() {
        let first = Context { field_manager: "before-first-apply".to_owned(), ..Context::internal() };
        managers = with_write(target, &first, |write| write.update(&blank(target), live, managers));
    }
    let outcome = with_write(target, context, |write| {
        let outcome = write.apply(live, applied, managers.clone(), context.force);
        match &outcome {
            // what the same tool applied on the client side may be taken over
            Err(ApplyError::Conflicts(conflicts)) if context.field_manager == "kubectl" => {
                let allowed = write.last_applied(live, last_applied(target, live).as_ref());
                if conflicts.iter().all(|conflict| allowed.contains(&conflict.path)) {
                    return write.apply(live, applied, managers, true);
                }
                outcome
            }
            _ => outcome,
        }
    });
    let (mut merged, managers) = outcome.map_err(|error| refused(target, applied, error))?;
    managers.write(&mut merged);
    if target.resource.namespaced {
        meta::set_metadata(&mut merged, "namespace", Some(target.namespace.clone().into()));
    }
    if context.field_manager == "kubectl" && last_applied(target, &merged).is_some() {
        let text = format!("{applied}\n");
        if let Some(metadata) = meta::at_mut(&mut merged, &["metadata"])
            && let Some(annotations) = meta::map_mut(metadata, "annotations")
        {
            annotations.insert(LAST_APPLIED.to_owned(), text.into());
        }
    }
    Ok(merged)
}

fn last_applied(target: &Target, live: &Value) -> Option<Value> {
    let text = meta::at(live, &["metadata", "annotations", LAST_APPLIED])?.as_str()?;
    let value: Value = serde_json::from_str(text).ok()?;
    (meta::text(&value, &["apiVersion"]) == target.resource.api_version()).then_some(value)
}

fn refused(target: &Target, applied: &Value, error: ApplyError) -> Status {
    match error {
        ApplyError::Untyped(errors) => {
            let list = match errors.as_slice() {
                [one] => one.clone(),
                many => format!("errors:\n  {}", many.join("\n  ")),
            };
            let place = format!("{}/{}", meta::namespace(applied), meta::name(applied));
            Status::plain(
                500,
                "",
                format!(
                    "failed to create typed patch object ({place}; {}, Kind={}): {list}",
                    target.resource.api_version(),
                    target.resource.kind
                ),
            )
        }
        ApplyError::Conflicts(conflicts) => {
            let causes: Vec<(String, String)> = conflicts
                .iter()
                .map(|conflict| (format!("conflict with {}", conflict.manager), conflict.path.clone()))
                .collect();
            let message = match conflicts.as_slice() {
                [one] => format!("Apply failed with 1 conflict: conflict with {}: {}", one.manager, one.path),
                many => {
                    let mut managers: Vec<&str> =
                        many.iter().map(|conflict| conflict.manager.as_str()).collect();
                    managers.sort_unstable();
                    managers.dedup();
                    let mut lines = Vec::new();
                    for manager in managers {
                        lines.push(format!("conflicts with {manager}:"));
                        let mine = many.iter().filter(|conflict| conflict.manager == manager);
                        lines.extend(mine.map(|conflict| format!("- {}", conflict.path)));
                    }
                    format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n"))
                }
            };
            Status::apply_conflict(message, &causes)
        }
    }
}

/// Two states of an object are the same but for the times of managed fields.
pub(crate) fn same_beside_times(new: &Value, old: &Value) -> bool {
    if new == old {
        return true;
    }
    let bare = |object: &Value| {
        let mut object = object.clone();
        for entry in meta::at_mut(&mut object, &["metadata", "managedFields"])
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            meta::remove(entry, "time");
        }
        object
    };
    new.get("spec") == old.get("spec") && new.get("status") == old.get("status") && bare(new) == bare(old)
}

/// The applied configuration of a scale, as one of the object it scales.
pub(crate) fn scale_configuration(target: &Target, scale: &Value) -> Result<Value, Status> {
    let base = json!({"apiVersion": target.resource.api_version(), "kind": target.resource.kind,
        "metadata": {"name": target.name, "namespace": target.namespace}});
    if meta::at(scale, &["spec", "replicas"]).is_none() {
        return Ok(base);
    }
    crate::scale::into_object(&target.resource, &base, scale)
}
