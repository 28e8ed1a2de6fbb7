use std::collections::BTreeMap;
use std::path::Path;

use wheelhouse_objects::{Node, Quantity, read_document};
use wheelhouse_policy::ClusterFacts;

use super::Failure;
use crate::filesystem;

/// The keys of a cluster's description.
const KEYS: &[&str] = &[
    "name",
    "node",
    "architecture",
    "storageQuota",
    "storageClasses",
    "quotas",
    "registries",
    "unreachableImages",
];

/// Reads the description of a cluster: YAML with `name`, `node` (resources of one node), `architecture`,
/// `storageQuota`, `storageClasses`, `quotas` (objects by resource), `registries` and
/// `unreachableImages` (image to answer).
pub(super) fn read(path: &str) -> Result<ClusterFacts, Failure> {
    let wrong = |what: String| Failure::new(format!("{path}: {what}"));
    let text = filesystem::read(Path::new(path))?;
    let root = read_document(&text, 0).map_err(|error| wrong(error.to_string()))?;
    if let Some(entry) = root.entries().iter().find(|entry| !KEYS.contains(&entry.key.as_str())) {
        return Err(wrong(format!("unknown key {}; known are {}", entry.key, KEYS.join(", "))));
    }
    let quantity = |node: &Node, key: &str| {
        Quantity::of(&node.to_json()).ok_or_else(|| wrong(format!("{key}: {} is no quantity", node.shown())))
    };
    let texts =
        |key: &str| root.set(key).map(|list| list.items().iter().map(Node::shown).collect::<Vec<String>>());
    let node = root.set("node").map(|node| {
        node.entries()
            .iter()
            .map(|entry| Ok((entry.key.clone(), quantity(&entry.value, &entry.key)?)))
            .collect::<Result<BTreeMap<_, _>, Failure>>()
    });
    let quotas = root.get("quotas").map(Node::entries).unwrap_or_default().iter().map(|entry| {
        let number = entry.value.as_integer();
        let number = number.ok_or_else(|| wrong(format!("quotas.{}: not a whole number", entry.key)))?;
        Ok((entry.key.clone(), number))
    });
    let answers = root.get("unreachableImages").map(Node::entries).unwrap_or_default();
    Ok(ClusterFacts {
        name: root.set("name").map(Node::shown).unwrap_or_default(),
        node_is_complete: true,
        node: node.transpose()?,
        storage_quota: root.set("storageQuota").map(|node| quantity(node, "storageQuota")).transpose()?,
        architecture: root.set("architecture").map(Node::shown),
        storage_classes: texts("storageClasses"),
        quotas: quotas.collect::<Result<_, Failure>>()?,
        registries: texts("registries"),
        unreachable_images: answers.iter().map(|entry| (entry.key.clone(), entry.value.shown())).collect(),
    })
}
