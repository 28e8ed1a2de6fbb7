use wheelhouse_objects::{Content, Node};

use super::pods::PodToChange;
use super::{Additions, Ledger};
use crate::rules::placement::KEPT_LABELS;

/// Wishes about nodes that are removed, with their rules.
const REMOVED: &[(&str, &str)] = &[
    ("nodeName", "WH-170"),
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
    node_selector(pod, ledger);
    affinity(pod, additions, ledger);
    tolerations(pod, additions, ledger);
}

/// What an image is built for stays; which nodes it runs on is the platform's choice.
fn node_selector(pod: &mut PodToChange<'_>, ledger: &mut Ledger) {
    let Some(selector) = pod.spec().and_then(|spec| spec.get("nodeSelector")) else { return };
    let mut kept = selector.clone();
    if let Content::Mapping(entries) = &mut kept.value {
        entries.retain(|entry| KEPT_LABELS.contains(&entry.key.as_str()));
    }
    let after = (!kept.entries().is_empty()).then_some(kept);
    pod.set("WH-171", "nodeSelector", after, ledger);
}

/// Node affinity is the platform's alone; affinity between pods stays, but not to other namespaces.
fn affinity(pod: &mut PodToChange<'_>, additions: &Additions, ledger: &mut Ledger) {
    let Some(asks_for_gpu) = pod.spec().map(|spec| asks_for_gpu(spec)) else { return };
    let own = additions.instance_type_label.as_ref().filter(|_| asks_for_gpu);
    let own = own.map(|(key, value)| required_label(key, value));
    change_affinity(pod, "WH-171", ledger, |affinity| {
        // Done a second time, this finds the platform's own.
        let is_own = affinity.get("nodeAffinity").map(Node::to_json) == own.as_ref().map(Node::to_json);
        if !is_own {
            affinity.take("nodeAffinity");
        }
    });
    change_affinity(pod, "WH-176", ledger, |affinity| {
        for kind in ["podAffinity", "podAntiAffinity"] {
            if let Some(terms) = affinity.get_mut(kind) {
                keep_own_namespace(terms);
            }
        }
    });
    if let Some(own) = own {
        change_affinity(pod, "WH-183", ledger, |affinity| affinity.put("nodeAffinity", own));
    }
}

/// Changes the affinity of a pod; one that is empty afterwards goes.
fn change_affinity(
    pod: &mut PodToChange<'_>,
    rule: &'static str,
    ledger: &mut Ledger,
    change: impl FnOnce(&mut Node),
) {
    let before = pod.spec().and_then(|spec| spec.set("affinity")).cloned();
    let mut affinity = before.clone().unwrap_or_else(|| Node::made(Content::Mapping(Vec::new())));
    change(&mut affinity);
    let after = (!affinity.entries().is_empty()).then_some(affinity);
    if after != before {
        pod.set(rule, "affinity", after, ledger);
    }
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

/// Tolerations of everything and of control-plane nodes go (WH-174); the platform's are added
/// (WH-183).
fn tolerations(pod: &mut PodToChange<'_>, additions: &Additions, ledger: &mut Ledger) {
    let key = |toleration: &Node| toleration.get("key").and_then(Node::as_str).unwrap_or_default().to_owned();
    let listed = |pod: &mut PodToChange<'_>| -> Vec<Node> {
        pod.spec().and_then(|spec| spec.get("tolerations")).map(Node::items).unwrap_or_default().to_vec()
    };
    let before = listed(pod);
    let kept: Vec<Node> = before
        .iter()
        .filter(|toleration| {
            let key = key(toleration);
            !key.is_empty() && !key.starts_with("node-role.kubernetes.io/")
        })
        .cloned()
        .collect();
    if kept.len() < before.len() {
        let after = (!kept.is_empty()).then(|| Node::made(Content::Sequence(kept)));
        pod.set("WH-174", "tolerations", after, ledger);
    }
    let mut all = listed(pod);
    let count = all.len();
    for wanted in &additions.tolerations {
        if !all.iter().any(|toleration| key(toleration) == *wanted) {
            all.push(Node::mapping([("key", Node::text(wanted)), ("operator", Node::text("Exists"))]));
        }
    }
    if all.len() > count {
        pod.set("WH-183", "tolerations", Some(Node::made(Content::Sequence(all))), ledger);
    }
}
