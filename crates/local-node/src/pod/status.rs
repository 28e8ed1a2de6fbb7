//! What a pod's status says. Pure.

use serde_json::{Value, json};

use super::machine::{ContainerState, Ended, Now, PodState, Stage};
use super::plan::{ContainerPlan, PodPlan, Role};

/// What the status says of the place where the pod runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The node's address.
    pub host_ip: String,
    /// The pod's address, once it has one.
    pub pod_ip: Option<String>,
}

/// The phase in one word.
#[must_use]
pub fn phase(state: &PodState, plan: &PodPlan) -> &'static str {
    let pairs = || state.containers.iter().zip(&plan.containers);
    let ended = |container: &ContainerState| match &container.now {
        Now::Ended(ended) => Some(ended.code),
        _ => None,
    };
    if state.stage == Stage::Stopped {
        let failed_init =
            pairs().any(|(container, kind)| kind.role == Role::Init && ended(container) != Some(0));
        let mains_well = pairs()
            .filter(|(_, kind)| kind.role == Role::Main)
            .all(|(container, _)| ended(container) == Some(0));
        return if state.failed.is_none() && !failed_init && mains_well { "Succeeded" } else { "Failed" };
    }
    // A pod runs once all init containers are through and one container has begun.
    let init_done = pairs().all(|(container, kind)| match kind.role {
        Role::Init => ended(container) == Some(0),
        Role::Sidecar => container.started || container.last.is_some(),
        Role::Main | Role::Ephemeral => true,
    });
    let begun = pairs().any(|(container, kind)| {
        kind.role == Role::Main
            && (matches!(container.now, Now::Running { .. } | Now::Ended(_)) || container.last.is_some())
    });
    if init_done && begun { "Running" } else { "Pending" }
}

fn time(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

fn terminated(ended: &Ended) -> Value {
    let mut fields = json!({
        "exitCode": ended.code,
        "reason": ended.reason,
        "startedAt": time(ended.started),
        "finishedAt": time(ended.finished),
    });
    if let Some(map) = fields.as_object_mut() {
        if !ended.message.is_empty() {
            map.insert("message".to_owned(), ended.message.as_str().into());
        }
        if !ended.id.is_empty() {
            map.insert("containerID".to_owned(), container_id(&ended.id).into());
        }
    }
    json!({"terminated": fields})
}

fn container_id(id: &str) -> String {
    format!("wheelhouse://{id}")
}

fn waiting(reason: &str, message: &str) -> Value {
    let mut fields = json!({"reason": reason});
    if let Some(map) = fields.as_object_mut().filter(|_| !message.is_empty()) {
        map.insert("message".to_owned(), message.into());
    }
    json!({"waiting": fields})
}

fn container(state: &ContainerState, plan: &ContainerPlan, pod: &PodState) -> Value {
    let (now, id) = match &state.now {
        Now::Waiting { reason, message, .. } => match &pod.trouble {
            Some((reason, message)) if matches!(pod.stage, Stage::New(_) | Stage::Preparing) => {
                (waiting(reason, message), None)
            }
            _ => {
                let first =
                    matches!(pod.stage, Stage::New(_) | Stage::Preparing) && reason == "PodInitializing";
                (waiting(if first { "ContainerCreating" } else { reason }, message), None)
            }
        },
        Now::Pulling | Now::Creating => (waiting("ContainerCreating", ""), None),
        Now::Running { since, id, .. } => {
            (json!({"running": {"startedAt": time(*since)}}), Some(id.as_str()))
        }
        Now::Ended(ended) => (terminated(ended), Some(ended.id.as_str())),
    };
    let id = id.or_else(|| state.last.as_ref().map(|ended| ended.id.as_str())).filter(|id| !id.is_empty());
    let (image, digest) = state.image.clone().unwrap_or_else(|| (plan.image.clone(), String::new()));
    // An init container that has done its work counts as ready.
    let ready = state.ready
        || (plan.role == Role::Init && matches!(&state.now, Now::Ended(ended) if ended.code == 0));
    json!({
        "name": plan.name,
        "state": now,
        "lastState": state.last.as_ref().map(terminated).unwrap_or_else(|| json!({})),
        "ready": ready,
        "started": state.started,
        "restartCount": state.restarts,
        "image": image,
        "imageID": digest,
        "containerID": id.map(container_id).unwrap_or_default(),
    })
}

/// A condition that keeps its time where its status stays.
fn condition(known: Option<&Value>, kind: &str, holds: bool, reason: &str, message: &str, now: i64) -> Value {
    let status = if holds { "True" } else { "False" };
    let before = known.and_then(|conditions| {
        conditions.as_array()?.iter().find(|each| each.get("type").and_then(Value::as_str) == Some(kind))
    });
    let since = before
        .filter(|before| before.get("status").and_then(Value::as_str) == Some(status))
        .and_then(|before| before.get("lastTransitionTime")?.as_str().map(str::to_owned))
        .unwrap_or_else(|| time(now));
    let mut fields =
        json!({"type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": since});
    if let Some(map) = fields.as_object_mut().filter(|_| !reason.is_empty()) {
        map.insert("reason".to_owned(), reason.into());
        if !message.is_empty() {
            map.insert("message".to_owned(), message.into());
        }
    }
    fields
}

/// The class of service that eviction and the kernel's choice of victims go by.
#[must_use]
pub fn quality(plan: &PodPlan) -> &'static str {
    let amounts = |container: &ContainerPlan, part: &str, name: &str| -> Option<Value> {
        container.spec.pointer(&format!("/resources/{part}/{name}")).filter(|value| !value.is_null()).cloned()
    };
    let mut any = false;
    let mut all = true;
    for container in plan.containers.iter().filter(|container| container.role != Role::Ephemeral) {
        for name in ["cpu", "memory"] {
            let limit = amounts(container, "limits", name);
            let request = amounts(container, "requests", name).or_else(|| limit.clone());
            any |= limit.is_some() || request.is_some();
            all &= limit.is_some() && limit == request;
        }
    }
    match (any, all) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// What is told of ephemeral containers: those that ran before this process did stay as they were.
fn with_earlier(known: &Value, ours: Vec<Value>) -> Vec<Value> {
    let earlier = known.get("ephemeralContainerStatuses").and_then(Value::as_array).into_iter().flatten();
    let is_other = |other: &&Value| !ours.iter().any(|own| own.get("name") == other.get("name"));
    earlier.filter(is_other).cloned().chain(ours.iter().cloned()).collect()
}

/// The whole status. `known` is the status as the API has it, whose condition times and foreign
/// conditions are kept.
#[must_use]
pub fn status(state: &PodState, plan: &PodPlan, place: &Place, known: &Value, now: i64) -> Value {
    let conditions = known.get("conditions");
    let pairs = || state.containers.iter().zip(&plan.containers);
    let phase = phase(state, plan);
    let over = matches!(phase, "Succeeded" | "Failed");
    let names = |wanted: &dyn Fn(&ContainerState, &ContainerPlan) -> bool| -> Vec<&str> {
        pairs().filter(|(state, plan)| wanted(state, plan)).map(|(_, plan)| plan.name.as_str()).collect()
    };
    let unready = names(&|state, plan| matches!(plan.role, Role::Sidecar | Role::Main) && !state.ready);
    let incomplete = names(&|state, plan| match plan.role {
        Role::Init => !matches!(&state.now, Now::Ended(ended) if ended.code == 0),
        Role::Sidecar => !state.started && state.last.is_none() && !over,
        Role::Main | Role::Ephemeral => false,
    });
    let prepared = !matches!(state.stage, Stage::New(_) | Stage::Preparing) || state.trouble.is_some();
    let gates_hold = plan.readiness_gates.iter().all(|gate| {
        conditions.and_then(Value::as_array).into_iter().flatten().any(|each| {
            each.get("type").and_then(Value::as_str) == Some(gate)
                && each.get("status").and_then(Value::as_str) == Some("True")
        })
    });
    let (why, what) = if unready.is_empty() {
        (String::new(), String::new())
    } else if phase == "Succeeded" {
        ("PodCompleted".to_owned(), String::new())
    } else if phase == "Failed" {
        ("PodFailed".to_owned(), String::new())
    } else {
        ("ContainersNotReady".to_owned(), format!("containers with unready status: [{}]", unready.join(" ")))
    };
    let init_message = format!("containers with incomplete status: [{}]", incomplete.join(" "));
    let (init_why, init_what) = if incomplete.is_empty() {
        (if phase == "Succeeded" { "PodCompleted" } else { "" }, "")
    } else {
        ("ContainersNotInitialized", init_message.as_str())
    };
    let ready = unready.is_empty() && incomplete.is_empty() && !over;
    let (ready_why, ready_what) = if ready && !gates_hold {
        ("ReadinessGatesNotReady", "the status of a pod readiness gate is not \"True\"".to_owned())
    } else {
        (why.as_str(), what.clone())
    };
    let mut list = vec![
        condition(
            conditions,
            "PodReadyToStartContainers",
            prepared && !over && state.trouble.is_none(),
            "",
            "",
            now,
        ),
        condition(conditions, "Initialized", incomplete.is_empty(), init_why, init_what, now),
        condition(conditions, "Ready", ready && gates_hold, ready_why, &ready_what, now),
        condition(conditions, "ContainersReady", ready, &why, &what, now),
        condition(conditions, "PodScheduled", true, "", "", now),
    ];
    let ours: Vec<Value> = list.iter().filter_map(|each| each.get("type").cloned()).collect();
    let foreign = conditions.and_then(Value::as_array).into_iter().flatten();
    list.extend(foreign.filter(|each| !each.get("type").is_some_and(|kind| ours.contains(kind))).cloned());
    let statuses = |roles: &[Role]| -> Vec<Value> {
        pairs()
            .filter(|(_, plan)| roles.contains(&plan.role))
            .map(|(each, plan)| container(each, plan, state))
            .collect()
    };
    let address = if plan.host_network { Some(place.host_ip.clone()) } else { place.pod_ip.clone() };
    let mut fields = json!({
        "phase": phase,
        "conditions": list,
        "hostIP": place.host_ip,
        "hostIPs": [{"ip": place.host_ip}],
        "startTime": time(state.since),
        "containerStatuses": statuses(&[Role::Main]),
        "qosClass": quality(plan),
    });
    if let Some(map) = fields.as_object_mut() {
        let init = statuses(&[Role::Init, Role::Sidecar]);
        if !init.is_empty() {
            map.insert("initContainerStatuses".to_owned(), init.into());
        }
        let ephemeral = statuses(&[Role::Ephemeral]);
        if !ephemeral.is_empty() {
            map.insert("ephemeralContainerStatuses".to_owned(), with_earlier(known, ephemeral).into());
        }
        if let Some(address) = address {
            map.insert("podIP".to_owned(), address.as_str().into());
            map.insert("podIPs".to_owned(), json!([{"ip": address}]));
        }
        if let Some((reason, message)) = &state.failed {
            map.insert("reason".to_owned(), reason.as_str().into());
            map.insert("message".to_owned(), message.as_str().into());
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::machine::{Event, begin, step};

    fn plan() -> PodPlan {
        PodPlan::of(&json!({"metadata": {"name": "p"}, "spec": {"restartPolicy": "Never",
            "initContainers": [{"name": "i", "image": "i:1"}], "containers": [{"name": "m", "image": "i:1"}]}}))
    }

    fn after(events: &[Event]) -> PodState {
        let plan = plan();
        events.iter().fold(begin(&plan, 0), |state, event| step(state, event.clone(), &plan, 1_000).0)
    }

    fn life() -> Vec<Event> {
        let pulled = |place| Event::Pulled(place, "i:1".into(), "sha256:1".into());
        let exited = |container, code| Event::Exited {
            container,
            code,
            signal: None,
            out_of_memory: false,
            message: String::new(),
        };
        vec![
            Event::Tick,
            Event::Prepared,
            pulled(0),
            Event::Started(0, "a".into()),
            exited(0, 0),
            pulled(1),
            Event::Started(1, "b".into()),
            exited(1, 0),
        ]
    }

    #[test]
    fn the_phase_follows_the_containers() {
        let phases: Vec<&str> = (0..=8).map(|count| phase(&after(&life()[..count]), &plan())).collect();
        assert_eq!(
            phases,
            [
                "Pending",
                "Pending",
                "Pending",
                "Pending",
                "Pending",
                "Pending",
                "Pending",
                "Running",
                "Succeeded"
            ]
        );
        let mut failed = life();
        failed[7] = Event::Exited {
            container: 1,
            code: 3,
            signal: None,
            out_of_memory: true,
            message: String::new(),
        };
        let state = after(&failed);
        assert_eq!(phase(&state, &plan()), "Failed");
        let status = status(&state, &plan(), &Place::default(), &json!({}), 1_000);
        assert_eq!(status["containerStatuses"][0]["state"]["terminated"]["reason"], "OOMKilled");
    }

    #[test]
    fn conditions_keep_their_times_and_strangers() {
        let place = Place { host_ip: "10.0.0.1".into(), pod_ip: Some("10.0.0.2".into()) };
        let running = after(&life()[..7]);
        let first = status(
            &running,
            &plan(),
            &place,
            &json!({"conditions": [{"type": "Mine", "status": "True"}]}),
            5_000,
        );
        let again = status(&running, &plan(), &place, &first, 9_000);
        assert_eq!(first, again);
        assert_eq!(first["podIP"], "10.0.0.2");
        let ready = first["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Ready").unwrap();
        assert_eq!(
            (&ready["status"], &ready["lastTransitionTime"]),
            (&json!("True"), &json!("1970-01-01T00:00:05Z"))
        );
        assert!(first["conditions"].as_array().unwrap().iter().any(|c| c["type"] == "Mine"));
    }

    #[test]
    fn the_class_of_service_follows_requests_and_limits() {
        let with = |resources: Value| {
            quality(&PodPlan::of(
                &json!({"spec": {"containers": [{"name": "m", "image": "i", "resources": resources}]}}),
            ))
        };
        assert_eq!(with(json!({})), "BestEffort");
        assert_eq!(with(json!({"requests": {"cpu": "1"}})), "Burstable");
        assert_eq!(with(json!({"limits": {"cpu": "1", "memory": "1Gi"}})), "Guaranteed");
        assert_eq!(
            with(json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}})),
            "Burstable"
        );
    }
}
