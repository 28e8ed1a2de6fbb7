use wheelhouse_policy::{DeploymentFacts, Facts, Machines};

use crate::support::{container, expect, facts, messages, of_rule, pod};

#[test]
fn cpu_and_memory_limits_are_wanted_on_containers_and_init_containers() {
    expect("WH-140", &container("resources: {limits: {cpu: 1, memory: 1Gi}}"), &[]);
    expect(
        "WH-140",
        &container("resources: {limits: {cpu: 1}}"),
        &["warning spec.containers[0].resources.limits.memory = {cpu: 1} (missing)"],
    );
    expect(
        "WH-140",
        &pod("initContainers: [{name: i, image: i}]"),
        &[
            "warning spec.initContainers[0].resources.limits.cpu = {name: i, image: i} (missing)",
            "warning spec.initContainers[0].resources.limits.memory = {name: i, image: i} (missing)",
        ],
    );
    expect("WH-140", &pod("ephemeralContainers: [{name: e, image: i}]"), &[]);
}

#[test]
fn an_extended_resource_is_limited_to_what_is_requested() {
    expect(
        "WH-141",
        &container("resources: {requests: {nvidia.com/gpu: 1}, limits: {nvidia.com/gpu: 1}}"),
        &[],
    );
    expect(
        "WH-141",
        &container("resources: {requests: {nvidia.com/gpu: 1}}"),
        &["warning spec.containers[0].resources.requests[nvidia.com/gpu] = nvidia.com/gpu"],
    );
    expect("WH-141", &container("resources: {requests: {cpu: 1}}"), &[]);
}

#[test]
fn what_writes_to_an_unbounded_volume_limits_its_disk() {
    let with = |volume: &str, limits: &str| {
        pod(&format!(
            "volumes: [{{name: v, emptyDir: {{{volume}}}}}]\ncontainers:\n- name: c\n  image: i:1\n  volumeMounts: [{{name: v, mountPath: /v}}]\n  resources: {{limits: {{{limits}}}}}"
        ))
    };
    expect(
        "WH-141",
        &with("", "cpu: 1"),
        &["warning spec.containers[0].resources.limits.ephemeral-storage = {cpu: 1} (missing)"],
    );
    expect("WH-141", &with("sizeLimit: 1Gi", "cpu: 1"), &[]);
    expect("WH-141", &with("medium: Memory", "cpu: 1"), &[]);
    expect("WH-141", &with("", "ephemeral-storage: 1Gi"), &[]);
}

fn on(gpus_per_node: i64, nodes: i64) -> Facts {
    let machines = Machines { instance_type: "T".into(), gpus_per_node, nodes };
    Facts { deployment: Some(DeploymentFacts { machines: Some(machines) }), ..facts() }
}

fn workload(kind: &str, spec: &str, gpus: i64) -> String {
    format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: w}}\nspec:\n  {spec}\n  template:\n    spec:\n      containers:\n      - {{name: c, image: i, resources: {{limits: {{nvidia.com/gpu: {gpus}}}}}}}\n"
    )
}

#[test]
fn gpus_must_fit_the_instance_type() {
    let whole = workload("Deployment", "replicas: 1\n  strategy: {type: Recreate}", 8);
    assert_eq!(of_rule("WH-143", &whole, &on(8, 1)).len(), 0);
    assert_eq!(
        messages("WH-143", &workload("Deployment", "replicas: 1", 8), &on(8, 1)),
        ["Deployment/w starts 1 more pod(s) while it is updated, for which T has no free GPU"]
    );
    let none = workload("Deployment", "replicas: 1\n  strategy: {rollingUpdate: {maxSurge: 0}}", 8);
    assert_eq!(of_rule("WH-143", &none, &on(8, 1)).len(), 0);
    assert_eq!(
        messages("WH-143", &workload("Deployment", "replicas: 1", 9), &on(8, 1)),
        ["Deployment/w asks for 9 GPUs on one node; T has 8"]
    );
    assert_eq!(of_rule("WH-143", &workload("StatefulSet", "replicas: 2", 4), &on(8, 1)).len(), 0);
    assert_eq!(
        messages("WH-143", &workload("Deployment", "replicas: 3", 4), &on(8, 1)),
        ["the chart asks for 12 GPUs (Deployment/w: 3 × 4); T has 8 × 1"]
    );
    assert_eq!(of_rule("WH-143", &workload("StatefulSet", "replicas: 2", 8), &on(8, 2)).len(), 0);
    assert_eq!(
        messages("WH-143", &workload("StatefulSet", "replicas: 1", 8), &on(8, 2)),
        ["the chart asks for 8 GPUs (StatefulSet/w: 1 × 8); T has 8 × 2"]
    );
    assert_eq!(
        messages("WH-143", &workload("StatefulSet", "replicas: 2", 4), &on(8, 2)),
        ["StatefulSet/w asks for 4 of 8 GPUs; multi-node instances need whole nodes"]
    );
}

#[test]
fn init_containers_take_their_gpus_before_the_others() {
    let document = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  initContainers:\n  - {name: i, image: i, resources: {limits: {nvidia.com/gpu: 3}}}\n  containers:\n  - {name: c, image: i, resources: {limits: {nvidia.com/gpu: 2}}}\n";
    assert_eq!(of_rule("WH-143", document, &on(3, 1)).len(), 0);
    assert_eq!(of_rule("WH-143", document, &on(2, 1)).len(), 1);
}

#[test]
fn idle_gpus_and_slow_gangs_are_warned_of() {
    assert_eq!(
        messages("WH-146", &container("tty: true"), &on(1, 1)),
        ["no container asks for a GPU, but T has 1"]
    );
    let headless = "---\napiVersion: v1\nkind: Service\nmetadata: {name: h}\nspec: {clusterIP: None}\n";
    let set = |more: &str| workload("StatefulSet", &format!("replicas: 2{more}"), 8) + headless;
    let found = |document: &str| of_rule("WH-148", document, &on(8, 2));
    assert_eq!(found(&set("\n  podManagementPolicy: Parallel\n  serviceName: h")), Vec::<String>::new());
    assert_eq!(
        found(&set("\n  serviceName: h")),
        ["warning spec.podManagementPolicy = replicas: 2 (missing)"]
    );
    assert_eq!(
        found(&set("\n  podManagementPolicy: Parallel\n  serviceName: other")),
        ["warning spec.serviceName = other"]
    );
}
