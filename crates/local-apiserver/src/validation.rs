//! Validation: what the API refuses in objects that decode well.

use serde_json::Value;

use crate::field::FieldError;
use crate::meta;
use crate::names;
use crate::operations::Target;
use crate::resources::Resource;

mod batch;
mod metadata;
mod network;
mod other;
mod pod;
mod selector;
mod storage;
mod volumes;
mod workload;

/// Errors found so far.
type Errors = Vec<FieldError>;

/// What is wrong with a new object.
pub(crate) fn create(resource: &Resource, object: &Value) -> Errors {
    let mut warnings = Vec::new();
    let mut errors =
        metadata::metadata(object, resource.namespaced, standard_finalizers(resource), "metadata", &|name| {
            name_errors(resource, name)
        });
    content(resource, object, None, &mut errors, &mut warnings);
    errors
}

/// What is wrong with a change, and what is wrong as before.
pub(crate) fn update(target: &Target, new: &Value, old: &Value, warnings: &mut Vec<String>) -> Errors {
    let resource = &target.resource;
    let mut errors = metadata::metadata_update(new, old, standard_finalizers(resource));
    match target.subresource.as_str() {
        "" | "scale" => content(resource, new, Some(old), &mut errors, warnings),
        "status" => status(resource, new, old, &mut errors, warnings),
        _ => {}
    }
    errors
}

fn content(
    resource: &Resource,
    object: &Value,
    old: Option<&Value>,
    errors: &mut Errors,
    warnings: &mut Vec<String>,
) {
    if let Some(custom) = &resource.custom {
        errors.extend(custom.validate(object, old, warnings));
        return;
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => pod::pod(object, old, errors),
        ("", "podtemplates") => pod::template(object, &["template"], "template", errors),
        ("", "replicationcontrollers") => workload::replication_controller(object, errors),
        ("apps", "deployments") => workload::deployment(object, old, errors),
        ("apps", "replicasets") => workload::replica_set(object, old, errors),
        ("apps", "statefulsets") => workload::stateful_set(object, old, errors),
        ("apps", "daemonsets") => workload::daemon_set(object, old, errors),
        ("batch", "jobs") => batch::job(object, old, errors),
        ("batch", "cronjobs") => batch::cron_job(object, errors),
        ("", "services") => network::service(object, old, errors),
        ("networking.k8s.io", "ingresses") => network::ingress(object, errors),
        ("networking.k8s.io", "networkpolicies") => network::policy(object, errors),
        ("", "persistentvolumeclaims") => storage::claim(object, old, errors),
        ("", "persistentvolumes") => storage::volume(object, errors),
        ("storage.k8s.io", "storageclasses") => storage::class(object, old, errors),
        ("apiextensions.k8s.io", "customresourcedefinitions") => {
            errors.extend(crate::custom::validate_definition(object, old))
        }
        (group, plural) => other::check(group, plural, object, old, errors),
    }
}

/// The addresses in the status of a pod are addresses.
fn pod_addresses(object: &Value, errors: &mut Errors) {
    for key in ["podIPs", "hostIPs"] {
        for (index, address) in meta::items(object, &["status", key]).iter().enumerate() {
            let text = meta::text(address, &["ip"]);
            if text.parse::<std::net::IpAddr>().is_err() {
                errors.push(FieldError::invalid(
                    format!("status.{key}[{index}]"),
                    text,
                    "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
                ));
            }
        }
    }
}

fn status(resource: &Resource, object: &Value, old: &Value, errors: &mut Errors, warnings: &mut Vec<String>) {
    if resource.group.is_empty() && resource.plural == "pods" {
        pod_addresses(object, errors);
    }
    if let Some(custom) = &resource.custom {
        errors.extend(custom.validate(object, Some(old), warnings));
        return;
    }
    if resource.group == "apps" || resource.plural == "replicationcontrollers" {
        for key in [
            "replicas",
            "readyReplicas",
            "availableReplicas",
            "updatedReplicas",
            "fullyLabeledReplicas",
            "observedGeneration",
        ] {
            at_least_zero(object, &["status", key], errors);
        }
    }
}

/// Finalizers of the kinds of the core API have a domain or are known.
fn standard_finalizers(resource: &Resource) -> bool {
    resource.custom.is_none()
        && !matches!(resource.group.as_str(), "apiextensions.k8s.io" | "apiregistration.k8s.io")
}

/// The form names of a resource have.
fn name_errors(resource: &Resource, name: &str) -> Vec<String> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces") => names::label(name),
        ("", "services") => names::label(name),
        ("rbac.authorization.k8s.io", _) => names::path_segment(name),
        _ => names::subdomain(name),
    }
}

fn number(object: &Value, path: &[&str]) -> Option<i64> {
    meta::at(object, path).and_then(Value::as_i64)
}

/// A number that is given must not be negative.
fn at_least_zero(object: &Value, path: &[&str], errors: &mut Errors) {
    not_negative(object, path, &path.join("."), errors);
}

fn not_negative(object: &Value, path: &[&str], field: &str, errors: &mut Errors) {
    if let Some(value) = number(object, path).filter(|value| *value < 0) {
        errors.push(FieldError::invalid(field, value, "must be greater than or equal to 0"));
    }
}

/// A field that may not change.
fn unchanged(new: &Value, old: &Value, path: &[&str], errors: &mut Errors) {
    let (now, before) = (meta::at(new, path), meta::at(old, path));
    if now != before {
        errors.push(FieldError::invalid(
            path.join("."),
            now.cloned().unwrap_or_default(),
            "field is immutable",
        ));
    }
}

/// A text that must be one of these; empty is `required`.
fn one_of(object: &Value, path: &[&str], field: &str, allowed: &[&str], errors: &mut Errors) {
    let value = meta::text(object, path);
    if value.is_empty() {
        errors.push(FieldError::required(field, ""));
    } else if !allowed.contains(&value) {
        errors.push(FieldError::not_supported(field, value, allowed));
    }
}

/// A text that, when given, must be one of these.
fn one_of_optional(object: &Value, path: &[&str], field: &str, allowed: &[&str], errors: &mut Errors) {
    let value = meta::text(object, path);
    if !value.is_empty() && !allowed.contains(&value) {
        errors.push(FieldError::not_supported(field, value, allowed));
    }
}

fn port_number(value: i64) -> Option<&'static str> {
    (!(1..=65535).contains(&value)).then_some("must be between 1 and 65535, inclusive")
}

/// A port by number or name.
fn port_reference(value: Option<&Value>, field: &str, errors: &mut Errors) {
    match value {
        Some(Value::Number(number)) => {
            if let Some(why) = port_number(number.as_i64().unwrap_or_default()) {
                errors.push(FieldError::invalid(field, value.cloned().unwrap_or_default(), why));
            }
        }
        Some(Value::String(text)) => {
            for why in names::port_name(text) {
                errors.push(FieldError::invalid(field, text.clone(), why));
            }
        }
        _ => {}
    }
}
