//! Labels that controllers put on pods. Services select by them, and no template shows them.

use super::Passed;
use super::shapes::{Part, Way};
use crate::object::Object;
use crate::tree::Node;

/// The labels of the first pod of a template, which is there whatever the number of replicas.
pub(super) fn of(object: &Object, way: &Way, passed: &[Passed<'_>]) -> Vec<(&'static str, String)> {
    let name = || object.name().to_owned();
    let zero = || "0".to_owned();
    match (object.group(), object.kind.as_str()) {
        // Since Kubernetes 1.28.
        ("apps", "StatefulSet") => vec![
            ("apps.kubernetes.io/pod-index", zero()),
            ("statefulset.kubernetes.io/pod-name", format!("{}-0", object.name())),
        ],
        ("batch", "Job") => vec![("job-name", name()), ("batch.kubernetes.io/job-name", name())],
        ("leaderworkerset.x-k8s.io", _) => {
            let has_leader = object
                .root
                .at("spec.leaderWorkerTemplate")
                .is_some_and(|it| it.set("leaderTemplate").is_some());
            let first = if way.part == Part::Worker && has_leader { "1".to_owned() } else { zero() };
            vec![
                ("leaderworkerset.sigs.k8s.io/name", name()),
                ("leaderworkerset.sigs.k8s.io/group-index", zero()),
                ("leaderworkerset.sigs.k8s.io/worker-index", first),
            ]
        }
        ("jobset.x-k8s.io", _) => {
            let job = passed.last().and_then(|passed| passed.node.get("name")).and_then(Node::as_str);
            let job = job.unwrap_or_default();
            vec![
                ("jobset.sigs.k8s.io/jobset-name", name()),
                ("jobset.sigs.k8s.io/replicatedjob-name", job.to_owned()),
                ("jobset.sigs.k8s.io/job-index", zero()),
                ("batch.kubernetes.io/job-completion-index", zero()),
                ("batch.kubernetes.io/job-name", format!("{}-{job}-0", object.name())),
            ]
        }
        ("ray.io", _) => {
            let role = if way.part == Part::Leader { "head" } else { "worker" };
            vec![("ray.io/cluster", name()), ("ray.io/node-type", role.to_owned())]
        }
        ("kubeflow.org", _) => {
            let role = passed.last().map(|passed| passed.name.to_lowercase()).unwrap_or_default();
            vec![
                ("training.kubeflow.org/job-name", name()),
                ("training.kubeflow.org/replica-type", role),
                ("training.kubeflow.org/replica-index", zero()),
            ]
        }
        _ => Vec::new(),
    }
}
