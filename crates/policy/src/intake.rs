//! From rendered documents to the objects that are checked: lists are unwrapped, hooks and custom
//! resource definitions set aside.

use wheelhouse_objects::{Content, Node, Object};

/// Lists inside lists beyond this are not unwrapped.
const MAX_LIST_DEPTH: usize = 8;

/// The kinds that come as typed lists (`ConfigMapList`).
const LISTED_KINDS: &[&str] = &[
    "ConfigMap",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Ingress",
    "Job",
    "Namespace",
    "PersistentVolumeClaim",
    "Pod",
    "ReplicaSet",
    "Role",
    "RoleBinding",
    "Secret",
    "Service",
    "ServiceAccount",
    "StatefulSet",
];

/// The ConfigMap that a chart speaks to the platform with; it is read, not installed.
pub const WORKLOAD_CONFIG: &str = "nvcf-workload-config";

/// Rendered documents, sorted out.
#[derive(Debug, Default)]
pub struct Intake {
    /// What is checked, counted and installed.
    pub objects: Vec<Object>,
    /// Hooks: not installed.
    pub hooks: Vec<Object>,
    /// Custom resource definitions: not installed.
    pub definitions: Vec<Object>,
    /// The chart's ConfigMap for the platform: read, not installed.
    pub workload_config: Vec<Object>,
}

impl Intake {
    /// Sorts out documents, each with the index of its rendered file.
    #[must_use]
    pub fn new(documents: impl IntoIterator<Item = (usize, Node)>) -> Self {
        let mut intake = Intake::default();
        for (file, root) in documents {
            if root.value != Content::Null {
                intake.add(Object::new(root, file), 0);
            }
        }
        intake
    }

    fn add(&mut self, object: Object, depth: usize) {
        if depth < MAX_LIST_DEPTH
            && let Some(item_kind) = list_of(&object)
        {
            for item in object.root.get("items").map(Node::items).unwrap_or_default() {
                let mut item = Object::new(item.clone(), object.file);
                if !item_kind.is_empty() {
                    if item.kind.is_empty() {
                        item.kind = item_kind.to_owned();
                    }
                    if item.api_version.is_empty() {
                        item.api_version.clone_from(&object.api_version);
                    }
                }
                self.add(item, depth + 1);
            }
        } else if object.annotation("helm.sh/hook").is_some() {
            self.hooks.push(object);
        } else if object.is("apiextensions.k8s.io", "CustomResourceDefinition") {
            self.definitions.push(object);
        } else if object.is("", "ConfigMap") && object.name() == WORKLOAD_CONFIG {
            self.workload_config.push(object);
        } else {
            self.objects.push(object);
        }
    }
}

/// For a list, the kind its items have when they do not say; empty for the general `List`.
fn list_of(object: &Object) -> Option<&str> {
    match object.root.get("items") {
        Some(Node { value: Content::Sequence(_), .. }) => {}
        _ => return None,
    }
    if object.api_version == "v1" && object.kind == "List" {
        return Some("");
    }
    object.kind.strip_suffix("List").filter(|kind| LISTED_KINDS.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str, api_version: &str, name: &str) -> Node {
        Node::mapping([
            ("apiVersion", Node::text(api_version)),
            ("kind", Node::text(kind)),
            ("metadata", Node::mapping([("name", Node::text(name))])),
        ])
    }

    fn list(kind: &str, items: Vec<Node>) -> Node {
        Node::mapping([
            ("apiVersion", Node::text("v1")),
            ("kind", Node::text(kind)),
            ("items", Node::made(Content::Sequence(items))),
        ])
    }

    fn names(intake: &Intake) -> Vec<String> {
        intake.objects.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lists_are_unwrapped_also_inside_lists() {
        let inner = list("List", vec![object("ConfigMap", "v1", "a")]);
        let intake = Intake::new([(0, list("List", vec![inner, object("Service", "v1", "b")]))]);
        assert_eq!(names(&intake), ["ConfigMap/a", "Service/b"]);
    }

    #[test]
    fn items_of_a_typed_list_take_its_kind() {
        let bare = Node::mapping([("metadata", Node::mapping([("name", Node::text("a"))]))]);
        let intake = Intake::new([(0, list("ConfigMapList", vec![bare]))]);
        assert_eq!(names(&intake), ["ConfigMap/a"]);
        assert_eq!(intake.objects[0].api_version, "v1");
    }

    #[test]
    fn a_list_of_an_unknown_kind_is_an_object() {
        let intake = Intake::new([(0, list("WidgetList", vec![object("Widget", "x/v1", "a")]))]);
        assert_eq!(names(&intake), ["WidgetList/"]);
    }

    #[test]
    fn empty_documents_are_no_objects() {
        assert_eq!(names(&Intake::new([(0, Node::made(Content::Null))])), Vec::<String>::new());
    }

    #[test]
    fn definitions_are_set_aside() {
        let definition = object("CustomResourceDefinition", "apiextensions.k8s.io/v1", "x");
        let intake = Intake::new([(0, definition)]);
        assert!(intake.objects.is_empty());
        assert_eq!(intake.definitions.len(), 1);
    }
}
