//! C: the entry point, or "mini-service".

use wheelhouse_objects::{Node, Object};
use wheelhouse_source::Span;

use super::objects::is_opaque;
use super::services::{is_service, nearest_pods, ports, selector, shown_selector, target_breach};
use crate::check::{Checker, Said};
use crate::facts::{Facts, FunctionFacts};
use crate::nearest::nearest;
use crate::pods::{Pod, Pods};
use crate::rule::{Level, Rule};

pub(crate) const RULES: &[&Rule] =
    &[&MISSING, &PORT, &SELECTOR, &TARGET_PORT, &HEALTH_PORT, &TEMPLATED, &GRPC, &HEADLESS];

static MISSING: Rule = Rule::error(
    "WH-020",
    "entry-service-missing",
    "the Service that helmChartServiceName names is where requests enter",
    "name a Service of the chart in helmChartServiceName",
)
.by_platform()
.protecting();

static PORT: Rule = Rule::error(
    "WH-021",
    "entry-port",
    "requests go to the entry Service at inferencePort",
    "set inferencePort to a port of the Service",
)
.by_platform();

static SELECTOR: Rule = Rule::error(
    "WH-022",
    "entry-selector",
    "an entry Service that selects no pod answers nobody",
    "select the labels of a pod of this chart",
);

static TARGET_PORT: Rule = Rule::error(
    "WH-023",
    "entry-target-port",
    "requests to a port that no container declares are refused",
    "declare the port on the container, or point targetPort to one that is declared",
);

static HEALTH_PORT: Rule = Rule::error(
    "WH-024",
    "health-port",
    "the platform probes the entry Service at the health port",
    "add the port to the Service, or use inferencePort",
);

static TEMPLATED: Rule = Rule::error(
    "WH-025",
    "service-name-templated",
    "templated service names are not supported",
    "write the rendered name into the function",
)
.by_platform();

static GRPC: Rule = Rule::warning(
    "WH-026",
    "grpc-shape",
    "a gRPC function says so in its inferenceUrl and in its health protocol",
    "inferenceUrl: /grpc together with health.protocol: gRPC",
);

static HEADLESS: Rule = Rule::warning(
    "WH-027",
    "entry-headless",
    "a headless Service sends requests to pods before they are ready and does not balance",
    "use a normal ClusterIP Service for the entry, the headless one for names of pods",
);

pub(crate) fn check(checker: &mut Checker<'_>, objects: &[Object], pods: &Pods<'_>) {
    let Some(function) = checker.facts.function.as_ref() else { return };
    let wanted = function.service_name.as_str();
    if wanted.contains("{{") {
        let message = format!("helmChartServiceName \"{wanted}\" contains a template");
        checker.chart(&TEMPLATED, Said::at("helmChartServiceName", Span::default(), message));
        return;
    }
    grpc(checker, function);
    let Some(service) = objects.iter().find(|object| is_service(object) && object.name() == wanted) else {
        missing(checker, wanted, objects);
        return;
    };
    let selected = pods.selected_by(service);
    if selected.is_empty() {
        let spec = service.root.get("spec").unwrap_or(&service.root);
        let span = spec.get("selector").map_or(spec.span, |selector| selector.span);
        let mut message =
            format!("{service} selects {}, which matches no pod of this chart", shown_selector(service));
        // A kind that the policy allows may make pods that nobody sees here.
        let opaque = objects
            .iter()
            .find(|object| checker.facts.policy.allows_extra(object) && is_opaque(object, pods))
            .filter(|_| !selector(service).is_empty());
        if let Some(opaque) = opaque {
            message.push_str(&format!(" that can be seen; pods that {opaque} makes cannot"));
        }
        let mut said = Said::at("spec.selector", span, message);
        said.level = opaque.map(|_| Level::Warning);
        if let Some(near) = nearest_pods(service, pods) {
            said = said.fix(near);
        }
        checker.found(&SELECTOR, service, said);
    }
    port(checker, function, service, &selected);
    application(checker, function, service);
    headless(checker, service);
}

/// The pods behind the entry Service; `None` where it is not known which Service that is.
pub(crate) fn entry_pods<'p, 'a>(
    facts: &Facts,
    objects: &[Object],
    pods: &'p Pods<'a>,
) -> Option<Vec<&'p Pod<'a>>> {
    let function = facts.function.as_ref()?;
    let is_entry = |object: &&Object| is_service(object) && object.name() == function.service_name;
    Some(pods.selected_by(objects.iter().find(is_entry)?))
}

fn missing(checker: &mut Checker<'_>, wanted: &str, objects: &[Object]) {
    let names: Vec<&str> = objects.iter().filter(|object| is_service(object)).map(Object::name).collect();
    let list = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let message = format!("no Service named \"{wanted}\" in the rendered chart; Services: {list}");
    let mut said = Said::at("helmChartServiceName", Span::default(), message);
    if let Some(near) = nearest(wanted, names.iter().copied()) {
        said = said.fix(format!("did you mean {near}?"));
    } else if let [only] = names.as_slice() {
        said = said.fix(format!("helmChartServiceName: {only}"));
    }
    checker.chart(&MISSING, said);
}

fn port(checker: &mut Checker<'_>, function: &FunctionFacts, service: &Object, selected: &[&Pod<'_>]) {
    let numbers: Vec<i64> =
        ports(service).iter().filter_map(|port| port.get("port").and_then(Node::as_integer)).collect();
    let span = service.root.at("spec.ports").map_or(service.root.span, |ports| ports.span);
    let list = numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    if let Some(wanted) = function.inference_port {
        let entry =
            ports(service).iter().find(|port| port.get("port").and_then(Node::as_integer) == Some(wanted));
        match entry {
            None => {
                let message = format!("{service} has no port {wanted}; it has {list}");
                let mut said = Said::at("spec.ports", span, message);
                if let [only] = numbers.as_slice() {
                    said =
                        said.fix(format!("set inferencePort to {only}, or the Service's port to {wanted}"));
                }
                checker.found(&PORT, service, said);
            }
            Some(port) => {
                if let Some(breach) = target_breach(service, port, selected) {
                    checker.found(&TARGET_PORT, service, breach);
                }
            }
        }
    }
    if let Some(health) = function.health_port
        && !numbers.contains(&health)
    {
        let message = format!("health port {health} is not a port of {service}");
        checker.found(&HEALTH_PORT, service, Said::at("spec.ports", span, message));
    }
}

/// Whether the function's inferenceUrl says that it speaks gRPC.
fn is_grpc(function: &FunctionFacts) -> bool {
    function.inference_url.trim_start_matches('/').eq_ignore_ascii_case("grpc")
}

/// The entry port of a gRPC function says nothing else of its protocol.
fn application(checker: &mut Checker<'_>, function: &FunctionFacts, service: &Object) {
    let entry = ports(service).iter().find(|port| {
        function.inference_port.is_some()
            && port.get("port").and_then(Node::as_integer) == function.inference_port
    });
    let Some(protocol) = entry.filter(|_| is_grpc(function)).and_then(|port| port.set("appProtocol")) else {
        return;
    };
    if !matches!(protocol.as_str(), Some("grpc" | "kubernetes.io/h2c")) {
        let message = format!(
            "function is gRPC (inferenceUrl {}) but the appProtocol of {service} says {}",
            function.inference_url,
            protocol.shown()
        );
        let said = Said::at("spec.ports[*].appProtocol", protocol.span, message);
        checker.found(&GRPC, service, said.fix("appProtocol: grpc"));
    }
}

fn grpc(checker: &mut Checker<'_>, function: &FunctionFacts) {
    let by_url = is_grpc(function);
    let Some(protocol) = &function.health_protocol else { return };
    if by_url != protocol.eq_ignore_ascii_case("grpc") {
        let message = if by_url {
            format!(
                "function is gRPC (inferenceUrl {}) but health.protocol says {protocol}",
                function.inference_url
            )
        } else {
            format!(
                "function is gRPC (health.protocol {protocol}) but inferenceUrl says {}",
                function.inference_url
            )
        };
        checker.chart(&GRPC, Said::at("inferenceUrl", Span::default(), message));
    }
}

fn headless(checker: &mut Checker<'_>, service: &Object) {
    let Some(spec) = service.root.get("spec") else { return };
    let cluster_ip = spec.get("clusterIP").filter(|value| value.as_str() == Some("None"));
    let unready = spec.get("publishNotReadyAddresses").filter(|value| value.as_bool() == Some(true));
    if let Some(field) = cluster_ip.or(unready) {
        let path = if cluster_ip.is_some() { "spec.clusterIP" } else { "spec.publishNotReadyAddresses" };
        let message =
            format!("{service} is headless: requests reach pods before they are ready and are not balanced");
        checker.found(&HEADLESS, service, Said::at(path, field.span, message));
    }
}
