use wheelhouse_objects::{Object, read_document};
use wheelhouse_policy::{Additions, DeploymentFacts, ExtraKind, Facts, FunctionFacts, Machines, mutate};

use crate::support::{facts, messages, of_rule};

fn allowing(group: &str, kind: &str) -> Facts {
    let mut facts = facts();
    facts.policy.extra_kinds.push(ExtraKind { group: group.into(), version: "*".into(), kind: kind.into() });
    facts
}

fn of_groups() -> Facts {
    allowing("leaderworkerset.x-k8s.io", "LeaderWorkerSet")
}

const GROUPS: &str = "apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {name: gang}
spec:
  replicas: 1
  leaderWorkerTemplate:
    size: 2
    leaderTemplate:
      metadata: {labels: {role: leader}}
      spec:
        hostNetwork: true
        containers: [{name: l, image: 'i:1', ports: [{containerPort: 80}], resources: {limits: {nvidia.com/gpu: 8}}}]
    workerTemplate:
      spec:
        volumes: [{name: v, hostPath: {path: /}}]
        containers: [{name: w, image: 'i:1', envFrom: [{configMapRef: {name: gone}}], resources: {limits: {nvidia.com/gpu: 8}}}]
";

const JOBS: &str = "apiVersion: jobset.x-k8s.io/v1alpha2
kind: JobSet
metadata: {name: train}
spec:
  replicatedJobs:
  - name: driver
    template: {spec: {template: {spec: {containers: [{name: d, image: 'i:1'}]}}}}
  - name: workers
    replicas: 2
    template:
      spec:
        parallelism: 3
        template:
          spec:
            hostPID: true
            containers: [{name: w, image: 'i:1', resources: {limits: {nvidia.com/gpu: 1}}}]
";

#[test]
fn pods_of_leader_worker_sets_are_looked_into() {
    let found = |id: &str| of_rule(id, GROUPS, &of_groups());
    assert_eq!(found("WH-010"), Vec::<String>::new());
    assert_eq!(found("WH-017"), Vec::<String>::new());
    assert_eq!(found("WH-101"), ["warning spec.leaderWorkerTemplate.leaderTemplate.spec.hostNetwork = true"]);
    assert_eq!(
        found("WH-040"),
        ["error spec.leaderWorkerTemplate.workerTemplate.spec.volumes[0].hostPath = hostPath"]
    );
    assert_eq!(
        found("WH-160"),
        [
            "error spec.leaderWorkerTemplate.workerTemplate.spec.containers[0].envFrom[0].configMapRef.name = gone"
        ]
    );
}

#[test]
fn pods_of_job_sets_are_looked_into() {
    let facts = allowing("jobset.x-k8s.io", "JobSet");
    assert_eq!(
        of_rule("WH-101", JOBS, &facts),
        ["warning spec.replicatedJobs[1].template.spec.template.spec.hostPID = true"]
    );
    assert_eq!(
        of_rule("WH-140", JOBS, &facts)[0],
        "warning spec.replicatedJobs[0].template.spec.template.spec.containers[0].resources.limits.cpu = {name: d, image: 'i:1'} (missing)"
    );
}

#[test]
fn pods_of_other_well_known_kinds_are_looked_into() {
    let pod = "{spec: {hostPID: true, containers: [{name: c, image: i}]}}";
    for (group, kind, spec, path) in [
        ("argoproj.io", "Rollout", "{template: POD}", "spec.template.spec"),
        ("batch.volcano.sh", "Job", "{tasks: [{template: POD}]}", "spec.tasks[0].template.spec"),
        (
            "kubeflow.org",
            "PyTorchJob",
            "{pytorchReplicaSpecs: {Worker: {template: POD}}}",
            "spec.pytorchReplicaSpecs.Worker.template.spec",
        ),
        ("ray.io", "RayCluster", "{headGroupSpec: {template: POD}}", "spec.headGroupSpec.template.spec"),
        (
            "ray.io",
            "RayService",
            "{rayClusterConfig: {workerGroupSpecs: [{template: POD}]}}",
            "spec.rayClusterConfig.workerGroupSpecs[0].template.spec",
        ),
    ] {
        let spec = spec.replace("POD", pod);
        let document = format!("apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n");
        let found = of_rule("WH-101", &document, &allowing(group, kind));
        assert_eq!(found, [format!("warning {path}.hostPID = true")], "{kind}");
    }
}

#[test]
fn a_known_kind_without_pods_where_they_should_be_is_told() {
    let document = "apiVersion: jobset.x-k8s.io/v2\nkind: JobSet\nmetadata: {name: x}\nspec: {jobs: []}\n";
    assert_eq!(of_rule("WH-017", document, &allowing("jobset.x-k8s.io", "JobSet")), ["info kind = JobSet"]);
}

#[test]
fn fields_of_their_pods_are_held_against_the_api() {
    let wrong = GROUPS.replace("hostNetwork: true", "hostNetwrok: true");
    assert_eq!(
        of_rule("WH-012", &wrong, &of_groups()),
        ["error spec.leaderWorkerTemplate.leaderTemplate.spec.hostNetwrok = hostNetwrok"]
    );
}

fn on(mut facts: Facts, gpus_per_node: i64, nodes: i64) -> Facts {
    let machines = Machines { instance_type: "T".into(), gpus_per_node, nodes };
    facts.deployment = Some(DeploymentFacts { machines: Some(machines) });
    facts
}

#[test]
fn gpus_of_groups_and_of_sets_of_jobs_are_counted() {
    assert_eq!(messages("WH-143", GROUPS, &on(of_groups(), 8, 2)), Vec::<String>::new());
    assert_eq!(messages("WH-148", GROUPS, &on(of_groups(), 8, 2)), Vec::<String>::new());
    let three = GROUPS.replace("size: 2", "size: 3");
    assert_eq!(
        messages("WH-143", &three, &on(of_groups(), 8, 2)),
        [
            "the chart asks for 24 GPUs (LeaderWorkerSet/gang: 1 × 8, LeaderWorkerSet/gang: 2 × 8); T has 8 × 2"
        ]
    );
    assert_eq!(
        messages("WH-148", &three, &on(of_groups(), 8, 2)),
        ["LeaderWorkerSet/gang has 3 pods for 2 nodes"]
    );
    let jobs = allowing("jobset.x-k8s.io", "JobSet");
    assert_eq!(
        messages("WH-143", JOBS, &on(jobs, 4, 1)),
        ["the chart asks for 6 GPUs (JobSet/train: 6 × 1); T has 4 × 1"]
    );
}

#[test]
fn a_service_selects_by_labels_that_controllers_add() {
    let service = |selector: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{{selector}}}, ports: [{{port: 80}}]}}\n---\n"
        )
    };
    let mut facts = of_groups();
    facts.function = Some(FunctionFacts {
        service_name: "web".into(),
        inference_port: Some(80),
        ..FunctionFacts::default()
    });
    let levels = |selector: &str| of_rule("WH-022", &format!("{}{GROUPS}", service(selector)), &facts);
    for picked in [
        "role: leader",
        "leaderworkerset.sigs.k8s.io/name: gang",
        "leaderworkerset.sigs.k8s.io/worker-index: \"0\"",
    ] {
        assert_eq!(levels(picked), Vec::<String>::new(), "{picked}");
    }
    assert_eq!(levels("role: worker"), ["error spec.selector = {role: worker}"]);
}

#[test]
fn pods_that_nobody_sees_lower_the_entry_selector_to_a_warning() {
    let document = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n---\napiVersion: example.com/v1\nkind: Server\nmetadata: {name: s}\n";
    let mut facts = allowing("example.com", "Server");
    facts.function = Some(FunctionFacts { service_name: "web".into(), ..FunctionFacts::default() });
    assert_eq!(of_rule("WH-022", document, &facts), ["warning spec.selector = {app: web}"]);
}

#[test]
fn their_pods_are_changed_as_all_others() {
    let mut objects = vec![
        Object::new(read_document(GROUPS.as_bytes(), 0).unwrap(), 0),
        Object::new(read_document(JOBS.as_bytes(), 0).unwrap(), 0),
    ];
    let additions = Additions {
        pull_secrets: vec!["nvcf-pull".into()],
        labels: vec![("function-id".into(), "f".into())],
        service_account: "nvcf-instance".into(),
        ..Additions::default()
    };
    let ledger = mutate(&mut objects, &additions).unwrap();
    let json: Vec<_> = objects.iter().map(|object| object.root.to_json()).collect();
    for path in [
        "/0/spec/leaderWorkerTemplate/leaderTemplate",
        "/0/spec/leaderWorkerTemplate/workerTemplate",
        "/1/spec/replicatedJobs/0/template/spec/template",
        "/1/spec/replicatedJobs/1/template/spec/template",
    ] {
        let json = serde_json::Value::Array(json.clone());
        let holder = json.pointer(path).unwrap();
        assert_eq!(holder["spec"]["imagePullSecrets"][0]["name"], "nvcf-pull", "{path}");
        assert_eq!(holder["spec"]["serviceAccountName"], "nvcf-instance", "{path}");
        assert_eq!(holder["metadata"]["labels"]["function-id"], "f", "{path}");
    }
    assert!(ledger.changes.iter().any(|change| {
        change.rule == "WH-182"
            && change.path == "spec.replicatedJobs[1].template.spec.template.metadata.labels.function-id"
    }));
    let again = mutate(&mut objects, &additions).unwrap();
    assert_eq!(again.changes, []);
}
