//! Where pod specs lie: the one traversal that every rule and every mutation uses.

mod added_labels;
mod shapes;

use std::borrow::Cow;

use serde_json::Value;

use crate::object::Object;
use crate::tree::{Content, Node};
use shapes::{Step, Way};

/// A pod spec inside an object.
#[derive(Clone, Debug)]
pub struct PodTemplate<'a> {
    /// The pod's metadata, if there is any.
    pub metadata: Option<&'a Node>,
    /// The pod's spec.
    pub spec: &'a Node,
    /// The path of the spec inside the object: `spec.template.spec`.
    pub path: Cow<'static, str>,
    /// How many pods of it run at once.
    pub count: i64,
    /// Labels that the kind's controller puts on its pods, as far as they are known beforehand.
    pub added_labels: Vec<(&'static str, String)>,
}

/// Which of a pod's container lists a container stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerList {
    /// `containers`
    Containers,
    /// `initContainers`; sidecars stand here too, with `restartPolicy: Always`
    InitContainers,
    /// `ephemeralContainers`
    EphemeralContainers,
}

impl ContainerList {
    /// All three, in the order the API lists them.
    pub const ALL: [ContainerList; 3] =
        [ContainerList::Containers, ContainerList::InitContainers, ContainerList::EphemeralContainers];

    /// The field's name.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            ContainerList::Containers => "containers",
            ContainerList::InitContainers => "initContainers",
            ContainerList::EphemeralContainers => "ephemeralContainers",
        }
    }
}

/// A container of a pod.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    /// The list it stands in.
    pub list: ContainerList,
    /// Its place in that list.
    pub index: usize,
    /// The container.
    pub node: &'a Node,
}

impl<'a> Container<'a> {
    /// Its name; empty if absent.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.node.get("name").and_then(Node::as_str).unwrap_or_default()
    }

    /// Whether it is an init container that keeps running beside the others.
    #[must_use]
    pub fn is_sidecar(&self) -> bool {
        self.list == ContainerList::InitContainers
            && self.node.get("restartPolicy").and_then(Node::as_str) == Some("Always")
    }

    /// Its path inside the pod spec: `containers[0]`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}[{}]", self.list.field(), self.index)
    }
}

impl<'a> PodTemplate<'a> {
    /// Every container of the pod, of all three lists.
    #[must_use]
    pub fn containers(&self) -> Vec<Container<'a>> {
        containers(self.spec)
    }

    /// The labels of its pods as plain JSON, for selectors.
    #[must_use]
    pub fn labels(&self) -> Value {
        self.metadata.and_then(|metadata| metadata.get("labels")).map_or(Value::Null, Node::to_json)
    }

    /// A label of its pods: their own, or one that their controller puts on them.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        match self.metadata.and_then(|metadata| metadata.get("labels")?.get(key)) {
            Some(own) => own.as_str(),
            None => self.added_labels.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str()),
        }
    }

    /// The keys of the labels of its pods.
    pub fn label_keys(&self) -> impl Iterator<Item = &str> {
        let own =
            self.metadata.and_then(|metadata| metadata.get("labels")).map(Node::entries).unwrap_or_default();
        let added = self.added_labels.iter().map(|(key, _)| *key);
        let added = added.filter(|key| own.iter().all(|entry| entry.key != *key));
        own.iter().map(|entry| entry.key.as_str()).chain(added)
    }

    /// The path of a field of the pods' metadata inside the object: `spec.template.metadata.labels`.
    #[must_use]
    pub fn metadata_path(&self, field: &str) -> String {
        format!("{}metadata.{field}", self.path.strip_suffix("spec").unwrap_or(&self.path))
    }
}

/// Every container of a pod spec, of all three lists.
#[must_use]
pub fn containers(spec: &Node) -> Vec<Container<'_>> {
    ContainerList::ALL
        .into_iter()
        .flat_map(|list| {
            let nodes = spec.get(list.field()).map(Node::items).unwrap_or_default();
            nodes.iter().enumerate().map(move |(index, node)| Container { list, index, node })
        })
        .collect()
}

/// Whether it is known where the pods of a kind lie.
#[must_use]
pub fn holds_pods(group: &str, kind: &str) -> bool {
    !shapes::ways(group, kind).is_empty()
}

/// The pod specs of an object, in the order they stand in it; none for a kind without pods.
#[must_use]
pub fn pod_templates(object: &Object) -> Vec<PodTemplate<'_>> {
    let mut found = Vec::new();
    for way in shapes::ways(object.group(), &object.kind) {
        follow(&object.root, way.steps, &mut Vec::new(), &mut |holder, passed| {
            let Some(spec) = holder.set("spec") else { return };
            found.push(PodTemplate {
                metadata: holder.get("metadata"),
                spec,
                path: way.spec_path(passed),
                count: (way.count)(object, passed.last().map(|passed| passed.node)).max(0),
                added_labels: added_labels::of(object, way, passed),
            });
        });
    }
    found
}

/// An item of a list, or a value of a mapping, on the way to a pod.
struct Passed<'a> {
    /// Its index or key.
    name: String,
    node: &'a Node,
}

/// Goes a way, wherever it leads.
fn follow<'a>(
    node: &'a Node,
    steps: &[Step],
    passed: &mut Vec<Passed<'a>>,
    visit: &mut impl FnMut(&'a Node, &[Passed<'a>]),
) {
    let Some((step, rest)) = steps.split_first() else {
        visit(node, passed);
        return;
    };
    match step {
        Step::Key(key) => {
            if let Some(next) = node.get(key) {
                follow(next, rest, passed, visit);
            }
        }
        Step::Items => {
            for (index, item) in node.items().iter().enumerate() {
                passed.push(Passed { name: index.to_string(), node: item });
                follow(item, rest, passed, visit);
                passed.pop();
            }
        }
        Step::Values => {
            for entry in node.entries() {
                passed.push(Passed { name: entry.key.clone(), node: &entry.value });
                follow(&entry.value, rest, passed, visit);
                passed.pop();
            }
        }
    }
}

/// Changes everything that holds a pod's `metadata` and `spec`; the path of the spec is told with it.
pub fn change_pods(object: &mut Object, mut change: impl FnMut(&str, &mut Node)) {
    let ways: &[Way] = shapes::ways(object.group(), &object.kind);
    for way in ways {
        change_along(&mut object.root, way.steps, &mut String::new(), &mut change);
    }
}

fn change_along(
    node: &mut Node,
    steps: &[Step],
    path: &mut String,
    change: &mut impl FnMut(&str, &mut Node),
) {
    let length = path.len();
    let Some((step, rest)) = steps.split_first() else {
        path.push_str(if path.is_empty() { "spec" } else { ".spec" });
        change(path, node);
        path.truncate(length);
        return;
    };
    let go = |path: &mut String, name: &str, next: &mut Node, change: &mut _| {
        path.push_str(name);
        change_along(next, rest, path, change);
        path.truncate(length);
    };
    match (step, &mut node.value) {
        (Step::Key(key), Content::Mapping(_)) => {
            if let Some(next) = node.get_mut(key) {
                let name = if length == 0 { (*key).to_owned() } else { format!(".{key}") };
                go(path, &name, next, change);
            }
        }
        (Step::Items, Content::Sequence(items)) => {
            for (index, item) in items.iter_mut().enumerate() {
                go(path, &format!("[{index}]"), item, change);
            }
        }
        (Step::Values, Content::Mapping(entries)) => {
            for entry in entries {
                go(path, &format!(".{}", entry.key), &mut entry.value, change);
            }
        }
        _ => {}
    }
}
