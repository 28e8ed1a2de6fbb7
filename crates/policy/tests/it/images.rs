use wheelhouse_policy::{Facts, FunctionFacts};

use crate::support::{container, expect, facts, of_rule, pod};

#[test]
fn a_container_has_an_image() {
    let with = |image: &str| pod(&format!("containers:\n- name: c\n  {image}"));
    expect("WH-190", &with("image: a:1"), &[]);
    expect("WH-190", &with("image: ''"), &["error spec.containers[0].image = ''"]);
    expect("WH-190", &with("tty: true"), &["error spec.containers[0].image = name: c (missing)"]);
    expect("WH-190", &with("image: ':1'"), &["error spec.containers[0].image = ':1'"]);
    expect("WH-190", &with("image: Nginx"), &["error spec.containers[0].image = Nginx"]);
    expect("WH-190", &with("image: 'r.io/a:1:2'"), &["error spec.containers[0].image = 'r.io/a:1:2'"]);
}

#[test]
fn an_image_by_tag_can_change() {
    expect("WH-192", &container("tty: true"), &["info spec.containers[0].image = i:1"]);
    expect("WH-192", &pod("containers: [{name: c, image: 'a@sha256:00'}]"), &[]);
}

#[test]
fn a_registry_is_public_or_has_a_credential() {
    let mut known = facts();
    known.cluster.registries = Some(vec!["quay.io".into()]);
    for (image, found) in [
        ("quay.io/a:1", 0),
        ("r.example.com/a:1", 1),
        ("a:1", 1),
        ("localhost/a:1", 0),
        ("localhost:5000/a:1", 0),
    ] {
        let document = pod(&format!("containers: [{{name: c, image: '{image}'}}]"));
        assert_eq!(of_rule("WH-193", &document, &known).len(), found, "{image}");
    }
}

#[test]
fn what_listens_has_a_readiness_probe() {
    expect(
        "WH-200",
        &container("ports: [{containerPort: 80}]"),
        &["warning spec.containers[0].readinessProbe = name: c (missing)"],
    );
    expect("WH-200", &container("ports: [{containerPort: 80}]\nreadinessProbe: {httpGet: {port: 80}}"), &[]);
    expect("WH-200", &container("tty: true"), &[]);
}

#[test]
fn only_pods_that_requests_reach_need_a_probe() {
    let entry = |app: &str| {
        let service = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: {app}}}, ports: [{{port: 80}}]}}\n---\n"
        );
        let pod = container("ports: [{containerPort: 80}]")
            .replace("  name: p\n", "  name: p\n  labels: {app: web}\n");
        of_rule("WH-200", &format!("{service}{pod}"), &behind("web")).len()
    };
    assert_eq!((entry("web"), entry("other")), (1, 0));
}

#[test]
fn a_bare_pod_is_not_replaced() {
    expect("WH-207", &container("tty: true"), &[]);
    let never = container("tty: true").replace("spec:\n", "spec:\n  restartPolicy: Never\n");
    expect("WH-207", &never, &["warning spec.restartPolicy = Never"]);
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n---\n";
    let pod = container("tty: true").replace("  name: p\n", "  name: p\n  labels: {app: web}\n");
    assert_eq!(of_rule("WH-207", &format!("{service}{pod}"), &behind("web")), ["warning kind = Pod"]);
}

fn behind(service: &str) -> Facts {
    let function = FunctionFacts { service_name: service.into(), ..FunctionFacts::default() };
    Facts { function: Some(function), ..facts() }
}
