//! What a Deployment's status says.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::DEPLOYMENT;
use wheelhouse_cluster::{Key, Subresource, metadata};

use super::{Rollout, available, spec_replicas};
use crate::action::{Action, Plan};
use crate::field::{items, number, stamp, text, time, truth};
use crate::pod::condition;

/// Writes the status if it differs from what is known.
pub(super) fn status(rollout: &Rollout<'_>, now: Timestamp, plan: &mut Plan) {
    let deployment = rollout.deployment;
    let sum = |field: &str| -> i64 {
        rollout.all().map(|set| number(set, &format!("/status/{field}")).unwrap_or_default()).sum()
    };
    let new = rollout.new.as_deref();
    let counts = [
        ("replicas", sum("replicas")),
        ("updatedReplicas", new.and_then(|set| number(set, "/status/replicas")).unwrap_or_default()),
        ("readyReplicas", sum("readyReplicas")),
        ("availableReplicas", sum("availableReplicas")),
        ("terminatingReplicas", sum("terminatingReplicas")),
        (
            "unavailableReplicas",
            (rollout.all().map(|set| spec_replicas(set)).sum::<i64>() - sum("availableReplicas")).max(0),
        ),
        ("observedGeneration", metadata::generation(deployment)),
    ];
    let mut conditions = vec![availability(rollout, sum("availableReplicas"), now)];
    conditions.extend(progressing(rollout, &counts, now, plan));
    for other in items(deployment, "/status/conditions") {
        if !conditions.iter().any(|condition| condition.get("type") == other.get("type")) {
            conditions.push(other.clone());
        }
    }
    let same_counts = counts
        .iter()
        .all(|(field, count)| number(deployment, &format!("/status/{field}")).unwrap_or_default() == *count)
        && number(deployment, "/status/observedGeneration").is_some();
    let told: Vec<Value> = items(deployment, "/status/conditions").cloned().collect();
    if same_counts && told == conditions {
        return;
    }
    let mut fields = serde_json::Map::new();
    for (field, count) in counts {
        fields.insert(
            field.to_owned(),
            // these two are told also when they are nothing
            if count == 0 && !matches!(field, "observedGeneration" | "terminatingReplicas") {
                Value::Null
            } else {
                count.into()
            },
        );
    }
    fields.insert("conditions".to_owned(), conditions.into());
    plan.then(Action::Patch {
        resource: DEPLOYMENT,
        key: Key::of(deployment),
        part: Some(Subresource::Status),
        patch: json!({"status": fields}),
    });
}

/// A condition that keeps its times where it says the same as before.
fn renewed(
    deployment: &Value,
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> Value {
    let known = condition(deployment, kind);
    let read = |field: &str| known.map(|known| text(known, &format!("/{field}"))).unwrap_or_default();
    let transition =
        if read("status") == status { read("lastTransitionTime").to_owned() } else { stamp(now) };
    let same = read("status") == status && read("reason") == reason;
    let update =
        if same && read("message") == message { read("lastUpdateTime").to_owned() } else { stamp(now) };
    json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastUpdateTime": update, "lastTransitionTime": transition,
    })
}

fn availability(rollout: &Rollout<'_>, available: i64, now: Timestamp) -> Value {
    let unavailable = if rollout.is_rolling() { rollout.max_unavailable } else { 0 };
    if available >= rollout.replicas - unavailable {
        let (reason, message) = ("MinimumReplicasAvailable", "Deployment has minimum availability.");
        renewed(rollout.deployment, "Available", "True", reason, message, now)
    } else {
        let (reason, message) =
            ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.");
        renewed(rollout.deployment, "Available", "False", reason, message, now)
    }
}

/// Whether the rollout goes on, is done, or is stuck.
fn progressing(
    rollout: &Rollout<'_>,
    counts: &[(&str, i64)],
    now: Timestamp,
    plan: &mut Plan,
) -> Option<Value> {
    let deployment = rollout.deployment;
    let known = condition(deployment, "Progressing");
    let deadline =
        number(deployment, "/spec/progressDeadlineSeconds").filter(|seconds| *seconds < i64::from(i32::MAX));
    let Some(deadline) = deadline else { return known.cloned() };
    let tell = |status: &str, reason: &str, message: &str| {
        Some(renewed(deployment, "Progressing", status, reason, message, now))
    };
    let paused = truth(deployment, "/spec/paused");
    let was_paused = known.is_some_and(|known| text(known, "/reason") == "DeploymentPaused");
    if paused {
        return tell("Unknown", "DeploymentPaused", "Deployment is paused");
    }
    if was_paused {
        return tell("Unknown", "DeploymentResumed", "Deployment is resumed");
    }
    let count = |name: &str| {
        counts.iter().find(|(field, _)| *field == name).map(|(_, count)| *count).unwrap_or_default()
    };
    let before = |name: &str| number(deployment, &format!("/status/{name}")).unwrap_or_default();
    let Some(new) = rollout.new.as_deref() else {
        return tell(
            "True",
            "NewReplicaSetCreated",
            &format!("Created new replica set for {:?}", metadata::name(deployment)),
        );
    };
    let name = metadata::name(new);
    let complete = count("updatedReplicas") == rollout.replicas
        && count("replicas") == rollout.replicas
        && count("availableReplicas") == rollout.replicas
        && available(new) == rollout.replicas;
    if complete {
        let message = format!("ReplicaSet {name:?} has successfully progressed.");
        return tell("True", "NewReplicaSetAvailable", &message);
    }
    let moved = count("updatedReplicas") > before("updatedReplicas")
        || count("replicas") - count("updatedReplicas") < before("replicas") - before("updatedReplicas")
        || count("readyReplicas") > before("readyReplicas")
        || count("availableReplicas") > before("availableReplicas");
    let done_before = known.is_some_and(|known| text(known, "/reason") == "NewReplicaSetAvailable");
    let since = known.and_then(|known| time(known, "/lastUpdateTime"));
    let Some(since) = since.filter(|_| !moved && !done_before) else {
        plan.look_again(Duration::from_secs(u64::try_from(deadline).unwrap_or(1)));
        let message = format!("ReplicaSet {name:?} is progressing.");
        let mut condition = renewed(deployment, "Progressing", "True", "ReplicaSetUpdated", &message, now);
        // Progress counts anew even where the words are the same.
        crate::field::set(&mut condition, &["lastUpdateTime"], stamp(now).into());
        return Some(condition);
    };
    let waited = now.as_second() - since.as_second();
    if waited >= deadline {
        let message = format!("ReplicaSet {name:?} has timed out progressing.");
        return tell("False", "ProgressDeadlineExceeded", &message);
    }
    plan.look_again(Duration::from_secs(u64::try_from(deadline - waited).unwrap_or(1).max(1)));
    known.cloned()
}
