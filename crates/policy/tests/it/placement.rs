use crate::support::{expect, facts, of_rule, pod};

#[test]
fn wishes_about_nodes_are_removed_visibly() {
    for (id, level, field, value) in [
        ("WH-170", "warning", "nodeName", "n1"),
        ("WH-171", "info", "nodeSelector", "{a: b}"),
        ("WH-172", "info", "priorityClassName", "high"),
        ("WH-172", "info", "priority", "7"),
        ("WH-173", "info", "schedulerName", "mine"),
        ("WH-175", "warning", "runtimeClassName", "kata"),
        ("WH-177", "info", "serviceAccountName", "robot"),
    ] {
        expect(id, &pod(&format!("{field}: {value}")), &[&format!("{level} spec.{field} = {value}")]);
        expect(id, &pod(&format!("{field}: null")), &[]);
    }
    expect("WH-171", &pod("affinity: {nodeAffinity: {a: b}}"), &["info spec.affinity.nodeAffinity = {a: b}"]);
}

#[test]
fn what_an_image_is_built_for_may_be_asked_for() {
    expect("WH-171", &pod("nodeSelector: {kubernetes.io/arch: amd64, kubernetes.io/os: linux}"), &[]);
    expect(
        "WH-171",
        &pod("nodeSelector: {kubernetes.io/arch: amd64, a: b}"),
        &["info spec.nodeSelector = {kubernetes.io/arch: amd64, a: b}"],
    );
    let mut on = facts();
    on.cluster.architecture = Some("arm64".into());
    assert_eq!(
        of_rule("WH-171", &pod("nodeSelector: {kubernetes.io/arch: amd64}"), &on),
        ["error spec.nodeSelector[kubernetes.io/arch] = amd64"]
    );
}

#[test]
fn tolerations_of_everything_are_removed() {
    expect("WH-174", &pod("tolerations: [{key: nvidia.com/gpu, operator: Exists}]"), &[]);
    expect(
        "WH-174",
        &pod("tolerations: [{operator: Exists}]"),
        &["warning spec.tolerations[0] = {operator: Exists}"],
    );
    expect(
        "WH-174",
        &pod("tolerations: [{key: node-role.kubernetes.io/control-plane}]"),
        &["warning spec.tolerations[0] = {key: node-role.kubernetes.io/control-plane}"],
    );
}

#[test]
fn affinity_stays_in_the_namespace() {
    let term = |more: &str| {
        pod(&format!(
            "affinity: {{podAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{{topologyKey: h{more}}}]}}}}"
        ))
    };
    expect("WH-176", &term(""), &[]);
    expect("WH-176", &term(", namespaces: [x]"), &["warning spec.affinity.podAffinity = [x]"]);
    let preferred = pod(
        "affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: h, namespaceSelector: {a: b}}}]}}",
    );
    expect("WH-176", &preferred, &["warning spec.affinity.podAntiAffinity = {a: b}"]);
}
