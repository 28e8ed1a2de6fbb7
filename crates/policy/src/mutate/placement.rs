use wheelhouse_objects::{Content, Node};

use super::pods::PodToChange;
use super::{Additions, Ledger};

/// Wishes about nodes that are removed, with their rules.
const REMOVED: &[(&str, &str)] = &[
    ("nodeName", "WH-170"),
    ("nodeSelector", "WH-171"),
    ("priorityClassName", "WH-172"),
    ("priority", "WH-172"),
    ("preemptionPolicy", "WH-172"),
    ("schedulerName", "WH-173"),
    ("runtimeClassName", "WH-175"),
];

const GPU: &str = "nvidia.com/gpu";

/// Takes the chart's wishes out and puts the platform's placement in.
pub(super) fn change(pod: &mut PodToChange<'_>, additions: &Additions, ledger: &mut Ledger) {
    for (field, rule) in REMOVED {
        if pod.spec().is_some_and(|spec| spec.get(field).is_some()) {
            pod.set(rule, field, None, ledger);
        }
    }
    affinity(pod, additions, ledger);
    tolerations(pod, additions, ledger);
}

/// Node affinity is the platform's alone; affinity between pods stays, but not to other namespaces.
fn affinity(pod: &mut PodToChange<'_>, additions: &Additions, ledger: &mut Ledger) {
    let Some(spec) = pod.spec() else { return };
    let asks_for_gpu = asks_for_gpu(spec);
    let mut affinity =
        spec.get("affinity").cloned().unwrap_or_else(|| Node::made(Content::Mapping(Vec::new())));
    affinity.take("nodeAffinity");
    for kind in ["podAffinity", "podAntiAffinity"] {
        if let Some(terms) = affinity.get_mut(kind) {
            keep_own_namespace(terms);
        }
    }
    if let Some((key, value)) = additions.instance_type_label.as_ref().filter(|_| asks_for_gpu) {
        affinity.put("nodeAffinity", required_label(key, value));
    }
    let after = (!affinity.entries().is_empty()).then_some(affinity);
    pod.set("WH-183", "affinity", after, ledger);
}

fn asks_for_gpu(spec: &Node) -> bool {
    wheelhouse_objects::pod_spec::containers(spec).iter().any(|container| {
        container.node.at("resources.limits").is_some_and(|limits| limits.get(GPU).is_some())
    })
}

fn keep_own_namespace(affinity: &mut Node) {
    let foreign = |term: &Node| term.set("namespaces").is_some() || term.set("namespaceSelector").is_some();
    for (field, inner) in [
        ("requiredDuringSchedulingIgnoredDuringExecution", None),
        ("preferredDuringSchedulingIgnoredDuringExecution", Some("podAffinityTerm")),
    ] {
        if let Some(Node { value: Content::Sequence(terms), .. }) = affinity.get_mut(field) {
            terms.retain(|term| match inner {
                Some(inner) => !term.get(inner).is_some_and(foreign),
                None => !foreign(term),
            });
        }
    }
}

fn required_label(key: &str, value: &str) -> Node {
    let sequence = |items| Node::made(Content::Sequence(items));
    let expression = Node::mapping([
        ("key", Node::text(key)),
        ("operator", Node::text("In")),
        ("values", sequence(vec![Node::text(value)])),
    ]);
    let term = Node::mapping([("matchExpressions", sequence(vec![expression]))]);
    let terms = Node::mapping([("nodeSelectorTerms", sequence(vec![term]))]);
    Node::mapping([("requiredDuringSchedulingIgnoredDuringExecution", terms)])
}

/// Tolerations of everything and of control-plane nodes go; the platform's are added.
fn tolerations(pod: &mut PodToChange<'_>, additions: &Additions, ledger: &mut Ledger) {
    let Some(spec) = pod.spec() else { return };
    let key = |toleration: &Node| toleration.get("key").and_then(Node::as_str).unwrap_or_default().to_owned();
    let mut kept: Vec<Node> = spec
        .get("tolerations")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter(|toleration| {
            let key = key(toleration);
            !key.is_empty() && !key.starts_with("node-role.kubernetes.io/")
        })
        .cloned()
        .collect();
    for wanted in &additions.tolerations {
        if !kept.iter().any(|toleration| key(toleration) == *wanted) {
            kept.push(Node::mapping([("key", Node::text(wanted)), ("operator", Node::text("Exists"))]));
        }
    }
    let after = (!kept.is_empty()).then(|| Node::made(Content::Sequence(kept)));
    if after.is_some() || pod.spec().is_some_and(|spec| spec.get("tolerations").is_some()) {
        pod.set("WH-174", "tolerations", after, ledger);
    }
}
