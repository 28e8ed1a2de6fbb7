//! Creating objects.

use serde_json::Value;

use super::{Context, Target, settle};
use crate::cluster::{Cluster, Written, kind_subject, parse, subject};
use crate::field::FieldError;
use crate::status::Status;
use crate::{admission, allocation, convert, defaulting, managed, meta, strategy, validation};

/// Attempts to find a free generated name.
const GENERATE_ATTEMPTS: usize = 8;

/// Creates an object that has been decoded, and returns it as stored.
///
/// # Errors
/// Everything the API refuses an object for.
pub(crate) async fn create(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    mut object: Value,
) -> Result<Value, Status> {
    let resource = &target.resource;
    check_namespace(target, &mut object)?;
    let given_name = meta::name(&object).to_owned();
    let generate = meta::text(&object, &["metadata", "generateName"]).to_owned();
    if !meta::text(&object, &["metadata", "resourceVersion"]).is_empty() {
        return Err(Status::plain(500, "", "resourceVersion should not be set on objects to be created"));
    }
    for attempt in 0.. {
        let mut candidate = object.clone();
        if given_name.is_empty() && !generate.is_empty() {
            let most = 63 - 5;
            let mut base = generate.clone();
            while base.len() > most {
                base.pop();
            }
            meta::set_metadata(
                &mut candidate,
                "name",
                Some(format!("{base}{}", meta::random_suffix()).into()),
            );
        }
        fresh_metadata(&mut candidate);
        defaulting::apply(resource, &mut candidate);
        managed::on_create(target, context, &mut candidate);
        crate::decode::settle(&resource.shape, &mut candidate);
        admission::mutate_create(cluster, target, context, &mut candidate)?;
        // generated in the order the API does it: the namespace is looked at before the object
        strategy::prepare_create(resource, &mut candidate);
        defaulting::apply(resource, &mut candidate);
        let name = meta::name(&candidate).to_owned();
        admission::namespace_open(cluster, target, &name)?;
        let errors = if name.is_empty() && generate.is_empty() {
            let mut errors = vec![FieldError::required("metadata.name", "name or generateName is required")];
            errors.extend(
                validation::create(resource, &candidate).into_iter().filter(|e| e.field != "metadata.name"),
            );
            errors
        } else {
            validation::create(resource, &candidate)
        };
        if !errors.is_empty() {
            return Err(Status::invalid(kind_subject(resource, &name), &errors));
        }
        crate::warnings::of(target, &candidate, None).into_iter().for_each(|text| context.warn(text));
        admission::validate_create(cluster, target, context, &candidate)?;
        let held = allocation::on_create(cluster, resource, &mut candidate)?;
        let quota = admission::quota_create(cluster, target, context, &candidate).await;
        let quota = match quota {
            Ok(quota) => quota,
            Err(status) => {
                held.release(cluster);
                return Err(status);
            }
        };
        let key = Target { name: name.clone(), ..target.clone() }.key();
        let stored = convert::to_storage(resource, candidate);
        if context.dry_run {
            held.release(cluster);
            if cluster.store.get(&key.table, &key.namespace, &key.name).is_some() {
                return Err(Status::already_exists(subject(resource, &name)));
            }
            return Ok(convert::to_served(resource, stored));
        }
        match cluster.put(key.clone(), None, &stored).await {
            Ok(Written::Done(record)) => {
                drop(quota);
                settle(cluster, &key.table).await;
                let object = parse(&record).unwrap_or(stored);
                return Ok(convert::to_served(resource, object));
            }
            Ok(Written::Changed) => {
                held.release(cluster);
                if given_name.is_empty() && attempt < GENERATE_ATTEMPTS {
                    continue;
                }
                return Err(Status::already_exists(subject(resource, &name)));
            }
            Err(status) => {
                held.release(cluster);
                return Err(status);
            }
        }
    }
    Err(Status::already_exists(subject(resource, &given_name)))
}

/// The namespace in the object and the one in the path must be the same.
pub(super) fn check_namespace(target: &Target, object: &mut Value) -> Result<(), Status> {
    let given = meta::namespace(object).to_owned();
    if !target.resource.namespaced {
        if !given.is_empty() && target.resource.plural != "namespaces" {
            return Err(Status::bad_request("namespace is not allowed on this type"));
        }
        meta::set_metadata(object, "namespace", None);
        return Ok(());
    }
    if given.is_empty() {
        meta::set_metadata(object, "namespace", Some(target.namespace.clone().into()));
    } else if given != target.namespace {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

/// What the server alone says of a new object.
fn fresh_metadata(object: &mut Value) {
    for key in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
        meta::set_metadata(object, key, None);
    }
    meta::set_metadata(object, "uid", Some(meta::new_uid().into()));
    meta::set_metadata(object, "creationTimestamp", Some(meta::now().into()));
}
