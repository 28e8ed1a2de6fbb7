//! Validation: what the API refuses in objects that decode well.

use serde_json::Value;

use crate::field::FieldError;
use crate::meta;
use crate::names;
use crate::operations::Target;
use crate::resources::Resource;

mod metadata;

/// What is wrong with a new object.
pub(crate) fn create(resource: &Resource, object: &Value) -> Vec<FieldError> {
    let mut errors =
        metadata::metadata(object, resource.namespaced, "metadata", &|name| name_errors(resource, name));
    errors.extend(content(resource, object));
    errors
}

/// What is wrong with a change.
pub(crate) fn update(target: &Target, new: &Value, old: &Value) -> Vec<FieldError> {
    let resource = &target.resource;
    let mut errors = metadata::metadata_update(new, old, resource.namespaced);
    if matches!(target.subresource.as_str(), "" | "scale") {
        errors.extend(content(resource, new));
    }
    errors
}

fn content(resource: &Resource, object: &Value) -> Vec<FieldError> {
    if let Some(custom) = &resource.custom {
        return custom.validate(object);
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("apiextensions.k8s.io", "customresourcedefinitions") => crate::custom::validate_definition(object),
        _ => Vec::new(),
    }
}

/// The form names of a resource have.
fn name_errors(resource: &Resource, name: &str) -> Vec<String> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces") => names::label(name),
        ("", "services") => names::label_1035(name),
        ("rbac.authorization.k8s.io", _) => names::path_segment(name),
        _ => names::subdomain(name),
    }
}

/// Reads a whole number at a path.
#[allow(dead_code)]
fn number(object: &Value, path: &[&str]) -> Option<i64> {
    meta::at(object, path).and_then(Value::as_i64)
}
