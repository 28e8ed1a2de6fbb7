//! What controllers ask of pods, and how they make them.

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::{Resource, metadata};

use crate::field::{items, text, time};

/// The condition of a type in an object's status.
pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    items(object, "/status/conditions")
        .find(|condition| condition.get("type").and_then(Value::as_str) == Some(kind))
}

/// Whether a condition of an object is `True`.
pub(crate) fn holds(object: &Value, kind: &str) -> bool {
    condition(object, kind).and_then(|condition| condition.get("status")).and_then(Value::as_str)
        == Some("True")
}

/// Whether a pod has ended, well or not.
pub(crate) fn is_terminal(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// Whether a pod counts for a controller: not ended and not on its way out.
pub(crate) fn is_active(pod: &Value) -> bool {
    !is_terminal(pod) && !metadata::is_deleting(pod)
}

/// Whether a pod is ready for traffic.
pub(crate) fn is_ready(pod: &Value) -> bool {
    holds(pod, "Ready")
}

/// Whether a pod has been ready for at least so many seconds.
pub(crate) fn is_available(pod: &Value, min_ready_seconds: i64, now: Timestamp) -> bool {
    is_ready(pod)
        && (min_ready_seconds <= 0
            || condition(pod, "Ready")
                .and_then(|ready| time(ready, "/lastTransitionTime"))
                .is_some_and(|since| now.as_second() - since.as_second() >= min_ready_seconds))
}

/// An owner reference that says the owner controls the object.
pub(crate) fn controlled_by(owner: &Value, resource: &Resource) -> Value {
    json!({
        "apiVersion": resource.api_version(),
        "kind": resource.kind,
        "name": metadata::name(owner),
        "uid": metadata::uid(owner),
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// A pod made from the template of its controller.
pub(crate) fn from_template(owner: &Value, resource: &Resource, template: &Value) -> Value {
    let mut meta = json!({
        "namespace": metadata::namespace(owner),
        "ownerReferences": [controlled_by(owner, resource)],
    });
    for field in ["labels", "annotations", "finalizers"] {
        if let (Some(value), Some(fields)) =
            (template.pointer(&format!("/metadata/{field}")), meta.as_object_mut())
        {
            fields.insert(field.to_owned(), value.clone());
        }
    }
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": template.get("spec").cloned().unwrap_or_default(),
    })
}

/// The order in which surplus pods go, first those that are missed least: not yet on a node, not yet
/// running, not ready, on a node with more of their siblings, cheaper by annotation, ready for a
/// shorter time, restarted more often, younger.
pub(crate) fn rank_for_deletion(pods: &mut [std::sync::Arc<Value>]) {
    let mut crowd: std::collections::HashMap<String, i64> = std::collections::HashMap::new();
    for pod in pods.iter() {
        *crowd.entry(text(pod, "/spec/nodeName").to_owned()).or_default() += 1;
    }
    let rank = |pod: &Value| {
        let node = text(pod, "/spec/nodeName");
        let phase = match text(pod, "/status/phase") {
            "Pending" => 0,
            "Running" => 2,
            _ => 1,
        };
        let cost: i64 = metadata::annotation(pod, "controller.kubernetes.io/pod-deletion-cost")
            .and_then(|cost| cost.parse().ok())
            .unwrap_or_default();
        let ready_since = condition(pod, "Ready").and_then(|ready| time(ready, "/lastTransitionTime"));
        let restarts: i64 = items(pod, "/status/containerStatuses")
            .filter_map(|status| status.get("restartCount")?.as_i64())
            .max()
            .unwrap_or_default();
        let created: Option<Timestamp> = metadata::created(pod).parse().ok();
        (
            !node.is_empty(),
            phase,
            is_ready(pod),
            cost,
            -crowd.get(node).copied().unwrap_or_default(),
            std::cmp::Reverse(ready_since.map(Timestamp::as_second)),
            -restarts,
            std::cmp::Reverse(created.map(Timestamp::as_second)),
            metadata::name(pod).to_owned(),
        )
    };
    pods.sort_by_cached_key(|pod| rank(pod));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn pod(name: &str, node: &str, phase: &str, ready: bool) -> Arc<Value> {
        Arc::new(json!({"metadata": {"name": name}, "spec": {"nodeName": node},
            "status": {"phase": phase, "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" },
                "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}))
    }

    #[test]
    fn the_pods_missed_least_go_first() {
        let mut pods = [
            pod("ready", "a", "Running", true),
            pod("crowded", "b", "Running", true),
            pod("crowded-too", "b", "Running", true),
            pod("unready", "a", "Running", false),
            pod("pending", "a", "Pending", false),
            pod("homeless", "", "Pending", false),
        ];
        rank_for_deletion(&mut pods);
        let names: Vec<&str> = pods.iter().map(|pod| metadata::name(pod)).collect();
        assert_eq!(names[..3], ["homeless", "pending", "unready"]);
        assert_eq!(names.len(), 6);
    }

    #[test]
    fn availability_waits_for_the_ready_time() {
        let pod = pod("a", "n", "Running", true);
        let at = |text: &str| text.parse().unwrap();
        assert!(is_available(&pod, 0, at("2026-01-01T00:00:00Z")));
        assert!(!is_available(&pod, 30, at("2026-01-01T00:00:29Z")));
        assert!(is_available(&pod, 30, at("2026-01-01T00:00:30Z")));
    }
}
