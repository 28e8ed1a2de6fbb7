//! D: Services; also where a Service's traffic ends, for the entry point too.

use serde_json::Value;
use wheelhouse_objects::{ContainerList, Content, Node, Object, Selector};

use crate::check::{Checker, Said};
use crate::nearest::nearest;
use crate::pods::{Pod, Pods};
use crate::rule::{Level, Rule};

pub(crate) const RULES: &[&Rule] = &[&TYPE, &EXTERNAL, &DANGLING, &TARGET_PORT, &AFFINITY];

static TYPE: Rule = Rule::error(
    "WH-030",
    "service-type",
    "Services of a function have type ClusterIP or none",
    "remove the type; traffic from outside comes through the gateway",
)
.by_platform();

static EXTERNAL: Rule = Rule::error(
    "WH-031",
    "service-external",
    "a Service that takes outside addresses can catch traffic that is not its own",
    "remove it; call an outside address from the container",
);

static DANGLING: Rule = Rule::warning(
    "WH-032",
    "service-dangling",
    "a Service that selects no pod answers nobody",
    "select the labels of a pod of this chart, or delete the Service",
);

pub(crate) static TARGET_PORT: Rule = Rule::warning(
    "WH-033",
    "service-target-port",
    "traffic to a port that no container declares is refused",
    "declare the port on the container, or point targetPort to one that is declared",
);

static AFFINITY: Rule = Rule::info(
    "WH-034",
    "service-affinity",
    "all requests arrive from the gateway, so that affinity by client has nothing to tell apart",
    "remove it",
);

/// Fields that bind a Service to the outside.
const OUTSIDE: &[&str] = &[
    "externalIPs",
    "externalName",
    "loadBalancerIP",
    "loadBalancerClass",
    "loadBalancerSourceRanges",
    "healthCheckNodePort",
];

pub(crate) fn is_service(object: &Object) -> bool {
    object.is("", "Service")
}

pub(crate) fn check(checker: &mut Checker<'_>, objects: &[Object], pods: &Pods<'_>) {
    let entry = checker.facts.function.as_ref().map(|function| function.service_name.clone());
    for service in objects.iter().filter(|object| is_service(object)) {
        let Some(spec) = service.root.set("spec") else { continue };
        if let Some(kind) = spec.set("type")
            && kind.as_str() != Some("ClusterIP")
        {
            let message = format!("{service} has type {}; only ClusterIP is allowed", kind.shown());
            checker.found(&TYPE, service, Said::at("spec.type", kind.span, message));
        }
        external(checker, service, spec);
        affinity(checker, service, spec);
        if entry.as_deref() == Some(service.name()) {
            continue;
        }
        let selected = pods.selected_by(service);
        if !selector(service).is_empty() && selected.is_empty() {
            let shown = shown_selector(service);
            let span = spec.get("selector").map_or(spec.span, |selector| selector.span);
            let message = format!("{service} selects {shown}, which matches no pod of this chart");
            let mut said = Said::at("spec.selector", span, message);
            if let Some(near) = nearest_pods(service, pods) {
                said = said.fix(near);
            }
            checker.found(&DANGLING, service, said);
        }
        for port in ports(service) {
            if let Some(breach) = target_breach(service, port, &selected) {
                checker.found(&TARGET_PORT, service, breach.level(Level::Warning));
            }
        }
    }
}

fn external(checker: &mut Checker<'_>, service: &Object, spec: &Node) {
    for field in OUTSIDE {
        if let Some(entry) = spec.entry(field)
            && !is_empty(&entry.value)
        {
            let path = format!("spec.{field}");
            let message = format!("{service}: {path} is not allowed");
            checker.found(&EXTERNAL, service, Said::at(path, entry.key_span, message));
        }
    }
    for (index, port) in ports(service).iter().enumerate() {
        if let Some(entry) = port.entry("nodePort")
            && !matches!(entry.value.value, Content::Null | Content::Integer(0))
        {
            let path = format!("spec.ports[{index}].nodePort");
            let message = format!("{service}: {path} is not allowed");
            checker.found(&EXTERNAL, service, Said::at(path, entry.key_span, message));
        }
    }
}

fn affinity(checker: &mut Checker<'_>, service: &Object, spec: &Node) {
    let unwanted = |field: &str, value: &Node| match field {
        "sessionAffinity" => value.as_str() == Some("ClientIP"),
        "internalTrafficPolicy" => value.as_str() == Some("Local"),
        _ => value.value != Content::Null,
    };
    for field in ["sessionAffinity", "externalTrafficPolicy", "internalTrafficPolicy"] {
        if let Some(value) = spec.get(field)
            && unwanted(field, value)
        {
            let path = format!("spec.{field}");
            let message = format!("{service}: {path} has no useful effect behind the gateway");
            checker.found(&AFFINITY, service, Said::at(path, value.span, message));
        }
    }
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Content::Null => true,
        Content::String(text) => text.is_empty(),
        Content::Sequence(items) => items.is_empty(),
        _ => false,
    }
}

/// A Service's ports.
pub(crate) fn ports(service: &Object) -> &[Node] {
    service.root.at("spec.ports").map(Node::items).unwrap_or_default()
}

/// A Service's selector.
pub(crate) fn selector(service: &Object) -> Selector {
    Selector::equal_to(&service.root.at("spec.selector").map_or(Value::Null, Node::to_json))
}

/// A Service's selector as a message shows it: `app=web,tier=1`.
pub(crate) fn shown_selector(service: &Object) -> String {
    shown_labels(service.root.at("spec.selector"))
}

/// A mapping of labels as a message shows it.
pub(crate) fn shown_labels(labels: Option<&Node>) -> String {
    let pairs: Vec<String> = labels
        .map(Node::entries)
        .unwrap_or_default()
        .iter()
        .map(|entry| format!("{}={}", entry.key, entry.value.shown()))
        .collect();
    if pairs.is_empty() { "nothing".to_owned() } else { pairs.join(",") }
}

/// The pods whose labels are nearest to what a Service selects, as an advice.
pub(crate) fn nearest_pods(service: &Object, pods: &[Pod<'_>]) -> Option<String> {
    let wanted = service.root.at("spec.selector").map(Node::entries).unwrap_or_default();
    let likeness = |pod: &&Pod<'_>| -> usize {
        wanted
            .iter()
            .map(|entry| match pod.template.label(&entry.key) {
                Some(value) => 1 + usize::from(Some(value) == entry.value.as_str()),
                None => 0,
            })
            .sum()
    };
    let near = pods.iter().rev().max_by_key(likeness).filter(|near| likeness(near) > 0)?;
    let labels: Vec<String> = wanted
        .iter()
        .filter_map(|entry| Some(format!("{}: {}", entry.key, near.template.label(&entry.key)?)))
        .collect();
    Some(format!("select {{{}}}, the labels of the pods of {}", labels.join(", "), near.object))
}

/// What is wrong with the target of a Service's port, if anything: an error for a name that no
/// container declares, a warning for a number.
pub(crate) fn target_breach(service: &Object, port: &Node, selected: &[&Pod<'_>]) -> Option<Said> {
    let target = port.set("targetPort").filter(|target| !is_empty(target)).or_else(|| port.get("port"))?;
    let name = target.as_str().filter(|text| text.parse::<u16>().is_err());
    let number = target.as_integer().or_else(|| target.as_str().and_then(|text| text.parse().ok()));
    for Pod { object, template, .. } in selected {
        let declared: Vec<&Node> = template
            .containers()
            .into_iter()
            .filter(|container| container.list == ContainerList::Containers || container.is_sidecar())
            .flat_map(|container| container.node.get("ports").map(Node::items).unwrap_or_default())
            .collect();
        let found = declared.iter().any(|port| match name {
            Some(name) => port.get("name").and_then(Node::as_str) == Some(name),
            None => port.get("containerPort").and_then(Node::as_integer) == number,
        });
        if found {
            continue;
        }
        let message =
            format!("{service} sends to port {}, which no container of {object} declares", target.shown());
        let level = if name.is_some() { Level::Error } else { Level::Warning };
        let mut said = Said::at("spec.ports[*].targetPort", target.span, message).level(level);
        let names = declared.iter().filter_map(|port| port.get("name").and_then(Node::as_str));
        if let Some(near) = name.and_then(|name| nearest(name, names)) {
            said = said.fix(format!("did you mean {near}?"));
        }
        return Some(said);
    }
    None
}
