//! N: images and advice.

use wheelhouse_objects::{ContainerList, Node};

use crate::check::{Checker, Pod, Said};
use crate::rule::Rule;

pub(crate) const RULES: &[&Rule] = &[&EMPTY, &MUTABLE, &NO_READINESS, &NOT_RESTARTED];

static EMPTY: Rule =
    Rule::error("WH-190", "image-empty", "a container without an image never starts", "name the image");
static MUTABLE: Rule = Rule::info(
    "WH-192",
    "image-mutable",
    "what a tag names can change under a running version",
    "pin the image by digest",
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
