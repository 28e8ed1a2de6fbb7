//! A container's environment: variables from the spec, from ConfigMaps and Secrets, from the pod's own
//! fields, and from Services. Pure.

use std::collections::BTreeMap;

use serde_json::Value;
use wheelhouse_objects::Quantity;

/// What variables may be taken from.
pub trait Source {
    /// The data of a ConfigMap of the pod's namespace.
    fn config_map(&self, name: &str) -> Option<BTreeMap<String, String>>;
    /// The data of a Secret of the pod's namespace, decoded.
    fn secret(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>>;
    /// The Services that the pod is told of.
    fn services(&self) -> Vec<Value>;
    /// How much of a resource the node has, for limits that are not set.
    fn allocatable(&self, resource: &str) -> Option<Quantity>;
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// A field of the pod as the downward API names it. `pod` has its status with the addresses.
pub(crate) fn field(pod: &Value, path: &str) -> Option<String> {
    let keyed = |prefix: &str| path.strip_prefix(prefix)?.strip_suffix("']");
    if let Some(key) = keyed("metadata.labels['") {
        return Some(pod.pointer("/metadata/labels")?.get(key)?.as_str().unwrap_or_default().to_owned());
    }
    if let Some(key) = keyed("metadata.annotations['") {
        return Some(pod.pointer("/metadata/annotations")?.get(key)?.as_str().unwrap_or_default().to_owned());
    }
    match path {
        "metadata.labels" => Some(lines(pod.pointer("/metadata/labels"))),
        "metadata.annotations" => Some(lines(pod.pointer("/metadata/annotations"))),
        "status.podIPs" | "status.hostIPs" => {
            let list: Vec<&str> =
                items(pod, &format!("/{}", path.replace('.', "/"))).map(|each| text(each, "/ip")).collect();
            Some(list.join(","))
        }
        "metadata.name"
        | "metadata.namespace"
        | "metadata.uid"
        | "spec.nodeName"
        | "spec.serviceAccountName"
        | "status.hostIP"
        | "status.podIP" => Some(text(pod, &format!("/{}", path.replace('.', "/"))).to_owned()),
        _ => None,
    }
}

/// A map as the downward API writes it into a file.
fn lines(map: Option<&Value>) -> String {
    let mut pairs: Vec<String> = map
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={:?}", value.as_str().unwrap_or_default()))
        .collect();
    pairs.sort();
    pairs.join("\n")
}

/// A resource of a container as the downward API gives it: in units of the divisor, rounded up. A
/// limit that is not set is the node's.
pub(crate) fn resource(container: &Value, reference: &Value, source: &dyn Source) -> Option<String> {
    let (part, name) = text(reference, "/resource").split_once('.')?;
    let set = container.pointer(&format!("/resources/{part}/{name}")).and_then(Quantity::of);
    let amount = match set {
        Some(amount) => amount,
        None if part == "limits" => source.allocatable(name)?,
        None => Quantity::ZERO,
    };
    let divisor = reference.get("divisor").and_then(Quantity::of).filter(|divisor| *divisor > Quantity::ZERO);
    let divisor = divisor.unwrap_or(Quantity::whole(1));
    // Thousandths on both sides are exact for every divisor that Kubernetes allows.
    let (amount, divisor) = (i128::from(amount.millis()), i128::from(divisor.millis()));
    let units = if divisor > 0 { (amount + divisor - 1) / divisor } else { 0 };
    Some(units.to_string())
}

/// Replaces `$(NAME)` by the variable's value; `$$` stands for a dollar; an unknown name stays.
#[must_use]
pub fn expand(input: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(input.len());
    let mut rest = input;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, tail)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match variables.get(name) {
                Some(value) => out.push_str(value),
                None => {
                    out.push_str("$(");
                    out.push_str(name);
                    out.push(')');
                }
            }
            rest = tail;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// The variables that tell of Services: host and port of each, in the form of old Docker links too.
fn of_services(source: &dyn Source, all: bool) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for service in source.services() {
        let (name, ip) = (text(&service, "/metadata/name"), text(&service, "/spec/clusterIP"));
        let master = name == "kubernetes" && text(&service, "/metadata/namespace") == "default";
        if ip.is_empty() || ip == "None" || !(all || master) {
            continue;
        }
        let prefix = name.to_uppercase().replace('-', "_");
        variables.push((format!("{prefix}_SERVICE_HOST"), ip.to_owned()));
        for (index, port) in items(&service, "/spec/ports").enumerate() {
            let number = port.get("port").and_then(Value::as_u64).unwrap_or_default();
            let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
            let lower = protocol.to_lowercase();
            let address = format!("{lower}://{ip}:{number}");
            if index == 0 {
                variables.push((format!("{prefix}_SERVICE_PORT"), number.to_string()));
                variables.push((format!("{prefix}_PORT"), address.clone()));
            }
            let port_name = text(port, "/name");
            if !port_name.is_empty() {
                let port_name = port_name.to_uppercase().replace('-', "_");
                variables.push((format!("{prefix}_SERVICE_PORT_{port_name}"), number.to_string()));
            }
            let stem = format!("{prefix}_PORT_{number}_{protocol}");
            variables.push((stem.clone(), address));
            variables.push((format!("{stem}_PROTO"), lower));
            variables.push((format!("{stem}_PORT"), number.to_string()));
            variables.push((format!("{stem}_ADDR"), ip.to_owned()));
        }
    }
    variables
}

/// Whether a reference may point to nothing.
fn is_optional(reference: &Value) -> bool {
    reference.get("optional").and_then(Value::as_bool).unwrap_or_default()
}

/// A container's variables, in which later ones go before earlier ones: of the image, of Services, of
/// `envFrom`, of `env`.
///
/// # Errors
/// What is missing, in the kubelet's words.
pub fn variables(
    container: &Value,
    pod: &Value,
    image: &[String],
    source: &dyn Source,
) -> Result<BTreeMap<String, String>, String> {
    let mut all: BTreeMap<String, String> = image
        .iter()
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let links = pod.pointer("/spec/enableServiceLinks").and_then(Value::as_bool).unwrap_or(true);
    all.extend(of_services(source, links));
    for from in items(container, "/envFrom") {
        let prefix = text(from, "/prefix");
        if let Some(reference) = from.get("configMapRef").filter(|value| !value.is_null()) {
            let name = text(reference, "/name");
            match source.config_map(name) {
                Some(data) => {
                    all.extend(data.into_iter().map(|(key, value)| (format!("{prefix}{key}"), value)))
                }
                None if is_optional(reference) => {}
                None => return Err(format!("configmap {name:?} not found")),
            }
        }
        if let Some(reference) = from.get("secretRef").filter(|value| !value.is_null()) {
            let name = text(reference, "/name");
            match source.secret(name) {
                Some(data) => all.extend(data.into_iter().map(|(key, value)| {
                    (format!("{prefix}{key}"), String::from_utf8_lossy(&value).into_owned())
                })),
                None if is_optional(reference) => {}
                None => return Err(format!("secret {name:?} not found")),
            }
        }
    }
    for variable in items(container, "/env") {
        let name = text(variable, "/name").to_owned();
        let value = match variable.get("valueFrom").filter(|from| !from.is_null()) {
            None => Some(expand(text(variable, "/value"), &all)),
            Some(from) => referenced(from, container, pod, source)?,
        };
        if let Some(value) = value {
            all.insert(name, value);
        }
    }
    Ok(all)
}

fn referenced(
    from: &Value,
    container: &Value,
    pod: &Value,
    source: &dyn Source,
) -> Result<Option<String>, String> {
    let of = |kind: &str| from.get(kind).filter(|reference| !reference.is_null());
    if let Some(reference) = of("configMapKeyRef") {
        let (name, key) = (text(reference, "/name"), text(reference, "/key"));
        return match source.config_map(name) {
            Some(data) => match data.get(key) {
                Some(value) => Ok(Some(value.clone())),
                None if is_optional(reference) => Ok(None),
                None => Err(format!(
                    "couldn't find key {key} in ConfigMap {}/{name}",
                    text(pod, "/metadata/namespace")
                )),
            },
            None if is_optional(reference) => Ok(None),
            None => Err(format!("configmap {name:?} not found")),
        };
    }
    if let Some(reference) = of("secretKeyRef") {
        let (name, key) = (text(reference, "/name"), text(reference, "/key"));
        return match source.secret(name) {
            Some(data) => match data.get(key) {
                Some(value) => Ok(Some(String::from_utf8_lossy(value).into_owned())),
                None if is_optional(reference) => Ok(None),
                None => Err(format!(
                    "couldn't find key {key} in Secret {}/{name}",
                    text(pod, "/metadata/namespace")
                )),
            },
            None if is_optional(reference) => Ok(None),
            None => Err(format!("secret {name:?} not found")),
        };
    }
    if let Some(reference) = of("fieldRef") {
        let path = text(reference, "/fieldPath");
        return Ok(Some(field(pod, path).unwrap_or_default()));
    }
    if let Some(reference) = of("resourceFieldRef") {
        return resource(container, reference, source)
            .map(Some)
            .ok_or_else(|| format!("unknown resource {:?}", text(reference, "/resource")));
    }
    Err("a variable is taken from a source that is not known".to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    pub(crate) struct Fixed;

    impl Source for Fixed {
        fn config_map(&self, name: &str) -> Option<BTreeMap<String, String>> {
            (name == "conf").then(|| [("k".to_owned(), "v".to_owned())].into())
        }
        fn secret(&self, name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
            (name == "hush").then(|| [("p".to_owned(), b"w".to_vec())].into())
        }
        fn services(&self) -> Vec<Value> {
            let service = |name: &str, space: &str| json!({"metadata": {"name": name, "namespace": space}, "spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 80, "name": "http"}]}});
            vec![service("kubernetes", "default"), service("my-web", "n")]
        }
        fn allocatable(&self, resource: &str) -> Option<Quantity> {
            (resource == "cpu").then_some(Quantity::whole(4))
        }
    }

    fn of(container: Value, pod: Value) -> Result<BTreeMap<String, String>, String> {
        variables(&container, &pod, &["PATH=/bin".to_owned(), "A=image".to_owned()], &Fixed)
    }

    #[test]
    fn later_sources_go_before_earlier_ones() {
        let found = of(
            json!({"envFrom": [{"prefix": "C_", "configMapRef": {"name": "conf"}}, {"secretRef": {"name": "hush"}}],
                   "env": [{"name": "A", "value": "$(C_k)-$(p)-$(NONE)-$$(p)"}, {"name": "B", "value": "$(A)!"}]}),
            json!({}),
        )
        .unwrap();
        assert_eq!(found["A"], "v-w-$(NONE)-$(p)");
        assert_eq!(found["B"], "v-w-$(NONE)-$(p)!");
        assert_eq!(found["PATH"], "/bin");
        assert_eq!(found["MY_WEB_SERVICE_HOST"], "10.0.0.1");
        assert_eq!(found["MY_WEB_SERVICE_PORT_HTTP"], "80");
        assert_eq!(found["KUBERNETES_PORT_80_TCP_ADDR"], "10.0.0.1");
    }

    #[test]
    fn the_downward_api_tells_of_the_pod() {
        let pod = json!({"metadata": {"name": "p", "namespace": "n", "labels": {"a/b": "c"}}, "spec": {"enableServiceLinks": false},
            "status": {"podIP": "10.1.1.1", "podIPs": [{"ip": "10.1.1.1"}]}});
        let reference = |path: &str| json!({"name": "X", "valueFrom": {"fieldRef": {"fieldPath": path}}});
        for (path, expected) in [
            ("metadata.name", "p"),
            ("metadata.labels['a/b']", "c"),
            ("status.podIP", "10.1.1.1"),
            ("status.podIPs", "10.1.1.1"),
        ] {
            assert_eq!(of(json!({"env": [reference(path)]}), pod.clone()).unwrap()["X"], expected);
        }
        assert!(!of(json!({}), pod).unwrap().contains_key("MY_WEB_SERVICE_HOST"));
        let resources = |resource: &str, divisor: &str| {
            of(
                json!({"resources": {"limits": {"memory": "64Mi"}}, "env": [{"name": "X", "valueFrom":
                {"resourceFieldRef": {"resource": resource, "divisor": divisor}}}]}),
                json!({}),
            )
            .unwrap()["X"]
                .clone()
        };
        assert_eq!(resources("limits.memory", "1Mi"), "64");
        assert_eq!(resources("limits.cpu", "1m"), "4000");
        assert_eq!(resources("requests.cpu", "1"), "0");
    }

    #[test]
    fn what_is_missing_is_named_unless_it_may_be() {
        let cases = [
            (
                json!({"configMapKeyRef": {"name": "conf", "key": "x"}}),
                Some("couldn't find key x in ConfigMap n/conf"),
            ),
            (json!({"configMapKeyRef": {"name": "none", "key": "x"}}), Some("configmap \"none\" not found")),
            (json!({"secretKeyRef": {"name": "none", "key": "x"}}), Some("secret \"none\" not found")),
            (json!({"secretKeyRef": {"name": "none", "key": "x", "optional": true}}), None),
        ];
        for (from, expected) in cases {
            let found = of(
                json!({"env": [{"name": "X", "valueFrom": from}]}),
                json!({"metadata": {"namespace": "n"}}),
            );
            assert_eq!(found.err().as_deref(), expected);
        }
    }
}
