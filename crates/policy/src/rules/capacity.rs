//! I: what pods and claims ask for against what a node and the namespace offer.

use std::collections::BTreeMap;

use wheelhouse_objects::{ContainerList, Node, Object, PodTemplate, Quantity};

use super::resources::{amount, is_extended, shown};
use crate::check::{Checker, Said};
use crate::pods::Pod;
use crate::rule::{Level, Rule};

pub(crate) const FOREIGN_RULES: &[&Rule] = &[&FOREIGN];
pub(crate) const FIT_RULES: &[&Rule] = &[&RESOURCE_FIT, &QUOTA_FIT];

static FOREIGN: Rule = Rule::warning(
    "WH-142",
    "foreign-resource",
    "a pod that asks for a resource no node offers is never placed",
    "choose another instance type or cluster, or put the resource behind a value",
);
static RESOURCE_FIT: Rule = Rule::error(
    "WH-144",
    "resource-fit",
    "a pod that needs more than a node offers is never placed",
    "choose an instance type with larger nodes, or ask for less",
);
static QUOTA_FIT: Rule = Rule::error(
    "WH-145",
    "quota-fit",
    "the namespace of an instance takes only so many objects of a kind",
    "merge objects of that kind, or ask the operator for a larger quota",
);

/// Resources of Kubernetes' own that a node has a limited amount of.
const NODE_RESOURCES: &[&str] = &["cpu", "memory", "ephemeral-storage"];

/// Kinds with the name that quotas count them by.
const COUNTED: &[(&str, &str)] = &[
    ("ConfigMap", "configmaps"),
    ("CronJob", "cronjobs"),
    ("Deployment", "deployments"),
    ("Job", "jobs"),
    ("PersistentVolumeClaim", "persistentvolumeclaims"),
    ("ReplicaSet", "replicasets"),
    ("Secret", "secrets"),
    ("Service", "services"),
    ("StatefulSet", "statefulsets"),
];

/// What a pod needs of a resource at one time: its containers and sidecars together, or an init
/// container and the sidecars before it, whichever is more. A request that is not set counts as
/// its limit.
pub(crate) fn needed(template: &PodTemplate<'_>, resource: &str) -> Quantity {
    let (mut together, mut sidecars, mut peak) = (Quantity::ZERO, Quantity::ZERO, Quantity::ZERO);
    for container in template.containers() {
        let asked = |list: &str| container.node.at(list).and_then(|list| list.set(resource)).and_then(amount);
        let asked =
            asked("resources.requests").or_else(|| asked("resources.limits")).unwrap_or(Quantity::ZERO);
        match container.list {
            ContainerList::Containers => together = together.plus(asked),
            ContainerList::InitContainers if container.is_sidecar() => sidecars = sidecars.plus(asked),
            ContainerList::InitContainers => peak = peak.max(sidecars.plus(asked)),
            ContainerList::EphemeralContainers => {}
        }
    }
    peak.max(together.plus(sidecars))
}

/// Resources of other makers (WH-142).
pub(crate) fn check_pod(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    let cluster = &checker.facts.cluster;
    for container in pod.template.containers() {
        for list in ["limits", "requests"] {
            let entries = container.node.at(&format!("resources.{list}")).map(Node::entries);
            for entry in entries.unwrap_or_default() {
                let resource = entry.key.as_str();
                let said_already = list == "requests"
                    && container
                        .node
                        .at("resources.limits")
                        .is_some_and(|limits| limits.get(resource).is_some());
                if !is_extended(resource) || resource.starts_with("nvidia.com/") || said_already {
                    continue;
                }
                let listed = cluster.node.as_ref().filter(|_| cluster.node_is_complete);
                let known = listed.map(|node| node.contains_key(resource));
                if known == Some(true) {
                    continue;
                }
                let name = if cluster.name.is_empty() { "the cluster" } else { cluster.name.as_str() };
                let verb = if known.is_some() { "does not" } else { "may not" };
                let message = format!(
                    "{}: container \"{}\" asks for {resource}, which {name} {verb} offer",
                    pod.object,
                    container.name()
                );
                let level = if known.is_some() { Level::Error } else { Level::Warning };
                let path = pod.container_path(&container, &format!("resources.{list}[{resource}]"));
                checker.found(&FOREIGN, pod.object, Said::at(path, entry.key_span, message).level(level));
            }
        }
    }
}

/// Nodes (WH-144) and quotas (WH-145).
pub(crate) fn check(checker: &mut Checker<'_>, objects: &[Object], pods: &[Pod<'_>]) {
    nodes(checker, pods);
    quotas(checker, objects, pods);
}

fn nodes(checker: &mut Checker<'_>, pods: &[Pod<'_>]) {
    let Some(node) = checker.facts.cluster.node.clone() else { return };
    let machines = checker.facts.deployment.as_ref().and_then(|deployment| deployment.machines.clone());
    let type_name = machines.as_ref().map_or("this cluster", |machines| machines.instance_type.as_str());
    let count = machines.as_ref().map_or(1, |machines| machines.nodes);
    for resource in NODE_RESOURCES {
        let Some(offer) = node.get(*resource) else { continue };
        let mut total = Quantity::ZERO;
        let mut largest: Option<(&Object, &Node, Quantity)> = None;
        let mut every_pod_fits = true;
        for Pod { object, template, .. } in pods {
            let needs = needed(template, resource);
            if needs > *offer {
                every_pod_fits = false;
                let message = format!(
                    "{object} needs {} {resource}; a node of {type_name} offers {}",
                    shown(resource, needs),
                    shown(resource, *offer)
                );
                let span = template.spec.get("containers").map_or(template.spec.span, |list| list.span);
                let path = format!("{}.containers", template.path);
                checker.found(&RESOURCE_FIT, object, Said::at(path, span, message));
            }
            for _ in 0..template.count.min(4096) {
                total = total.plus(needs);
            }
            if largest.as_ref().is_none_or(|(_, _, most)| needs > *most) {
                largest = Some((object, template.spec, needs));
            }
        }
        let mut whole = Quantity::ZERO;
        for _ in 0..count.clamp(0, 4096) {
            whole = whole.plus(*offer);
        }
        if let Some((object, spec, _)) = largest.filter(|_| every_pod_fits && total > whole) {
            let message = format!(
                "the chart's pods need {} {resource} together; {type_name} offers {}",
                shown(resource, total),
                shown(resource, whole)
            );
            checker.found(&RESOURCE_FIT, object, Said::at("spec", spec.span, message));
        }
    }
}

fn quotas(checker: &mut Checker<'_>, objects: &[Object], pods: &[Pod<'_>]) {
    let quotas: BTreeMap<String, i64> = checker.facts.cluster.quotas.clone();
    for (resource, quota) in quotas {
        // An object counts for one of its kind; for pods, for as many as it runs.
        let share = |object: &Object| -> i64 {
            if resource == "pods" {
                let own = pods.iter().filter(|pod| std::ptr::eq(pod.object, object));
                return own.fold(0, |sum, pod| sum.saturating_add(pod.template.count));
            }
            i64::from(COUNTED.iter().any(|(kind, name)| *name == resource && *kind == object.kind))
        };
        let total = objects.iter().fold(0_i64, |sum, object| sum.saturating_add(share(object)));
        if total <= quota {
            continue;
        }
        let mut sum = 0_i64;
        let first_too_many = objects.iter().find(|object| {
            sum = sum.saturating_add(share(object));
            sum > quota
        });
        let name = COUNTED.iter().find(|(_, name)| *name == resource).map_or("pod", |(kind, _)| kind);
        let message = format!("the chart has {total} {name}s, the instance quota is {quota}");
        if let Some(object) = first_too_many {
            checker.found(&QUOTA_FIT, object, Said::at("", object.root.span, message));
        }
    }
}
