use serde_json::{Value, json};
use wheelhouse_objects::{Object, read_document};
use wheelhouse_policy::{Additions, Ledger, VariableSource, mutate, try_changes};

fn additions() -> Additions {
    Additions {
        pull_secrets: vec!["nvcf-pull".into()],
        environment: vec![
            ("NVCF_REGION".into(), VariableSource::Text("local".into())),
            ("NVCF_FUNCTION_ID".into(), VariableSource::Field("metadata.labels['function-id']".into())),
        ],
        labels: vec![("function-id".into(), "f1".into())],
        annotations: vec![("nca-id".into(), "a1".into())],
        service_account: "nvcf-instance".into(),
        instance_type_label: Some(("nvca.nvcf.nvidia.io/instance-type".into(), "L40S".into())),
        tolerations: vec!["nvidia.com/gpu".into()],
        ..Additions::default()
    }
}

fn mutated(documents: &[&str]) -> (Vec<Object>, Ledger) {
    let mut objects: Vec<Object> =
        documents.iter().map(|text| Object::new(read_document(text.as_bytes(), 0).unwrap(), 0)).collect();
    let ledger = mutate(&mut objects, &additions()).unwrap();
    (objects, ledger)
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  uid: x\n  labels: {app: web}\nspec:\n  nodeName: n1\n  nodeSelector: {a: b}\n  schedulerName: mine\n  serviceAccountName: robot\n  imagePullSecrets: [{name: own}, {name: null}]\n  tolerations: [{operator: Exists}, {key: mine, operator: Exists}]\n  containers:\n  - name: c\n    image: i\n    env: [{name: NVCF_REGION, value: chart}, {name: OWN, value: x}]\n    resources: {limits: {nvidia.com/gpu: 1}}\nstatus: {phase: Running}\n";

fn spec(objects: &[Object]) -> Value {
    objects[0].root.get("spec").unwrap().to_json()
}

#[test]
fn a_pod_gets_what_the_platform_sets() {
    let (objects, _) = mutated(&[POD]);
    let spec = spec(&objects);
    assert_eq!(spec["imagePullSecrets"], json!([{"name": "own"}, {"name": "nvcf-pull"}]));
    assert_eq!(spec["serviceAccountName"], "nvcf-instance");
    assert_eq!(spec["automountServiceAccountToken"], false);
    assert_eq!(
        spec["containers"][0]["env"],
        json!([
            {"name": "NVCF_REGION", "value": "local"},
            {"name": "NVCF_FUNCTION_ID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['function-id']"}}},
            {"name": "OWN", "value": "x"},
        ])
    );
    let metadata = objects[0].root.get("metadata").unwrap().to_json();
    assert_eq!(metadata["labels"], json!({"app": "web", "function-id": "f1"}));
    assert_eq!(metadata["annotations"], json!({"nca-id": "a1"}));
}

#[test]
fn wishes_about_nodes_go_and_the_instance_type_comes() {
    let (objects, _) = mutated(&[POD]);
    let spec = spec(&objects);
    for gone in ["nodeName", "nodeSelector", "schedulerName"] {
        assert!(spec.get(gone).is_none(), "{gone}");
    }
    let term = &spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
        [0];
    assert_eq!(term["matchExpressions"][0]["values"], json!(["L40S"]));
    assert_eq!(
        spec["tolerations"],
        json!([{"key": "mine", "operator": "Exists"}, {"key": "nvidia.com/gpu", "operator": "Exists"}])
    );
}

#[test]
fn what_only_a_server_sets_is_taken_out() {
    let (objects, ledger) = mutated(&[POD]);
    assert!(objects[0].root.get("status").is_none());
    assert!(objects[0].root.at("metadata.uid").is_none());
    assert!(ledger.changes.iter().any(|change| change.rule == "WH-185" && change.path == "metadata.uid"));
}

#[test]
fn every_change_is_in_the_ledger_with_its_rule() {
    let (_, ledger) = mutated(&[POD]);
    let of = |path: &str| ledger.changes.iter().find(|change| change.path == path).map(|change| change.rule);
    assert_eq!(of("spec.nodeName"), Some("WH-170"));
    assert_eq!(of("spec.imagePullSecrets"), Some("WH-180"));
    assert_eq!(of("spec.containers[0].env"), Some("WH-181"));
    assert_eq!(of("spec.affinity"), Some("WH-183"));
    let patch = ledger.json_patch("Pod/p");
    assert!(patch.as_array().unwrap().contains(&json!({"op": "remove", "path": "/spec/nodeName"})));
}

#[test]
fn doing_it_twice_changes_nothing_more() {
    let (mut objects, _) = mutated(&[POD]);
    let once = objects.clone();
    let ledger = mutate(&mut objects, &additions()).unwrap();
    assert_eq!(objects[0].root.to_json(), once[0].root.to_json());
    assert_eq!(ledger.changes, []);
}

#[test]
fn a_label_that_a_selector_rests_on_is_not_overwritten() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  selector: {matchLabels: {function-id: mine}}\n  template:\n    metadata: {labels: {function-id: mine}}\n    spec: {containers: []}\n";
    let mut objects = vec![Object::new(read_document(deployment.as_bytes(), 0).unwrap(), 0)];
    let error = mutate(&mut objects, &additions()).unwrap_err();
    assert_eq!(error.message, "Deployment/d: its selector would no longer match its own pods");
}

#[test]
fn trying_the_changes_finds_what_making_them_would() {
    let deployment = |selector: &str, labels: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d}}\nspec:\n  selector: {selector}\n  template:\n    metadata: {{labels: {labels}}}\n    spec: {{containers: []}}\n"
        )
    };
    let service = |selector: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{selector: {selector}, ports: [{{port: 80, targetPort: web}}]}}\n"
        )
    };
    let expression =
        |operator: &str| format!("{{matchExpressions: [{{key: function-id, operator: {operator}}}]}}");
    for (documents, stands) in [
        (vec![deployment("{matchLabels: {app: a}}", "{app: a}")], true),
        (vec![deployment("{matchLabels: {function-id: mine}}", "{function-id: mine}")], false),
        (vec![deployment("{matchLabels: {function-id: f1}}", "{function-id: f1}")], true),
        (vec![deployment(&expression("DoesNotExist"), "{app: a}")], false),
        (vec![deployment(&expression("Exists"), "{function-id: mine}")], true),
        (vec![service("{app: a}"), deployment("{matchLabels: {app: a}}", "{app: a}")], true),
        (
            vec![
                service("{function-id: mine}"),
                deployment("{matchLabels: {app: a}}", "{app: a, function-id: mine}"),
            ],
            false,
        ),
        (vec![service("{function-id: f1}"), deployment("{matchLabels: {app: a}}", "{app: a}")], false),
        (vec![POD.to_owned()], true),
    ] {
        let mut objects: Vec<Object> =
            documents.iter().map(|text| Object::new(read_document(text.as_bytes(), 0).unwrap(), 0)).collect();
        let tried = try_changes(&objects, &additions());
        assert_eq!(tried.is_ok(), stands, "{documents:?}");
        assert_eq!(tried, mutate(&mut objects, &additions()).map(drop), "{documents:?}");
    }
}

#[test]
fn secrets_are_files_of_containers_that_have_nothing_there() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  initContainers: [{name: i, image: i}]\n  containers:\n  - {name: a, image: i, volumeMounts: [{name: own, mountPath: /data}]}\n  - {name: b, image: i, volumeMounts: [{name: own, mountPath: /var/secrets/}]}\n  volumes: [{name: own, emptyDir: {}}]\n";
    let mut objects = vec![Object::new(read_document(pod.as_bytes(), 0).unwrap(), 0)];
    let additions = Additions { secrets: Some("nvcf-secrets".into()), ..additions() };
    let ledger = mutate(&mut objects, &additions).unwrap();
    let spec = spec(&objects);
    let ours = json!({"name": "nvcf-secrets", "mountPath": "/var/secrets", "readOnly": true});
    assert_eq!(spec["initContainers"][0]["volumeMounts"], json!([ours]));
    assert_eq!(spec["containers"][0]["volumeMounts"], json!([{"name": "own", "mountPath": "/data"}, ours]));
    assert_eq!(spec["containers"][1]["volumeMounts"], json!([{"name": "own", "mountPath": "/var/secrets/"}]));
    assert_eq!(spec["volumes"][1], json!({"name": "nvcf-secrets", "secret": {"secretName": "nvcf-secrets"}}));
    assert_eq!(ledger.changes.iter().filter(|change| change.rule == "WH-184").count(), 3);
    assert_eq!(mutate(&mut objects, &additions).unwrap().changes, []);
}

#[test]
fn changes_can_be_switched_off() {
    let mut objects = vec![Object::new(read_document(POD.as_bytes(), 0).unwrap(), 0)];
    let ledger = mutate(&mut objects, &additions().only_what_is_needed()).unwrap();
    let spec = spec(&objects);
    assert_eq!(spec["nodeName"], "n1");
    assert_eq!(spec["serviceAccountName"], "robot");
    assert!(spec.get("automountServiceAccountToken").is_none());
    let rules: std::collections::BTreeSet<&str> = ledger.changes.iter().map(|change| change.rule).collect();
    assert_eq!(rules.into_iter().collect::<Vec<_>>(), ["WH-180", "WH-181", "WH-182", "WH-183", "WH-185"]);
}

#[test]
fn what_an_image_is_built_for_stays() {
    let text = POD.replace("{a: b}", "{a: b, kubernetes.io/arch: arm64}");
    let (objects, ledger) = mutated(&[&text]);
    assert_eq!(spec(&objects)["nodeSelector"], json!({"kubernetes.io/arch": "arm64"}));
    assert!(ledger.changes.iter().any(|change| change.rule == "WH-171"));
}

#[test]
fn services_select_the_same_pods_as_before() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: web}}\n";
    let (objects, _) = mutated(&[service, POD]);
    assert_eq!(objects.len(), 2);
}
