//! Where pod specs lie: the one traversal that every rule and every mutation uses.

use serde_json::Value;

use crate::object::Object;
use crate::tree::Node;

/// A pod spec inside an object.
#[derive(Clone, Copy, Debug)]
pub struct PodTemplate<'a> {
    /// The pod's metadata, if there is any.
    pub metadata: Option<&'a Node>,
    /// The pod's spec.
    pub spec: &'a Node,
    /// The path of the spec inside the object: `spec.template.spec`.
    pub path: &'static str,
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

/// The path of the node that holds a pod's `metadata` and `spec`, for kinds that have one.
#[must_use]
pub fn pod_holder(group: &str, kind: &str) -> Option<PodHolder> {
    match (group, kind) {
        ("", "Pod") => Some(PodHolder { holder: &[], spec: "spec" }),
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
        | ("batch", "Job")
        | ("", "ReplicationController") => {
            Some(PodHolder { holder: &["spec", "template"], spec: "spec.template.spec" })
        }
        ("batch", "CronJob") => Some(PodHolder {
            holder: &["spec", "jobTemplate", "spec", "template"],
            spec: "spec.jobTemplate.spec.template.spec",
        }),
        _ => None,
    }
}

/// Where the pod of a kind lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodHolder {
    /// Keys from the object to what holds `metadata` and `spec`.
    pub holder: &'static [&'static str],
    /// The path of the spec.
    pub spec: &'static str,
}

/// The pod spec of an object, if its kind has one and it is there.
#[must_use]
pub fn pod_template(object: &Object) -> Option<PodTemplate<'_>> {
    let place = pod_holder(object.group(), &object.kind)?;
    let holder = place.holder.iter().try_fold(&object.root, |node, key| node.get(key))?;
    Some(PodTemplate { metadata: holder.get("metadata"), spec: holder.set("spec")?, path: place.spec })
}

/// What holds the pod's `metadata` and `spec`, to change.
pub fn pod_holder_mut(object: &mut Object) -> Option<&mut Node> {
    let place = pod_holder(object.group(), &object.kind)?;
    place.holder.iter().try_fold(&mut object.root, |node, key| node.get_mut(key))
}
