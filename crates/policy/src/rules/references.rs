//! K: whether names that objects refer to lead somewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;
use wheelhouse_objects::names::RESERVED_PREFIX;
use wheelhouse_objects::{Container, Content, Node, Object, Selector};

use super::services::{is_service, shown_labels};
use crate::check::{Checker, Said};
use crate::intake::Intake;
use crate::nearest::nearest;
use crate::pods::{Pod, Pods};
use crate::rule::{Level, Rule};

pub(crate) const RULES: &[&Rule] = &[
    &CONFIG_MAP,
    &SECRET,
    &CLAIM,
    &ACCOUNT,
    &SELECTOR,
    &STATEFUL_SERVICE,
    &BOUND_ROLE,
    &PROBE_PORT,
    &MOUNT,
    &OVERLAP,
];

static CONFIG_MAP: Rule = Rule::error(
    "WH-160",
    "configmap-missing",
    "a pod whose ConfigMap is missing never starts",
    "the nearest name, or optional: true where the program can do without",
);
static SECRET: Rule = Rule::error(
    "WH-161",
    "secret-missing",
    "a pod whose Secret is missing never starts",
    "the nearest name, or optional: true where the program can do without",
);
static CLAIM: Rule = Rule::error(
    "WH-162",
    "claim-missing",
    "a pod whose claim is missing never starts",
    "add the PersistentVolumeClaim to the chart",
);
static ACCOUNT: Rule = Rule::warning(
    "WH-163",
    "serviceaccount-missing",
    "a pod names an account that nothing creates",
    "remove serviceAccountName; the platform sets its own",
);
static SELECTOR: Rule = Rule::error(
    "WH-164",
    "selector-template",
    "the API server refuses a workload that does not select its own pods",
    "add the missing label to the pod template; keep selectors free of versions",
);
static STATEFUL_SERVICE: Rule = Rule::warning(
    "WH-165",
    "statefulset-service",
    "pods of a StatefulSet get their DNS names from a headless Service",
    "add the headless Service, or name it",
);
static BOUND_ROLE: Rule = Rule::warning(
    "WH-166",
    "rolebinding-role",
    "a binding to a Role that nothing creates grants nothing",
    "the nearest Role name",
);
static PROBE_PORT: Rule = Rule::error(
    "WH-167",
    "probe-port",
    "a probe of a port that is not declared fails for ever",
    "the declared name, or the number",
);
static MOUNT: Rule = Rule::error(
    "WH-168",
    "mount-volume",
    "the API server refuses a mount of a volume that is not there",
    "the nearest volume name",
);
static OVERLAP: Rule = Rule::warning(
    "WH-169",
    "selector-overlap",
    "two workloads that select the same pods fight over them",
    "a label that tells them apart, in selector and template",
);

/// The objects of one kind a reference may lead to.
struct Targets<'a> {
    kind: &'static str,
    rule: &'static Rule,
    by_name: BTreeMap<&'a str, &'a Object>,
    in_hooks: HashSet<&'a str>,
}

impl<'a> Targets<'a> {
    fn new(kind: &'static str, rule: &'static Rule, there: &There<'a>) -> Self {
        let of_kind = |objects: &'a [Object]| objects.iter().filter(move |object| object.is("", kind));
        Targets {
            kind,
            rule,
            by_name: of_kind(there.workload_config)
                .chain(of_kind(there.objects))
                .map(|object| (object.name(), object))
                .collect(),
            in_hooks: of_kind(there.hooks).map(Object::name).collect(),
        }
    }

    fn find(&self, name: &str) -> Option<&'a Object> {
        self.by_name.get(name).copied()
    }

    /// Records a reference that leads nowhere.
    fn require(&self, checker: &mut Checker<'_>, object: &Object, path: String, reference: Reference<'_>) {
        let Some(name) = reference.name.as_str().filter(|name| !name.is_empty()) else { return };
        if self.kind == "Secret" && name.starts_with(RESERVED_PREFIX) {
            let message = format!("{object} mounts Secret/{name}, which belongs to the platform");
            let said = Said::at(path, reference.name.span, message).fix("remove it").protecting();
            checker.found(self.rule, object, said);
            return;
        }
        let found = self.find(name);
        let keys = |target: &Object| -> Vec<String> {
            ["data", "stringData", "binaryData"]
                .iter()
                .flat_map(|field| target.root.get(field).map(Node::entries).unwrap_or_default())
                .map(|entry| entry.key.clone())
                .collect()
        };
        let mut said = match (&found, reference.key) {
            (Some(target), Some(key))
                if !keys(target).iter().any(|known| Some(known.as_str()) == key.as_str()) =>
            {
                let message = format!(
                    "{object}: {path} refers to key \"{}\" of {}/{name}, which has no such key",
                    key.shown(),
                    self.kind
                );
                let known = keys(target);
                let said = Said::at(path, key.span, message);
                match nearest(&key.shown(), known.iter().map(String::as_str)) {
                    Some(near) => said.fix(format!("did you mean {near}?")),
                    None => said,
                }
            }
            (Some(_), _) => return,
            (None, _) => {
                let mut message = format!(
                    "{object}: {path} refers to {}/{name}, which nothing in this chart creates",
                    self.kind
                );
                if self.in_hooks.contains(name) {
                    message.push_str(" (it is created only by a hook, which does not run)");
                }
                let said = Said::at(path, reference.name.span, message);
                match nearest(name, self.by_name.keys().copied()) {
                    Some(near) => said.fix(format!("did you mean {near}?")),
                    None => said,
                }
            }
        };
        if reference.optional {
            said = said.level(Level::Info);
        }
        checker.found(self.rule, object, said);
    }
}

impl Targets<'_> {
    /// A source of a volume: the object, and the keys that are picked out of it.
    fn require_source(
        &self,
        checker: &mut Checker<'_>,
        object: &Object,
        path: &str,
        source: &Node,
        name: &str,
    ) {
        let Some(reference) = Reference::of(source, name) else { return };
        let is_there = reference.name.as_str().is_some_and(|name| self.find(name).is_some());
        let items = source.get("items").map(Node::items).unwrap_or_default();
        for (index, item) in items.iter().enumerate().filter(|_| is_there) {
            if let Some(key) = item.set("key") {
                let picked = Reference { key: Some(key), ..reference };
                self.require(checker, object, format!("{path}.items[{index}].key"), picked);
            }
        }
        if items.is_empty() || !is_there {
            self.require(checker, object, format!("{path}.{name}"), reference);
        }
    }
}

/// A name that leads to another object, and perhaps to a key in it.
#[derive(Clone, Copy)]
struct Reference<'a> {
    name: &'a Node,
    key: Option<&'a Node>,
    optional: bool,
}

impl<'a> Reference<'a> {
    fn of(node: &'a Node, name: &str) -> Option<Self> {
        Some(Reference {
            name: node.set(name)?,
            key: node.set("key"),
            optional: node.get("optional").and_then(Node::as_bool) == Some(true),
        })
    }
}

/// What references may lead to.
pub(crate) struct There<'a> {
    /// What is installed.
    pub(crate) objects: &'a [Object],
    /// What is not installed because it is a hook.
    pub(crate) hooks: &'a [Object],
    /// The ConfigMap that the platform reads.
    pub(crate) workload_config: &'a [Object],
}

pub(crate) fn check(checker: &mut Checker<'_>, intake: &Intake, pods: &Pods<'_>) {
    let there =
        There { objects: &intake.objects, hooks: &intake.hooks, workload_config: &intake.workload_config };
    names(checker, &there, pods);
    let secrets = Targets::new("Secret", &SECRET, &there);
    for object in &intake.objects {
        bound_role(checker, object, &intake.objects);
    }
    for pod in pods.iter() {
        workload_selector(checker, pod);
        for container in pod.template.containers() {
            probe_ports(checker, pod, &container);
            mounts(checker, pod, &container);
        }
        pull_secrets(checker, pod, &secrets);
        unused_volumes(checker, pod);
        stateful_service(checker, pod, &intake.objects);
    }
    overlap(checker, pods);
    shared(checker, &intake.objects, pods);
}

/// Names of ConfigMaps, Secrets, claims and accounts that pods give.
pub(crate) fn names(checker: &mut Checker<'_>, there: &There<'_>, pods: &[Pod<'_>]) {
    let config_maps = Targets::new("ConfigMap", &CONFIG_MAP, there);
    let secrets = Targets::new("Secret", &SECRET, there);
    let claims = Targets::new("PersistentVolumeClaim", &CLAIM, there);
    let accounts = Targets::new("ServiceAccount", &ACCOUNT, there);
    for pod in pods {
        volumes(checker, pod, &config_maps, &secrets, &claims);
        for container in pod.template.containers() {
            environment(checker, pod, &container, &config_maps, &secrets);
        }
        if let Some(reference) = Reference::of(pod.template.spec, "serviceAccountName")
            && reference.name.as_str() != Some("default")
        {
            accounts.require(checker, pod.object, pod.path("serviceAccountName"), reference);
        }
    }
}

fn volumes(
    checker: &mut Checker<'_>,
    pod: &Pod<'_>,
    config_maps: &Targets<'_>,
    secrets: &Targets<'_>,
    claims: &Targets<'_>,
) {
    let volumes = pod.template.spec.get("volumes").map(Node::items).unwrap_or_default();
    for (index, volume) in volumes.iter().enumerate() {
        let path = pod.path(&format!("volumes[{index}]"));
        for (field, name, targets) in [
            ("configMap", "name", config_maps),
            ("secret", "secretName", secrets),
            ("persistentVolumeClaim", "claimName", claims),
        ] {
            if let Some(source) = volume.get(field) {
                targets.require_source(checker, pod.object, &format!("{path}.{field}"), source, name);
            }
        }
        let sources = volume.at("projected.sources").map(Node::items).unwrap_or_default();
        for (number, source) in sources.iter().enumerate() {
            for (field, targets) in [("configMap", config_maps), ("secret", secrets)] {
                if let Some(source) = source.get(field) {
                    let path = format!("{path}.projected.sources[{number}].{field}");
                    targets.require_source(checker, pod.object, &path, source, "name");
                }
            }
        }
    }
}

fn environment(
    checker: &mut Checker<'_>,
    pod: &Pod<'_>,
    container: &Container<'_>,
    config_maps: &Targets<'_>,
    secrets: &Targets<'_>,
) {
    let variables = container.node.get("env").map(Node::items).unwrap_or_default();
    for (index, variable) in variables.iter().enumerate() {
        for (field, targets) in [("configMapKeyRef", config_maps), ("secretKeyRef", secrets)] {
            let reference =
                variable.get("valueFrom").and_then(|from| Reference::of(from.get(field)?, "name"));
            if let Some(reference) = reference {
                let path = pod.container_path(container, &format!("env[{index}].valueFrom.{field}"));
                targets.require(checker, pod.object, path, reference);
            }
        }
    }
    let sources = container.node.get("envFrom").map(Node::items).unwrap_or_default();
    for (index, source) in sources.iter().enumerate() {
        for (field, targets) in [("configMapRef", config_maps), ("secretRef", secrets)] {
            if let Some(reference) = source.get(field).and_then(|source| Reference::of(source, "name")) {
                let path = pod.container_path(container, &format!("envFrom[{index}].{field}.name"));
                targets.require(checker, pod.object, path, reference);
            }
        }
    }
}

/// Kubernetes starts a pod without a pull secret that is not there, and the platform adds its own.
fn pull_secrets(checker: &mut Checker<'_>, pod: &Pod<'_>, secrets: &Targets<'_>) {
    let listed = pod.template.spec.get("imagePullSecrets").map(Node::items).unwrap_or_default();
    for (index, secret) in listed.iter().enumerate() {
        let is_platform = |name: &Node| name.as_str().is_some_and(|name| name.starts_with(RESERVED_PREFIX));
        if let Some(reference) = Reference::of(secret, "name").filter(|found| !is_platform(found.name)) {
            let reference = Reference { optional: true, ..reference };
            secrets.require(
                checker,
                pod.object,
                pod.path(&format!("imagePullSecrets[{index}].name")),
                reference,
            );
        }
    }
}

/// Volumes that no container mounts (WH-168).
fn unused_volumes(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    let volumes = pod.template.spec.get("volumes").map(Node::items).unwrap_or_default();
    if volumes.is_empty() {
        return;
    }
    let containers = pod.template.containers();
    let is_used = |name: &str| {
        containers.iter().any(|container| {
            ["volumeMounts", "volumeDevices"].iter().any(|list| {
                let mounts = container.node.get(list).map(Node::items).unwrap_or_default();
                mounts.iter().any(|mount| mount.get("name").and_then(Node::as_str) == Some(name))
            })
        })
    };
    for (index, volume) in volumes.iter().enumerate() {
        let Some(node) = volume.get("name") else { continue };
        if let Some(name) = node.as_str().filter(|name| !is_used(name)) {
            let message = format!("{}: volume \"{name}\" is mounted by no container", pod.object);
            let said = Said::at(pod.path(&format!("volumes[{index}].name")), node.span, message);
            checker.found(&MOUNT, pod.object, said.level(Level::Info).fix("mount it, or remove it"));
        }
    }
}

fn probe_ports(checker: &mut Checker<'_>, pod: &Pod<'_>, container: &Container<'_>) {
    const HANDLERS: &[&str] =
        &["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"];
    let declared: Vec<&str> = container
        .node
        .get("ports")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|port| port.get("name").and_then(Node::as_str))
        .collect();
    for handler in HANDLERS {
        for action in ["httpGet", "tcpSocket", "grpc"] {
            let field = format!("{handler}.{action}.port");
            let Some(port) = container.node.at(&field) else { continue };
            let is_fine = match (&port.value, port.as_integer()) {
                (Content::String(name), _) => {
                    declared.contains(&name.as_str()) || name.parse::<u16>().is_ok()
                }
                (_, Some(number)) => (1..=65535).contains(&number),
                _ => true,
            };
            if is_fine {
                continue;
            }
            let message = format!(
                "{}: container \"{}\" {handler} uses port \"{}\", which it does not declare",
                pod.object,
                container.name(),
                port.shown()
            );
            let mut said = Said::at(pod.container_path(container, &field), port.span, message);
            if let Some(near) = nearest(&port.shown(), declared.iter().copied()) {
                said = said.fix(format!("did you mean {near}?"));
            }
            checker.found(&PROBE_PORT, pod.object, said);
        }
    }
}

fn mounts(checker: &mut Checker<'_>, pod: &Pod<'_>, container: &Container<'_>) {
    let names = |list: Option<&Node>, path: &str| -> Vec<String> {
        list.map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|item| item.at(path).and_then(Node::as_str))
            .map(ToOwned::to_owned)
            .collect()
    };
    let mut known = names(pod.template.spec.get("volumes"), "name");
    known.extend(names(pod.object.root.at("spec.volumeClaimTemplates"), "metadata.name"));
    let mut paths = HashSet::new();
    let mounts = container.node.get("volumeMounts").map(Node::items).unwrap_or_default();
    for (index, mount) in mounts.iter().enumerate() {
        let path = pod.container_path(container, &format!("volumeMounts[{index}]"));
        if let Some(name) = mount.get("name")
            && !known.iter().any(|known| Some(known.as_str()) == name.as_str())
        {
            let message = format!(
                "{}: container \"{}\" mounts \"{}\", which is not a volume of the pod",
                pod.object,
                container.name(),
                name.shown()
            );
            let mut said = Said::at(format!("{path}.name"), name.span, message);
            if let Some(near) = nearest(&name.shown(), known.iter().map(String::as_str)) {
                said = said.fix(format!("did you mean {near}?"));
            }
            checker.found(&MOUNT, pod.object, said);
        }
        if let Some(target) = mount.get("mountPath")
            && !paths.insert(target.shown())
        {
            let message = format!(
                "{}: container \"{}\" mounts two volumes at {}",
                pod.object,
                container.name(),
                target.shown()
            );
            let said = Said::at(format!("{path}.mountPath"), target.span, message).fix("another mountPath");
            checker.found(&MOUNT, pod.object, said);
        }
    }
}

fn json(node: Option<&Node>) -> Value {
    node.map_or(Value::Null, Node::to_json)
}

fn is_selecting_workload(object: &Object) -> bool {
    object.group() == "apps" && matches!(object.kind.as_str(), "Deployment" | "ReplicaSet" | "StatefulSet")
}

fn workload_selector(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    let object = pod.object;
    let manual_job = object.is("batch", "Job")
        && object.root.at("spec.manualSelector").and_then(Node::as_bool) == Some(true);
    if !(is_selecting_workload(object) || manual_job) {
        return;
    }
    let template = &pod.template;
    let Some(spec) = object.root.get("spec") else { return };
    let Some(selector) = spec.set("selector") else {
        let message = format!("{object}: has no selector for its pods");
        checker.found(&SELECTOR, object, Said::missing("spec.selector", spec.span, message));
        return;
    };
    if !Selector::of(&selector.to_json()).picks(Some(&template.labels())) {
        let labels = template.metadata.and_then(|metadata| metadata.get("labels"));
        let message = format!(
            "{object}: selector {} does not match its own pods' labels {}",
            shown_labels(selector.get("matchLabels")),
            shown_labels(labels)
        );
        checker.found(&SELECTOR, object, Said::at("spec.selector", selector.span, message));
    }
}

fn stateful_service(checker: &mut Checker<'_>, pod: &Pod<'_>, objects: &[Object]) {
    if !pod.object.is("apps", "StatefulSet") {
        return;
    }
    let Some(name) = pod
        .object
        .root
        .at("spec.serviceName")
        .filter(|name| name.as_str().is_some_and(|name| !name.is_empty()))
    else {
        return;
    };
    let service = objects.iter().find(|object| is_service(object) && Some(object.name()) == name.as_str());
    let breach = match service {
        None => "is no Service of this chart",
        Some(service) if service.root.at("spec.clusterIP").and_then(Node::as_str) != Some("None") => {
            "is not headless"
        }
        Some(service) => {
            let selector = Selector::equal_to(&json(service.root.at("spec.selector")));
            if selector.is_empty() || selector.picks(Some(&pod.template.labels())) {
                return;
            }
            "does not select its pods"
        }
    };
    let message =
        format!("{}: serviceName \"{}\" {breach}; its pods get no DNS names", pod.object, name.shown());
    checker.found(&STATEFUL_SERVICE, pod.object, Said::at("spec.serviceName", name.span, message));
}

fn bound_role(checker: &mut Checker<'_>, object: &Object, objects: &[Object]) {
    const RBAC: &str = "rbac.authorization.k8s.io";
    if !object.is(RBAC, "RoleBinding")
        || object.root.at("roleRef.kind").and_then(Node::as_str) != Some("Role")
    {
        return;
    }
    let Some(name) = object.root.at("roleRef.name") else { return };
    let roles: Vec<&str> =
        objects.iter().filter(|object| object.is(RBAC, "Role")).map(Object::name).collect();
    if name.as_str().is_some_and(|name| roles.contains(&name)) {
        return;
    }
    let message = format!("{object} refers to Role/{}, which nothing in this chart creates", name.shown());
    let mut said = Said::at("roleRef.name", name.span, message);
    if let Some(near) = nearest(&name.shown(), roles.iter().copied()) {
        said = said.fix(format!("did you mean {near}?"));
    }
    checker.found(&BOUND_ROLE, object, said);
}

/// Workloads of one kind whose selectors pick each other's pods (WH-169).
fn overlap(checker: &mut Checker<'_>, pods: &[Pod<'_>]) {
    let workloads: Vec<&Pod<'_>> = pods.iter().filter(|pod| is_selecting_workload(pod.object)).collect();
    let mut by_label: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (index, pod) in workloads.iter().enumerate() {
        let labels = pod.template.metadata.and_then(|metadata| metadata.get("labels"));
        let own = labels.map(Node::entries).unwrap_or_default().iter();
        let own = own.filter_map(|entry| Some((entry.key.as_str(), entry.value.as_str()?)));
        let added = pod.template.added_labels.iter().map(|(key, value)| (*key, value.as_str()));
        for label in own.chain(added) {
            by_label.entry(label).or_default().push(index);
        }
    }
    let everybody: Vec<usize> = (0..workloads.len()).collect();
    let mut pairs = BTreeSet::new();
    for (index, pod) in workloads.iter().enumerate() {
        let node = pod.object.root.at("spec.selector");
        let selector = Selector::of(&json(node));
        // Only pods with the rarest of the labels that it wants can be picked.
        let wanted = node.and_then(|node| node.get("matchLabels")).map(Node::entries).unwrap_or_default();
        let candidates = wanted
            .iter()
            .filter_map(|entry| by_label.get(&(entry.key.as_str(), entry.value.as_str()?)))
            .min_by_key(|candidates| candidates.len())
            .unwrap_or(&everybody);
        for other in candidates.iter().copied().filter(|other| *other != index) {
            let picked = workloads.get(other).is_some_and(|other| {
                other.object.kind == pod.object.kind && selector.picks_by(|key| other.template.label(key))
            });
            if picked {
                pairs.insert((index.min(other), index.max(other)));
            }
        }
    }
    for (one, other) in pairs {
        let (Some(one), Some(other)) = (workloads.get(one), workloads.get(other)) else { continue };
        let node = other.object.root.at("spec.selector").unwrap_or(&other.object.root);
        let message = format!(
            "{} and {} select the same pods ({})",
            one.object,
            other.object,
            shown_labels(node.get("matchLabels"))
        );
        checker.found(&OVERLAP, other.object, Said::at("spec.selector", node.span, message));
    }
}

/// A Service in front of pods of several workloads: often meant, sometimes not (WH-169).
fn shared(checker: &mut Checker<'_>, objects: &[Object], pods: &Pods<'_>) {
    for service in objects.iter().filter(|object| is_service(object)) {
        let mut names: Vec<String> = Vec::new();
        for pod in pods.selected_by(service) {
            let name = pod.object.to_string();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if let (true, Some(selector)) = (names.len() > 1, service.root.at("spec.selector")) {
            let message = format!("{service} sends to the pods of {}", names.join(", "));
            let said = Said::at("spec.selector", selector.span, message).level(Level::Info);
            checker.found(
                &OVERLAP,
                service,
                said.fix("none needed where this is meant; else a label that tells them apart"),
            );
        }
    }
}
