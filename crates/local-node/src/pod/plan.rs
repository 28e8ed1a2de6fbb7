//! What a pod's spec asks of its node.

use serde_json::Value;

use super::probe::Probe;

/// When ended containers are started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RestartPolicy {
    /// However they ended.
    #[default]
    Always,
    /// If they ended with a failure.
    OnFailure,
    /// Not at all.
    Never,
}

/// What a container is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs to its end before the next begins.
    Init,
    /// Begins in its turn among the init containers, and runs as long as the pod.
    Sidecar,
    /// The pod's purpose.
    Main,
    /// Added to a pod that runs, to look into it; runs once, and nothing waits for it.
    Ephemeral,
}

/// When an image is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullPolicy {
    /// Each time a container is started.
    Always,
    /// If it is not in the store.
    IfNotPresent,
    /// Not at all.
    Never,
}

/// One container of a pod.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerPlan {
    /// The name, unique in the pod.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The image as the pod names it.
    pub image: String,
    /// When the image is pulled.
    pub pull_policy: PullPolicy,
    /// Until this succeeds, the container has not started and nothing else is probed.
    pub startup: Option<Probe>,
    /// When this fails, the container is started again.
    pub liveness: Option<Probe>,
    /// While this fails, the container is not ready.
    pub readiness: Option<Probe>,
    /// The handler that runs before it is asked to stop.
    pub before_stop: Option<Value>,
    /// The handler that runs when it has begun.
    pub after_start: Option<Value>,
    /// The container's part of the spec.
    pub spec: Value,
}

impl ContainerPlan {
    fn read(spec: &Value, role: Role) -> Self {
        let text = |field: &str| spec.get(field).and_then(Value::as_str).unwrap_or_default();
        let image = text("image").to_owned();
        let latest = image.parse::<crate::image::Reference>().is_ok_and(|reference| reference.is_latest());
        let pull_policy = match text("imagePullPolicy") {
            "Always" => PullPolicy::Always,
            "Never" => PullPolicy::Never,
            "IfNotPresent" => PullPolicy::IfNotPresent,
            _ if latest => PullPolicy::Always,
            _ => PullPolicy::IfNotPresent,
        };
        let probe = |field: &str| spec.get(field).and_then(|probe| Probe::read(probe, spec));
        let handler = |name: &str| {
            spec.pointer(&format!("/lifecycle/{name}")).filter(|handler| !handler.is_null()).cloned()
        };
        Self {
            name: text("name").to_owned(),
            role,
            image,
            pull_policy,
            startup: probe("startupProbe"),
            liveness: probe("livenessProbe"),
            readiness: probe("readinessProbe"),
            before_stop: handler("preStop"),
            after_start: handler("postStart"),
            spec: spec.clone(),
        }
    }
}

/// A pod as its node sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct PodPlan {
    /// The pod's uid.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// All containers: init containers and sidecars in their order, then the others, then ephemeral ones.
    pub containers: Vec<ContainerPlan>,
    /// When ended containers are started again.
    pub restart_policy: RestartPolicy,
    /// How long containers have to stop, in milliseconds.
    pub grace: i64,
    /// How long the pod may be active at all, in milliseconds.
    pub deadline: Option<i64>,
    /// The condition types that must hold besides readiness.
    pub readiness_gates: Vec<String>,
    /// Uses the host's network.
    pub host_network: bool,
    /// The pod's spec.
    pub spec: Value,
}

impl PodPlan {
    /// Reads a pod.
    #[must_use]
    pub fn of(pod: &Value) -> Self {
        let spec = pod.get("spec").cloned().unwrap_or_default();
        let list = |field: &str| spec.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
        let init = list("initContainers");
        let containers = init
            .iter()
            .map(|each| {
                let always = each.get("restartPolicy").and_then(Value::as_str) == Some("Always");
                ContainerPlan::read(each, if always { Role::Sidecar } else { Role::Init })
            })
            .chain(list("containers").iter().map(|each| ContainerPlan::read(each, Role::Main)))
            .collect();
        let meta = |field: &str| {
            pod.pointer(&format!("/metadata/{field}")).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let seconds = |field: &str| {
            spec.get(field).and_then(Value::as_i64).map(|seconds| seconds.saturating_mul(1_000))
        };
        Self {
            uid: meta("uid"),
            namespace: meta("namespace"),
            name: meta("name"),
            containers,
            restart_policy: match spec.get("restartPolicy").and_then(Value::as_str) {
                Some("Never") => RestartPolicy::Never,
                Some("OnFailure") => RestartPolicy::OnFailure,
                _ => RestartPolicy::Always,
            },
            grace: seconds("terminationGracePeriodSeconds").unwrap_or(30_000),
            deadline: seconds("activeDeadlineSeconds"),
            readiness_gates: list("readinessGates")
                .iter()
                .filter_map(|gate| gate.get("conditionType")?.as_str().map(str::to_owned))
                .collect(),
            host_network: spec.get("hostNetwork").and_then(Value::as_bool).unwrap_or_default(),
            spec,
        }
    }

    /// The plan with the ephemeral containers that have come to the pod, if any have. One that has a status
    /// and is not in the plan ran before this process did, and does not run again.
    #[must_use]
    pub fn with_new_ephemeral(&self, pod: &Value) -> Option<Self> {
        let list = |pointer: &str| pod.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
        let name = |entry: &Value| entry.get("name").and_then(Value::as_str).map(str::to_owned);
        let ran: Vec<_> = list("/status/ephemeralContainerStatuses").map(name).collect();
        let is_new = |entry: &&Value| {
            let name = name(entry);
            !ran.contains(&name) && !self.containers.iter().any(|known| Some(&known.name) == name.as_ref())
        };
        let new: Vec<_> = list("/spec/ephemeralContainers")
            .filter(is_new)
            .map(|entry| ContainerPlan::read(entry, Role::Ephemeral))
            .collect();
        (!new.is_empty()).then(|| {
            let mut grown = self.clone();
            grown.containers.extend(new);
            grown
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn containers_come_in_their_order_with_their_roles() {
        let plan = PodPlan::of(&json!({"metadata": {"name": "p"}, "spec": {
            "initContainers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "x", "restartPolicy": "Always"}],
            "containers": [{"name": "c", "image": "x@sha256:bad"}], "restartPolicy": "Never"}}));
        let read: Vec<_> = plan.containers.iter().map(|c| (c.name.as_str(), c.role, c.pull_policy)).collect();
        assert_eq!(
            read,
            [
                ("a", Role::Init, PullPolicy::IfNotPresent),
                ("b", Role::Sidecar, PullPolicy::Always),
                ("c", Role::Main, PullPolicy::IfNotPresent)
            ]
        );
        assert_eq!((plan.restart_policy, plan.grace), (RestartPolicy::Never, 30_000));
    }

    #[test]
    fn ephemeral_containers_join_the_plan_once() {
        let pod = |spec: Value, status: Value| json!({"spec": {"containers": [{"name": "c"}], "ephemeralContainers": spec}, "status": status});
        let plan = PodPlan::of(&pod(json!([]), json!({})));
        assert_eq!(plan.with_new_ephemeral(&pod(json!([]), json!({}))), None);
        let with = pod(
            json!([{"name": "look"}, {"name": "gone"}]),
            json!({"ephemeralContainerStatuses": [{"name": "gone"}]}),
        );
        let grown = plan.with_new_ephemeral(&with).unwrap();
        let names: Vec<_> = grown.containers.iter().map(|c| (c.name.as_str(), c.role)).collect();
        assert_eq!(names, [("c", Role::Main), ("look", Role::Ephemeral)]);
        assert_eq!(grown.with_new_ephemeral(&with), None);
    }
}
