//! I: what the chart asks for against the machines it is to run on.

use wheelhouse_objects::{Node, Object, PodTemplate};
use wheelhouse_source::Span;

use super::capacity::needed;
use super::resources::amount;
use crate::check::{Checker, Said};
use crate::facts::Machines;
use crate::finding::Edit;
use crate::pods::Pod;
use crate::rule::{Level, Rule};

pub(crate) const GPU_FIT_RULES: &[&Rule] = &[&GPU_FIT];
pub(crate) const RULES: &[&Rule] = &[&GPU_UNUSED, &INSTANCE_TYPE, &MULTI_NODE];

static GPU_FIT: Rule = Rule::error(
    "WH-143",
    "gpu-fit",
    "an instance gets the GPUs of its instance type and no more",
    "choose an instance type with enough GPUs, or ask for fewer",
)
.by_platform();
static GPU_UNUSED: Rule = Rule::warning(
    "WH-146",
    "gpu-unused",
    "GPUs that no container asks for are paid for and idle",
    "resources.limits: {nvidia.com/gpu: 1}, or an instance type without GPUs",
);
static INSTANCE_TYPE: Rule = Rule::error(
    "WH-147",
    "instance-type-syntax",
    "an instance type names its provider, its GPU, how many of them a node has and how many nodes there are",
    "<CSP>.GPU.<GPU>_<n>x[.x<nodes>], for example ON-PREM.GPU.H100_8x.x2",
)
.by_platform()
.protecting();
static MULTI_NODE: Rule = Rule::warning(
    "WH-148",
    "multi-node-shape",
    "pods of a gang start together, one on each node",
    "podManagementPolicy: Parallel and as many replicas as nodes",
);

const GPU: &str = "nvidia.com/gpu";

/// A workload that asks for GPUs.
struct Demand<'a> {
    object: &'a Object,
    path: String,
    /// Its first GPU limit.
    span: Span,
    gpus: i64,
    pods: i64,
}

pub(crate) fn check(checker: &mut Checker<'_>, objects: &[Object], pods: &[Pod<'_>]) {
    let Some(machines) = checker.facts.deployment.as_ref().and_then(|deployment| deployment.machines.clone())
    else {
        return;
    };
    let demands: Vec<Demand<'_>> = pods
        .iter()
        .filter_map(|pod| {
            let gpus = gpus_of_pod(&pod.template);
            (gpus > 0).then(|| Demand {
                object: pod.object,
                path: pod.path("containers"),
                span: gpu_limit(&pod.template).unwrap_or(pod.template.spec.span),
                gpus,
                pods: pod.template.count,
            })
        })
        .collect();
    if demands.is_empty() {
        if machines.gpus_per_node > 0 {
            let total = machines.gpus_per_node.saturating_mul(machines.nodes);
            let message = format!("no container asks for a GPU, but {} has {total}", machines.instance_type);
            checker.chart(&GPU_UNUSED, Said::at("", Span::default(), message));
        }
    } else {
        fit(checker, &machines, &demands);
    }
    if machines.nodes > 1 {
        shape(checker, &machines, objects, pods);
    }
}

/// Pods that an update starts beside those that run (WH-143): a note where no GPU is free for them.
fn surge(checker: &mut Checker<'_>, machines: &Machines, demands: &[Demand<'_>]) {
    let per_node = machines.gpus_per_node;
    for demand in demands.iter().filter(|demand| demand.object.is("apps", "Deployment")) {
        let strategy = demand.object.root.at("spec.strategy");
        if strategy.and_then(|strategy| strategy.get("type")).and_then(Node::as_str) == Some("Recreate") {
            continue;
        }
        let surge = strategy.and_then(|strategy| strategy.at("rollingUpdate.maxSurge"));
        let percent =
            surge.and_then(Node::as_str).and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok());
        let more = match surge.and_then(Node::as_integer) {
            Some(number) => number,
            None => {
                let hundredths = demand.pods.saturating_mul(percent.unwrap_or(25).clamp(0, 100));
                hundredths.saturating_add(99) / 100
            }
        };
        let during: Vec<(i64, i64)> = demands
            .iter()
            .map(|other| {
                let own = std::ptr::eq(other.object, demand.object);
                (other.gpus, other.pods.saturating_add(if own { more } else { 0 }))
            })
            .collect();
        if more > 0 && nodes_needed(during, per_node) > machines.nodes {
            let message = format!(
                "{} starts {more} more pod(s) while it is updated, for which {} has no free GPU",
                demand.object, machines.instance_type
            );
            let said = Said::at(demand.path.as_str(), demand.span, message).level(Level::Info);
            checker.found(&GPU_FIT, demand.object, said.fix("strategy: {type: Recreate}, or maxSurge: 0"));
        }
    }
}

fn fit(checker: &mut Checker<'_>, machines: &Machines, demands: &[Demand<'_>]) {
    let name = &machines.instance_type;
    let per_node = machines.gpus_per_node;
    let mut every_pod_fits = true;
    for demand in demands {
        let message = if demand.gpus > per_node {
            Some(format!(
                "{} asks for {} GPUs on one node; {name} has {per_node}",
                demand.object, demand.gpus
            ))
        } else if machines.nodes > 1 && demand.gpus != per_node {
            Some(format!(
                "{} asks for {} of {per_node} GPUs; multi-node instances need whole nodes",
                demand.object, demand.gpus
            ))
        } else {
            None
        };
        if let Some(message) = message {
            every_pod_fits = false;
            checker.found(&GPU_FIT, demand.object, Said::at(demand.path.as_str(), demand.span, message));
        }
    }
    let pods: i64 = demands.iter().fold(0, |sum, demand| sum.saturating_add(demand.pods));
    let too_few = machines.nodes > 1 && pods < machines.nodes;
    if !every_pod_fits {
        return;
    }
    let sizes = demands.iter().map(|demand| (demand.gpus, demand.pods)).collect();
    if !too_few && nodes_needed(sizes, per_node) <= machines.nodes {
        surge(checker, machines, demands);
    } else {
        let total: i64 = demands.iter().map(|demand| demand.gpus.saturating_mul(demand.pods)).sum();
        let breakdown: Vec<String> = demands
            .iter()
            .map(|demand| format!("{}: {} × {}", demand.object, demand.pods, demand.gpus))
            .collect();
        let message = format!(
            "the chart asks for {total} GPUs ({}); {name} has {per_node} × {}",
            breakdown.join(", "),
            machines.nodes
        );
        if let Some(first) = demands.first() {
            checker.found(&GPU_FIT, first.object, Said::at(first.path.as_str(), first.span, message));
        }
    }
}

/// Where a pod's GPUs are written: the container with the most.
fn gpu_limit(template: &PodTemplate<'_>) -> Option<Span> {
    let limits = template.containers().into_iter().filter_map(|container| {
        let limits =
            container.node.at("resources.limits").or_else(|| container.node.at("resources.requests"))?;
        let limit = limits.get(GPU)?;
        Some((amount(limit)?.units(), limit.span))
    });
    // The first of equals.
    limits.reduce(|most, next| if next.0 > most.0 { next } else { most }).map(|(_, span)| span)
}

/// How many nodes all pods take, packed largest first; by GPUs of a pod and number of pods.
fn nodes_needed(mut sizes: Vec<(i64, i64)>, per_node: i64) -> i64 {
    sizes.sort_unstable_by_key(|(gpus, _)| std::cmp::Reverse(*gpus));
    let mut free: Vec<i64> = Vec::new();
    for (gpus, pods) in sizes {
        // More pods than this cannot fit on any instance; the answer stays the same.
        for _ in 0..pods.min(4096) {
            match free.iter_mut().find(|room| **room >= gpus) {
                Some(room) => *room -= gpus,
                None => free.push(per_node - gpus),
            }
        }
    }
    i64::try_from(free.len()).unwrap_or(i64::MAX)
}

/// GPUs of a pod.
fn gpus_of_pod(template: &PodTemplate<'_>) -> i64 {
    needed(template, GPU).units()
}

/// How a gang of pods starts: a StatefulSet's all at once, as many as there are nodes (WH-148).
fn shape(checker: &mut Checker<'_>, machines: &Machines, objects: &[Object], pods: &[Pod<'_>]) {
    let nodes = machines.nodes;
    let with_gpus: Vec<&Pod<'_>> = pods.iter().filter(|pod| gpus_of_pod(&pod.template) > 0).collect();
    for Pod { object, template, .. } in
        with_gpus.iter().copied().filter(|pod| pod.object.is("apps", "StatefulSet"))
    {
        let Some(spec) = object.root.get("spec") else { continue };
        let count = template.count;
        if spec.get("podManagementPolicy").and_then(Node::as_str) != Some("Parallel") {
            let message = format!(
                "{object} starts its {count} pods one after another; a gang needs podManagementPolicy: Parallel"
            );
            let said = Said::missing("spec.podManagementPolicy", spec.span, message);
            let edit = Edit::Add("podManagementPolicy".to_owned(), "Parallel".to_owned());
            let unset = spec.get("podManagementPolicy").is_none();
            checker.found(&MULTI_NODE, object, if unset { said.edit(edit) } else { said });
        }
        if count != nodes {
            let span = spec.get("replicas").map_or(spec.span, |replicas| replicas.span);
            let message = format!("{object} has {count} pods for {nodes} nodes");
            checker.found(&MULTI_NODE, object, Said::at("spec.replicas", span, message));
        }
        let headless = spec.get("serviceName").and_then(Node::as_str).is_some_and(|name| {
            objects.iter().any(|other| {
                other.is("", "Service")
                    && other.name() == name
                    && other.root.at("spec.clusterIP").and_then(Node::as_str) == Some("None")
            })
        });
        if !headless {
            let span = spec.get("serviceName").map_or(spec.span, |name| name.span);
            let message =
                format!("{object} has no headless Service; the pods of a gang find each other by its names");
            let fix = "add a Service with clusterIP: None and name it in serviceName";
            checker.found(&MULTI_NODE, object, Said::at("spec.serviceName", span, message).fix(fix));
        }
    }
    // Sets of groups: the pods of all groups together.
    let mut sets: Vec<(&Object, i64)> = Vec::new();
    for pod in with_gpus.iter().filter(|pod| pod.object.kind == "LeaderWorkerSet") {
        match sets.last_mut() {
            Some((object, count)) if std::ptr::eq(*object, pod.object) => *count += pod.template.count,
            _ => sets.push((pod.object, pod.template.count)),
        }
    }
    for (object, count) in sets.into_iter().filter(|(_, count)| *count != nodes) {
        let size = object.root.at("spec.leaderWorkerTemplate.size");
        let span = size.map_or(object.root.span, |size| size.span);
        let message = format!("{object} has {count} pods for {nodes} nodes");
        let said = Said::at("spec.leaderWorkerTemplate.size", span, message);
        checker.found(&MULTI_NODE, object, said.fix("as many pods as nodes: replicas times size"));
    }
}
