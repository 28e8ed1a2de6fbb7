//! L: wishes about where pods run. The platform places instances; these are removed, visibly.

use wheelhouse_objects::{Content, Node};

use crate::check::{Checker, Said};
use crate::pods::Pod;
use crate::rule::{Level, Rule};

pub(crate) const RULES: &[&Rule] = &[
    &NODE_NAME,
    &NODE_SELECTOR,
    &PRIORITY,
    &SCHEDULER,
    &TOLERATIONS,
    &RUNTIME_CLASS,
    &FOREIGN_AFFINITY,
    &ACCOUNT,
];

const WHY: &str = "the platform chooses where an instance runs";
const FIX: &str = "remove it; choose by instance type, cluster, region or attributes in the deployment";

static NODE_NAME: Rule = Rule::warning("WH-170", "node-name", WHY, FIX);
static NODE_SELECTOR: Rule = Rule::info("WH-171", "node-selector", WHY, FIX);
static PRIORITY: Rule = Rule::info("WH-172", "priority-class", WHY, FIX);
static SCHEDULER: Rule = Rule::info("WH-173", "scheduler-name", WHY, FIX);
static TOLERATIONS: Rule = Rule::warning(
    "WH-174",
    "tolerations",
    "a toleration of everything reaches nodes that are kept free",
    FIX,
);
static RUNTIME_CLASS: Rule =
    Rule::warning("WH-175", "runtime-class", "the cluster's isolation decides the runtime", FIX);
static FOREIGN_AFFINITY: Rule = Rule::warning(
    "WH-176",
    "foreign-affinity",
    "an affinity to pods of other namespaces tells about other tenants",
    FIX,
);
static ACCOUNT: Rule = Rule::info(
    "WH-177",
    "service-account-name",
    "pods of a function run under an account of the platform, without rights",
    FIX,
);

const ARCHITECTURE: &str = "kubernetes.io/arch";

/// Labels of nodes that pods may choose by: what an image is built for, not where it runs.
pub(crate) const KEPT_LABELS: &[&str] = &[ARCHITECTURE, "kubernetes.io/os"];

/// A field, its rule and what becomes of it.
const FIELDS: &[(&str, &Rule, &str)] = &[
    ("nodeName", &NODE_NAME, "removed"),
    ("nodeSelector", &NODE_SELECTOR, "removed"),
    ("affinity.nodeAffinity", &NODE_SELECTOR, "removed"),
    ("priorityClassName", &PRIORITY, "removed"),
    ("priority", &PRIORITY, "removed"),
    ("preemptionPolicy", &PRIORITY, "removed"),
    ("schedulerName", &SCHEDULER, "replaced"),
    ("runtimeClassName", &RUNTIME_CLASS, "replaced"),
    ("serviceAccountName", &ACCOUNT, "replaced"),
    ("serviceAccount", &ACCOUNT, "replaced"),
];

pub(crate) fn check(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    for (field, rule, fate) in FIELDS {
        let Some(value) = pod.template.spec.at(field) else { continue };
        let is_empty = match &value.value {
            Content::Null => true,
            Content::String(text) => text.is_empty(),
            Content::Mapping(entries) => entries.is_empty(),
            _ => false,
        };
        // What the platform leaves alone is no finding.
        let is_kept = value.entries().iter().all(|entry| KEPT_LABELS.contains(&entry.key.as_str()))
            && !value.entries().is_empty()
            && *field == "nodeSelector";
        if !is_empty && !is_kept {
            said(checker, pod, rule, field, value, fate);
        }
    }
    if let (Some(wanted), Some(runs)) = (
        pod.template.spec.at("nodeSelector").and_then(|labels| labels.get(ARCHITECTURE)),
        &checker.facts.cluster.architecture,
    ) && wanted.as_str() != Some(runs.as_str())
    {
        let message = format!(
            "{} wants nodes of architecture {}; the instance type runs {runs}",
            pod.object,
            wanted.shown()
        );
        let path = pod.path(&format!("nodeSelector[{ARCHITECTURE}]"));
        let said = Said::at(path, wanted.span, message).level(Level::Error);
        checker.found(
            &NODE_SELECTOR,
            pod.object,
            said.fix(format!("{ARCHITECTURE}: {runs}, with images built for it")),
        );
    }
    let tolerations = pod.template.spec.get("tolerations").map(Node::items).unwrap_or_default();
    for (index, toleration) in tolerations.iter().enumerate() {
        let key = toleration.get("key").and_then(Node::as_str).unwrap_or_default();
        let everything =
            key.is_empty() && toleration.get("operator").and_then(Node::as_str) == Some("Exists");
        if everything || key.starts_with("node-role.kubernetes.io/") {
            said(checker, pod, &TOLERATIONS, &format!("tolerations[{index}]"), toleration, "removed");
        }
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = pod.template.spec.at(&format!("affinity.{kind}")) else { continue };
        let required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution").map(Node::items);
        let preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution").map(Node::items);
        let terms = required.unwrap_or_default().iter().chain(
            preferred.unwrap_or_default().iter().filter_map(|weighted| weighted.get("podAffinityTerm")),
        );
        for term in terms {
            let foreign = term.set("namespaces").or_else(|| term.set("namespaceSelector"));
            if let Some(foreign) = foreign {
                said(checker, pod, &FOREIGN_AFFINITY, &format!("affinity.{kind}"), foreign, "removed");
            }
        }
    }
}

fn said(
    checker: &mut Checker<'_>,
    pod: &Pod<'_>,
    rule: &'static Rule,
    field: &str,
    value: &Node,
    fate: &str,
) {
    let shown = match &value.value {
        Content::Mapping(_) | Content::Sequence(_) => String::new(),
        _ => format!(" \"{}\"", value.shown()),
    };
    let path = pod.path(field);
    let message =
        format!("{}: {path}{shown} is {fate}: the platform chooses where an instance runs", pod.object);
    checker.found(rule, pod.object, Said::at(path, value.span, message));
}
