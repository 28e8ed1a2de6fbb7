//! Names, labels, annotations, owners, finalizers.

use serde_json::Value;

use crate::field::FieldError;
use crate::meta;
use crate::names;

/// Most bytes of all annotations together.
const ANNOTATION_BYTES: usize = 256 * 1024;

/// What is wrong with the metadata of an object.
pub(super) fn metadata(
    object: &Value,
    namespaced: bool,
    standard_finalizers: bool,
    path: &str,
    name_errors: &dyn Fn(&str) -> Vec<String>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let generate = meta::text(object, &["metadata", "generateName"]);
    if !generate.is_empty() {
        // a generated name ends in letters, so a trailing dash is fine
        let probe = format!("{}a", generate.trim_end_matches('-'));
        for why in name_errors(&probe) {
            errors.push(FieldError::invalid(format!("{path}.generateName"), generate, why));
        }
    }
    let name = meta::name(object);
    if name.is_empty() {
        errors.push(FieldError::required(format!("{path}.name"), "name or generateName is required"));
    } else {
        for why in name_errors(name) {
            errors.push(FieldError::invalid(format!("{path}.name"), name, why));
        }
    }
    if namespaced {
        let namespace = meta::namespace(object);
        if namespace.is_empty() {
            errors.push(FieldError::required(format!("{path}.namespace"), ""));
        } else {
            for why in names::label(namespace) {
                errors.push(FieldError::invalid(format!("{path}.namespace"), namespace, why));
            }
        }
    }
    errors.extend(common(object, path, standard_finalizers));
    errors
}

fn common(object: &Value, path: &str, standard_finalizers: bool) -> Vec<FieldError> {
    let mut errors = labels(object, &["metadata", "labels"], &format!("{path}.labels"));
    let annotations = meta::text_map(object, &["metadata", "annotations"]);
    let mut size = 0;
    for (key, value) in &annotations {
        for why in names::qualified_name(&key.to_lowercase()) {
            errors.push(FieldError::invalid(format!("{path}.annotations"), key.clone(), why));
        }
        size += key.len() + value.len();
    }
    if size > ANNOTATION_BYTES {
        errors.push(FieldError::too_long(format!("{path}.annotations"), ANNOTATION_BYTES));
    }
    owners(object, path, &mut errors);
    for (index, finalizer) in meta::finalizers(object).into_iter().enumerate() {
        let malformed = names::qualified_name(&finalizer);
        if malformed.is_empty() {
            let standard = matches!(finalizer.as_str(), "orphan" | "foregroundDeletion" | "kubernetes");
            if standard_finalizers && !standard && !finalizer.contains('/') {
                errors.push(FieldError::invalid(
                    format!("{path}.finalizers[{index}]"),
                    finalizer.clone(),
                    "name is neither a standard finalizer name nor is it fully qualified",
                ));
            }
        }
        for why in malformed {
            errors.push(FieldError::invalid(format!("{path}.finalizers"), finalizer.clone(), why));
        }
    }
    errors
}

fn owners(object: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let path = format!("{path}.ownerReferences");
    let owners = meta::items(object, &["metadata", "ownerReferences"]);
    let mut controller: Option<String> = None;
    for owner in owners {
        let text = |key: &str| meta::text(owner, &[key]);
        for (key, words) in [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ] {
            if text(key).is_empty() {
                errors.push(FieldError::invalid(format!("{path}.{key}"), text(key), words));
            }
        }
        if owner.get("controller") == Some(&Value::Bool(true)) {
            let shown = format!("{}/{}", text("kind"), text("name"));
            if let Some(first) = &controller {
                errors.push(FieldError::invalid(
                    path.clone(),
                    in_order(owners),
                    format!("Only one reference can have Controller set to true. Found \"true\" in references for {first} and {shown}"),
                ));
            }
            controller.get_or_insert(shown);
        }
    }
}

/// Owners with their fields in the order of their type, as messages show them.
fn in_order(owners: &[Value]) -> Vec<Value> {
    const FIELDS: [&str; 6] = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];
    let ordered = |owner: &Value| {
        FIELDS.iter().filter_map(|field| Some(((*field).to_owned(), owner.get(*field)?.clone()))).collect()
    };
    owners.iter().map(|owner| Value::Object(ordered(owner))).collect()
}

/// What is wrong with labels.
pub(super) fn labels(object: &Value, place: &[&str], path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (key, value) in meta::text_map(object, place) {
        for why in names::qualified_name(&key) {
            errors.push(FieldError::invalid(path, key.clone(), why));
        }
        for why in names::label_value(&value) {
            errors.push(FieldError::invalid(path, value.clone(), why));
        }
    }
    errors
}

/// What is wrong with a change of metadata.
pub(super) fn metadata_update(new: &Value, old: &Value, standard_finalizers: bool) -> Vec<FieldError> {
    // looked at for all kinds and once more for each, each time twice but for finalizers
    let mut errors = Vec::new();
    for error in common(new, "metadata", standard_finalizers) {
        let once = error.field.starts_with("metadata.finalizers");
        errors.extend(std::iter::repeat_n(error, if once { 2 } else { 4 }));
    }
    let stamp = meta::text(new, &["metadata", "deletionTimestamp"]);
    if !stamp.is_empty() && !meta::deleting(old) {
        for _ in 0..2 {
            errors.push(FieldError::invalid("metadata.deletionTimestamp", stamp, "field is immutable"));
        }
    }
    if meta::deleting(old) {
        let before = meta::finalizers(old);
        let added: Vec<String> = meta::finalizers(new).into_iter().filter(|f| !before.contains(f)).collect();
        if !added.is_empty() {
            let list: Vec<String> = added.iter().map(|f| format!("{f:?}")).collect();
            let error = FieldError::forbidden(
                "metadata.finalizers",
                format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                    list.join(", ")
                ),
            );
            errors.push(error.clone());
            errors.push(error);
        }
    }
    errors
}
