//! Defaults of the kinds that run pods.

use serde_json::{Value, json};

use super::pod::pod_spec;
use super::{default_absent, default_text, each, within};
use crate::meta;

/// Counts the templates of a daemon set, for clients of old.
pub(crate) const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

const TEMPLATE_SPEC: [&str; 3] = ["spec", "template", "spec"];

pub(super) fn deployment(object: &mut Value) {
    within(object, &TEMPLATE_SPEC, pod_spec);
    within(object, &["spec"], |spec| {
        default_absent(spec, "replicas", 1);
        default_absent(spec, "revisionHistoryLimit", 10);
        default_absent(spec, "progressDeadlineSeconds", 600);
        default_absent(spec, "strategy", json!({}));
    });
    within(object, &["spec", "strategy"], |strategy| {
        default_text(strategy, "type", "RollingUpdate");
        rolling_update(strategy, "25%", "25%");
    });
}

fn rolling_update(strategy: &mut Value, unavailable: impl Into<Value>, surge: impl Into<Value>) {
    if meta::text(strategy, &["type"]) != "RollingUpdate" {
        return;
    }
    default_absent(strategy, "rollingUpdate", json!({}));
    within(strategy, &["rollingUpdate"], |update| {
        default_absent(update, "maxUnavailable", unavailable);
        default_absent(update, "maxSurge", surge);
    });
}

pub(super) fn replica_set(object: &mut Value) {
    within(object, &TEMPLATE_SPEC, pod_spec);
    within(object, &["spec"], |spec| default_absent(spec, "replicas", 1));
}

/// Objects without labels take those of their pods.
fn labels_from_template(object: &mut Value) {
    let labels = meta::at(object, &["spec", "template", "metadata", "labels"]).cloned();
    let none =
        meta::at(object, &["metadata", "labels"]).and_then(Value::as_object).is_none_or(|l| l.is_empty());
    if let Some(labels) = labels.filter(|l| none && l.as_object().is_some_and(|l| !l.is_empty())) {
        meta::set_metadata(object, "labels", Some(labels));
    }
}

pub(super) fn replication_controller(object: &mut Value) {
    within(object, &TEMPLATE_SPEC, pod_spec);
    let labels = meta::at(object, &["spec", "template", "metadata", "labels"]).cloned();
    within(object, &["spec"], |spec| {
        default_absent(spec, "replicas", 1);
        let none = spec.get("selector").and_then(Value::as_object).is_none_or(|s| s.is_empty());
        if let Some(labels) = labels.filter(|_| none) {
            meta::set(spec, "selector", labels);
        }
    });
    labels_from_template(object);
}

pub(super) fn stateful_set(object: &mut Value) {
    within(object, &TEMPLATE_SPEC, pod_spec);
    within(object, &["spec"], |spec| {
        default_text(spec, "podManagementPolicy", "OrderedReady");
        default_absent(spec, "replicas", 1);
        default_absent(spec, "revisionHistoryLimit", 10);
        default_absent(spec, "updateStrategy", json!({}));
        within(spec, &["updateStrategy"], |strategy| {
            default_text(strategy, "type", "RollingUpdate");
            if meta::text(strategy, &["type"]) == "RollingUpdate" {
                default_absent(strategy, "rollingUpdate", json!({}));
                within(strategy, &["rollingUpdate"], |update| default_absent(update, "partition", 0));
            }
        });
        default_absent(spec, "persistentVolumeClaimRetentionPolicy", json!({}));
        within(spec, &["persistentVolumeClaimRetentionPolicy"], |policy| {
            default_text(policy, "whenDeleted", "Retain");
            default_text(policy, "whenScaled", "Retain");
        });
    });
    each(object, &["spec", "volumeClaimTemplates"], |claim| {
        meta::set(claim, "kind", "PersistentVolumeClaim");
        meta::set(claim, "apiVersion", "v1");
        within(claim, &["spec"], |spec| default_absent(spec, "volumeMode", "Filesystem"));
        within(claim, &["status"], |status| default_text(status, "phase", "Pending"));
    });
}

pub(super) fn daemon_set(object: &mut Value) {
    if let Some(metadata) = meta::at_mut(object, &["metadata"])
        && let Some(annotations) = meta::map_mut(metadata, "annotations")
    {
        annotations.entry(TEMPLATE_GENERATION.to_owned()).or_insert_with(|| "0".into());
    }
    within(object, &TEMPLATE_SPEC, pod_spec);
    within(object, &["spec"], |spec| {
        default_absent(spec, "revisionHistoryLimit", 10);
        default_absent(spec, "updateStrategy", json!({}));
        within(spec, &["updateStrategy"], |strategy| {
            default_text(strategy, "type", "RollingUpdate");
            rolling_update(strategy, 1, 0);
        });
    });
}

fn job_spec(spec: &mut Value) {
    within(spec, &["template", "spec"], pod_spec);
    let absent = |spec: &Value, key: &str| spec.get(key).is_none_or(Value::is_null);
    if absent(spec, "completions") && absent(spec, "parallelism") {
        meta::set(spec, "completions", 1);
    }
    default_absent(spec, "parallelism", 1);
    let limit = if absent(spec, "backoffLimitPerIndex") { 6 } else { i32::MAX };
    default_absent(spec, "backoffLimit", limit);
    default_absent(spec, "completionMode", "NonIndexed");
    default_absent(spec, "suspend", false);
    let policy = if absent(spec, "podFailurePolicy") { "TerminatingOrFailed" } else { "Failed" };
    default_absent(spec, "podReplacementPolicy", policy);
    default_absent(spec, "manualSelector", false);
    each(spec, &["podFailurePolicy", "rules"], |rule| {
        each(rule, &["onPodConditions"], |pattern| default_text(pattern, "status", "True"));
    });
}

pub(super) fn job(object: &mut Value) {
    within(object, &["spec"], job_spec);
    labels_from_template(object);
}

/// The selector and labels that tie a job to its own pods, from its uid.
pub(crate) fn own_job_labels(object: &mut Value) {
    let (uid, name) = (meta::uid(object).to_owned(), meta::name(object).to_owned());
    let manual = meta::at(object, &["spec", "manualSelector"]).and_then(Value::as_bool).unwrap_or(false);
    if uid.is_empty() || manual {
        return;
    }
    within(object, &["spec"], |spec| {
        within(spec, &["template"], |template| {
            if let Some(metadata) = meta::map_mut(template, "metadata")
                && let Some(labels) =
                    metadata.entry("labels".to_owned()).or_insert_with(|| json!({})).as_object_mut()
            {
                for (key, value) in [
                    ("batch.kubernetes.io/controller-uid", &uid),
                    ("batch.kubernetes.io/job-name", &name),
                    ("controller-uid", &uid),
                    ("job-name", &name),
                ] {
                    // what the user set wrongly is refused by the validation
                    labels.entry(key.to_owned()).or_insert_with(|| value.as_str().into());
                }
                labels.sort_keys();
            }
        });
        default_absent(spec, "selector", json!({}));
        within(spec, &["selector"], |selector| {
            default_absent(selector, "matchLabels", json!({}));
            if let Some(labels) = meta::map_mut(selector, "matchLabels") {
                labels
                    .entry("batch.kubernetes.io/controller-uid".to_owned())
                    .or_insert_with(|| uid.as_str().into());
                labels.sort_keys();
            }
        });
    });
}

pub(super) fn cron_job(object: &mut Value) {
    within(object, &["spec", "jobTemplate", "spec", "template", "spec"], pod_spec);
    within(object, &["spec"], |spec| {
        default_text(spec, "concurrencyPolicy", "Allow");
        default_absent(spec, "suspend", false);
        default_absent(spec, "successfulJobsHistoryLimit", 3);
        default_absent(spec, "failedJobsHistoryLimit", 1);
    });
}
