//! What the API warns of in pods and what makes pods: fields that do nothing, hide each other or are
//! about to go.

use serde_json::Value;
use wheelhouse_objects::Quantity;

use crate::meta;
use crate::names;
use crate::operations::Target;

/// Labels of nodes that have other names now.
const NODE_LABELS: [(&str, &str); 8] = [
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
    ),
    (
        "beta.kubernetes.io/instance-type",
        "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    (
        "scheduler.alpha.kubernetes.io/preferAvoidPods",
        "deprecated since v1.22; use Taints and Tolerations instead",
    ),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
];

const ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
];

const VOLUMES: [(&str, &str); 9] = [
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

/// What to warn of in a new object, or in one whose wanted state changed.
pub(crate) fn of(target: &Target, object: &Value, old: Option<&Value>) -> Vec<String> {
    let resource = &target.resource;
    if !target.subresource.is_empty() {
        return Vec::new();
    }
    let generation = |object: &Value| meta::at(object, &["metadata", "generation"]).cloned();
    if old.is_some_and(|old| generation(old) == generation(object)) {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    let (place, template) = match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") if old.is_none() => ("", Some(object)),
        ("", "podtemplates") => ("template.", object.get("template")),
        ("", "replicationcontrollers")
        | ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets")
        | ("batch", "jobs") => ("spec.template.", meta::at(object, &["spec", "template"])),
        ("batch", "cronjobs") => (
            "spec.jobTemplate.spec.template.",
            meta::at(object, &["spec", "jobTemplate", "spec", "template"]),
        ),
        _ => return warnings,
    };
    if old.is_none()
        && matches!(
            resource.plural.as_str(),
            "pods" | "deployments" | "replicasets" | "replicationcontrollers" | "jobs" | "cronjobs"
        )
    {
        let why = names::label(meta::name(object));
        if !why.is_empty() {
            let used =
                if resource.plural == "pods" { "the Pod's hostname" } else { "Pod names and hostnames" };
            warnings.push(format!(
                "metadata.name: this is used in {used}, which can result in surprising behavior; a DNS label is recommended: [{}]",
                why.join(" ")
            ));
        }
    }
    if let Some(template) = template {
        warnings.extend(pod(template, place));
    }
    warnings
}

fn node_label(key: &str) -> Option<&'static str> {
    NODE_LABELS.iter().find(|(known, _)| *known == key).map(|(_, why)| *why)
}

fn pod(pod: &Value, place: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    let Some(spec) = pod.get("spec") else { return warnings };
    let at = |path: &str| format!("{place}spec.{path}");
    for (key, _) in meta::text_map(spec, &["nodeSelector"]) {
        if let Some(why) = node_label(&key) {
            warnings.push(format!("{}: {why}", at(&format!("nodeSelector[{key}]"))));
        }
    }
    node_affinity(spec, &at("affinity.nodeAffinity"), &mut warnings);
    for (index, constraint) in meta::items(spec, &["topologySpreadConstraints"]).iter().enumerate() {
        let path = at(&format!("topologySpreadConstraints[{index}]"));
        let key = meta::text(constraint, &["topologyKey"]);
        if let Some(why) = node_label(key) {
            warnings.push(format!("{path}.topologyKey: {key} is {why}"));
        }
        no_selector(constraint, &path, &mut warnings);
    }
    let annotations = meta::text_map(pod, &["metadata", "annotations"]);
    for (key, why) in ANNOTATIONS {
        if annotations.iter().any(|(given, _)| given == key) {
            warnings.push(format!("{place}metadata.annotations[{key}]: {why}"));
        }
    }
    for (index, volume) in meta::items(spec, &["volumes"]).iter().enumerate() {
        for (kind, why) in VOLUMES {
            if volume.get(kind).is_some_and(|source| !source.is_null()) {
                warnings.push(format!("{}: {why}", at(&format!("volumes[{index}].{kind}"))));
            }
        }
    }
    for (list, key, word) in [("hostAliases", "ip", "ip"), ("imagePullSecrets", "name", "name")] {
        let values: Vec<&str> =
            meta::items(spec, &[list]).iter().map(|item| meta::text(item, &[key])).collect();
        for (index, value) in values.iter().enumerate() {
            if values.iter().take(index).any(|other| other == value) {
                warnings
                    .push(format!("{}: duplicate {word} {value:?}", at(&format!("{list}[{index}].{key}"))));
            }
        }
        for (index, value) in values.iter().enumerate() {
            if list == "imagePullSecrets" && value.is_empty() {
                warnings.push(format!("{}: invalid empty name \"\"", at(&format!("{list}[{index}].name"))));
            }
        }
    }
    fractions(spec, &["overhead"], &at("overhead"), &mut warnings);
    containers(spec, &at(""), &mut warnings);
    ports(spec, &at(""), &mut warnings);
    if let Some(seconds) = spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64)
        && seconds < 0
    {
        let path = at("terminationGracePeriodSeconds");
        warnings.push(format!("{path}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        for (list, term) in [
            ("requiredDuringSchedulingIgnoredDuringExecution", ""),
            ("preferredDuringSchedulingIgnoredDuringExecution", "podAffinityTerm"),
        ] {
            for (index, item) in meta::items(spec, &["affinity", kind, list]).iter().enumerate() {
                let mut path = at(&format!("affinity.{kind}.{list}[{index}]"));
                let mut term_value = Some(item);
                if !term.is_empty() {
                    path = format!("{path}.{term}");
                    term_value = item.get(term);
                }
                no_selector(term_value.unwrap_or(&Value::Null), &path, &mut warnings);
            }
        }
    }
    warnings
}

fn no_selector(value: &Value, path: &str, warnings: &mut Vec<String>) {
    if value.get("labelSelector").is_none_or(Value::is_null) {
        warnings.push(format!("{path}.labelSelector: a null labelSelector results in matching no pod"));
    }
}

fn node_affinity(spec: &Value, path: &str, warnings: &mut Vec<String>) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    let mut term = |term: &Value, path: &str, values: bool| {
        for (index, expression) in meta::items(term, &["matchExpressions"]).iter().enumerate() {
            let path = format!("{path}.matchExpressions[{index}]");
            let key = meta::text(expression, &["key"]);
            if let Some(why) = node_label(key) {
                warnings.push(format!("{path}.key: {key} is {why}"));
            }
            let given = meta::items(expression, &["values"]).iter().filter_map(Value::as_str);
            for (index, value) in given.enumerate().filter(|_| values) {
                for why in names::label_value(value) {
                    warnings.push(format!("{path}.values[{index}]: {value} is invalid, {why}"));
                }
            }
        }
    };
    let required = meta::items(spec, &["affinity", "nodeAffinity", REQUIRED, "nodeSelectorTerms"]);
    for (index, one) in required.iter().enumerate() {
        term(one, &format!("{path}.{REQUIRED}.nodeSelectorTerms[{index}]"), false);
    }
    for (index, one) in meta::items(spec, &["affinity", "nodeAffinity", PREFERRED]).iter().enumerate() {
        let preference = one.get("preference").unwrap_or(&Value::Null);
        term(preference, &format!("{path}.{PREFERRED}[{index}].preference"), true);
    }
}

/// Parts of bytes are no amounts of memory.
fn fractions(value: &Value, place: &[&str], path: &str, warnings: &mut Vec<String>) {
    for name in ["memory", "ephemeral-storage"] {
        let given = meta::at(value, place).and_then(|amounts| amounts.get(name)).and_then(Value::as_str);
        let Some(text) = given else { continue };
        if Quantity::parse(text).is_some_and(|quantity| quantity.nanos() % 1_000_000_000 != 0) {
            warnings.push(format!(
                "{path}[{name}]: fractional byte value {text:?} is invalid, must be an integer"
            ));
        }
    }
}

/// Every container with its path.
fn each(spec: &Value, path: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for (index, container) in meta::items(spec, &[list]).iter().enumerate() {
            found.push((format!("{path}{list}[{index}]"), container.clone()));
        }
    }
    found
}

fn containers(spec: &Value, path: &str, warnings: &mut Vec<String>) {
    for (path, container) in each(spec, path) {
        for kind in ["limits", "requests"] {
            fractions(&container, &["resources", kind], &format!("{path}.resources.{kind}"), warnings);
        }
        let variables = meta::items(&container, &["env"]);
        for (index, variable) in variables.iter().enumerate() {
            let name = meta::text(variable, &["name"]);
            if !variables.iter().take(index).any(|other| meta::text(other, &["name"]) == name) {
                continue;
            }
            let value = meta::text(variable, &["value"]);
            let reference = format!("$({name})");
            let from = variable.get("valueFrom").is_some_and(|from| !from.is_null());
            if from || value == reference || !value.contains(&reference) {
                warnings.push(format!(
                    "{path}.env[{index}]: hides previous definition of {name:?}, which may be dropped when using apply"
                ));
            }
        }
    }
}

fn ports(spec: &Value, path: &str, warnings: &mut Vec<String>) {
    let all: Vec<(String, Value)> = each(spec, path)
        .into_iter()
        .flat_map(|(path, container)| {
            let ports = meta::items(&container, &["ports"]).to_vec();
            ports.into_iter().enumerate().map(move |(index, port)| (format!("{path}.ports[{index}]"), port))
        })
        .collect();
    let host = |port: &Value| {
        (
            port.get("hostPort").and_then(Value::as_i64).unwrap_or_default(),
            meta::text(port, &["hostIP"]).to_owned(),
        )
    };
    for (index, (path, port)) in all.iter().enumerate() {
        let (number, address) = host(port);
        for (other_path, other) in all.iter().take(index) {
            let key = |port: &Value| (port.get("containerPort").cloned(), port.get("protocol").cloned());
            if key(port) != key(other) {
                continue;
            }
            let (other_number, other_address) = host(other);
            let what = if (number, &address) == (other_number, &other_address) {
                "duplicate"
            } else if number == 0 || other_number == 0 {
                "overlapping"
            } else if number == other_number && address.is_empty() != other_address.is_empty() {
                "dangerously ambiguous"
            } else {
                continue;
            };
            warnings.push(format!("{path}: {what} port definition with {other_path}"));
        }
    }
    for (index, (path, port)) in all.iter().enumerate() {
        let name = meta::text(port, &["name"]);
        let first = all.iter().take(index).find(|(_, other)| meta::text(other, &["name"]) == name);
        if let Some((other, _)) = first.filter(|_| !name.is_empty()) {
            warnings.push(format!(
                "{path}: duplicate port name {name:?} with {other}, services and probes that select ports by name will use {other}"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pods_are_warned_of_in_the_words_of_the_api() {
        let given = json!({"spec": {
            "nodeSelector": {"beta.kubernetes.io/os": "linux"},
            "topologySpreadConstraints": [{"topologyKey": "z"}],
            "containers": [{"name": "a", "resources": {"limits": {"memory": "1500m"}},
                "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "A", "value": "$(A)3"}],
                "ports": [{"containerPort": 80, "name": "p"}, {"containerPort": 80, "name": "p"}]}]
        }});
        assert_eq!(
            pod(&given, "spec.template."),
            [
                "spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
                "spec.template.spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
                "spec.template.spec.containers[0].resources.limits[memory]: fractional byte value \"1500m\" is invalid, must be an integer",
                "spec.template.spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply",
                "spec.template.spec.containers[0].ports[1]: duplicate port definition with spec.template.spec.containers[0].ports[0]",
                "spec.template.spec.containers[0].ports[1]: duplicate port name \"p\" with spec.template.spec.containers[0].ports[0], services and probes that select ports by name will use spec.template.spec.containers[0].ports[0]",
            ]
        );
    }
}
