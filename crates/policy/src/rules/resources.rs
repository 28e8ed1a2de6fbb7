//! I: limits of containers.

use wheelhouse_objects::{Container, ContainerList, Node, Quantity};

use crate::check::{Checker, Said};
use crate::pods::Pod;
use crate::rule::Rule;

pub(crate) const RULES: &[&Rule] = &[&LIMITS, &EXTENDED];

static LIMITS: Rule = Rule::warning(
    "WH-140",
    "limits-missing",
    "all containers have resource limits for at least cpu and memory",
    "add the limit",
)
.by_platform()
.later();
static EXTENDED: Rule = Rule::warning(
    "WH-141",
    "gpu-limit",
    "an extended resource is asked for by its limit, and request and limit are equal",
    "put the same value under limits",
)
.by_platform()
.later();

/// A resource that is not one of Kubernetes' own: it has a domain.
pub(crate) fn is_extended(resource: &str) -> bool {
    resource.contains('/') && !resource.starts_with("kubernetes.io/")
}

/// The amount of a node of a manifest.
pub(crate) fn amount(node: &Node) -> Option<Quantity> {
    Quantity::of(&node.to_json())
}

/// An amount as people write it: bytes in binary units, processors in thousandths where needed.
pub(crate) fn shown(resource: &str, amount: Quantity) -> String {
    let units = amount.units();
    if resource == "cpu" {
        let millis = amount.millis();
        return if millis % 1000 == 0 { (millis / 1000).to_string() } else { format!("{millis}m") };
    }
    [("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)]
        .iter()
        .find(|(_, bits)| units != 0 && units % (1_i64 << bits) == 0)
        .map_or_else(|| units.to_string(), |(unit, bits)| format!("{}{unit}", units >> bits))
}

/// What a container writes outside of claims.
const DISK: &str = "ephemeral-storage";

/// A volume on the node's disk without a bound that a container may write to.
fn unbounded_volume<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Option<&'a str> {
    let volumes = pod.template.spec.get("volumes").map(Node::items).unwrap_or_default();
    let is_unbounded = |name: &str| {
        let volume = volumes.iter().find(|volume| volume.get("name").and_then(Node::as_str) == Some(name));
        volume.and_then(|volume| volume.get("emptyDir")).is_some_and(|empty| {
            empty.get("medium").and_then(Node::as_str) != Some("Memory") && empty.set("sizeLimit").is_none()
        })
    };
    let mounts = container.node.get("volumeMounts").map(Node::items).unwrap_or_default();
    mounts
        .iter()
        .filter(|mount| mount.get("readOnly").and_then(Node::as_bool) != Some(true))
        .filter_map(|mount| mount.get("name").and_then(Node::as_str))
        .find(|name| is_unbounded(name))
}

pub(crate) fn check(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    for container in pod.template.containers() {
        if container.list == ContainerList::EphemeralContainers {
            continue;
        }
        let resources = container.node.set("resources");
        let limits = resources.and_then(|resources| resources.set("limits"));
        let span = limits.or(resources).unwrap_or(container.node).span;
        for resource in ["cpu", "memory"] {
            if limits.and_then(|limits| limits.set(resource)).is_none() {
                let message =
                    format!("{}: container \"{}\" has no {resource} limit", pod.object, container.name());
                let path = pod.container_path(&container, &format!("resources.limits.{resource}"));
                let requested = resources.and_then(|resources| resources.at("requests")?.set(resource));
                let mut said = Said::missing(path, span, message);
                if let Some(requested) = requested {
                    said = said.fix(format!(
                        "add limits.{resource}: {}, as much as is requested",
                        requested.shown()
                    ));
                }
                checker.found(&LIMITS, pod.object, said);
            }
        }
        if limits.and_then(|limits| limits.set(DISK)).is_none()
            && let Some(volume) = unbounded_volume(pod, &container)
        {
            let message = format!(
                "{}: container \"{}\" writes to the emptyDir \"{volume}\", which has no sizeLimit, without an {DISK} limit",
                pod.object,
                container.name()
            );
            let path = pod.container_path(&container, &format!("resources.limits.{DISK}"));
            let said = Said::missing(path, span, message);
            checker.found(
                &EXTENDED,
                pod.object,
                said.fix(format!("add limits.{DISK}, or a sizeLimit of the volume")),
            );
        }
        let requests = resources.and_then(|resources| resources.get("requests"));
        for request in requests.map(Node::entries).unwrap_or_default() {
            let limit = limits.and_then(|limits| limits.set(&request.key));
            let fits = limit.is_some_and(|limit| amount(limit) == amount(&request.value));
            if is_extended(&request.key) && !fits {
                let message = format!(
                    "{}: container \"{}\" requests {} without the same limit",
                    pod.object,
                    container.name(),
                    request.key
                );
                let path = pod.container_path(&container, &format!("resources.requests[{}]", request.key));
                let fix = format!("limits: {{{}: {}}}", request.key, request.value.shown());
                checker.found(&EXTENDED, pod.object, Said::at(path, request.key_span, message).fix(fix));
            }
        }
    }
}
