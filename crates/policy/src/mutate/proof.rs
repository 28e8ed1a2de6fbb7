use std::collections::BTreeSet;

use serde_json::Value;
use wheelhouse_objects::{Node, Object, Selector};

use super::{BrokenChart, Pair};
use crate::pods::{Pod, Pods};
use crate::rule::Level;
use crate::rules::services::{is_service, ports, target_breach};

/// What held before the changes and must hold after.
pub(super) struct Facts {
    /// For each workload with a selector: whether it selects its own pods (P1).
    own: Vec<(String, bool)>,
    /// For each Service: the workloads it selects (P2, and P4 for the entry point).
    selected: Vec<(String, Vec<String>)>,
    /// References to ConfigMaps, Secrets and claims that lead nowhere (P3).
    dangling: BTreeSet<String>,
    /// Ports of Services whose target no pod declares (P4).
    unanswered: BTreeSet<String>,
    /// How many objects there are (P5).
    count: usize,
}

/// Whether a selector of a chart names a label that the platform sets: the one way in which its changes can break a
/// chart. They take no name, port, object or label away.
pub(super) fn concerns_selectors(objects: &[Object], labels: &[Pair]) -> bool {
    let is_set = |key: &str| labels.iter().any(|(own, _)| own == key);
    let names = |labels: Option<&Node>| {
        labels.is_some_and(|labels| labels.entries().iter().any(|entry| is_set(&entry.key)))
    };
    objects.iter().filter_map(|object| object.root.at("spec.selector")).any(|selector| {
        let expressions = selector.get("matchExpressions").map(Node::items).unwrap_or_default();
        names(Some(selector))
            || names(selector.get("matchLabels"))
            || expressions
                .iter()
                .any(|expression| expression.get("key").and_then(Node::as_str).is_some_and(is_set))
    })
}

/// The rules of references that a change could break; accounts are the platform's own matter.
const REFERENCES: &[&str] = &["WH-160", "WH-161", "WH-162"];

impl Facts {
    pub(super) fn of(objects: &[Object]) -> Self {
        let pods = Pods::of(objects);
        let own =
            pods.iter().filter_map(|pod| Some((pod.object.to_string(), selects_own_pods(pod)?))).collect();
        let mut selected = Vec::new();
        let mut unanswered = BTreeSet::new();
        for service in objects.iter().filter(|object| is_service(object)) {
            let picked = pods.selected_by(service);
            let breaches = ports(service).iter().filter_map(|port| target_breach(service, port, &picked));
            unanswered.extend(breaches.map(|said| said.message));
            selected.push((service.to_string(), picked.iter().map(|pod| pod.object.to_string()).collect()));
        }
        Facts { own, selected, dangling: dangling(objects, &pods), unanswered, count: objects.len() }
    }

    pub(super) fn still_hold(&self, objects: &[Object]) -> Result<(), BrokenChart> {
        let after = Facts::of(objects);
        let broken = |message: String| Err(BrokenChart { rule: "WH-182", message });
        for ((object, before), (_, now)) in self.own.iter().zip(&after.own) {
            if *before && !now {
                return broken(format!("{object}: its selector would no longer match its own pods"));
            }
        }
        for ((service, before), (_, now)) in self.selected.iter().zip(&after.selected) {
            if before != now {
                return broken(format!("{service} would select other pods than before"));
            }
        }
        if let Some(message) = after.dangling.difference(&self.dangling).next() {
            return Err(BrokenChart { rule: "WH-181", message: message.clone() });
        }
        if let Some(message) = after.unanswered.difference(&self.unanswered).next() {
            return broken(message.clone());
        }
        if self.count != after.count {
            return broken("an object would appear or vanish".to_owned());
        }
        Ok(())
    }
}

fn dangling(objects: &[Object], pods: &[Pod<'_>]) -> BTreeSet<String> {
    crate::check::references(objects, pods)
        .into_iter()
        .filter(|finding| REFERENCES.contains(&finding.rule.id) && finding.level == Level::Error)
        .map(|finding| finding.message)
        .collect()
}

fn selects_own_pods(pod: &Pod<'_>) -> Option<bool> {
    let selector = pod.object.root.at("spec.selector").map_or(Value::Null, Node::to_json);
    (pod.object.group() == "apps").then(|| Selector::of(&selector).picks(Some(&pod.template.labels())))
}
