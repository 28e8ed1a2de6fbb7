//! Defaults: what the API fills in when a field is left out.

use serde_json::Value;

use crate::meta::{self, default};
use crate::resources::Resource;

mod other;
mod pod;
mod workload;

pub(crate) use workload::{TEMPLATE_GENERATION, own_job_labels};

/// Fills in the defaults of a kind. Filling in twice changes nothing.
pub(crate) fn apply(resource: &Resource, object: &mut Value) {
    if let Some(custom) = &resource.custom {
        custom.default(object);
        return;
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => {
            within(object, &["spec"], |spec| {
                pod::pod_spec(spec);
                pod::pod_only(spec);
            });
            within(object, &["status"], pod::addresses);
        }
        ("", "podtemplates") => within(object, &["template", "spec"], pod::pod_spec),
        ("", "replicationcontrollers") => workload::replication_controller(object),
        ("apps", "deployments") => workload::deployment(object),
        ("apps", "replicasets") => workload::replica_set(object),
        ("apps", "statefulsets") => workload::stateful_set(object),
        ("apps", "daemonsets") => workload::daemon_set(object),
        ("batch", "jobs") => workload::job(object),
        ("batch", "cronjobs") => workload::cron_job(object),
        _ => other::apply(&resource.group, &resource.plural, object),
    }
}

/// Changes the value at a path, when it is there.
fn within(object: &mut Value, path: &[&str], change: impl FnOnce(&mut Value)) {
    if let Some(value) = meta::at_mut(object, path).filter(|value| value.is_object()) {
        change(value);
    }
}

/// Changes each item of a list at a path.
fn each(object: &mut Value, path: &[&str], mut change: impl FnMut(&mut Value)) {
    if let Some(items) = meta::at_mut(object, path).and_then(Value::as_array_mut) {
        items.iter_mut().for_each(&mut change);
    }
}

/// Sets a number when it is absent or zero.
fn default_number(object: &mut Value, key: &str, value: i64) {
    if object.get(key).and_then(Value::as_i64).unwrap_or_default() == 0 {
        meta::set(object, key, value);
    }
}

/// Sets a key when it is absent or null: for pointer fields, where zero is a value.
fn default_absent(object: &mut Value, key: &str, value: impl Into<Value>) {
    if object.get(key).is_none_or(Value::is_null) {
        meta::set(object, key, value);
    }
}

fn default_text(object: &mut Value, key: &str, value: &str) {
    default(object, key, value);
}
