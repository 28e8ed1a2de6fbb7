//! B: what is set aside: hooks, custom resource definitions, the chart's word to the platform.

use wheelhouse_objects::{Node, Object, read_document};

use crate::check::{Checker, Said};
use crate::intake::Intake;
use crate::rule::{Level, Rule};

pub(crate) const RULES: &[&Rule] = &[&HOOK, &DEFINITION, &OPAQUE, &WORKLOAD_CONFIG];

static HOOK: Rule = Rule::warning(
    "WH-015",
    "hook-not-run",
    "chart hooks are not executed",
    "make it a plain Job that waits for what it needs, or an init container, or delete it",
)
.by_platform();

static DEFINITION: Rule = Rule::info(
    "WH-016",
    "crd-skipped",
    "custom resource definitions are skipped on installation; the chart need not change",
    "none needed",
)
.by_platform();

pub(crate) static OPAQUE: Rule = Rule::info(
    "WH-017",
    "extra-kind-opaque",
    "a kind that the policy allows but whose pods are not known to us",
    "none needed; ask for the kind's pod specs to be registered",
);

static WORKLOAD_CONFIG: Rule = Rule::info(
    "WH-018",
    "reserved-config",
    "this ConfigMap speaks to the platform and is not installed",
    "none needed",
);

pub(crate) fn check(checker: &mut Checker<'_>, intake: &Intake) {
    for hook in &intake.hooks {
        let kind = hook.annotation("helm.sh/hook").unwrap_or_default();
        let span = hook
            .root
            .at("metadata.annotations")
            .and_then(|annotations| annotations.entry("helm.sh/hook"))
            .map_or(hook.root.span, |entry| entry.key_span);
        let said = Said::at(
            "metadata.annotations[helm.sh/hook]",
            span,
            format!("{hook} is a {kind} hook and will not run"),
        );
        checker.found(&HOOK, hook, said);
    }
    for definition in &intake.definitions {
        let said =
            Said::at("", definition.root.span, format!("{definition} is skipped; the chart need not change"));
        checker.found(&DEFINITION, definition, said);
    }
    for config in &intake.workload_config {
        workload_config(checker, config);
    }
}

/// The flags the platform reads, as `featureFlags` of `config.yaml`.
const FLAGS: &[&str] = &["StatusByWorkerReadiness"];

fn workload_config(checker: &mut Checker<'_>, config: &Object) {
    let span = config.root.span;
    let message = format!("{config} sets {}; it is read by the platform and not installed", keys(config));
    checker.found(&WORKLOAD_CONFIG, config, Said::at("data", span, message));
    let Some(node) = config.root.get("data").and_then(|data| data.get("config.yaml")) else { return };
    let problem = match node.as_str().map(|text| read_document(text.as_bytes(), 0)) {
        None => Some("config.yaml is no text".to_owned()),
        Some(Err(error)) => Some(format!("config.yaml cannot be read: {error}")),
        Some(Ok(root)) => {
            let flags = root.get("featureFlags").map(Node::entries).unwrap_or_default();
            let unknown = flags.iter().find(|flag| !FLAGS.contains(&flag.key.as_str()));
            unknown.map(|flag| format!("flag {} is not known", flag.key))
        }
    };
    if let Some(problem) = problem {
        let said = Said::at("data.config.yaml", node.span, format!("{config}: {problem}"));
        let fix = format!("the known flags are {}", FLAGS.join(", "));
        checker.found(&WORKLOAD_CONFIG, config, said.level(Level::Warning).fix(fix));
    }
}

fn keys(config: &Object) -> String {
    let keys: Vec<&str> = config
        .root
        .get("data")
        .map(Node::entries)
        .unwrap_or_default()
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") }
}
