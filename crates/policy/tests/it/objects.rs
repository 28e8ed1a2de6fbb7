use wheelhouse_policy::{ExtraKind, Intake, Level, PolicyName, check};

use crate::support::{expect, facts, findings_with, messages, of_rule};

const HEAD: &str = "metadata:\n  name: x\n";

#[test]
fn thirteen_kinds_are_allowed() {
    for (version, kind) in [
        ("v1", "ConfigMap"),
        ("v1", "Secret"),
        ("v1", "Service"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "ReplicaSet"),
        ("apps/v1", "StatefulSet"),
        ("batch/v1", "Job"),
        ("batch/v1", "CronJob"),
        ("v1", "Pod"),
        ("v1", "ServiceAccount"),
        ("rbac.authorization.k8s.io/v1", "Role"),
        ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        ("v1", "PersistentVolumeClaim"),
    ] {
        expect("WH-010", &format!("apiVersion: {version}\nkind: {kind}\n{HEAD}"), &[]);
    }
}

#[test]
fn other_kinds_are_refused_at_their_kind() {
    for (version, kind) in [
        ("apps/v1", "DaemonSet"),
        ("networking.k8s.io/v1", "Ingress"),
        ("v1", "Namespace"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole"),
        ("example.com/v1", "Deployment"),
        ("v1", "PersistentVolume"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ] {
        let document = format!("apiVersion: {version}\nkind: {kind}\n{HEAD}");
        expect("WH-010", &document, &[&format!("error kind = {kind}")]);
    }
}

#[test]
fn a_refused_kind_comes_with_advice() {
    let findings = findings_with("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\n", &facts());
    let (finding, _) = findings.iter().find(|(finding, _)| finding.rule.id == "WH-010").unwrap();
    assert_eq!(finding.message, "DaemonSet/agent (apps/v1) is not an allowed kind");
    assert!(finding.fix.contains("use a Deployment"));
}

#[test]
fn a_policy_can_allow_more_kinds() {
    let mut facts = facts();
    let document = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: x}\n";
    facts.policy.extra_kinds.push(ExtraKind {
        group: "example.com".into(),
        version: "*".into(),
        kind: "Widget".into(),
    });
    assert_eq!(of_rule("WH-010", document, &facts), Vec::<String>::new());
    assert_eq!(of_rule("WH-017", document, &facts), ["info kind = Widget"]);
    facts.policy.extra_kinds[0].version = "v2".into();
    assert_eq!(of_rule("WH-010", document, &facts), ["error kind = Widget"]);
}

#[test]
fn unrestricted_keeps_only_what_protects_the_platform() {
    let mut facts = facts();
    facts.policy.name = PolicyName::Unrestricted;
    let document = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: x, namespace: kube-system}\n";
    assert_eq!(of_rule("WH-010", document, &facts), ["info kind = DaemonSet"]);
    assert_eq!(of_rule("WH-014", document, &facts), ["error metadata.namespace = kube-system"]);
}

fn many(count: usize) -> String {
    (0..count)
        .map(|index| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{index}}}\n---\n"))
        .collect()
}

#[test]
fn three_hundred_objects_pass_and_one_more_is_refused() {
    assert_eq!(of_rule("WH-011", &many(300), &facts()), Vec::<String>::new());
    assert_eq!(of_rule("WH-011", &many(301), &facts()).len(), 1);
    assert_eq!(
        messages("WH-011", &many(301), &facts()),
        ["the chart renders 301 objects, the limit is 300 (most: ConfigMap 301)"]
    );
}

#[test]
fn items_of_lists_count_and_hooks_and_definitions_do_not() {
    let items: String = (0..301)
        .map(|index| format!("- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{index}}}}}\n"))
        .collect();
    assert_eq!(of_rule("WH-011", &format!("apiVersion: v1\nkind: List\nitems:\n{items}"), &facts()).len(), 1);
    let aside = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, annotations: {helm.sh/hook: pre-install}}\n---\n\
                 apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: d}\n---\n";
    let documents = format!("{aside}{}", many(300));
    assert_eq!(of_rule("WH-011", &documents, &facts()), Vec::<String>::new());
    assert_eq!(
        of_rule("WH-015", &documents, &facts()),
        ["warning metadata.annotations[helm.sh/hook] = helm.sh/hook"]
    );
    assert_eq!(of_rule("WH-016", &documents, &facts()).len(), 1);
    let report = check(&Intake::new([]), &facts());
    assert_eq!(report.counted, 0);
}

#[test]
fn an_object_needs_a_kind_a_version_and_a_name() {
    expect("WH-012", "apiVersion: v1\nmetadata: {name: x}\n", &["error kind = apiVersion: v1 (missing)"]);
    expect(
        "WH-012",
        "kind: ConfigMap\nmetadata: {name: x}\n",
        &["error apiVersion = kind: ConfigMap (missing)"],
    );
    expect(
        "WH-012",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n",
        &["error metadata.name = {} (missing)"],
    );
    expect("WH-012", "- a\n", &["error  = - a (missing)"]);
}

#[test]
fn names_must_be_valid_for_their_kind() {
    let check = |kind: &str, name: &str, expected: &[&str]| {
        let version = if kind == "Role" { "rbac.authorization.k8s.io/v1" } else { "v1" };
        expect(
            "WH-012",
            &format!("apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: \"{name}\"\n"),
            expected,
        );
    };
    check("ConfigMap", "a.b-c", &[]);
    check("ConfigMap", "a_b", &["error metadata.name = \"a_b\""]);
    check("ConfigMap", "A", &["error metadata.name = \"A\""]);
    check("Service", "a-b", &[]);
    check("Service", "a.b", &["error metadata.name = \"a.b\""]);
    check("Service", "1a", &["error metadata.name = \"1a\""]);
    check("Role", "system:x", &[]);
    check("Role", "a/b", &["error metadata.name = \"a/b\""]);
}

#[test]
fn texts_that_rendered_as_numbers_are_told_with_a_fix() {
    let document = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {v: 1}}\ndata:\n  port: 80\n  on: true\n";
    let findings = findings_with(document, &facts());
    let found: Vec<_> = findings
        .iter()
        .filter(|(finding, _)| finding.rule.id == "WH-012")
        .map(|(finding, text)| (finding.path.as_str(), text.as_str(), finding.fix.as_str()))
        .collect();
    assert_eq!(found[0], ("metadata.labels.v", "1", "quote it: {{ … | quote }}"));
    assert_eq!(found[1], ("data.port", "80", "quote it: {{ … | quote }}"));
    assert_eq!(found.len(), 3);
}

#[test]
fn two_objects_of_one_name_are_refused() {
    let twice = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n";
    expect("WH-013", twice, &["error metadata.name = x"]);
    let other_kind = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: x\n";
    expect("WH-013", other_kind, &[]);
}

#[test]
fn objects_stay_in_their_namespace() {
    let document = |namespace: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: {namespace}\n")
    };
    expect("WH-014", &document("instance"), &[]);
    expect("WH-014", &document("null"), &[]);
    expect("WH-014", &document("default"), &["error metadata.namespace = default"]);
}

#[test]
fn names_and_labels_of_the_platform_are_reserved() {
    expect(
        "WH-019",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: nvcf-pull-secret\n",
        &["error metadata.name = nvcf-pull-secret"],
    );
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  labels:\n    function-id: mine\nspec: {containers: []}\n";
    expect("WH-019", pod, &["warning labels.function-id = function-id"]);
}

#[test]
fn the_charts_own_name_and_version_are_checked() {
    let mut facts = facts();
    facts.chart.version = "1.0.0-rc.1".into();
    facts.chart.name = "my_chart".into();
    facts.chart.chart_type = "library".into();
    let found: Vec<(&str, Level)> = check(&Intake::default(), &facts)
        .findings
        .iter()
        .map(|finding| (finding.rule.id, finding.level))
        .collect();
    assert_eq!(found, [("WH-001", Level::Error), ("WH-002", Level::Warning), ("WH-004", Level::Error)]);
}
