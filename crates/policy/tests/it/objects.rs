use wheelhouse_policy::{ExtraKind, Facts, Intake, Level, PolicyName, check};

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
    let known = Facts { files: vec!["web/templates/a.yaml".into()], ..facts() };
    assert_eq!(messages("WH-013", twice, &known), ["ConfigMap/x is rendered twice by templates/a.yaml"]);
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
    expect("WH-014", &document("''"), &[]);
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
    expect("WH-019", pod, &["warning metadata.labels.function-id = function-id"]);
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

#[test]
fn an_allowed_kind_is_in_a_version_that_is_served() {
    for (version, kind, right) in [
        ("v1beta1", "Pod", "v1"),
        ("apps/v1beta2", "Deployment", "apps/v1"),
        ("apps/v1beta1", "StatefulSet", "apps/v1"),
        ("batch/v1beta1", "CronJob", "batch/v1"),
        ("batch/v2alpha1", "CronJob", "batch/v1"),
        ("rbac.authorization.k8s.io/v1beta1", "Role", "rbac.authorization.k8s.io/v1"),
    ] {
        let document = format!("apiVersion: {version}\nkind: {kind}\n{HEAD}");
        expect("WH-012", &document, &[&format!("error apiVersion = {version}")]);
        expect("WH-012", &document.replace(version, right), &[]);
        expect("WH-010", &document, &[]);
    }
}

#[test]
fn ephemeral_containers_are_for_running_pods() {
    let pod = |line: &str| format!("apiVersion: v1\nkind: Pod\n{HEAD}spec:\n  {line}\n");
    expect(
        "WH-012",
        &pod("ephemeralContainers: [{name: e}]"),
        &["error spec.ephemeralContainers = ephemeralContainers"],
    );
    expect("WH-012", &pod("ephemeralContainers: null"), &[]);
    let job = format!(
        "apiVersion: batch/v1\nkind: Job\n{HEAD}spec: {{template: {{spec: {{ephemeralContainers: []}}}}}}\n"
    );
    expect("WH-012", &job, &["error spec.template.spec.ephemeralContainers = ephemeralContainers"]);
}

#[test]
fn nothing_selects_by_what_the_platform_overwrites() {
    for key in
        ["function-id", "function-version-id", "task-id", "nca-id", "function-name", "nvcf.nvidia.io/x"]
    {
        let service = format!("apiVersion: v1\nkind: Service\n{HEAD}spec:\n  selector: {{{key}: a}}\n");
        expect("WH-019", &service, &[&format!("error spec.selector.{key} = {key}")]);
        let set = format!(
            "apiVersion: apps/v1\nkind: Deployment\n{HEAD}spec:\n  selector: {{matchLabels: {{app: a, {key}: a}}}}\n"
        );
        expect("WH-019", &set, &[&format!("error spec.selector.matchLabels.{key} = {key}")]);
    }
    let claim = format!(
        "apiVersion: v1\nkind: PersistentVolumeClaim\n{HEAD}spec: {{selector: {{matchLabels: {{task-id: a}}}}}}\n"
    );
    expect("WH-019", &claim, &[]);
}

#[test]
fn fields_of_texts_by_kind() {
    for (document, path) in [
        ("kind: Secret\nstringData: {a: VALUE}", "stringData.a"),
        ("kind: ConfigMap\ndata: {a: VALUE}", "data.a"),
        ("kind: Service\nmetadata: {name: x, annotations: {a: VALUE}}", "metadata.annotations.a"),
        (
            "kind: Pod\nspec: {containers: [{env: [{name: A, value: VALUE}]}]}",
            "spec.containers[0].env[0].value",
        ),
        (
            "kind: Pod\nspec: {initContainers: [{env: [{name: A, value: VALUE}]}]}",
            "spec.initContainers[0].env[0].value",
        ),
        (
            "kind: Job\nspec: {template: {metadata: {labels: {a: VALUE}}, spec: {}}}",
            "spec.template.metadata.labels.a",
        ),
        (
            "kind: CronJob\nspec: {jobTemplate: {spec: {template: {metadata: {annotations: {a: VALUE}}, spec: {}}}}}",
            "spec.jobTemplate.spec.template.metadata.annotations.a",
        ),
    ] {
        let version = if document.contains("Job") { "batch/v1" } else { "v1" };
        let head = if document.contains("name: x") { "" } else { HEAD };
        let with =
            |value: &str| format!("apiVersion: {version}\n{}\n{head}", document.replace("VALUE", value));
        for value in ["1", "1.5", "true", "no"] {
            expect("WH-012", &with(value), &[&format!("error {path} = {value}")]);
        }
        for value in ["'1'", "text", "null", "'no'"] {
            expect("WH-012", &with(value), &[]);
        }
    }
}

/// A Pod with some lines below its spec: the text at the place, path and fix of each misfit.
fn misfits(spec: &str) -> Vec<(String, String, String)> {
    let document = crate::support::pod(spec);
    let findings = findings_with(&document, &facts()).into_iter();
    findings
        .filter(|(finding, _)| finding.rule.id == "WH-012")
        .map(|(finding, text)| (finding.path, text, finding.fix))
        .collect()
}

#[test]
fn fields_are_known_and_of_the_right_type() {
    let quote = "quote it: {{ … | quote }}";
    let bare = "write it without quotes";
    for (spec, path, text, fix) in [
        ("hostPid: true", "spec.hostPid", "hostPid", "did you mean hostPID?"),
        ("container: []", "spec.container", "container", "did you mean containers?"),
        ("replicas: 1", "spec.replicas", "replicas", "remove it, or move it to where it belongs"),
        ("hostNetwork: 'true'", "spec.hostNetwork", "'true'", bare),
        ("hostNetwork: 1", "spec.hostNetwork", "1", "make it true or false"),
        ("containers: {name: c}", "spec.containers", "{name: c}", "make it a list"),
        ("containers: [c]", "spec.containers[0]", "c", "make it a mapping"),
        ("containers: [{image: 1}]", "spec.containers[0].image", "1", quote),
        ("containers: [{args: [--port, 80]}]", "spec.containers[0].args[1]", "80", quote),
        ("containers: [{command: run}]", "spec.containers[0].command", "run", "make it a list"),
        (
            "containers: [{ports: [{containerPort: '80'}]}]",
            "spec.containers[0].ports[0].containerPort",
            "'80'",
            bare,
        ),
        ("containers: [{env: [{name: A, value: yes}]}]", "spec.containers[0].env[0].value", "yes", quote),
        ("containers: [{env: {A: b}}]", "spec.containers[0].env", "{A: b}", "make it a list"),
        (
            "containers: [{securityContext: {runAsUser: '0'}}]",
            "spec.containers[0].securityContext.runAsUser",
            "'0'",
            bare,
        ),
        (
            "containers: [{securityContext: {privilegd: true}}]",
            "spec.containers[0].securityContext.privilegd",
            "privilegd",
            "did you mean privileged?",
        ),
        (
            "containers: [{resources: {limits: {cpu: true}}}]",
            "spec.containers[0].resources.limits.cpu",
            "true",
            "make it an amount",
        ),
        ("volumes: {v: {emptyDir: {}}}", "spec.volumes", "{v: {emptyDir: {}}}", "make it a list"),
        ("nodeSelector: {gpu: true}", "spec.nodeSelector.gpu", "true", quote),
        (
            "tolerations: [{tolerationSeconds: 1.5}]",
            "spec.tolerations[0].tolerationSeconds",
            "1.5",
            "make it a whole number",
        ),
    ] {
        let expected = (path.to_owned(), text.to_owned(), fix.to_owned());
        assert_eq!(misfits(spec), [expected], "{spec}");
    }
    for spec in [
        "hostNetwork: null\nunknown: null",
        "containers: [{resources: {limits: {cpu: 1, memory: 1.5, nvidia.com/gpu: '1'}}}]",
        "containers: [{livenessProbe: {httpGet: {port: http}}, readinessProbe: {httpGet: {port: 80}}}]",
        "terminationGracePeriodSeconds: 3e1",
        "volumes: [{name: v, magicDisk: {}}]",
    ] {
        assert_eq!(misfits(spec), [], "{spec}");
    }
}

#[test]
fn every_allowed_kind_has_its_fields() {
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
        let document = format!("apiVersion: {version}\nkind: {kind}\n{HEAD}nonsense: 1\n");
        expect("WH-012", &document, &["error nonsense = nonsense"]);
    }
    expect("WH-012", &format!("apiVersion: apps/v1\nkind: DaemonSet\n{HEAD}nonsense: 1\n"), &[]);
}
