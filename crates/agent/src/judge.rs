//! From what the cluster shows to how an instance stands. Pure: objects and elapsed times in, a verdict out.

use crate::options::Timers;
use serde_json::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use wheelhouse_functions::instance::Endpoint;
use wheelhouse_functions::instance_state::{Failure, FailureCause};
use wheelhouse_objects::{Readiness, readiness};

/// How an instance's objects stand, its health endpoint aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every object is what it wants to be.
    Healthy,
    /// Something is missing; the text says what.
    Waiting(String),
    /// It will not get there.
    Failed(Failure, Option<TroubledContainer>),
}

/// Whose last log lines explain a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TroubledContainer {
    pub(crate) pod: String,
    pub(crate) container: String,
    /// Whether the words are those of its former life.
    pub(crate) previous: bool,
}

/// Since when something has been wrong, by what it is. Kept between two looks.
#[derive(Debug, Default)]
pub(crate) struct Troubles {
    since: HashMap<(String, FailureCause), Instant>,
}

impl Troubles {
    /// For how long this trouble has lasted at `now`.
    fn lasted(&mut self, what: &str, cause: FailureCause, now: Instant) -> Duration {
        let since = self.since.entry((what.to_owned(), cause)).or_insert(now);
        now.saturating_duration_since(*since)
    }

    /// Forgets troubles that are over.
    fn keep_only(&mut self, current: &[(String, FailureCause)]) {
        self.since.retain(|trouble, _| current.contains(trouble));
    }
}

/// Judges an instance by its pods and its applied objects. With `by_probe`, objects other than failed pods are only
/// informational: the health endpoint alone decides.
pub(crate) fn judge(
    applied: &[Value],
    pods: &[Value],
    by_probe: bool,
    timers: &Timers,
    troubles: &mut Troubles,
    now: Instant,
) -> Verdict {
    let mut current = Vec::new();
    let mut waiting = None;
    for pod in pods {
        match judge_pod(pod, timers, troubles, now, &mut current) {
            Verdict::Failed(failure, troubled) => return Verdict::Failed(failure, troubled),
            Verdict::Waiting(what) => waiting = waiting.or(Some(what)),
            Verdict::Healthy => {}
        }
    }
    troubles.keep_only(&current);
    if by_probe {
        return Verdict::Healthy;
    }
    for object in applied {
        let name = || format!("{}/{}", text(object, "/kind"), text(object, "/metadata/name"));
        match readiness(object) {
            Readiness::Failed(what) => {
                let failure =
                    Failure { cause: FailureCause::ControllerFailed, message: format!("{}: {what}", name()) };
                return Verdict::Failed(failure, troubled_container(pods));
            }
            Readiness::InProgress(what) => {
                waiting = waiting.or_else(|| {
                    let why = why_not_ready(pods).map(|why| format!(" ({why})")).unwrap_or_default();
                    Some(format!("{}: {what}{why}", name()))
                });
            }
            Readiness::Terminating => {
                waiting = waiting.or_else(|| Some(format!("{} is being deleted", name())))
            }
            Readiness::Ready => {}
        }
    }
    waiting.map_or(Verdict::Healthy, Verdict::Waiting)
}

fn text<'a>(object: &'a Value, path: &str) -> &'a str {
    object.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn judge_pod(
    pod: &Value,
    timers: &Timers,
    troubles: &mut Troubles,
    now: Instant,
    current: &mut Vec<(String, FailureCause)>,
) -> Verdict {
    let name = text(pod, "/metadata/name").to_owned();
    if pod.pointer("/metadata/deletionTimestamp").is_some_and(|at| !at.is_null()) {
        return Verdict::Healthy;
    }
    if text(pod, "/status/phase") == "Failed" {
        // A Job's own retries are its controller's matter.
        let of_job = pod.pointer("/metadata/ownerReferences/0/kind").and_then(Value::as_str) == Some("Job");
        if !of_job {
            let why = match readiness(pod) {
                Readiness::Failed(why) => why,
                _ => "the pod failed".to_owned(),
            };
            let failure = Failure { cause: FailureCause::PodFailed, message: format!("Pod/{name}: {why}") };
            return Verdict::Failed(failure, troubled_container(std::slice::from_ref(pod)));
        }
    }
    let mut waiting = None;
    for trouble in troubles_of(pod) {
        let limit = match trouble.cause {
            FailureCause::ImagePullIssues => timers.image_pull,
            FailureCause::ContainerRestartLoop => timers.restart_loop,
            FailureCause::InitContainerStuck => timers.init_stuck,
            _ => timers.scheduling,
        };
        let key = format!("{name}/{}", trouble.container);
        current.push((key.clone(), trouble.cause));
        let message = format!("Pod/{name}: {}", trouble.message);
        if troubles.lasted(&key, trouble.cause, now) < limit {
            waiting = waiting.or(Some(message));
            continue;
        }
        let troubled = (!trouble.container.is_empty()).then(|| TroubledContainer {
            pod: name.clone(),
            container: trouble.container.clone(),
            previous: trouble.cause == FailureCause::ContainerRestartLoop,
        });
        return Verdict::Failed(Failure { cause: trouble.cause, message }, troubled);
    }
    waiting.map_or(Verdict::Healthy, Verdict::Waiting)
}

/// What the first pod that is not ready says of its containers.
fn why_not_ready(pods: &[Value]) -> Option<String> {
    pods.iter().filter(|pod| readiness(pod) != Readiness::Ready).find_map(|pod| {
        let name = text(pod, "/metadata/name");
        for list in ["/status/initContainerStatuses", "/status/containerStatuses"] {
            for status in pod.pointer(list).and_then(Value::as_array).into_iter().flatten() {
                let container = text(status, "/name");
                let reason = text(status, "/state/waiting/reason");
                if !reason.is_empty() {
                    let message = text(status, "/state/waiting/message");
                    let said = format!("Pod/{name}: container {container}: {reason} {message}");
                    return Some(format!("{}{}", said.trim_end(), exit(status)));
                }
                let runs = status.pointer("/state/running").is_some();
                if runs
                    && status.pointer("/ready").and_then(Value::as_bool) == Some(false)
                    && !list.contains("init")
                {
                    return Some(format!("Pod/{name}: container {container} runs and is not ready"));
                }
            }
        }
        None
    })
}

struct Trouble {
    cause: FailureCause,
    container: String,
    message: String,
}

/// What is wrong with a pod at the moment, the worst first.
fn troubles_of(pod: &Value) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for (list, init) in [("/status/initContainerStatuses", true), ("/status/containerStatuses", false)] {
        for status in pod.pointer(list).and_then(Value::as_array).into_iter().flatten() {
            let container = text(status, "/name").to_owned();
            let (reason, message) =
                (text(status, "/state/waiting/reason"), text(status, "/state/waiting/message"));
            let restarts = status.pointer("/restartCount").and_then(Value::as_i64).unwrap_or(0);
            let words = format!("container {container}: {reason} {message}").trim_end().to_owned();
            let cause = match reason {
                "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" => {
                    Some(FailureCause::ImagePullIssues)
                }
                "CrashLoopBackOff" if restarts >= 3 => Some(FailureCause::ContainerRestartLoop),
                _ if init && status.pointer("/state/running").is_some() && !is_sidecar(pod, &container) => {
                    Some(FailureCause::InitContainerStuck)
                }
                _ => None,
            };
            if let Some(cause) = cause {
                let message = match cause {
                    FailureCause::InitContainerStuck => {
                        format!("init container {container} is still running")
                    }
                    FailureCause::ContainerRestartLoop => {
                        format!("container {container} was restarted {restarts} times{}", exit(status))
                    }
                    _ => words,
                };
                troubles.push(Trouble { cause, container, message });
            }
        }
    }
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let unscheduled = conditions.into_iter().flatten().find(|condition| {
        text(condition, "/type") == "PodScheduled" && text(condition, "/status") == "False"
    });
    if let Some(condition) = unscheduled {
        troubles.push(Trouble {
            cause: FailureCause::PodStuckScheduling,
            container: String::new(),
            message: format!("no node takes it: {}", text(condition, "/message")),
        });
    }
    troubles
}

fn is_sidecar(pod: &Value, container: &str) -> bool {
    let containers = pod.pointer("/spec/initContainers").and_then(Value::as_array);
    containers
        .into_iter()
        .flatten()
        .any(|init| text(init, "/name") == container && text(init, "/restartPolicy") == "Always")
}

fn exit(status: &Value) -> String {
    let code = status.pointer("/lastState/terminated/exitCode").and_then(Value::as_i64);
    code.map_or(String::new(), |code| format!(", last with exit code {code}"))
}

/// The container whose words explain best why pods do not serve.
fn troubled_container(pods: &[Value]) -> Option<TroubledContainer> {
    for pod in pods {
        for list in ["/status/initContainerStatuses", "/status/containerStatuses"] {
            for status in pod.pointer(list).and_then(Value::as_array).into_iter().flatten() {
                let ended = status.pointer("/state/terminated/exitCode").and_then(Value::as_i64);
                let restarts = status.pointer("/restartCount").and_then(Value::as_i64).unwrap_or(0);
                if ended.is_some_and(|code| code != 0) || restarts > 0 {
                    return Some(TroubledContainer {
                        pod: text(pod, "/metadata/name").to_owned(),
                        container: text(status, "/name").to_owned(),
                        previous: ended.is_none(),
                    });
                }
            }
        }
    }
    None
}

/// The ready addresses behind a service's port, from its endpoint slices.
pub(crate) fn endpoints(service: &Value, slices: &[Value], port: u16) -> Vec<Endpoint> {
    let ports = service.pointer("/spec/ports").and_then(Value::as_array);
    let Some(found) = ports
        .into_iter()
        .flatten()
        .find(|candidate| candidate.get("port").and_then(Value::as_u64) == Some(u64::from(port)))
    else {
        return Vec::new();
    };
    let name = text(found, "/name");
    let mut all: Vec<Endpoint> = slices
        .iter()
        .filter(|slice| {
            text(slice, "/metadata/labels/kubernetes.io~1service-name") == text(service, "/metadata/name")
        })
        .flat_map(|slice| {
            let target =
                slice.pointer("/ports").and_then(Value::as_array).into_iter().flatten().find(|candidate| {
                    candidate.get("name").and_then(Value::as_str).unwrap_or_default() == name
                });
            let target = target
                .and_then(|target| target.get("port").and_then(Value::as_u64))
                .and_then(|target| u16::try_from(target).ok());
            let ready = slice.pointer("/endpoints").and_then(Value::as_array).into_iter().flatten().filter(
                |endpoint| endpoint.pointer("/conditions/ready").and_then(Value::as_bool).unwrap_or(true),
            );
            let addresses =
                ready.filter_map(|endpoint| endpoint.pointer("/addresses/0").and_then(Value::as_str));
            addresses
                .filter_map(move |host| Some(Endpoint { host: host.to_owned(), port: target? }))
                .collect::<Vec<_>>()
        })
        .collect();
    all.sort_by(|a, b| (&a.host, a.port).cmp(&(&b.host, b.port)));
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(pods: &[Value], after: u64, expect: &str) {
        let mut troubles = Troubles::default();
        let start = Instant::now();
        let timers = Timers::default();
        let _first = judge(&[], pods, false, &timers, &mut troubles, start);
        let later = start + Duration::from_secs(after);
        let shown = match judge(&[], pods, false, &timers, &mut troubles, later) {
            Verdict::Healthy => "healthy".to_owned(),
            Verdict::Waiting(what) => format!("waiting: {what}"),
            Verdict::Failed(failure, troubled) => {
                let whose = troubled.map_or(String::new(), |troubled| format!(" [{}]", troubled.container));
                format!("{}: {}{whose}", failure.cause.as_str(), failure.message)
            }
        };
        assert_eq!(shown, expect);
    }

    fn pod(status: Value) -> Value {
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p" }, "status": status })
    }

    #[test]
    fn a_workload_that_waits_says_what_its_pod_waits_for() {
        let set = json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": "w", "generation": 1 },
            "spec": { "replicas": 1 },
            "status": { "observedGeneration": 1, "replicas": 1, "readyReplicas": 0 },
        });
        let said = |status: Value| {
            let pods = [pod(json!({ "phase": "Running", "containerStatuses": [status] }))];
            let (timers, mut troubles) = (Timers::default(), Troubles::default());
            match judge(std::slice::from_ref(&set), &pods, false, &timers, &mut troubles, Instant::now()) {
                Verdict::Waiting(what) => what,
                verdict => panic!("{verdict:?}"),
            }
        };
        let creating = json!({ "name": "c", "state": { "waiting": { "reason": "CreateContainerConfigError", "message": "no such Secret" } } });
        let found = said(creating);
        assert!(
            found.ends_with("(Pod/p: container c: CreateContainerConfigError no such Secret)"),
            "{found}"
        );
        let found = said(json!({ "name": "c", "ready": false, "state": { "running": {} } }));
        assert!(found.ends_with("(Pod/p: container c runs and is not ready)"), "{found}");
    }

    #[test]
    fn troubles_become_failures_when_they_last() {
        let waiting = |reason: &str, restarts: u32| {
            pod(json!({ "phase": "Pending", "containerStatuses": [{
                "name": "c", "restartCount": restarts, "state": { "waiting": { "reason": reason, "message": "m" } },
                "lastState": { "terminated": { "exitCode": 3 } },
            }] }))
        };
        let image = [waiting("ImagePullBackOff", 0)];
        check(&image, 59, "waiting: Pod/p: container c: ImagePullBackOff m");
        check(&image, 60, "image-pull-issues: Pod/p: container c: ImagePullBackOff m [c]");
        let crash = [waiting("CrashLoopBackOff", 3)];
        check(&crash, 599, "waiting: Pod/p: container c was restarted 3 times, last with exit code 3");
        check(
            &crash,
            600,
            "container-restart-loop: Pod/p: container c was restarted 3 times, last with exit code 3 [c]",
        );
        check(&[waiting("CrashLoopBackOff", 2)], 9_999, "healthy");
        let condition = json!([{ "type": "PodScheduled", "status": "False", "message": "0/1 nodes" }]);
        let unscheduled = [pod(json!({ "phase": "Pending", "conditions": condition }))];
        check(&unscheduled, 599, "waiting: Pod/p: no node takes it: 0/1 nodes");
        check(&unscheduled, 600, "pod-stuck-scheduling: Pod/p: no node takes it: 0/1 nodes");
        let init = [pod(
            json!({ "phase": "Pending", "initContainerStatuses": [{ "name": "i", "state": { "running": {} } }] }),
        )];
        check(&init, 7_199, "waiting: Pod/p: init container i is still running");
        check(&init, 7_200, "init-container-stuck: Pod/p: init container i is still running [i]");
    }

    #[test]
    fn failed_pods_fail_at_once_unless_a_job_retries_them() {
        let failed = pod(json!({ "phase": "Failed", "reason": "Evicted", "containerStatuses": [
            { "name": "c", "state": { "terminated": { "exitCode": 1 } } }
        ] }));
        check(std::slice::from_ref(&failed), 0, "pod-failed: Pod/p: the pod failed Evicted [c]");
        let mut of_job = failed;
        of_job["metadata"]["ownerReferences"] = json!([{ "kind": "Job" }]);
        check(&[of_job], 0, "healthy");
    }

    #[test]
    fn objects_count_unless_the_probe_decides() {
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "d", "generation": 1 },
            "spec": {}, "status": { "observedGeneration": 1 },
        });
        let mut troubles = Troubles::default();
        let mut ask = |by_probe| {
            judge(
                std::slice::from_ref(&deployment),
                &[],
                by_probe,
                &Timers::default(),
                &mut troubles,
                Instant::now(),
            )
        };
        assert_eq!(ask(false), Verdict::Waiting("Deployment/d: 0 of 1 replicas are updated".into()));
        assert_eq!(ask(true), Verdict::Healthy);
    }

    #[test]
    fn endpoints_are_the_ready_addresses_of_the_port() {
        let service = json!({ "metadata": { "name": "s" }, "spec": { "ports": [
            { "name": "http", "port": 8001 }, { "name": "metrics", "port": 9 }
        ] } });
        let slice = |service: &str, ready: bool| {
            json!({
                "metadata": { "labels": { "kubernetes.io/service-name": service } },
                "ports": [{ "name": "metrics", "port": 99 }, { "name": "http", "port": 80 }],
                "endpoints": [{ "addresses": ["10.0.0.1"], "conditions": { "ready": ready } }],
            })
        };
        let found = endpoints(&service, &[slice("s", true), slice("other", true)], 8001);
        assert_eq!(found, [Endpoint { host: "10.0.0.1".into(), port: 80 }]);
        assert!(endpoints(&service, &[slice("s", false)], 8001).is_empty());
        assert!(endpoints(&service, &[slice("s", true)], 8002).is_empty());
    }
}
