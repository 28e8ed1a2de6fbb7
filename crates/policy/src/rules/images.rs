//! N: images and advice.

use wheelhouse_objects::{Container, ContainerList, Node};

use crate::check::{Checker, Said};
use crate::pods::Pod;
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

/// Checks a pod's images and how it answers; `behind_entry` is whether requests reach it, where that
/// is known.
pub(crate) fn check(checker: &mut Checker<'_>, pod: &Pod<'_>, behind_entry: Option<bool>) {
    for container in pod.template.containers() {
        image(checker, pod, &container);
    }
    registries(checker, pod);
    readiness(checker, pod, behind_entry);
    restart(checker, pod, behind_entry == Some(true));
}

fn image(checker: &mut Checker<'_>, pod: &Pod<'_>, container: &Container<'_>) {
    let image = container.node.set("image");
    let text = image.and_then(Node::as_str).unwrap_or_default();
    let path = pod.container_path(container, "image");
    let said = |message: String| match image {
        Some(image) => Said::at(path.as_str(), image.span, message),
        None => Said::missing(path.as_str(), container.node.span, message),
    };
    if text.trim().is_empty() || text.starts_with(':') {
        let message = format!("{}: container \"{}\" has no image", pod.object, container.name());
        checker.found(&EMPTY, pod.object, said(message));
    } else if !is_image(text) {
        let message = format!(
            "{}: container \"{}\": \"{text}\" is not the name of an image",
            pod.object,
            container.name()
        );
        let fix = "HOST/PATH/NAME:TAG, in small letters but for the tag";
        checker.found(&EMPTY, pod.object, said(message).fix(fix));
    } else if !text.contains("@sha256:") {
        let message = format!("{}: image {text} can change under a running version", pod.object);
        checker.found(&MUTABLE, pod.object, said(message));
    }
}

/// Whether a text names an image as container tools read it: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`.
fn is_image(text: &str) -> bool {
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    let is_hex = |hex: &str| hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digest.is_some_and(|digest| !digest.split_once(':').is_some_and(|(_, hex)| is_hex(hex))) {
        return false;
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    let tag = last.split_once(':').map(|(_, tag)| tag);
    let path = tag.and_then(|tag| name.strip_suffix(tag)?.strip_suffix(':')).unwrap_or(name);
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_tag = |tag: &str| {
        tag.len() <= 128
            && tag.starts_with(is_word)
            && tag.chars().all(|letter| is_word(letter) || matches!(letter, '.' | '-'))
    };
    let is_part = |part: &str| {
        let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        part.starts_with(is_plain)
            && part.ends_with(is_plain)
            && part.chars().all(|letter| is_plain(letter) || matches!(letter, '.' | '-' | '_'))
    };
    let host = registry_of(path);
    let below = path.strip_prefix(host).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path);
    path.len() <= 255 && tag.is_none_or(is_tag) && below.split('/').all(is_part)
}

/// A pod that requests reach says when it can take them (WH-200).
fn readiness(checker: &mut Checker<'_>, pod: &Pod<'_>, behind_entry: Option<bool>) {
    let runs_on = !matches!(pod.object.kind.as_str(), "Job" | "CronJob" | "JobSet");
    if !runs_on || behind_entry == Some(false) {
        return;
    }
    let containers = pod.template.containers();
    let serving: Vec<_> =
        containers.iter().filter(|container| container.list == ContainerList::Containers).collect();
    let listening = serving
        .iter()
        .find(|container| !container.node.get("ports").map(Node::items).unwrap_or_default().is_empty());
    let has_probe = serving.iter().any(|container| container.node.set("readinessProbe").is_some());
    if let (Some(container), false) = (listening, has_probe) {
        let message = format!(
            "{}: container \"{}\" has no readinessProbe; requests may arrive before it listens",
            pod.object,
            container.name()
        );
        let path = pod.container_path(container, "readinessProbe");
        checker.found(&NO_READINESS, pod.object, Said::missing(path, container.node.span, message));
    }
}

/// A pod without a controller (WH-207).
fn restart(checker: &mut Checker<'_>, pod: &Pod<'_>, is_entry: bool) {
    if !pod.object.is("", "Pod") {
        return;
    }
    let policy = pod.template.spec.get("restartPolicy");
    if let Some(never) = policy.filter(|policy| policy.as_str() == Some("Never")) {
        let message = format!("{} is not restarted when it ends", pod.object);
        checker.found(&NOT_RESTARTED, pod.object, Said::at(pod.path("restartPolicy"), never.span, message));
    } else if is_entry {
        let kind = pod.object.root.get("kind").map_or(pod.object.root.span, |kind| kind.span);
        let message = format!("{} answers requests and is not replaced when its node goes", pod.object);
        checker.found(&NOT_RESTARTED, pod.object, Said::at("kind", kind, message));
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
            // Images of this machine are loaded, not pulled.
            let is_here = matches!(host.split(':').next(), Some("localhost" | "127.0.0.1"));
            if !is_here && !registries.iter().any(|known| known.eq_ignore_ascii_case(host)) {
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

#[cfg(test)]
mod tests {
    use super::is_image;

    #[test]
    fn names_of_images() {
        for text in [
            "nginx",
            "nginx:1.27",
            "localhost:5000/a/b_c:V1",
            "nvcr.io/nim/meta/llama-3.1-8b@sha256:0123456789012345678901234567890123456789012345678901234567890123",
            "registry.example.com:443/x",
        ] {
            assert!(is_image(text), "{text}");
        }
        for text in [
            "Nginx",
            "nginx:",
            "a b",
            "nginx:1:2",
            "a//b",
            "/a",
            "a/",
            "a@sha256:12",
            "-a",
            "a:-1",
            "{{ .x }}",
        ] {
            assert!(!is_image(text), "{text}");
        }
    }
}
