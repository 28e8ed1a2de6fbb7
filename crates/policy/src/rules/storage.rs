//! E: volumes and claims.

use wheelhouse_objects::{Node, Object, Quantity, pod_spec};

use crate::check::{Checker, Said};
use crate::rule::Rule;

pub(crate) const RULES: &[&Rule] = &[&VOLUME_TYPE, &PROJECTED, &CLAIM, &CHOSEN_VOLUME, &MEMORY];

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
    "a claim that copies another volume can reach data of others",
    "remove the data source",
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

pub(crate) fn check(checker: &mut Checker<'_>, objects: &[Object]) {
    for object in objects {
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
        let Some(template) = pod_spec::pod_template(object) else { continue };
        let volumes = template.spec.get("volumes").map(Node::items).unwrap_or_default();
        for (index, node) in volumes.iter().enumerate() {
            let path = format!("{}.volumes[{index}]", template.path);
            volume(checker, object, node, &path);
        }
    }
}

fn volume(checker: &mut Checker<'_>, object: &Object, node: &Node, path: &str) {
    let name = node.get("name").and_then(Node::as_str).unwrap_or_default();
    for entry in node.entries().iter().filter(|entry| entry.key != "name") {
        let kind = entry.key.as_str();
        if entry.value.value == wheelhouse_objects::Content::Null {
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
            checker.found(&VOLUME_TYPE, object, said);
        }
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
