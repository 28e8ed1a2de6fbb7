//! K: whether names that objects refer to lead somewhere.

use std::collections::HashSet;

use serde_json::Value;
use wheelhouse_objects::{Container, Content, Node, Object, Selector, pod_spec};

use super::objects::RESERVED_PREFIX;
use super::services::{is_service, shown_labels};
use crate::check::{Checker, Pod, Said};
use crate::intake::Intake;
use crate::nearest::nearest;
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
    installed: Vec<&'a Object>,
    in_hooks: HashSet<&'a str>,
}

impl<'a> Targets<'a> {
    fn new(kind: &'static str, rule: &'static Rule, intake: &'a Intake) -> Self {
        let of_kind = |objects: &'a [Object]| objects.iter().filter(move |object| object.is("", kind));
        Targets {
            kind,
            rule,
            installed: of_kind(&intake.objects).chain(of_kind(&intake.workload_config)).collect(),
            in_hooks: of_kind(&intake.hooks).map(Object::name).collect(),
        }
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
        let found = self.installed.iter().find(|target| target.name() == name);
        let keys = |target: &&&Object| -> Vec<String> {
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
                match nearest(name, self.installed.iter().map(|target| target.name())) {
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

/// A name that leads to another object, and perhaps to a key in it.
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

pub(crate) fn check(checker: &mut Checker<'_>, intake: &Intake) {
    let config_maps = Targets::new("ConfigMap", &CONFIG_MAP, intake);
    let secrets = Targets::new("Secret", &SECRET, intake);
    let claims = Targets::new("PersistentVolumeClaim", &CLAIM, intake);
    let accounts = Targets::new("ServiceAccount", &ACCOUNT, intake);
    for object in &intake.objects {
        workload_selector(checker, object);
        bound_role(checker, object, &intake.objects);
        let Some(template) = pod_spec::pod_template(object) else { continue };
        let pod = Pod::new(object, template);
        volumes(checker, &pod, &config_maps, &secrets, &claims);
        for container in template.containers() {
            environment(checker, &pod, &container, &config_maps, &secrets);
            probe_ports(checker, &pod, &container);
            mounts(checker, &pod, &container);
        }
        if let Some(reference) = Reference::of(template.spec, "serviceAccountName")
            && reference.name.as_str() != Some("default")
        {
            accounts.require(checker, object, pod.path("serviceAccountName"), reference);
        }
        stateful_service(checker, &pod, &intake.objects);
    }
    overlap(checker, &intake.objects);
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
            if let Some(reference) = volume.get(field).and_then(|source| Reference::of(source, name)) {
                targets.require(checker, pod.object, format!("{path}.{field}.{name}"), reference);
            }
        }
        let sources = volume.at("projected.sources").map(Node::items).unwrap_or_default();
        for (number, source) in sources.iter().enumerate() {
            for (field, targets) in [("configMap", config_maps), ("secret", secrets)] {
                if let Some(reference) = source.get(field).and_then(|source| Reference::of(source, "name")) {
                    let path = format!("{path}.projected.sources[{number}].{field}.name");
                    targets.require(checker, pod.object, path, reference);
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

fn workload_selector(checker: &mut Checker<'_>, object: &Object) {
    let manual_job = object.is("batch", "Job")
        && object.root.at("spec.manualSelector").and_then(Node::as_bool) == Some(true);
    if !(is_selecting_workload(object) || manual_job) {
        return;
    }
    let (Some(template), Some(spec)) = (pod_spec::pod_template(object), object.root.get("spec")) else {
        return;
    };
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

fn overlap(checker: &mut Checker<'_>, objects: &[Object]) {
    let workloads: Vec<(&Object, Selector, Value)> = objects
        .iter()
        .filter(|object| is_selecting_workload(object))
        .filter_map(|object| {
            let labels = pod_spec::pod_template(object)?.labels();
            Some((object, Selector::of(&json(object.root.at("spec.selector"))), labels))
        })
        .collect();
    for (index, (object, selector, labels)) in workloads.iter().enumerate() {
        for (other, other_selector, other_labels) in workloads.iter().skip(index + 1) {
            let both = selector.picks(Some(other_labels)) || other_selector.picks(Some(labels));
            if both && other.kind == object.kind {
                let node = other.root.at("spec.selector").unwrap_or(&other.root);
                let message = format!(
                    "{object} and {other} select the same pods ({})",
                    shown_labels(node.get("matchLabels"))
                );
                checker.found(&OVERLAP, other, Said::at("spec.selector", node.span, message));
            }
        }
    }
}
