//! E: volumes and claims.

use wheelhouse_objects::{Content, Node, Object, PodTemplate, Quantity, pod_security};

use super::capacity::needed;
use super::resources::{amount, shown};

use crate::check::{Checker, Said};
use crate::pods::Pod;
use crate::rule::{Level, Rule};

pub(crate) const RULES: &[&Rule] = &[&VOLUME_TYPE, &PROJECTED, &CLAIM, &CHOSEN_VOLUME, &MEMORY, &DISK];

/// The volume types that are allowed.
const ALLOWED: &[&str] = &["configMap", "secret", "projected", "persistentVolumeClaim", "emptyDir"];

static VOLUME_TYPE: Rule = Rule::error(
    "WH-040",
    "volume-type",
    "pods may mount configMap, secret, projected, persistentVolumeClaim and emptyDir volumes only",
    "use a persistentVolumeClaim",
)
.by_platform();

static PROJECTED: Rule = Rule::error(
    "WH-041",
    "projected-source",
    "a projected volume may hold configMap and secret sources only",
    "use env with fieldRef for downward values; the platform gives no token",
)
.by_platform();

static CLAIM: Rule = Rule::error(
    "WH-042",
    "volume-claim-template",
    "a claim stays in its namespace, in the storage quota and with the storage classes there are",
    "remove the data source; ask for a size within the quota and a storage class of the cluster, or none",
);

static CHOSEN_VOLUME: Rule = Rule::error(
    "WH-043",
    "pvc-volume-name",
    "a claim that chooses its PersistentVolume may get another tenant's",
    "remove it; the claim binds through its storage class",
);

static MEMORY: Rule = Rule::warning(
    "WH-044",
    "memory-emptydir",
    "what is written to a memory-backed volume counts as the pod's memory",
    "add sizeLimit",
);

static DISK: Rule = Rule::info(
    "WH-045",
    "emptydir-size",
    "what a pod downloads and writes is limited by the disk space of its node",
    "use a smaller sizeLimit, or a claim",
);

pub(crate) fn check(checker: &mut Checker<'_>, objects: &[Object], pods: &[Pod<'_>]) {
    let mut claimed = Quantity::ZERO;
    for object in objects {
        claims_of(checker, object, pods, &mut claimed);
        if object.is("", "PersistentVolumeClaim") {
            claim(checker, object, &object.root, "", object.name());
        }
        if object.is("apps", "StatefulSet") {
            let templates = object.root.at("spec.volumeClaimTemplates").map(Node::items).unwrap_or_default();
            for (index, template) in templates.iter().enumerate() {
                let name = template.at("metadata.name").and_then(Node::as_str).unwrap_or_default();
                claim(checker, object, template, &format!("spec.volumeClaimTemplates[{index}]."), name);
            }
        }
    }
    for Pod { object, template, .. } in pods {
        for (index, node) in volumes(template).iter().enumerate() {
            let path = format!("{}.volumes[{index}]", template.path);
            volume(checker, object, node, &path);
        }
        memory(checker, object, template);
        disk(checker, object, template);
    }
}

fn volume(checker: &mut Checker<'_>, object: &Object, node: &Node, path: &str) {
    let name = node.get("name").and_then(Node::as_str).unwrap_or_default();
    for entry in node.entries().iter().filter(|entry| entry.key != "name") {
        let kind = entry.key.as_str();
        if entry.value.value == Content::Null {
            continue;
        }
        if !ALLOWED.contains(&kind) {
            let message =
                format!("{object}: volume \"{name}\" is a {kind}; allowed are {}", ALLOWED.join(", "));
            let mut said = Said::at(format!("{path}.{kind}"), entry.key_span, message);
            if kind == "downwardAPI" {
                said = said.fix("use env with fieldRef");
            }
            if kind == "hostPath" {
                said = said.also("WH-104");
            }
            if !pod_security::is_restricted_volume(kind) {
                said = said.also("WH-120");
            }
            checker.found(&VOLUME_TYPE, object, said);
        }
    }
    let has_source =
        node.entries().iter().any(|entry| entry.key != "name" && entry.value.value != Content::Null);
    if !has_source && matches!(node.value, Content::Mapping(_)) {
        let message = format!("{object}: volume \"{name}\" has no source, which makes it an emptyDir");
        let said = Said::at(path, node.span, message).level(Level::Info);
        checker.found(&VOLUME_TYPE, object, said.fix("write emptyDir: {}, or the source that was meant"));
    }
    let sources = node.at("projected.sources").map(Node::items).unwrap_or_default();
    for (index, source) in sources.iter().enumerate() {
        for entry in source.entries() {
            if !matches!(entry.key.as_str(), "configMap" | "secret") {
                let message = format!("{object}: volume \"{name}\" projects a {}", entry.key);
                let path = format!("{path}.projected.sources[{index}].{}", entry.key);
                checker.found(&PROJECTED, object, Said::at(path, entry.key_span, message));
            }
        }
    }
    if let Some(empty) = node.get("emptyDir")
        && let Some(medium) = empty.get("medium").filter(|medium| medium.as_str() == Some("Memory"))
        && empty.set("sizeLimit").and_then(|size| Quantity::of(&size.to_json())).is_none()
    {
        let message = format!(
            "{object}: volume \"{name}\" is memory-backed without sizeLimit; what is written counts as the pod's memory"
        );
        checker.found(&MEMORY, object, Said::at(format!("{path}.emptyDir.medium"), medium.span, message));
    }
}

/// Memory-backed volumes with a limit must fit into what the containers may use (WH-044).
fn memory(checker: &mut Checker<'_>, object: &Object, template: &PodTemplate<'_>) {
    let limits: Option<Vec<Quantity>> = template
        .containers()
        .iter()
        .map(|container| container.node.at("resources.limits")?.set("memory").and_then(amount))
        .collect();
    let Some(limits) = limits.filter(|limits| !limits.is_empty()) else { return };
    let together = limits.into_iter().fold(Quantity::ZERO, Quantity::plus);
    for (index, volume) in volumes(template).iter().enumerate() {
        let Some(empty) = volume.get("emptyDir") else { continue };
        if empty.get("medium").and_then(Node::as_str) != Some("Memory") {
            continue;
        }
        if let Some(limit) = empty.set("sizeLimit")
            && let Some(size) = amount(limit).filter(|size| *size > together)
        {
            let name = volume.get("name").and_then(Node::as_str).unwrap_or_default();
            let message = format!(
                "{object}: volume \"{name}\" may take {} of memory; its containers have {} together",
                shown("memory", size),
                shown("memory", together)
            );
            let path = format!("{}.volumes[{index}].emptyDir.sizeLimit", template.path);
            checker.found(&MEMORY, object, Said::at(path, limit.span, message).fix("lower sizeLimit"));
        }
    }
}

/// What a pod may write against the disk of its node (WH-045).
fn disk(checker: &mut Checker<'_>, object: &Object, template: &PodTemplate<'_>) {
    const RESOURCE: &str = "ephemeral-storage";
    let node = checker.facts.cluster.node.as_ref();
    let Some(room) = node.and_then(|node| node.get(RESOURCE)).copied() else { return };
    let sized: Vec<(&Node, Quantity)> = volumes(template)
        .iter()
        .filter_map(|volume| volume.get("emptyDir"))
        .filter(|empty| empty.get("medium").and_then(Node::as_str) != Some("Memory"))
        .filter_map(|empty| Some((empty, empty.set("sizeLimit").and_then(amount)?)))
        .collect();
    let volumes = sized.iter().fold(Quantity::ZERO, |sum, (_, size)| sum.plus(*size));
    let writes = volumes.plus(needed(template, RESOURCE));
    if writes > room {
        let span =
            sized.iter().max_by_key(|(_, size)| *size).map_or(template.spec.span, |(node, _)| node.span);
        let message =
            format!("{object} may write {}; the node has {}", shown(RESOURCE, writes), shown(RESOURCE, room));
        checker.found(&DISK, object, Said::at(format!("{}.volumes", template.path), span, message));
    }
}

fn volumes<'a>(template: &PodTemplate<'a>) -> &'a [Node] {
    template.spec.get("volumes").map(Node::items).unwrap_or_default()
}

/// Sizes, storage classes and use of an object's claims (WH-042); `claimed` is what all claims
/// before ask for.
fn claims_of(checker: &mut Checker<'_>, object: &Object, pods: &[Pod<'_>], claimed: &mut Quantity) {
    if object.is("", "PersistentVolumeClaim") {
        capacity_of_claim(checker, object, &object.root, "", object.name(), 1, claimed);
    }
    if !object.is("apps", "StatefulSet") {
        return;
    }
    let own = pods.iter().find(|pod| std::ptr::eq(pod.object, object)).map(|pod| &pod.template);
    let copies = own.map_or(1, |template| template.count);
    let mounted: Vec<&str> = own
        .into_iter()
        .flat_map(PodTemplate::containers)
        .flat_map(|container| container.node.get("volumeMounts").map(Node::items).unwrap_or_default())
        .filter_map(|mount| mount.get("name").and_then(Node::as_str))
        .collect();
    let templates = object.root.at("spec.volumeClaimTemplates").map(Node::items).unwrap_or_default();
    for (index, template) in templates.iter().enumerate() {
        let prefix = format!("spec.volumeClaimTemplates[{index}].");
        let named = template.at("metadata.name");
        let name = named.and_then(Node::as_str).unwrap_or_default();
        capacity_of_claim(checker, object, template, &prefix, name, copies, claimed);
        if let Some(node) = named.filter(|_| !mounted.contains(&name)) {
            let message = format!("{object}: claim \"{name}\" is mounted by no container");
            let said = Said::at(format!("{prefix}metadata.name"), node.span, message);
            checker.found(&CLAIM, object, said.level(Level::Warning).fix("mount it, or remove the claim"));
        }
    }
}

fn capacity_of_claim(
    checker: &mut Checker<'_>,
    object: &Object,
    root: &Node,
    prefix: &str,
    name: &str,
    copies: i64,
    claimed: &mut Quantity,
) {
    let cluster = &checker.facts.cluster;
    let mut found = Vec::new();
    if let Some(node) = root.at("spec.resources.requests.storage")
        && let Some(size) = amount(node)
        && let Some(quota) = cluster.storage_quota
    {
        let before = *claimed;
        for _ in 0..copies.clamp(0, 4096) {
            *claimed = claimed.plus(size);
        }
        // Only the claim that goes beyond is told of, not those after it.
        if before <= quota && *claimed > quota {
            let message = format!(
                "{object}: claim \"{name}\" brings the chart's claims to {}; the storage quota is {}",
                shown("storage", *claimed),
                shown("storage", quota)
            );
            found.push((
                format!("{prefix}spec.resources.requests.storage"),
                node.span,
                message,
                Level::Error,
            ));
        }
    }
    if let Some(node) = root.at("spec.storageClassName")
        && let Some(class) = node.as_str().filter(|class| !class.is_empty())
        && let Some(classes) = &cluster.storage_classes
        && !classes.iter().any(|known| known == class)
    {
        let message =
            format!("{object}: claim \"{name}\" asks for storage class \"{class}\", which is not there");
        found.push((format!("{prefix}spec.storageClassName"), node.span, message, Level::Warning));
    }
    for (path, span, message, level) in found {
        checker.found(&CLAIM, object, Said::at(path, span, message).level(level));
    }
}

fn claim(checker: &mut Checker<'_>, object: &Object, root: &Node, prefix: &str, name: &str) {
    let Some(spec) = root.get("spec") else { return };
    for field in ["dataSource", "dataSourceRef"] {
        if let Some(source) = spec.set(field) {
            let path = format!("{prefix}spec.{field}");
            let message = format!("{object}: claim \"{name}\" copies from another volume");
            checker.found(&CLAIM, object, Said::at(path, source.span, message));
        }
    }
    for field in ["volumeName", "selector"] {
        if let Some(chosen) = spec.set(field) {
            let path = format!("{prefix}spec.{field}");
            let message = format!("{object}: {path} binds to a chosen PersistentVolume");
            checker.found(&CHOSEN_VOLUME, object, Said::at(path, chosen.span, message));
        }
    }
}
