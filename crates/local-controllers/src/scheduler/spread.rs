//! Topology spread: pods of a kind evenly over domains.

use std::collections::HashMap;

use serde_json::Value;
use wheelhouse_cluster::metadata;
use wheelhouse_objects::Selector;

use super::terms::{affinity_allows, untolerated};
use super::{NodeView, View};
use crate::field::{items, number, text, value};

/// One constraint with the matching pods counted by domain.
struct Constraint {
    topology: String,
    max_skew: i64,
    hard: bool,
    counts: HashMap<String, i64>,
    least: i64,
    /// 1 where the pod itself counts.
    itself: i64,
}

/// All spread constraints of a pod.
pub(super) struct Spread {
    constraints: Vec<Constraint>,
}

impl Spread {
    pub(super) fn of(pod: &Value, view: &View) -> Self {
        let constraints = items(pod, "/spec/topologySpreadConstraints")
            .map(|entry| Constraint::of(entry, pod, view))
            .collect();
        Self { constraints }
    }

    pub(super) fn refusal(&self, node: &NodeView) -> Option<String> {
        self.constraints.iter().filter(|constraint| constraint.hard).find_map(|constraint| {
            match node.label(&constraint.topology) {
                None => Some(
                    "node(s) didn't match pod topology spread constraints (missing required label)"
                        .to_owned(),
                ),
                Some(domain) => {
                    let skew = constraint.counts.get(domain).copied().unwrap_or_default() + constraint.itself
                        - constraint.least;
                    (skew > constraint.max_skew)
                        .then(|| "node(s) didn't match pod topology spread constraints".to_owned())
                }
            }
        })
    }

    /// How many matching pods the soft constraints count in a node's domains: fewer is better.
    pub(super) fn crowding(&self, node: &NodeView) -> i64 {
        let soft = self.constraints.iter().filter(|constraint| !constraint.hard);
        soft.map(|constraint| {
            node.label(&constraint.topology)
                .and_then(|domain| constraint.counts.get(domain))
                .copied()
                .unwrap_or_default()
        })
        .sum()
    }
}

impl Constraint {
    fn of(entry: &Value, pod: &Value, view: &View) -> Self {
        let topology = text(entry, "/topologyKey").to_owned();
        let selector = selector(entry, pod);
        let namespace = metadata::namespace(pod);
        let honour_affinity = text(entry, "/nodeAffinityPolicy") != "Ignore";
        let honour_taints = text(entry, "/nodeTaintsPolicy") == "Honor";
        let mut counts: HashMap<String, i64> = HashMap::new();
        for node in &view.nodes {
            let eligible = (!honour_affinity || affinity_allows(pod, &node.node))
                && (!honour_taints
                    || untolerated(pod, &node.node, &["NoSchedule", "NoExecute"]).next().is_none());
            let Some(domain) = node.label(&topology).filter(|_| eligible) else { continue };
            let matching = node.pods.iter().filter(|other| {
                metadata::namespace(other) == namespace
                    && !metadata::is_deleting(other)
                    && selector.picks(other.pointer("/metadata/labels"))
            });
            *counts.entry(domain.to_owned()).or_default() +=
                i64::try_from(matching.count()).unwrap_or(i64::MAX);
        }
        let domains = i64::try_from(counts.len()).unwrap_or(i64::MAX);
        let wanted_domains = number(entry, "/minDomains").unwrap_or(1);
        // With fewer domains than wanted, the missing ones count as empty.
        let least =
            if domains < wanted_domains { 0 } else { counts.values().copied().min().unwrap_or_default() };
        Self {
            topology,
            max_skew: number(entry, "/maxSkew").unwrap_or(1),
            hard: text(entry, "/whenUnsatisfiable") != "ScheduleAnyway",
            counts,
            least,
            itself: i64::from(selector.picks(pod.pointer("/metadata/labels"))),
        }
    }
}

/// The constraint's selector, with the pod's own values of `matchLabelKeys`.
fn selector(entry: &Value, pod: &Value) -> Selector {
    let mut given = value(entry, "/labelSelector").clone();
    for key in items(entry, "/matchLabelKeys").filter_map(Value::as_str) {
        if let Some(own) = metadata::label(pod, key) {
            crate::field::set(&mut given, &["matchLabels", key], own.into());
        }
    }
    Selector::of(&given)
}
