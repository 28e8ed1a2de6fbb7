//! A and C: what Chart.yaml and the function say, value by value.

use wheelhouse_policy::{ExtraKind, FunctionFacts, Intake, Level, PolicyName, check};

use crate::support::{facts, of_rule};

/// The levels of a rule's findings for a chart's own facts.
fn of_chart(rule: &str, name: &str, version: &str, chart_type: &str) -> Vec<Level> {
    let mut facts = facts();
    facts.chart.name = name.into();
    facts.chart.version = version.into();
    facts.chart.chart_type = chart_type.into();
    let findings = check(&Intake::default(), &facts).findings;
    findings.iter().filter(|finding| finding.rule.id == rule).map(|finding| finding.level).collect()
}

#[test]
fn versions_without_a_dash() {
    for version in ["1.0.0", "1.0", "0.0.1+build.5", "v2.1.0", "10.20.30+a.b"] {
        assert_eq!(of_chart("WH-001", "web", version, ""), [], "{version}");
    }
    for version in ["1.0.0-rc.1", "1.0.0-0", "1.0.0+a-b", "-1", "1.0.0-rc.1+build"] {
        assert_eq!(of_chart("WH-001", "web", version, ""), [Level::Error], "{version}");
    }
}

#[test]
fn names_of_letters_digits_and_dashes() {
    let longest = "a".repeat(63);
    for name in ["web", "a", "web-server", "web2", "2web", "a-b-c", &longest] {
        assert_eq!(of_chart("WH-002", name, "1.0.0", ""), [], "{name}");
    }
    let longer = "a".repeat(64);
    for name in ["my_chart", "Web", "web.server", "web server", "-web", "web-", "we--b", "wéb", &longer] {
        assert_eq!(of_chart("WH-002", name, "1.0.0", ""), [Level::Warning], "{name}");
    }
}

#[test]
fn libraries_are_not_deployed() {
    assert_eq!(of_chart("WH-004", "web", "1.0.0", ""), []);
    assert_eq!(of_chart("WH-004", "web", "1.0.0", "application"), []);
    assert_eq!(of_chart("WH-004", "web", "1.0.0", "library"), [Level::Error]);
}

#[test]
fn policies_decide_levels() {
    let daemon_set = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostPID: true, nodeName: n}\n";
    let token =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: kubernetes.io/service-account-token\n";
    let stolen = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [{name: v, secret: {secretName: nvcf-x}}]}\n";
    let missing = stolen.replace("nvcf-x", "x");
    for (rule, document, default, upcoming, unrestricted) in [
        ("WH-010", daemon_set, "error", "error", "info"),
        ("WH-101", pod, "warning", "error", "info"),
        ("WH-170", pod, "warning", "warning", "info"),
        ("WH-159", token, "error", "error", "error"),
        ("WH-161", stolen, "error", "error", "error"),
        ("WH-161", missing.as_str(), "error", "error", "info"),
    ] {
        let level = |upcoming: bool, name: PolicyName| {
            let mut facts = facts();
            facts.policy.enforce_upcoming = upcoming;
            facts.policy.name = name;
            let found = of_rule(rule, document, &facts);
            found.first().and_then(|line| line.split(' ').next()).unwrap_or_default().to_owned()
        };
        assert_eq!(level(false, PolicyName::Default), default, "{rule}");
        assert_eq!(level(true, PolicyName::Default), upcoming, "{rule} enforced");
        assert_eq!(level(false, PolicyName::Unrestricted), unrestricted, "{rule} unrestricted");
        assert_eq!(level(true, PolicyName::Unrestricted), unrestricted, "{rule} unrestricted, enforced");
    }
}

#[test]
fn extra_kinds_by_group_version_and_kind() {
    let widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n";
    for (group, version, kind, is_allowed) in [
        ("example.com", "v1", "Widget", true),
        ("example.com", "*", "Widget", true),
        ("example.com", "v1", "*", true),
        ("example.com", "v2", "Widget", false),
        ("example.org", "v1", "Widget", false),
        ("", "v1", "Widget", false),
        ("example.com", "v1", "widget", false),
    ] {
        let mut facts = facts();
        facts.policy.extra_kinds.push(ExtraKind {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
        });
        assert_eq!(of_rule("WH-010", widget, &facts).is_empty(), is_allowed, "{group}/{version}/{kind}");
        assert_eq!(of_rule("WH-017", widget, &facts).is_empty(), !is_allowed, "{group}/{version}/{kind}");
    }
}

#[test]
fn the_charts_word_to_the_platform_is_told_and_set_aside() {
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nvcf-workload-config}\ndata: {config.yaml: 'featureFlags: {}'}\n";
    assert_eq!(of_rule("WH-018", config, &facts()).len(), 1);
    assert_eq!(of_rule("WH-019", config, &facts()), Vec::<String>::new(), "its name is its own");
    assert_eq!(of_rule("WH-018", &config.replace("nvcf-workload-config", "other"), &facts()).len(), 0);
}

#[test]
fn names_of_services_are_no_templates() {
    for (name, is_refused) in
        [("web", false), ("{{ .Release.Name }}", true), ("web-{{.x}}", true), ("{web}", false)]
    {
        let mut facts = facts();
        facts.function = Some(FunctionFacts { service_name: name.into(), ..FunctionFacts::default() });
        let findings = check(&Intake::default(), &facts).findings;
        let found = findings.iter().filter(|finding| finding.rule.id == "WH-025").count();
        assert_eq!(found, usize::from(is_refused), "{name}");
    }
}
