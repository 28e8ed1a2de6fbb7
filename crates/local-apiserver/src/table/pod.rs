//! The cells of a pod: what state it is in, in one word.

use serde_json::{Value, json};

use super::text::{age, or_none};
use crate::meta;

fn statuses<'a>(pod: &'a Value, list: &str) -> &'a [Value] {
    meta::items(pod, &["status", list])
}

fn restarts_of(status: &Value) -> i64 {
    status.get("restartCount").and_then(Value::as_i64).unwrap_or(0)
}

fn reason_of(state: &Value) -> Option<String> {
    let waiting = meta::text(state, &["waiting", "reason"]);
    if !waiting.is_empty() {
        return Some(waiting.to_owned());
    }
    let ended = state.get("terminated").filter(|ended| ended.is_object())?;
    let reason = meta::text(ended, &["reason"]);
    if !reason.is_empty() {
        return Some(reason.to_owned());
    }
    let signal = ended.get("signal").and_then(Value::as_i64).unwrap_or(0);
    let code = ended.get("exitCode").and_then(Value::as_i64).unwrap_or(0);
    Some(if signal != 0 { format!("Signal:{signal}") } else { format!("ExitCode:{code}") })
}

/// A container that keeps running beside the others.
fn is_sidecar(pod: &Value, name: &str) -> bool {
    meta::items(pod, &["spec", "initContainers"])
        .iter()
        .any(|c| meta::text(c, &["name"]) == name && meta::text(c, &["restartPolicy"]) == "Always")
}

pub(super) fn cells(pod: &Value) -> Vec<Value> {
    let mut total = meta::items(pod, &["spec", "containers"]).len();
    let (mut ready, mut restarts, mut sidecar_restarts) = (0, 0, 0);
    let mut reason = match meta::text(pod, &["status", "reason"]) {
        "" => meta::text(pod, &["status", "phase"]).to_owned(),
        given => given.to_owned(),
    };
    let condition = |kind: &str| {
        meta::items(pod, &["status", "conditions"]).iter().find(|c| meta::text(c, &["type"]) == kind)
    };
    if condition("PodScheduled").is_some_and(|c| meta::text(c, &["reason"]) == "SchedulingGated") {
        reason = "SchedulingGated".to_owned();
    }
    total += meta::items(pod, &["spec", "initContainers"])
        .iter()
        .filter(|c| meta::text(c, &["restartPolicy"]) == "Always")
        .count();
    let mut initializing = false;
    let inits = meta::items(pod, &["spec", "initContainers"]).len();
    for (index, status) in statuses(pod, "initContainerStatuses").iter().enumerate() {
        restarts += restarts_of(status);
        let sidecar = is_sidecar(pod, meta::text(status, &["name"]));
        if sidecar {
            sidecar_restarts += restarts_of(status);
        }
        let started = status.get("started") == Some(&Value::Bool(true));
        if sidecar && status.get("ready") == Some(&Value::Bool(true)) {
            ready += 1;
        }
        let state = status.get("state").cloned().unwrap_or_default();
        let code = meta::at(&state, &["terminated", "exitCode"]).and_then(Value::as_i64);
        if code == Some(0) || (sidecar && started) {
            continue;
        }
        reason = match reason_of(&state) {
            Some(why) if code.is_some() || why != "PodInitializing" => format!("Init:{why}"),
            _ => format!("Init:{index}/{inits}"),
        };
        initializing = true;
        break;
    }
    // A sidecar that ended after the others does not undo what was initialized.
    if !initializing || condition("Initialized").is_some_and(|c| meta::text(c, &["status"]) == "True") {
        restarts = sidecar_restarts;
        let mut running = false;
        for status in statuses(pod, "containerStatuses").iter().rev() {
            restarts += restarts_of(status);
            let state = status.get("state").cloned().unwrap_or_default();
            match reason_of(&state) {
                Some(why) => reason = why,
                None if status.get("ready") == Some(&Value::Bool(true)) && state.get("running").is_some() => {
                    running = true;
                    ready += 1;
                }
                None => {}
            }
        }
        if reason == "Completed" && running {
            let is_ready = condition("Ready").is_some_and(|c| meta::text(c, &["status"]) == "True");
            reason = if is_ready { "Running" } else { "NotReady" }.to_owned();
        }
    }
    if meta::deleting(pod) {
        let lost = meta::text(pod, &["status", "reason"]) == "NodeLost";
        reason = if lost { "Unknown" } else { "Terminating" }.to_owned();
    }
    let last = statuses(pod, "containerStatuses")
        .iter()
        .filter_map(|status| meta::at(status, &["lastState", "terminated", "finishedAt"])?.as_str())
        .max();
    let restarts = match last.filter(|_| restarts > 0) {
        Some(when) => format!("{restarts} ({} ago)", age(when)),
        None => restarts.to_string(),
    };
    let text = |path: &[&str]| or_none(meta::text(pod, path).to_owned());
    let ip = match meta::items(pod, &["status", "podIPs"]).first() {
        Some(first) => meta::text(first, &["ip"]).to_owned(),
        None => meta::text(pod, &["status", "podIP"]).to_owned(),
    };
    let gates = meta::items(pod, &["spec", "readinessGates"]);
    let passed = gates
        .iter()
        .filter(|gate| {
            condition(meta::text(gate, &["conditionType"]))
                .is_some_and(|c| meta::text(c, &["status"]) == "True")
        })
        .count();
    let gates = if gates.is_empty() { "<none>".to_owned() } else { format!("{passed}/{}", gates.len()) };
    vec![
        json!(meta::name(pod)),
        json!(format!("{ready}/{total}")),
        json!(reason),
        json!(restarts),
        json!(age(meta::text(pod, &["metadata", "creationTimestamp"]))),
        json!(or_none(ip)),
        json!(text(&["spec", "nodeName"])),
        json!(text(&["status", "nominatedNodeName"])),
        json!(gates),
    ]
}
