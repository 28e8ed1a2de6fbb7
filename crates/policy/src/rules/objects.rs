//! B: kinds, counts, names.

use std::collections::{BTreeMap, HashMap};

use wheelhouse_objects::names::RESERVED_PREFIX;
use wheelhouse_objects::{ContainerList, Content, Node, Object};

use super::fields;
use super::set_aside::OPAQUE;
use crate::check::{Checker, Said};
use crate::intake::Intake;
use crate::nearest::nearest;
use crate::pods::Pod;
use crate::rule::{Level, Rule};

pub(crate) const KIND_RULES: &[&Rule] = &[&KIND, &TOO_MANY, &INVALID, &DUPLICATE, &OTHER_NAMESPACE];
pub(crate) const NAME_RULES: &[&Rule] = &[&RESERVED];

/// How many objects a chart may render.
const MOST_OBJECTS: usize = 300;

/// The thirteen kinds, with their groups.
pub(crate) const ALLOWED: &[(&str, &str)] = &[
    ("", "ConfigMap"),
    ("", "Secret"),
    ("", "Service"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("", "Pod"),
    ("", "ServiceAccount"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("", "PersistentVolumeClaim"),
];

/// What to do instead of some well-known kinds.
const INSTEAD: &[(&str, &str)] = &[
    ("DaemonSet", "use a Deployment: the platform decides on which nodes an instance runs"),
    ("Ingress", "requests reach the entry Service through the gateway; remove it"),
    ("HTTPRoute", "requests reach the entry Service through the gateway; remove it"),
    ("HorizontalPodAutoscaler", "set minInstances and maxInstances of the deployment instead"),
    ("Namespace", "every instance has a namespace of its own; remove it"),
    ("ClusterRole", "use a Role, or remove it: pods of a function get no service account token"),
    (
        "ClusterRoleBinding",
        "use a RoleBinding, or remove it: pods of a function get no service account token",
    ),
    ("PersistentVolume", "use a PersistentVolumeClaim"),
    ("NetworkPolicy", "the platform isolates every instance; remove it"),
    ("PodDisruptionBudget", "the platform replaces instances as a whole; remove it"),
];

static KIND: Rule = Rule::error(
    "WH-010",
    "kind-not-allowed",
    "only thirteen kinds of objects are supported in a function's namespace",
    "remove the object, or have the policy allow its kind",
)
.by_platform();

static TOO_MANY: Rule = Rule::error(
    "WH-011",
    "too-many-objects",
    "a rendered chart may contain at most 300 objects",
    "merge ConfigMaps and Secrets, or move loops into fewer objects",
)
.by_platform();

pub(crate) static INVALID: Rule = Rule::error(
    "WH-012",
    "object-invalid",
    "an object needs apiVersion, kind and a valid name to be installed",
    "add what is missing at the template",
)
.protecting();

static DUPLICATE: Rule = Rule::error(
    "WH-013",
    "duplicate-object",
    "two objects of one kind and name overwrite each other",
    "give them distinct names, usually with the loop's key in it",
);

static OTHER_NAMESPACE: Rule = Rule::error(
    "WH-014",
    "other-namespace",
    "a function's objects live in the namespace of its instance",
    "remove the line or use {{ .Release.Namespace }}",
)
.by_platform()
.protecting();

static RESERVED: Rule = Rule::error(
    "WH-019",
    "reserved-name",
    "the platform puts objects and labels of its own beside those of the chart",
    "use another name, or drop the key; the platform sets it",
)
.protecting();

/// Label and annotation keys the platform sets.
const RESERVED_KEYS: &[&str] =
    &["function-id", "function-version-id", "task-id", "nca-id", "function-name", "task-name"];

pub(crate) fn check(checker: &mut Checker<'_>, intake: &Intake, pods: &[Pod<'_>]) {
    // Pods stand in the order of their objects.
    let mut rest = pods;
    for object in &intake.objects {
        let count = rest.iter().take_while(|pod| std::ptr::eq(pod.object, object)).count();
        let (own, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        rest = others;
        kind(checker, object, intake, own);
        shape(checker, object, own);
        reserved(checker, object, own);
    }
    count(checker, &intake.objects);
    duplicates(checker, &intake.objects);
}

fn kind(checker: &mut Checker<'_>, object: &Object, intake: &Intake, pods: &[Pod<'_>]) {
    if object.kind.is_empty() || ALLOWED.contains(&(object.group(), object.kind.as_str())) {
        return;
    }
    let span = object.root.get("kind").map_or(object.root.span, |kind| kind.span);
    if checker.facts.policy.allows_extra(object) {
        if is_opaque(object, pods) {
            let message = format!("{object} is accepted by policy; pod rules are not checked inside it");
            checker.found(&OPAQUE, object, Said::at("kind", span, message));
        }
        return;
    }
    let mut message = format!("{object} ({}) is not an allowed kind", object.api_version);
    let defined_here = intake.definitions.iter().any(|definition| {
        definition.root.at("spec.names.kind").and_then(Node::as_str) == Some(object.kind.as_str())
    });
    if defined_here {
        message.push_str("; its CRD is in this chart but is not installed");
    }
    let mut said = Said::at("kind", span, message);
    if let Some((_, advice)) = INSTEAD.iter().find(|(kind, _)| *kind == object.kind) {
        said = said.fix(*advice);
    } else if let Some(near) = nearest(&object.kind, ALLOWED.iter().map(|(_, kind)| *kind)) {
        said = said.fix(format!("did you mean {near}?"));
    }
    checker.found(&KIND, object, said);
}

/// Whether pods of an object may come from where nobody looks.
pub(crate) fn is_opaque(object: &Object, pods: &[Pod<'_>]) -> bool {
    !ALLOWED.contains(&(object.group(), object.kind.as_str()))
        && !pods.iter().any(|pod| std::ptr::eq(pod.object, object))
}

fn shape(checker: &mut Checker<'_>, object: &Object, pods: &[Pod<'_>]) {
    let root = &object.root;
    let invalid = |checker: &mut Checker<'_>, path: &str, message: String| {
        checker.found(&INVALID, object, Said::missing(path, root.span, message));
    };
    if !matches!(root.value, Content::Mapping(_)) {
        invalid(checker, "", "the document is not an object".to_owned());
        return;
    }
    if object.kind.is_empty() {
        invalid(checker, "kind", "the document has no kind".to_owned());
    }
    if root.set("apiVersion").is_none() && object.api_version.is_empty() {
        invalid(checker, "apiVersion", format!("{object} has no apiVersion"));
    }
    version(checker, object);
    for pod in pods {
        ephemeral(checker, pod);
    }
    match root.at("metadata.name") {
        Some(Node { value: Content::String(name), span }) if !is_valid_name(&object.kind, name) => {
            let message =
                format!("{object}: metadata.name \"{name}\" is not a valid name for a {}", object.kind);
            checker.found(&INVALID, object, Said::at("metadata.name", *span, message));
        }
        Some(Node { value: Content::String(_), .. }) => {}
        // What is no text is told with the other fields.
        Some(other) if other.value != Content::Null => {}
        _ => {
            let parent = root.get("metadata").map_or(root.span, |metadata| metadata.span);
            let message = if root.at("metadata.generateName").is_some() {
                format!(
                    "{}/ has a generateName; every object of a function needs a name of its own",
                    object.kind
                )
            } else {
                format!("{}/ has no metadata.name", object.kind)
            };
            checker.found(&INVALID, object, Said::missing("metadata.name", parent, message));
        }
    }
    if let Some(namespace) = root.at("metadata.namespace")
        && namespace.value != Content::Null
        // An empty text is none to the API server.
        && namespace.as_str() != Some("")
        && namespace.as_str() != Some(checker.facts.namespace())
    {
        let message = format!(
            "{object} asks for namespace \"{}\"; a function's objects live in the instance's own namespace",
            namespace.shown()
        );
        checker.found(&OTHER_NAMESPACE, object, Said::at("metadata.namespace", namespace.span, message));
    }
    fields::check(checker, object, pods);
    sizes(checker, object);
}

/// What the API server takes of one document, and of the data of a ConfigMap or Secret: 1 MiB.
const MOST_BYTES: usize = 1 << 20;

fn sizes(checker: &mut Checker<'_>, object: &Object) {
    let root = &object.root;
    if root.span.len() > MOST_BYTES {
        let kind = root.entry("kind").map_or(root.span, |entry| entry.key_span);
        let message = format!("{object} is {} bytes long, the limit is {MOST_BYTES}", root.span.len());
        checker.found(&INVALID, object, Said::at("", kind, message).fix("split it"));
        return;
    }
    if !(object.is("", "ConfigMap") || object.is("", "Secret")) {
        return;
    }
    let bytes = |field: &str, share: usize| -> usize {
        let entries = root.get(field).map(Node::entries).unwrap_or_default();
        entries.iter().filter_map(|entry| entry.value.as_str()).map(|text| text.len() * share / 4).sum()
    };
    // What is in base64 holds three bytes in four letters.
    let is_secret = object.kind == "Secret";
    let total =
        bytes("data", if is_secret { 3 } else { 4 }) + bytes("binaryData", 3) + bytes("stringData", 4);
    if total > MOST_BYTES {
        let field = if is_secret && root.get("data").is_none() { "stringData" } else { "data" };
        let span = root.entry(field).map_or(root.span, |entry| entry.key_span);
        let message = format!("{object} holds {total} bytes of data, the limit is {MOST_BYTES}");
        checker.found(
            &INVALID,
            object,
            Said::at(field, span, message).fix("split it, or put the data into the image"),
        );
    }
}

/// The API server refuses ephemeral containers in a pod that is created.
fn ephemeral(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    let object = pod.object;
    let field = ContainerList::EphemeralContainers.field();
    let Some(entry) = pod.template.spec.entry(field).filter(|entry| entry.value.value != Content::Null)
    else {
        return;
    };
    let message = format!("{object}: {field} can be added to a running pod only");
    let said = Said::at(pod.path(field), entry.key_span, message);
    checker.found(&INVALID, object, said.fix("remove them, or make them containers"));
}

/// The allowed kinds have been in version 1 of their groups for long; older versions are no longer
/// served by any Kubernetes in use.
fn version(checker: &mut Checker<'_>, object: &Object) {
    let (group, version) = (object.group(), object.api_version.rsplit('/').next().unwrap_or_default());
    if version.is_empty() || version == "v1" || !ALLOWED.contains(&(group, object.kind.as_str())) {
        return;
    }
    let right = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let span = object.root.get("apiVersion").map_or(object.root.span, |version| version.span);
    let message = format!("{object}: {} is not served; {right} is", object.api_version);
    checker.found(
        &INVALID,
        object,
        Said::at("apiVersion", span, message).fix(format!("apiVersion: {right}")),
    );
}

/// Whether a name is valid for its kind: a DNS label for Services, a path segment for RBAC kinds, a
/// DNS subdomain for all others.
pub(crate) fn is_valid_name(kind: &str, name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    match kind {
        "Service" => {
            name.len() <= 63 && is_label(name) && name.starts_with(|first: char| first.is_ascii_lowercase())
        }
        "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" => {
            !name.is_empty() && !matches!(name, "." | "..") && !name.contains(['/', '%'])
        }
        _ => name.len() <= 253 && name.split('.').all(is_label),
    }
}

fn reserved(checker: &mut Checker<'_>, object: &Object, pods: &[Pod<'_>]) {
    if object.name().starts_with(RESERVED_PREFIX) {
        let span = object.root.at("metadata.name").map_or(object.root.span, |name| name.span);
        let message = format!("{object}: name \"{}\" is reserved by the platform", object.name());
        checker.found(&RESERVED, object, Said::at("metadata.name", span, message));
    }
    reserved_in_selector(checker, object);
    for (pod, field) in pods.iter().flat_map(|pod| [(pod, "labels"), (pod, "annotations")]) {
        let mapping = pod.template.metadata.and_then(|metadata| metadata.get(field));
        for entry in mapping.map(Node::entries).unwrap_or_default() {
            if is_reserved_key(&entry.key) {
                let message = format!(
                    "{object}: pod {field} key \"{}\" is reserved and will be overwritten",
                    entry.key
                );
                let path = pod.metadata_path(&format!("{field}.{}", entry.key));
                let said = Said::at(path, entry.key_span, message);
                checker.found(&RESERVED, object, said.level(Level::Warning));
            }
        }
    }
}

fn is_reserved_key(key: &str) -> bool {
    RESERVED_KEYS.contains(&key) || key.starts_with("nvcf.nvidia.io/") || key.starts_with("wheelhouse.dev/")
}

/// A selector by a label that the platform overwrites would select nothing afterwards, or others.
fn reserved_in_selector(checker: &mut Checker<'_>, object: &Object) {
    let path = if object.is("", "Service") { "spec.selector" } else { "spec.selector.matchLabels" };
    if object.is("", "PersistentVolumeClaim") {
        return;
    }
    for entry in object.root.at(path).map(Node::entries).unwrap_or_default() {
        if is_reserved_key(&entry.key) {
            let message =
                format!("{object} selects by the label \"{}\", which the platform overwrites", entry.key);
            let path = format!("{path}.{}", entry.key);
            checker.found(&RESERVED, object, Said::at(path, entry.key_span, message));
        }
    }
}

fn count(checker: &mut Checker<'_>, objects: &[Object]) {
    if objects.len() <= MOST_OBJECTS {
        return;
    }
    // Whatever makes most of them: the templates, or the kinds where no templates are known.
    let maker = |object: &Object| {
        checker.facts.file_of(object).map_or_else(|| object.kind.clone(), ToOwned::to_owned)
    };
    let mut makers: BTreeMap<String, usize> = BTreeMap::new();
    for object in objects {
        *makers.entry(maker(object)).or_default() += 1;
    }
    let mut most: Vec<(String, usize)> = makers.into_iter().collect();
    most.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let most: Vec<String> = most.iter().take(3).map(|(maker, count)| format!("{maker} {count}")).collect();
    let message = format!(
        "the chart renders {} objects, the limit is {MOST_OBJECTS} (most: {})",
        objects.len(),
        most.join(", ")
    );
    if let Some(first_over) = objects.get(MOST_OBJECTS) {
        checker.found(&TOO_MANY, first_over, Said::at("", first_over.root.span, message));
    }
}

fn duplicates(checker: &mut Checker<'_>, objects: &[Object]) {
    let mut seen: HashMap<(&str, &str, &str), &Object> = HashMap::new();
    for object in objects.iter().filter(|object| !object.name().is_empty()) {
        let key = (object.group(), object.kind.as_str(), object.name());
        if let Some(first) = seen.insert(key, object) {
            let span = object.root.at("metadata.name").map_or(object.root.span, |name| name.span);
            let message = match (checker.facts.file_of(first), checker.facts.file_of(object)) {
                (Some(one), Some(other)) if one != other => {
                    format!("{object} is rendered twice: {one} and {other}")
                }
                (Some(one), Some(_)) => format!("{object} is rendered twice by {one}"),
                _ => format!("{object} is rendered twice"),
            };
            checker.found(&DUPLICATE, object, Said::at("metadata.name", span, message));
        }
    }
}
