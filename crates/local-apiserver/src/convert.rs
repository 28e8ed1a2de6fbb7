//! Between the stored form of an object and the form a served version shows.
//!
//! Only three resources have more than one form: events (core and `events.k8s.io`), horizontal pod
//! autoscalers (`v1` and `v2`) and custom resources with several versions.

use serde_json::{Map, Value, json};

use crate::meta;
use crate::resources::Resource;

/// The field names of `events.k8s.io/v1` and of the stored core event.
const EVENT_FIELDS: [(&str, &str); 7] = [
    ("note", "message"),
    ("regarding", "involvedObject"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
    ("reportingController", "reportingComponent"),
];

/// The record's bytes are already the served form.
pub(crate) fn is_identity(resource: &Resource) -> bool {
    match &resource.custom {
        Some(custom) => custom.only,
        None => !matches!(
            (resource.group.as_str(), resource.version.as_str()),
            ("events.k8s.io", _) | ("autoscaling", "v1")
        ),
    }
}

/// The served form of a stored object.
pub(crate) fn to_served(resource: &Resource, mut object: Value) -> Value {
    match (resource.group.as_str(), resource.version.as_str()) {
        ("events.k8s.io", "v1") => {
            rename(&mut object, |(event, core)| (core, event));
            meta::set(&mut object, "apiVersion", "events.k8s.io/v1");
            for key in ["reportingController", "reportingInstance"] {
                if meta::text(&object, &[key]).is_empty() {
                    meta::remove(&mut object, key);
                }
            }
            object
        }
        ("autoscaling", "v1") => autoscaler_v1(object),
        _ => {
            if let Some(custom) = &resource.custom {
                custom.served(&mut object);
            }
            object
        }
    }
}

/// The stored form of a served object.
pub(crate) fn to_storage(resource: &Resource, mut object: Value) -> Value {
    match (resource.group.as_str(), resource.version.as_str()) {
        ("events.k8s.io", "v1") => {
            rename(&mut object, |names| names);
            meta::set(&mut object, "apiVersion", "v1");
            object
        }
        ("autoscaling", "v1") => autoscaler_v2(object),
        _ => {
            if let Some(custom) = &resource.custom {
                meta::set(&mut object, "apiVersion", custom.storage_api_version.clone());
            }
            object
        }
    }
}

fn rename(object: &mut Value, order: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str)) {
    let Some(map) = object.as_object_mut() else { return };
    for names in EVENT_FIELDS {
        let (from, to) = order(names);
        if let Some(value) = map.shift_remove(from) {
            map.insert(to.to_owned(), value);
        }
    }
}

const METRICS_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/behavior";
const CONDITIONS_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/conditions";

fn cpu_metric(metric: &Value) -> bool {
    meta::text(metric, &["type"]) == "Resource"
        && meta::text(metric, &["resource", "name"]) == "cpu"
        && meta::at(metric, &["resource", "target", "averageUtilization"]).is_some()
}

/// `v2` shown as `v1`: the CPU metric is a field, everything else goes into annotations.
fn autoscaler_v1(mut object: Value) -> Value {
    meta::set(&mut object, "apiVersion", "autoscaling/v1");
    let mut annotations = Map::new();
    if let Some(spec) = meta::map_mut(&mut object, "spec") {
        if let Some(Value::Array(mut metrics)) = spec.shift_remove("metrics") {
            if let Some(index) = metrics.iter().position(cpu_metric) {
                let metric = metrics.remove(index);
                if let Some(value) = meta::at(&metric, &["resource", "target", "averageUtilization"]) {
                    spec.insert("targetCPUUtilizationPercentage".to_owned(), value.clone());
                }
            }
            if !metrics.is_empty() {
                annotations.insert(METRICS_ANNOTATION.to_owned(), Value::Array(metrics).to_string().into());
            }
        }
        if let Some(behavior) = spec.shift_remove("behavior") {
            annotations.insert(BEHAVIOR_ANNOTATION.to_owned(), behavior.to_string().into());
        }
    }
    if let Some(status) = meta::map_mut(&mut object, "status") {
        if let Some(conditions) = status.shift_remove("conditions").filter(|c| !c.is_null()) {
            annotations.insert(CONDITIONS_ANNOTATION.to_owned(), conditions.to_string().into());
        }
        if let Some(Value::Array(current)) = status.shift_remove("currentMetrics") {
            for metric in current {
                if let Some(value) = meta::at(&metric, &["resource", "current", "averageUtilization"]) {
                    status.insert("currentCPUUtilizationPercentage".to_owned(), value.clone());
                }
            }
        }
        status.entry("currentReplicas".to_owned()).or_insert(json!(0));
        status.entry("desiredReplicas".to_owned()).or_insert(json!(0));
    }
    if !annotations.is_empty()
        && let Some(metadata) = meta::at_mut(&mut object, &["metadata"])
        && let Some(present) = meta::map_mut(metadata, "annotations")
    {
        present.extend(annotations);
    }
    object
}

fn autoscaler_v2(mut object: Value) -> Value {
    meta::set(&mut object, "apiVersion", "autoscaling/v2");
    let mut taken = Map::new();
    if let Some(annotations) =
        meta::at_mut(&mut object, &["metadata", "annotations"]).and_then(Value::as_object_mut)
    {
        for name in [METRICS_ANNOTATION, BEHAVIOR_ANNOTATION, CONDITIONS_ANNOTATION] {
            if let Some(value) =
                annotations.shift_remove(name).and_then(|v| serde_json::from_str(v.as_str()?).ok())
            {
                taken.insert(name.to_owned(), value);
            }
        }
    }
    if meta::at(&object, &["metadata", "annotations"]).and_then(Value::as_object).is_some_and(Map::is_empty) {
        meta::set_metadata(&mut object, "annotations", None);
    }
    if let Some(spec) = meta::map_mut(&mut object, "spec") {
        let mut metrics = Vec::new();
        if let Some(percentage) = spec.shift_remove("targetCPUUtilizationPercentage") {
            metrics.push(json!({"type": "Resource", "resource": {"name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": percentage}}}));
        }
        if let Some(Value::Array(more)) = taken.shift_remove(METRICS_ANNOTATION) {
            metrics.extend(more);
        }
        if !metrics.is_empty() {
            spec.insert("metrics".to_owned(), Value::Array(metrics));
        }
        if let Some(behavior) = taken.shift_remove(BEHAVIOR_ANNOTATION) {
            spec.insert("behavior".to_owned(), behavior);
        }
    }
    if let Some(status) = meta::map_mut(&mut object, "status") {
        let conditions = taken.shift_remove(CONDITIONS_ANNOTATION).unwrap_or(Value::Null);
        status.insert("conditions".to_owned(), conditions);
        if let Some(value) = status.shift_remove("currentCPUUtilizationPercentage") {
            let metric = json!({"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": value}}});
            status.insert("currentMetrics".to_owned(), json!([metric]));
        } else {
            status.insert("currentMetrics".to_owned(), Value::Null);
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::Catalog;

    #[test]
    fn events_have_two_forms() {
        let resource = Catalog::new([]).find("events.k8s.io", "v1", "events").unwrap();
        let served = json!({"apiVersion": "events.k8s.io/v1", "kind": "Event", "note": "n", "regarding": {"name": "x"}});
        let stored = to_storage(&resource, served.clone());
        assert_eq!(
            stored,
            json!({"apiVersion": "v1", "kind": "Event", "message": "n", "involvedObject": {"name": "x"}})
        );
        assert_eq!(to_served(&resource, stored), served);
    }

    #[test]
    fn the_old_autoscaler_keeps_what_it_cannot_say_in_annotations() {
        let resource = Catalog::new([]).find("autoscaling", "v1", "horizontalpodautoscalers").unwrap();
        let served = json!({"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"},
            "spec": {"maxReplicas": 3, "targetCPUUtilizationPercentage": 50}, "status": {"currentReplicas": 0, "desiredReplicas": 0}});
        let stored = to_storage(&resource, served.clone());
        assert_eq!(stored["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 50);
        assert_eq!(to_served(&resource, stored), served);
    }
}
