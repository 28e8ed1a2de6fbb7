//! Whether an object has become what it says it wants to be: the rules of kstatus, plus what a pod's status says.
//!
//! Pure: the object as the API gives it goes in, its status comes out. A controller that has not yet seen the latest
//! generation is in progress whatever its counts say.

use serde_json::Value;

/// How far an object has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It is what it wants to be.
    Ready,
    /// It is on its way; the text says what is missing.
    InProgress(String),
    /// It will not get there without somebody changing something.
    Failed(String),
    /// It is being deleted.
    Terminating,
}

/// Judges one object by its kind. Kinds without a status of their own are ready once they exist.
#[must_use]
pub fn readiness(object: &Value) -> Readiness {
    if object.pointer("/metadata/deletionTimestamp").is_some_and(|at| !at.is_null()) {
        return Readiness::Terminating;
    }
    let kind = text(object, "/kind");
    let group = text(object, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("apps", "Deployment") => deployment(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps", "ReplicaSet") => replica_set(object),
        ("apps", "DaemonSet") => daemon_set(object),
        ("batch", "Job") => job(object),
        ("", "Pod") => pod(object),
        ("", "PersistentVolumeClaim") => claim(object),
        _ => generic(object),
    }
}

fn text<'a>(object: &'a Value, path: &str) -> &'a str {
    object.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn number(object: &Value, path: &str) -> i64 {
    object.pointer(path).and_then(Value::as_i64).unwrap_or(0)
}

/// The condition of a type: its status and its message.
fn condition<'a>(object: &'a Value, kind: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    let found = conditions.iter().find(|condition| text(condition, "/type") == kind)?;
    Some((text(found, "/status"), text(found, "/reason"), text(found, "/message")))
}

fn holds(object: &Value, kind: &str) -> bool {
    condition(object, kind).is_some_and(|(status, _, _)| status == "True")
}

fn progress(what: impl Into<String>) -> Readiness {
    Readiness::InProgress(what.into())
}

fn unseen(object: &Value) -> Option<Readiness> {
    let generation = number(object, "/metadata/generation");
    let seen = object.pointer("/status/observedGeneration").and_then(Value::as_i64);
    match seen {
        Some(seen) if seen >= generation => None,
        None if generation == 0 => None,
        _ => Some(progress("not yet seen by its controller")),
    }
}

fn deployment(object: &Value) -> Readiness {
    if let Some(readiness) = unseen(object) {
        return readiness;
    }
    if let Some((_, "ProgressDeadlineExceeded", message)) = condition(object, "Progressing") {
        return Readiness::Failed(format!("ProgressDeadlineExceeded: {message}"));
    }
    if let Some(("True", reason, message)) = condition(object, "ReplicaFailure") {
        return Readiness::Failed(format!("{reason}: {message}"));
    }
    let wanted = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let (updated, total) = (number(object, "/status/updatedReplicas"), number(object, "/status/replicas"));
    let available = number(object, "/status/availableReplicas");
    if updated < wanted {
        return progress(format!("{updated} of {wanted} replicas are updated"));
    }
    if total > updated {
        return progress(format!("{} old replicas are still there", total - updated));
    }
    if available < wanted {
        return progress(format!("{available} of {wanted} replicas are available"));
    }
    Readiness::Ready
}

fn stateful_set(object: &Value) -> Readiness {
    if let Some(readiness) = unseen(object) {
        return readiness;
    }
    let wanted = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let ready = number(object, "/status/readyReplicas");
    if ready < wanted {
        return progress(format!("{ready} of {wanted} replicas are ready"));
    }
    let on_delete = text(object, "/spec/updateStrategy/type") == "OnDelete";
    let partition = number(object, "/spec/updateStrategy/rollingUpdate/partition");
    let updated = number(object, "/status/updatedReplicas");
    let (update, current) = (text(object, "/status/updateRevision"), text(object, "/status/currentRevision"));
    if !on_delete && partition > 0 && updated < wanted - partition {
        return progress(format!("{updated} of {} replicas are updated", wanted - partition));
    }
    if !on_delete && partition == 0 && update != current && updated < wanted {
        return progress(format!("{updated} of {wanted} replicas are updated"));
    }
    Readiness::Ready
}

fn replica_set(object: &Value) -> Readiness {
    if let Some(readiness) = unseen(object) {
        return readiness;
    }
    if let Some(("True", reason, message)) = condition(object, "ReplicaFailure") {
        return Readiness::Failed(format!("{reason}: {message}"));
    }
    let wanted = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let available = number(object, "/status/availableReplicas");
    if available < wanted {
        return progress(format!("{available} of {wanted} replicas are available"));
    }
    Readiness::Ready
}

fn daemon_set(object: &Value) -> Readiness {
    if let Some(readiness) = unseen(object) {
        return readiness;
    }
    let wanted = number(object, "/status/desiredNumberScheduled");
    for (path, what) in
        [("/status/updatedNumberScheduled", "updated"), ("/status/numberAvailable", "available")]
    {
        let have = number(object, path);
        if have < wanted {
            return progress(format!("{have} of {wanted} pods are {what}"));
        }
    }
    Readiness::Ready
}

fn job(object: &Value) -> Readiness {
    if let Some(("True", reason, message)) = condition(object, "Failed") {
        return Readiness::Failed(format!("{reason}: {message}"));
    }
    let started = object.pointer("/status/startTime").is_some_and(|at| !at.is_null());
    if holds(object, "Complete") || started { Readiness::Ready } else { progress("the job has not started") }
}

fn pod(object: &Value) -> Readiness {
    match text(object, "/status/phase") {
        "Succeeded" => Readiness::Ready,
        "Failed" => {
            let reason = [text(object, "/status/reason"), text(object, "/status/message")].join(" ");
            Readiness::Failed(format!("the pod failed {}", reason.trim()).trim_end().to_owned())
        }
        "Running" if holds(object, "Ready") => Readiness::Ready,
        "Running" => progress("the pod is not ready"),
        _ => match condition(object, "PodScheduled") {
            Some(("False", reason, message)) => progress(format!("{reason}: {message}")),
            _ => progress("the pod is pending"),
        },
    }
}

fn claim(object: &Value) -> Readiness {
    match text(object, "/status/phase") {
        "Bound" => Readiness::Ready,
        "Lost" => Readiness::Failed("the volume is lost".to_owned()),
        _ => progress("the volume is not bound"),
    }
}

/// Kinds we do not know: what the usual conditions say, if there are any.
fn generic(object: &Value) -> Readiness {
    if object.pointer("/status/observedGeneration").is_some()
        && let Some(readiness) = unseen(object)
    {
        return readiness;
    }
    if let Some(("True", reason, message)) = condition(object, "Stalled") {
        return Readiness::Failed(format!("{reason}: {message}"));
    }
    if let Some(("True", reason, message)) = condition(object, "Reconciling") {
        return progress(format!("{reason}: {message}"));
    }
    match condition(object, "Ready") {
        Some(("False" | "Unknown", reason, message)) => progress(format!("{reason}: {message}")),
        _ => Readiness::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(object: Value, expect: &str) {
        let shown = match readiness(&object) {
            Readiness::Ready => "ready".to_owned(),
            Readiness::InProgress(what) => format!("progress: {what}"),
            Readiness::Failed(what) => format!("failed: {what}"),
            Readiness::Terminating => "terminating".to_owned(),
        };
        assert_eq!(shown, expect, "{object}");
    }

    fn of(api_version: &str, kind: &str, spec: Value, status: Value) -> Value {
        json!({ "apiVersion": api_version, "kind": kind, "metadata": { "generation": 2 }, "spec": spec, "status": status })
    }

    #[test]
    fn controllers() {
        let deployment = |status| of("apps/v1", "Deployment", json!({ "replicas": 2 }), status);
        check(deployment(json!({})), "progress: not yet seen by its controller");
        check(deployment(json!({ "observedGeneration": 1 })), "progress: not yet seen by its controller");
        check(
            deployment(json!({ "observedGeneration": 2, "updatedReplicas": 1 })),
            "progress: 1 of 2 replicas are updated",
        );
        check(
            deployment(json!({ "observedGeneration": 2, "updatedReplicas": 2, "replicas": 3 })),
            "progress: 1 old replicas are still there",
        );
        check(
            deployment(
                json!({ "observedGeneration": 2, "updatedReplicas": 2, "replicas": 2, "availableReplicas": 1 }),
            ),
            "progress: 1 of 2 replicas are available",
        );
        check(
            deployment(
                json!({ "observedGeneration": 2, "updatedReplicas": 2, "replicas": 2, "availableReplicas": 2 }),
            ),
            "ready",
        );
        let late = json!([{ "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "late" }]);
        check(
            deployment(json!({ "observedGeneration": 2, "conditions": late })),
            "failed: ProgressDeadlineExceeded: late",
        );
        let forbidden = json!([{ "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "forbidden" }]);
        check(
            deployment(json!({ "observedGeneration": 2, "conditions": forbidden })),
            "failed: FailedCreate: forbidden",
        );
        let set = |status| of("apps/v1", "StatefulSet", json!({ "replicas": 2 }), status);
        check(
            set(json!({ "observedGeneration": 2, "readyReplicas": 1 })),
            "progress: 1 of 2 replicas are ready",
        );
        check(
            set(
                json!({ "observedGeneration": 2, "readyReplicas": 2, "updatedReplicas": 1, "updateRevision": "b", "currentRevision": "a" }),
            ),
            "progress: 1 of 2 replicas are updated",
        );
        check(
            set(
                json!({ "observedGeneration": 2, "readyReplicas": 2, "updateRevision": "a", "currentRevision": "a" }),
            ),
            "ready",
        );
    }

    #[test]
    fn pods_jobs_and_others() {
        let pod = |status| json!({ "apiVersion": "v1", "kind": "Pod", "metadata": {}, "status": status });
        check(pod(json!({ "phase": "Succeeded" })), "ready");
        check(
            pod(json!({ "phase": "Failed", "reason": "UnexpectedAdmissionError" })),
            "failed: the pod failed UnexpectedAdmissionError",
        );
        check(
            pod(json!({ "phase": "Running", "conditions": [{ "type": "Ready", "status": "True" }] })),
            "ready",
        );
        check(pod(json!({ "phase": "Running" })), "progress: the pod is not ready");
        let unschedulable = json!([{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no GPU" }]);
        check(
            pod(json!({ "phase": "Pending", "conditions": unschedulable })),
            "progress: Unschedulable: no GPU",
        );
        let job = |status| of("batch/v1", "Job", json!({}), status);
        check(job(json!({})), "progress: the job has not started");
        check(job(json!({ "startTime": "now" })), "ready");
        let failed =
            json!([{ "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "m" }]);
        check(job(json!({ "startTime": "now", "conditions": failed })), "failed: BackoffLimitExceeded: m");
        let claim = |phase: &str| of("v1", "PersistentVolumeClaim", json!({}), json!({ "phase": phase }));
        check(claim("Bound"), "ready");
        check(claim("Pending"), "progress: the volume is not bound");
        check(json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": {} }), "ready");
        check(
            json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "deletionTimestamp": "x" } }),
            "terminating",
        );
        let custom = json!([{ "type": "Ready", "status": "False", "reason": "Waiting", "message": "m" }]);
        check(of("x.io/v1", "Thing", json!({}), json!({ "conditions": custom })), "progress: Waiting: m");
    }
}
