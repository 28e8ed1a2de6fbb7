//! I: what the chart asks for against the machines it is to run on.

use wheelhouse_objects::{Node, Object, PodTemplate, pod_spec};
use wheelhouse_source::Span;

use super::capacity::needed;
use super::resources::amount;
use crate::check::{Checker, Said};
use crate::facts::Machines;
use crate::rule::Rule;

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

pub(crate) fn check(checker: &mut Checker<'_>, objects: &[Object]) {
    let Some(machines) = checker.facts.deployment.as_ref().and_then(|deployment| deployment.machines.clone())
    else {
        return;
    };
    let demands: Vec<Demand<'_>> = objects
        .iter()
        .filter_map(|object| {
            let template = pod_spec::pod_template(object)?;
            let gpus = gpus_of_pod(&template);
            (gpus > 0).then(|| Demand {
                object,
                path: format!("{}.containers", template.path),
                span: gpu_limit(&template).unwrap_or(template.spec.span),
                gpus,
                pods: pods_of(object),
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
        shape(checker, &machines, objects);
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
    if every_pod_fits && nodes_needed(demands, per_node) > machines.nodes {
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

/// How many nodes all pods take, packed largest first.
fn nodes_needed(demands: &[Demand<'_>], per_node: i64) -> i64 {
    let mut sizes: Vec<(i64, i64)> = demands.iter().map(|demand| (demand.gpus, demand.pods)).collect();
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

/// How many pods of an object run at once.
pub(crate) fn pods_of(object: &Object) -> i64 {
    let number = |path: &str| object.root.at(path).and_then(Node::as_integer);
    match object.kind.as_str() {
        "Pod" => 1,
        "Job" => {
            let parallel = number("spec.parallelism").unwrap_or(1);
            number("spec.completions").map_or(parallel, |completions| parallel.min(completions))
        }
        "CronJob" => {
            let forbids = object.root.at("spec.concurrencyPolicy").and_then(Node::as_str);
            if matches!(forbids, Some("Forbid" | "Replace")) { 1 } else { 2 }
        }
        _ => number("spec.replicas").unwrap_or(1),
    }
    .max(0)
}

fn shape(checker: &mut Checker<'_>, machines: &Machines, objects: &[Object]) {
    for object in objects.iter().filter(|object| object.is("apps", "StatefulSet")) {
        let Some(spec) = object.root.get("spec") else { continue };
        let gpus = pod_spec::pod_template(object).map_or(0, |template| gpus_of_pod(&template));
        if gpus == 0 {
            continue;
        }
        let pods = pods_of(object);
        if spec.get("podManagementPolicy").and_then(Node::as_str) != Some("Parallel") {
            let message = format!(
                "{object} starts its {pods} pods one after another; a gang needs podManagementPolicy: Parallel"
            );
            checker.found(&MULTI_NODE, object, Said::missing("spec.podManagementPolicy", spec.span, message));
        }
        if pods != machines.nodes {
            let span = spec.get("replicas").map_or(spec.span, |replicas| replicas.span);
            let message = format!("{object} has {pods} pods for {} nodes", machines.nodes);
            checker.found(&MULTI_NODE, object, Said::at("spec.replicas", span, message));
        }
    }
}
