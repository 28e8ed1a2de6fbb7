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
    assert_eq!(of_rule("WH-143", &workload("Deployment", "replicas: 1", 8), &on(8, 1)).len(), 0);
    assert_eq!(
        messages("WH-143", &workload("Deployment", "replicas: 1", 9), &on(8, 1)),
        ["Deployment/w asks for 9 GPUs on one node; T has 8"]
    );
    assert_eq!(of_rule("WH-143", &workload("Deployment", "replicas: 2", 4), &on(8, 1)).len(), 0);
    assert_eq!(
        messages("WH-143", &workload("Deployment", "replicas: 3", 4), &on(8, 1)),
        ["the chart asks for 12 GPUs (Deployment/w: 3 × 4); T has 8 × 1"]
    );
    assert_eq!(of_rule("WH-143", &workload("StatefulSet", "replicas: 2", 8), &on(8, 2)).len(), 0);
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
    assert_eq!(of_rule("WH-148", &workload("StatefulSet", "replicas: 2", 8), &on(8, 2)).len(), 1);
    let parallel = workload("StatefulSet", "replicas: 2\n  podManagementPolicy: Parallel", 8);
    assert_eq!(of_rule("WH-148", &parallel, &on(8, 2)).len(), 0);
}
