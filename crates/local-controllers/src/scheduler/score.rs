//! Scores of the nodes that fit, each part from 0 to 100 with upstream's default weights.

use serde_json::Value;
use wheelhouse_cluster::metadata;

use super::NodeView;
use super::affinity::Affinity;
use super::resources::{of_node, of_pod, sum};
use super::spread::Spread;
use super::terms::{term_picks, untolerated};
use crate::field::{items, number, value};

/// One score for each node, in their order.
pub(super) fn scores(pod: &Value, nodes: &[&NodeView], spread: &Spread, affinity: &Affinity) -> Vec<i64> {
    let part = |weight: i64, raw: Vec<i64>, fewer_is_better: bool| -> Vec<i64> {
        let (low, high) = (raw.iter().min().copied().unwrap_or(0), raw.iter().max().copied().unwrap_or(0));
        raw.into_iter()
            .map(|value| {
                let range = high.saturating_sub(low);
                let scaled = if range == 0 { 0 } else { (value - low).saturating_mul(100) / range };
                weight * if fewer_is_better { 100 - scaled } else { scaled }
            })
            .collect()
    };
    let raw = |of: &dyn Fn(&NodeView) -> i64| nodes.iter().map(|node| of(node)).collect::<Vec<_>>();
    let parts = [
        raw(&|node| free_share(pod, node)),
        part(2, raw(&|node| wished(pod, &node.node)), false),
        part(3, raw(&|node| disliked_taints(pod, &node.node)), true),
        part(2, raw(&|node| spread.crowding(node)), true),
        part(2, raw(&|node| affinity.preference(node)), false),
        part(2, raw(&|node| siblings(pod, node)), true),
    ];
    (0..nodes.len()).map(|index| parts.iter().filter_map(|part| part.get(index)).sum()).collect()
}

/// The share of CPU and memory that would be left, in percent: the emptiest node is best.
fn free_share(pod: &Value, view: &NodeView) -> i64 {
    let capacity = of_node(&view.node);
    let used = sum(view.pods.iter().map(|pod| &**pod));
    let asked = of_pod(pod);
    let share = |name: &str| -> i64 {
        let amount = |amounts: &super::resources::Amounts| {
            i128::from(amounts.get(name).copied().unwrap_or_default().millis())
        };
        let has = amount(&capacity);
        if has <= 0 {
            return 0;
        }
        let free = (has - amount(&used) - amount(&asked)).max(0);
        i64::try_from(free * 100 / has).unwrap_or_default()
    };
    (share("cpu") + share("memory")) / 2
}

/// The weights of the preferred node affinity terms that pick a node.
fn wished(pod: &Value, node: &Value) -> i64 {
    items(pod, "/spec/affinity/nodeAffinity/preferredDuringSchedulingIgnoredDuringExecution")
        .filter(|entry| term_picks(value(entry, "/preference"), node))
        .filter_map(|entry| number(entry, "/weight"))
        .sum()
}

fn disliked_taints(pod: &Value, node: &Value) -> i64 {
    i64::try_from(untolerated(pod, node, &["PreferNoSchedule"]).count()).unwrap_or(i64::MAX)
}

/// How many pods of the same controller a node runs already.
fn siblings(pod: &Value, view: &NodeView) -> i64 {
    let Some(controller) = metadata::controller_uid(pod) else { return 0 };
    let same = view.pods.iter().filter(|other| metadata::controller_uid(other) == Some(controller));
    i64::try_from(same.count()).unwrap_or(i64::MAX)
}
