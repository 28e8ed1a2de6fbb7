//! Node selector terms and taints.

use serde_json::Value;
use wheelhouse_cluster::metadata;
use wheelhouse_objects::Selector;

use crate::field::{items, text};

/// Whether one node selector term picks a node. A term without requirements picks none.
pub(crate) fn term_picks(term: &Value, node: &Value) -> bool {
    let labels = Selector::expressions(term.get("matchExpressions"));
    let fields = Selector::expressions(term.get("matchFields"));
    if labels.is_empty() && fields.is_empty() {
        return false;
    }
    labels.picks(node.pointer("/metadata/labels"))
        && fields.picks_by(|field| (field == "metadata.name").then(|| metadata::name(node)))
}

/// Whether any of the terms of a node selector picks a node.
pub(crate) fn selector_picks(selector: &Value, node: &Value) -> bool {
    items(selector, "/nodeSelectorTerms").any(|term| term_picks(term, node))
}

/// Whether a pod's node selector and required node affinity allow a node.
pub(crate) fn affinity_allows(pod: &Value, node: &Value) -> bool {
    let plain = pod.pointer("/spec/nodeSelector").map(Selector::equal_to).unwrap_or_default();
    plain.picks(node.pointer("/metadata/labels"))
        && pod
            .pointer("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution")
            .filter(|required| !required.is_null())
            .is_none_or(|required| selector_picks(required, node))
}

/// Whether one toleration tolerates a taint.
pub(crate) fn one_tolerates(toleration: &Value, taint: &Value) -> bool {
    let read = |field: &str| text(toleration, field);
    let effect = read("/effect");
    let key = read("/key");
    (effect.is_empty() || effect == text(taint, "/effect"))
        && (key.is_empty() || key == text(taint, "/key"))
        && match read("/operator") {
            "Exists" => true,
            "" | "Equal" => !key.is_empty() && read("/value") == text(taint, "/value"),
            _ => false,
        }
}

/// Whether a pod tolerates a taint.
pub(crate) fn tolerates(pod: &Value, taint: &Value) -> bool {
    items(pod, "/spec/tolerations").any(|toleration| one_tolerates(toleration, taint))
}

/// The taints of a node with an effect that a pod does not tolerate.
pub(crate) fn untolerated<'a>(
    pod: &'a Value,
    node: &'a Value,
    effects: &'a [&str],
) -> impl Iterator<Item = &'a Value> {
    items(node, "/spec/taints")
        .filter(move |taint| effects.contains(&text(taint, "/effect")) && !tolerates(pod, taint))
}
