//! N: images and advice.

use wheelhouse_objects::{ContainerList, Node};

use crate::check::{Checker, Pod, Said};
use crate::rule::Rule;

pub(crate) const RULES: &[&Rule] = &[
    &EMPTY,
    &UNREACHABLE,
    &MUTABLE,
    &CREDENTIAL,
    &NO_READINESS,
    &NON_DETERMINISTIC,
    &LOOKUP,
    &VALUES_AS_CODE,
    &NUMBER_TEXT,
    &UNUSED_VALUE,
    &HIDDEN_BRANCH,
    &NOT_RESTARTED,
];

static EMPTY: Rule =
    Rule::error("WH-190", "image-empty", "a container without an image never starts", "name the image");
static MUTABLE: Rule = Rule::info(
    "WH-192",
    "image-mutable",
    "what a tag names can change under a running version",
    "pin the image by digest",
);
static UNREACHABLE: Rule = Rule::error(
    "WH-191",
    "image-unreachable",
    "an image that cannot be pulled never starts",
    "push the image, mend its name, or add a registry credential for it",
);
static CREDENTIAL: Rule = Rule::warning(
    "WH-193",
    "image-credential",
    "a private registry gives its images only to those with a credential",
    "add a registry credential for the host",
);
static NON_DETERMINISTIC: Rule = Rule::warning(
    "WH-201",
    "non-deterministic",
    "what changes at each render makes every deployment another one",
    "give the value in the chart's values, or keep it in a Secret made once",
);
static LOOKUP: Rule = Rule::info(
    "WH-202",
    "lookup-used",
    "charts are rendered without a cluster and without a network",
    "give the value in the chart's values",
);
static VALUES_AS_CODE: Rule = Rule::warning(
    "WH-203",
    "values-as-code",
    "a text from an override that is run as a template can do what the chart can",
    "print the value as it is, without tpl",
);
static NUMBER_TEXT: Rule = Rule::warning(
    "WH-204",
    "number-text",
    "numbers of values files are floats to Helm, and a missing value prints as nothing",
    "use int or quote where the number is printed; give the missing value",
);
static UNUSED_VALUE: Rule = Rule::warning(
    "WH-205",
    "unused-value",
    "an override that nothing reads is usually a misspelt one",
    "remove it, or correct its path",
);
static HIDDEN_BRANCH: Rule = Rule::info(
    "WH-206",
    "hidden-branch",
    "what shows only under other values is refused on the day somebody sets them",
    "mend it as the rule it names says, or remove the branch",
);
static NO_READINESS: Rule = Rule::warning(
    "WH-200",
    "no-readiness",
    "without a readiness probe requests may arrive before the program listens",
    "add a readinessProbe",
);
static NOT_RESTARTED: Rule = Rule::warning(
    "WH-207",
    "restart-never",
    "a bare Pod is not replaced when its node goes",
    "use a Deployment",
);

pub(crate) fn check(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    for container in pod.template.containers() {
        let image = container.node.set("image");
        let text = image.and_then(Node::as_str).unwrap_or_default();
        if text.trim().is_empty() || text.starts_with(':') || text.contains(char::is_whitespace) {
            let path = pod.container_path(&container, "image");
            let message = format!("{}: container \"{}\" has no image", pod.object, container.name());
            let said = match image {
                Some(image) => Said::at(path, image.span, message),
                None => Said::missing(path, container.node.span, message),
            };
            checker.found(&EMPTY, pod.object, said);
        } else if let Some(image) = image
            && !text.contains("@sha256:")
        {
            let path = pod.container_path(&container, "image");
            let message = format!("{}: image {text} can change under a running version", pod.object);
            checker.found(&MUTABLE, pod.object, Said::at(path, image.span, message));
        }
    }
    registries(checker, pod);
    let runs_on = matches!(pod.object.kind.as_str(), "Deployment" | "ReplicaSet" | "StatefulSet" | "Pod");
    let containers = pod.template.containers();
    let serving: Vec<_> =
        containers.iter().filter(|container| container.list == ContainerList::Containers).collect();
    let listens = serving
        .iter()
        .any(|container| !container.node.get("ports").map(Node::items).unwrap_or_default().is_empty());
    if runs_on && listens && serving.iter().all(|container| container.node.set("readinessProbe").is_none()) {
        let name = serving.first().map(|container| container.name()).unwrap_or_default();
        let message = format!(
            "{}: container \"{name}\" has no readinessProbe; requests may arrive before it listens",
            pod.object
        );
        let span = serving.first().map_or(pod.template.spec.span, |container| container.node.span);
        checker.found(
            &NO_READINESS,
            pod.object,
            Said::missing(pod.path("containers[0].readinessProbe"), span, message),
        );
    }
    if pod.object.is("", "Pod") {
        let message = format!("{} is not restarted when it ends", pod.object);
        checker.found(&NOT_RESTARTED, pod.object, Said::at("kind", pod.object.root.span, message));
    }
}

/// What is known of the registries behind the images (WH-191, WH-193).
fn registries(checker: &mut Checker<'_>, pod: &Pod<'_>) {
    for container in pod.template.containers() {
        let Some(image) = container.node.set("image") else { continue };
        let Some(text) = image.as_str().filter(|text| !text.is_empty()) else { continue };
        let path = pod.container_path(&container, "image");
        let cluster = &checker.facts.cluster;
        if let Some(answer) = cluster.unreachable_images.get(text) {
            let message = format!("{}: image {text}: {answer}", pod.object);
            checker.found(&UNREACHABLE, pod.object, Said::at(path, image.span, message));
        } else if let Some(registries) = &cluster.registries {
            let host = registry_of(text);
            if !registries.iter().any(|known| known.eq_ignore_ascii_case(host)) {
                let message = format!("no registry credential for {host} (image of {})", pod.object);
                checker.found(&CREDENTIAL, pod.object, Said::at(path, image.span, message));
            }
        }
    }
}

/// The registry of an image: what is before the first slash if it looks like a host, as container
/// tools decide.
fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}
