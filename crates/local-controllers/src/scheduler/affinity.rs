//! Pod affinity and anti-affinity: near some pods, away from others.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;
use wheelhouse_cluster::metadata;
use wheelhouse_objects::Selector;

use super::{NodeView, View};
use crate::field::{items, number, text, value};

/// One affinity term made ready for matching.
struct Term {
    selector: Selector,
    namespaces: HashSet<String>,
    topology: String,
    weight: i64,
}

impl Term {
    fn of(term: &Value, owner: &Value, weight: i64, view: &View) -> Self {
        let mut namespaces: HashSet<String> =
            items(term, "/namespaces").filter_map(Value::as_str).map(str::to_owned).collect();
        match term.get("namespaceSelector").filter(|selector| !selector.is_null()) {
            Some(selector) => {
                let selector = Selector::of(selector);
                let picked =
                    view.namespaces.iter().filter(|space| selector.picks(space.pointer("/metadata/labels")));
                namespaces.extend(picked.map(|space| metadata::name(space).to_owned()));
            }
            None if namespaces.is_empty() => {
                namespaces.insert(metadata::namespace(owner).to_owned());
            }
            None => {}
        }
        Self {
            selector: Selector::of(value(term, "/labelSelector")),
            namespaces,
            topology: text(term, "/topologyKey").to_owned(),
            weight,
        }
    }

    fn picks(&self, pod: &Value) -> bool {
        self.namespaces.contains(metadata::namespace(pod))
            && self.selector.picks(pod.pointer("/metadata/labels"))
    }
}

fn required(pod: &Value, kind: &str, view: &View) -> Vec<Term> {
    let path = format!("/spec/affinity/{kind}/requiredDuringSchedulingIgnoredDuringExecution");
    items(pod, &path).map(|term| Term::of(term, pod, 0, view)).collect()
}

fn preferred(pod: &Value, kind: &str, sign: i64, view: &View) -> Vec<Term> {
    let path = format!("/spec/affinity/{kind}/preferredDuringSchedulingIgnoredDuringExecution");
    items(pod, &path)
        .map(|entry| {
            let weight = number(entry, "/weight").unwrap_or(1) * sign;
            Term::of(value(entry, "/podAffinityTerm"), pod, weight, view)
        })
        .collect()
}

/// The domains where a term is met: label key and value of the nodes that run a pod it picks.
type Domains = HashMap<(String, String), i64>;

/// What a pod's affinity, and that of the pods already placed, says about nodes.
pub(super) struct Affinity {
    near: Vec<(Term, HashSet<String>)>,
    /// Domains in which a pod runs that this pod must avoid, or that must avoid this pod.
    away: HashSet<(String, String)>,
    forbidden_by_others: HashSet<(String, String)>,
    /// The pod itself meets all its terms: it may be the first of its kind.
    may_be_first: bool,
    preference: Domains,
}

fn placed(view: &View) -> impl Iterator<Item = (&NodeView, &Arc<Value>)> {
    view.nodes.iter().flat_map(|node| node.pods.iter().map(move |pod| (node, pod)))
}

fn domain(node: &NodeView, topology: &str) -> Option<(String, String)> {
    Some((topology.to_owned(), node.label(topology)?.to_owned()))
}

impl Affinity {
    pub(super) fn of(pod: &Value, view: &View) -> Self {
        let near: Vec<(Term, HashSet<String>)> = required(pod, "podAffinity", view)
            .into_iter()
            .map(|term| {
                let values = placed(view)
                    .filter(|(_, other)| term.picks(other))
                    .filter_map(|(node, _)| node.label(&term.topology).map(str::to_owned))
                    .collect();
                (term, values)
            })
            .collect();
        let mut away = HashSet::new();
        for term in required(pod, "podAntiAffinity", view) {
            away.extend(
                placed(view)
                    .filter(|(_, other)| term.picks(other))
                    .filter_map(|(node, _)| domain(node, &term.topology)),
            );
        }
        let mut forbidden_by_others = HashSet::new();
        for (node, other) in placed(view) {
            for term in required(other, "podAntiAffinity", view).iter().filter(|term| term.picks(pod)) {
                forbidden_by_others.extend(domain(node, &term.topology));
            }
        }
        let mut preference = Domains::new();
        let mut wishes = preferred(pod, "podAffinity", 1, view);
        wishes.extend(preferred(pod, "podAntiAffinity", -1, view));
        for term in &wishes {
            for (node, _) in placed(view).filter(|(_, other)| term.picks(other)) {
                if let Some(domain) = domain(node, &term.topology) {
                    *preference.entry(domain).or_default() += term.weight;
                }
            }
        }
        let nobody = near.iter().all(|(_, values)| values.is_empty());
        let may_be_first = nobody && near.iter().all(|(term, _)| term.picks(pod));
        Self { near, away, forbidden_by_others, may_be_first, preference }
    }

    pub(super) fn refusal(&self, node: &NodeView) -> Option<String> {
        let met = self.near.iter().all(|(term, values)| {
            node.label(&term.topology).is_some_and(|value| self.may_be_first || values.contains(value))
        });
        let in_any = |domains: &HashSet<(String, String)>| {
            domains.iter().any(|(topology, value)| node.label(topology) == Some(value))
        };
        if !met {
            Some("node(s) didn't match pod affinity rules".to_owned())
        } else if in_any(&self.away) {
            Some("node(s) didn't match pod anti-affinity rules".to_owned())
        } else if in_any(&self.forbidden_by_others) {
            Some("node(s) didn't satisfy existing pods anti-affinity rules".to_owned())
        } else {
            None
        }
    }

    /// How much the pod would like a node.
    pub(super) fn preference(&self, node: &NodeView) -> i64 {
        let here =
            self.preference.iter().filter(|((topology, value), _)| node.label(topology) == Some(value));
        here.map(|(_, weight)| weight).sum()
    }
}
