//! Which kinds hold pods, and where in them: Kubernetes' own and those of well-known operators.

use std::borrow::Cow;

use super::Passed;
use crate::object::Object;
use crate::tree::Node;
use Step::{Items, Key, Values};

/// A step from an object towards a pod.
pub(super) enum Step {
    /// To the value of a key.
    Key(&'static str),
    /// To every item of a list.
    Items,
    /// To every value of a mapping.
    Values,
}

/// Where pods lie in an object.
pub(super) struct Way {
    /// From the object to what holds `metadata` and `spec`.
    pub(super) steps: &'static [Step],
    /// The path of the spec if no list or mapping of pods is on the way.
    path: Option<&'static str>,
    /// How many pods run at once, by the object and the item passed last.
    pub(super) count: fn(&Object, Option<&Node>) -> i64,
    /// What its pods are to their kind.
    pub(super) part: Part,
}

/// What pods are to their kind, where it has several sorts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    All,
    Leader,
    Worker,
}

impl Way {
    /// The path of the spec.
    pub(super) fn spec_path(&self, passed: &[Passed<'_>]) -> Cow<'static, str> {
        if let Some(path) = self.path {
            return Cow::Borrowed(path);
        }
        let mut path = String::new();
        let mut passed = passed.iter();
        for step in self.steps {
            match step {
                Step::Key(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Step::Items | Step::Values => {
                    let name = passed.next().map(|passed| passed.name.as_str()).unwrap_or_default();
                    path.push_str(&match step {
                        Step::Items => format!("[{name}]"),
                        _ => format!(".{name}"),
                    });
                }
            }
        }
        path.push_str(".spec");
        Cow::Owned(path)
    }
}

const fn way(
    steps: &'static [Step],
    path: Option<&'static str>,
    count: fn(&Object, Option<&Node>) -> i64,
) -> Way {
    Way { steps, path, count, part: Part::All }
}

const fn part(part: Part, way: Way) -> Way {
    Way { part, ..way }
}

const ITSELF: &[Way] = &[way(&[], Some("spec"), |_, _| 1)];
const TEMPLATE: &[Step] = &[Key("spec"), Key("template")];
const REPLICATED: &[Way] = &[way(TEMPLATE, Some("spec.template.spec"), replicas)];
const JOB: &[Way] = &[way(TEMPLATE, Some("spec.template.spec"), |job, _| job_pods(job.root.get("spec")))];
const CRON_JOB: &[Way] = &[way(
    &[Key("spec"), Key("jobTemplate"), Key("spec"), Key("template")],
    Some("spec.jobTemplate.spec.template.spec"),
    cron_job_pods,
)];
const LEADER_WORKER_SET: &[Way] = &[
    part(
        Part::Leader,
        way(
            &[Key("spec"), Key("leaderWorkerTemplate"), Key("leaderTemplate")],
            Some("spec.leaderWorkerTemplate.leaderTemplate.spec"),
            replicas,
        ),
    ),
    part(
        Part::Worker,
        way(
            &[Key("spec"), Key("leaderWorkerTemplate"), Key("workerTemplate")],
            Some("spec.leaderWorkerTemplate.workerTemplate.spec"),
            group_workers,
        ),
    ),
];
const JOB_SET: &[Way] = &[way(
    &[Key("spec"), Key("replicatedJobs"), Items, Key("template"), Key("spec"), Key("template")],
    None,
    |_, job| {
        number(job, "replicas")
            .unwrap_or(1)
            .saturating_mul(job_pods(job.and_then(|job| job.at("template.spec"))))
    },
)];
const VOLCANO_JOB: &[Way] = &[way(&[Key("spec"), Key("tasks"), Items, Key("template")], None, |_, task| {
    number(task, "replicas").unwrap_or(1)
})];

/// The ways of a Ray cluster's spec, which jobs and services of Ray hold too.
macro_rules! ray {
    ($head:literal $(, $key:literal)+) => {{
        const WAYS: &[Way] = &[
            part(
                Part::Leader,
                way(&[$(Key($key),)+ Key("headGroupSpec"), Key("template")], Some($head), |_, _| 1),
            ),
            part(
                Part::Worker,
                way(&[$(Key($key),)+ Key("workerGroupSpecs"), Items, Key("template")], None, ray_workers),
            ),
        ];
        WAYS
    }};
}

/// The ways of a training job: its replicas by their type.
macro_rules! training {
    ($key:literal) => {{
        const WAYS: &[Way] =
            &[way(&[Key("spec"), Key($key), Values, Key("template")], None, |_, replica| {
                number(replica, "replicas").unwrap_or(1)
            })];
        WAYS
    }};
}

/// The ways to the pods of a kind; none if it has none, or they are not known.
pub(super) fn ways(group: &str, kind: &str) -> &'static [Way] {
    match (group, kind) {
        ("", "Pod") => ITSELF,
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
        | ("", "ReplicationController")
        | ("argoproj.io", "Rollout")
        | ("apps.kruise.io", "CloneSet" | "StatefulSet")
        | ("serving.knative.dev", "Service" | "Configuration") => REPLICATED,
        ("batch", "Job") => JOB,
        ("batch", "CronJob") => CRON_JOB,
        ("leaderworkerset.x-k8s.io", "LeaderWorkerSet") => LEADER_WORKER_SET,
        ("jobset.x-k8s.io", "JobSet") => JOB_SET,
        ("batch.volcano.sh", "Job") => VOLCANO_JOB,
        ("ray.io", "RayCluster") => ray!("spec.headGroupSpec.template.spec", "spec"),
        ("ray.io", "RayJob") => {
            ray!("spec.rayClusterSpec.headGroupSpec.template.spec", "spec", "rayClusterSpec")
        }
        ("ray.io", "RayService") => {
            ray!("spec.rayClusterConfig.headGroupSpec.template.spec", "spec", "rayClusterConfig")
        }
        ("kubeflow.org", "PyTorchJob") => training!("pytorchReplicaSpecs"),
        ("kubeflow.org", "TFJob") => training!("tfReplicaSpecs"),
        ("kubeflow.org", "MPIJob") => training!("mpiReplicaSpecs"),
        ("kubeflow.org", "JAXJob") => training!("jaxReplicaSpecs"),
        ("kubeflow.org", "XGBoostJob") => training!("xgbReplicaSpecs"),
        ("kubeflow.org", "PaddleJob") => training!("paddleReplicaSpecs"),
        _ => &[],
    }
}

fn number(node: Option<&Node>, path: &str) -> Option<i64> {
    node?.at(path)?.as_integer()
}

fn replicas(object: &Object, _: Option<&Node>) -> i64 {
    number(Some(&object.root), "spec.replicas").unwrap_or(1)
}

/// Pods of a Job's spec that run at once.
fn job_pods(spec: Option<&Node>) -> i64 {
    let parallel = number(spec, "parallelism").unwrap_or(1);
    number(spec, "completions").map_or(parallel, |completions| parallel.min(completions))
}

/// One run, or two where they may overlap.
fn cron_job_pods(object: &Object, _: Option<&Node>) -> i64 {
    let policy = object.root.at("spec.concurrencyPolicy").and_then(Node::as_str);
    if matches!(policy, Some("Forbid" | "Replace")) { 1 } else { 2 }
}

/// Each group has `size` pods; one of them is the leader where that has a template of its own.
fn group_workers(object: &Object, _: Option<&Node>) -> i64 {
    let template = object.root.at("spec.leaderWorkerTemplate");
    let size = number(template, "size").unwrap_or(1);
    let has_leader = template.is_some_and(|template| template.set("leaderTemplate").is_some());
    replicas(object, None).saturating_mul(size.saturating_sub(i64::from(has_leader)))
}

fn ray_workers(_: &Object, group: Option<&Node>) -> i64 {
    let hosts = number(group, "numOfHosts").unwrap_or(1);
    number(group, "replicas").unwrap_or(1).saturating_mul(hosts)
}
