//! Columns and cells of the built-in kinds.

use serde_json::{Value, json};

use super::text::{age, containers, duration, labels, or_none, selector, some};
use crate::meta;

const TEMPLATE: [&str; 2] = ["spec", "template"];

/// The columns of a kind, in the short form of [`super::columns_of`].
pub(super) fn columns(group: &str, plural: &str) -> &'static str {
    match (group, plural) {
        ("", "pods") => "Name|Ready|Status|Restarts|Age|IP+|Node+|Nominated Node+|Readiness Gates+",
        ("", "podtemplates") => "Name|Containers|Images|Pod Labels",
        ("", "configmaps") => "Name|Data|Age",
        ("", "secrets") => "Name|Type|Data|Age",
        ("", "services") => "Name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector+",
        ("", "namespaces") => "Name|Status|Age",
        ("", "nodes") => {
            "Name|Status|Roles|Age|Version|Internal-IP+|External-IP+|OS-Image+|Kernel-Version+|Container-Runtime+"
        }
        ("", "serviceaccounts") => "Name|Age",
        ("", "resourcequotas") => "Name|Request|Limit|Age",
        ("", "endpoints") => "Name|Endpoints|Age",
        ("", "events") | ("events.k8s.io", "events") => {
            "Last Seen|Type|Reason|Object|Subobject+|Source+|Message|First Seen+|Count+|Name+"
        }
        ("", "persistentvolumeclaims") => {
            "Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode+"
        }
        ("", "persistentvolumes") => {
            "Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|VolumeMode+"
        }
        ("", "replicationcontrollers") | ("apps", "replicasets") => {
            "Name|Desired:i|Current:i|Ready:i|Age|Containers+|Images+|Selector+"
        }
        ("apps", "deployments") => "Name|Ready|Up-to-date|Available|Age|Containers+|Images+|Selector+",
        ("apps", "statefulsets") => "Name|Ready|Age|Containers+|Images+",
        ("apps", "daemonsets") => {
            "Name|Desired:i|Current:i|Ready:i|Up-to-date:i|Available:i|Node Selector|Age|Containers+|Images+|Selector+"
        }
        ("apps", "controllerrevisions") => "Name|Controller|Revision|Age",
        ("batch", "jobs") => "Name|Status|Completions|Duration|Age|Containers+|Images+|Selector+",
        ("batch", "cronjobs") => {
            "Name|Schedule|Timezone|Suspend:b|Active:i|Last Schedule|Age|Containers+|Images+|Selector+"
        }
        ("networking.k8s.io", "ingresses") => "Name|Class|Hosts|Address|Ports|Age",
        ("networking.k8s.io", "ingressclasses") => "Name|Controller|Parameters|Age",
        ("networking.k8s.io", "networkpolicies") => "Name|Pod-Selector|Age",
        ("policy", "poddisruptionbudgets") => "Name|Min Available|Max Unavailable|Allowed Disruptions:i|Age",
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            "Name|Role|Age|Users+|Groups+|ServiceAccounts+"
        }
        ("coordination.k8s.io", "leases") => "Name|Holder|Age",
        ("discovery.k8s.io", "endpointslices") => "Name|AddressType|Ports|Endpoints|Age",
        ("autoscaling", "horizontalpodautoscalers") => "Name|Reference|Targets|MinPods|MaxPods|Replicas|Age",
        ("scheduling.k8s.io", "priorityclasses") => "Name|Value:i|Global-Default:b|Age|PreemptionPolicy",
        ("storage.k8s.io", "storageclasses") => {
            "Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age"
        }
        _ => "Name|Created At:d",
    }
}

/// The cells of an object.
pub(super) fn cells(group: &str, plural: &str, object: &Value) -> Vec<Value> {
    let name = json!(meta::name(object));
    let old = json!(age(meta::text(object, &["metadata", "creationTimestamp"])));
    let number = |path: &[&str]| meta::at(object, path).and_then(Value::as_i64).unwrap_or(0);
    let text = |path: &[&str]| json!(meta::text(object, path));
    let size =
        |path: &[&str]| meta::at(object, path).and_then(Value::as_object).map_or(0, serde_json::Map::len);
    let names = || json!(containers(object, &TEMPLATE, "name"));
    let images = || json!(containers(object, &TEMPLATE, "image"));
    let chosen = || json!(selector(object, &["spec", "selector"]));
    match (group, plural) {
        ("", "pods") => super::pod::cells(object),
        ("", "podtemplates") => vec![
            name,
            json!(containers(object, &["template"], "name")),
            json!(containers(object, &["template"], "image")),
            json!(labels(object, &["template", "metadata", "labels"])),
        ],
        ("", "configmaps") => vec![name, json!(size(&["data"]) + size(&["binaryData"])), old],
        ("", "secrets") => vec![name, text(&["type"]), json!(size(&["data"])), old],
        ("", "services") => service(object, name, old),
        ("", "namespaces") => vec![name, text(&["status", "phase"]), old],
        ("", "nodes") => node(object, name, old),
        ("", "serviceaccounts") => vec![name, old],
        ("", "resourcequotas") => quota(object, name, old),
        ("", "endpoints") => vec![name, json!(endpoints(object)), old],
        ("", "events") | ("events.k8s.io", "events") => event(object, name),
        ("", "persistentvolumeclaims") => vec![
            name,
            if meta::deleting(object) { json!("Terminating") } else { text(&["status", "phase"]) },
            text(&["spec", "volumeName"]),
            if meta::text(object, &["spec", "volumeName"]).is_empty() {
                json!("")
            } else {
                text(&["status", "capacity", "storage"])
            },
            if meta::text(object, &["spec", "volumeName"]).is_empty() {
                json!("")
            } else {
                json!(modes(object, &["status", "accessModes"]))
            },
            text(&["spec", "storageClassName"]),
            json!(attributes_class(object)),
            old,
            text(&["spec", "volumeMode"]),
        ],
        ("", "persistentvolumes") => vec![
            name,
            text(&["spec", "capacity", "storage"]),
            json!(modes(object, &["spec", "accessModes"])),
            text(&["spec", "persistentVolumeReclaimPolicy"]),
            if meta::deleting(object) { json!("Terminating") } else { text(&["status", "phase"]) },
            json!(claim(object)),
            text(&["spec", "storageClassName"]),
            json!(attributes_class(object)),
            text(&["status", "reason"]),
            old,
            text(&["spec", "volumeMode"]),
        ],
        ("", "replicationcontrollers") => vec![
            name,
            json!(number(&["spec", "replicas"])),
            json!(number(&["status", "replicas"])),
            json!(number(&["status", "readyReplicas"])),
            old,
            names(),
            images(),
            json!(labels(object, &["spec", "selector"])),
        ],
        ("apps", "replicasets") => vec![
            name,
            json!(number(&["spec", "replicas"])),
            json!(number(&["status", "replicas"])),
            json!(number(&["status", "readyReplicas"])),
            old,
            names(),
            images(),
            chosen(),
        ],
        ("apps", "deployments") => vec![
            name,
            json!(format!("{}/{}", number(&["status", "readyReplicas"]), number(&["spec", "replicas"]))),
            json!(number(&["status", "updatedReplicas"])),
            json!(number(&["status", "availableReplicas"])),
            old,
            names(),
            images(),
            chosen(),
        ],
        ("apps", "statefulsets") => vec![
            name,
            json!(format!("{}/{}", number(&["status", "readyReplicas"]), number(&["spec", "replicas"]))),
            old,
            names(),
            images(),
        ],
        ("apps", "daemonsets") => vec![
            name,
            json!(number(&["status", "desiredNumberScheduled"])),
            json!(number(&["status", "currentNumberScheduled"])),
            json!(number(&["status", "numberReady"])),
            json!(number(&["status", "updatedNumberScheduled"])),
            json!(number(&["status", "numberAvailable"])),
            json!(labels(object, &["spec", "template", "spec", "nodeSelector"])),
            old,
            names(),
            images(),
            chosen(),
        ],
        ("apps", "controllerrevisions") => {
            vec![name, json!(controller(object)), json!(number(&["revision"])), old]
        }
        ("batch", "jobs") => job(object, name, old, vec![names(), images(), chosen()]),
        ("batch", "cronjobs") => cron_job(object, name, old),
        ("networking.k8s.io", "ingresses") => ingress(object, name, old),
        ("networking.k8s.io", "ingressclasses") => {
            let parameters = meta::at(object, &["spec", "parameters"]).filter(|p| p.is_object()).map(|p| {
                let group = meta::text(p, &["apiGroup"]);
                let kind = meta::text(p, &["kind"]);
                let kind = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
                format!("{kind}/{}", meta::text(p, &["name"]))
            });
            vec![name, text(&["spec", "controller"]), json!(or_none(parameters.unwrap_or_default())), old]
        }
        ("networking.k8s.io", "networkpolicies") => {
            vec![name, json!(selector(object, &["spec", "podSelector"])), old]
        }
        ("policy", "poddisruptionbudgets") => {
            let bound = |key: &str| match meta::at(object, &["spec", key]) {
                Some(Value::String(text)) => json!(text),
                Some(Value::Number(number)) => json!(number.to_string()),
                _ => json!("N/A"),
            };
            let allowed = json!(number(&["status", "disruptionsAllowed"]));
            vec![name, bound("minAvailable"), bound("maxUnavailable"), allowed, old]
        }
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => binding(object, name, old),
        ("coordination.k8s.io", "leases") => vec![name, text(&["spec", "holderIdentity"]), old],
        ("discovery.k8s.io", "endpointslices") => slice(object, name, old),
        ("autoscaling", "horizontalpodautoscalers") => autoscaler(object, name, old),
        ("scheduling.k8s.io", "priorityclasses") => vec![
            name,
            json!(number(&["value"])),
            json!(object.get("globalDefault") == Some(&Value::Bool(true))),
            old,
            text(&["preemptionPolicy"]),
        ],
        ("storage.k8s.io", "storageclasses") => {
            let default = meta::text(
                object,
                &["metadata", "annotations", "storageclass.kubernetes.io/is-default-class"],
            );
            let shown =
                if default == "true" { json!(format!("{} (default)", meta::name(object))) } else { name };
            vec![
                shown,
                text(&["provisioner"]),
                text(&["reclaimPolicy"]),
                text(&["volumeBindingMode"]),
                json!(object.get("allowVolumeExpansion") == Some(&Value::Bool(true))),
                old,
            ]
        }
        _ => vec![name, text(&["metadata", "creationTimestamp"])],
    }
}

fn service(object: &Value, name: Value, old: Value) -> Vec<Value> {
    let kind = meta::text(object, &["spec", "type"]);
    let external: Vec<String> = meta::items(object, &["spec", "externalIPs"])
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let balanced: Vec<String> = meta::items(object, &["status", "loadBalancer", "ingress"])
        .iter()
        .map(|entry| match meta::text(entry, &["ip"]) {
            "" => meta::text(entry, &["hostname"]).to_owned(),
            ip => ip.to_owned(),
        })
        .collect();
    let outside = match kind {
        "LoadBalancer" if !balanced.is_empty() || !external.is_empty() => {
            balanced.into_iter().chain(external).collect::<Vec<_>>().join(",")
        }
        "LoadBalancer" => "<pending>".to_owned(),
        "ExternalName" => meta::text(object, &["spec", "externalName"]).to_owned(),
        _ => or_none(external.join(",")),
    };
    let ports: Vec<String> = meta::items(object, &["spec", "ports"])
        .iter()
        .map(|port| {
            let number = port.get("port").and_then(Value::as_i64).unwrap_or(0);
            let protocol = meta::text(port, &["protocol"]);
            match port.get("nodePort").and_then(Value::as_i64).filter(|node| *node > 0) {
                Some(node) => format!("{number}:{node}/{protocol}"),
                None => format!("{number}/{protocol}"),
            }
        })
        .collect();
    let address = or_none(meta::text(object, &["spec", "clusterIP"]).to_owned());
    vec![
        name,
        json!(kind),
        json!(address),
        json!(outside),
        json!(or_none(ports.join(","))),
        old,
        json!(labels(object, &["spec", "selector"])),
    ]
}

fn node(object: &Value, name: Value, old: Value) -> Vec<Value> {
    let conditions = meta::items(object, &["status", "conditions"]);
    let ready = conditions.iter().find(|c| meta::text(c, &["type"]) == "Ready");
    let mut status = vec![match ready.map(|c| meta::text(c, &["status"])) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }];
    if meta::at(object, &["spec", "unschedulable"]) == Some(&Value::Bool(true)) {
        status.push("SchedulingDisabled");
    }
    let mut roles: Vec<String> = meta::labels(object)
        .into_iter()
        .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => (!role.is_empty()).then(|| role.to_owned()),
            None => (key == "kubernetes.io/role" && !value.is_empty()).then_some(value),
        })
        .collect();
    roles.sort();
    roles.dedup();
    let address = |kind: &str| {
        let found =
            meta::items(object, &["status", "addresses"]).iter().find(|a| meta::text(a, &["type"]) == kind);
        or_none(found.map(|a| meta::text(a, &["address"]).to_owned()).unwrap_or_default())
    };
    let info = |key: &str| match meta::text(object, &["status", "nodeInfo", key]) {
        "" => json!("<unknown>"),
        text => json!(text),
    };
    vec![
        name,
        json!(status.join(",")),
        json!(or_none(roles.join(","))),
        old,
        json!(meta::text(object, &["status", "nodeInfo", "kubeletVersion"])),
        json!(address("InternalIP")),
        json!(address("ExternalIP")),
        info("osImage"),
        info("kernelVersion"),
        info("containerRuntimeVersion"),
    ]
}

fn quota(object: &Value, name: Value, old: Value) -> Vec<Value> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, hard) in meta::text_map(object, &["status", "hard"]) {
        let used = match meta::text(object, &["status", "used", &resource]) {
            "" => "0",
            used => used,
        };
        let text = format!("{resource}: {used}/{hard}");
        if resource.starts_with("limits.") { limits.push(text) } else { requests.push(text) }
    }
    vec![name, json!(requests.join(", ")), json!(limits.join(", ")), old]
}

fn endpoints(object: &Value) -> String {
    let mut list = Vec::new();
    for subset in meta::items(object, &["subsets"]) {
        let addresses = meta::items(subset, &["addresses"]);
        let ports = meta::items(subset, &["ports"]);
        if ports.is_empty() {
            list.extend(addresses.iter().map(|a| meta::text(a, &["ip"]).to_owned()));
        }
        for port in ports {
            let number = port.get("port").and_then(Value::as_i64).unwrap_or(0);
            list.extend(addresses.iter().map(|a| format!("{}:{number}", meta::text(a, &["ip"]))));
        }
    }
    or_none(some(&list, ","))
}

fn event(object: &Value, name: Value) -> Vec<Value> {
    let text = |core: &[&str], newer: &[&str]| match meta::text(object, core) {
        "" => meta::text(object, newer).to_owned(),
        text => text.to_owned(),
    };
    let involved = ["involvedObject", "regarding"]
        .into_iter()
        .find(|key| object.get(*key).is_some())
        .unwrap_or("involvedObject");
    let kind = meta::text(object, &[involved, "kind"]).to_lowercase();
    let source = text(&["source", "component"], &["deprecatedSource", "component"]);
    let source =
        if source.is_empty() { text(&["reportingComponent"], &["reportingController"]) } else { source };
    let host = text(&["source", "host"], &["deprecatedSource", "host"]);
    let source = if host.is_empty() { source } else { format!("{source}, {host}") };
    let happened = meta::text(object, &["eventTime"]).to_owned();
    let or_event = |stamp: String| if stamp.is_empty() { happened.clone() } else { stamp };
    let first = or_event(text(&["firstTimestamp"], &["deprecatedFirstTimestamp"]));
    let mut last = text(&["lastTimestamp"], &["deprecatedLastTimestamp"]);
    if last.is_empty() {
        last = match meta::text(object, &["series", "lastObservedTime"]) {
            "" => first.clone(),
            stamp => stamp.to_owned(),
        };
    }
    let count = object.get("count").or(object.get("deprecatedCount")).and_then(Value::as_i64);
    let count = meta::at(object, &["series", "count"])
        .and_then(Value::as_i64)
        .or(count)
        .filter(|n| *n != 0)
        .unwrap_or(1);
    vec![
        json!(age(&last)),
        json!(meta::text(object, &["type"])),
        json!(meta::text(object, &["reason"])),
        json!(format!("{kind}/{}", meta::text(object, &[involved, "name"]))),
        json!(meta::text(object, &[involved, "fieldPath"])),
        json!(source),
        json!(text(&["message"], &["note"]).trim()),
        json!(age(&first)),
        json!(count),
        name,
    ]
}

fn modes(object: &Value, path: &[&str]) -> String {
    let given = meta::items(object, path);
    [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ]
    .into_iter()
    .filter(|(mode, _)| given.iter().any(|g| g == mode))
    .map(|(_, short)| short)
    .collect::<Vec<_>>()
    .join(",")
}

fn attributes_class(object: &Value) -> String {
    match meta::text(object, &["spec", "volumeAttributesClassName"]) {
        "" => "<unset>".to_owned(),
        name => name.to_owned(),
    }
}

fn claim(object: &Value) -> String {
    match meta::at(object, &["spec", "claimRef"]).filter(|claim| claim.is_object()) {
        Some(claim) => format!("{}/{}", meta::text(claim, &["namespace"]), meta::text(claim, &["name"])),
        None => String::new(),
    }
}

fn controller(object: &Value) -> String {
    let owner = meta::items(object, &["metadata", "ownerReferences"])
        .iter()
        .find(|owner| owner.get("controller") == Some(&Value::Bool(true)));
    match owner {
        Some(owner) => {
            let (group, _) = meta::group_version(meta::text(owner, &["apiVersion"]));
            let kind = meta::text(owner, &["kind"]).to_lowercase();
            let kind = if group.is_empty() { kind } else { format!("{kind}.{group}") };
            format!("{kind}/{}", meta::text(owner, &["name"]))
        }
        None => "<none>".to_owned(),
    }
}

fn job(object: &Value, name: Value, old: Value, tail: Vec<Value>) -> Vec<Value> {
    let has = |kind: &str| {
        meta::items(object, &["status", "conditions"])
            .iter()
            .any(|c| meta::text(c, &["type"]) == kind && meta::text(c, &["status"]) == "True")
    };
    let status = if has("Complete") {
        "Complete"
    } else if has("Failed") {
        "Failed"
    } else if meta::deleting(object) {
        "Terminating"
    } else if has("Suspended") {
        "Suspended"
    } else if has("FailureTarget") {
        "FailureTarget"
    } else if has("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    };
    let number = |path: &[&str]| meta::at(object, path).and_then(Value::as_i64);
    let succeeded = number(&["status", "succeeded"]).unwrap_or(0);
    let completions = match (number(&["spec", "completions"]), number(&["spec", "parallelism"]).unwrap_or(0))
    {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, parallel) if parallel > 1 => format!("{succeeded}/1 of {parallel}"),
        (None, _) => format!("{succeeded}/1"),
    };
    let second = |key: &str| {
        crate::decode::parse_time(meta::text(object, &["status", key])).ok().map(|t| t.as_second())
    };
    let took = match (second("startTime"), second("completionTime")) {
        (None, _) => String::new(),
        (Some(start), Some(end)) => duration(end - start),
        (Some(start), None) => duration(jiff::Timestamp::now().as_second() - start),
    };
    let mut cells = vec![name, json!(status), json!(completions), json!(took), old];
    cells.extend(tail);
    cells
}

fn cron_job(object: &Value, name: Value, old: Value) -> Vec<Value> {
    const TEMPLATE: [&str; 4] = ["spec", "jobTemplate", "spec", "template"];
    let last = match meta::text(object, &["status", "lastScheduleTime"]) {
        "" => "<none>".to_owned(),
        stamp => age(stamp),
    };
    let suspended = meta::at(object, &["spec", "suspend"]) == Some(&Value::Bool(true));
    vec![
        name,
        json!(meta::text(object, &["spec", "schedule"])),
        json!(or_none(meta::text(object, &["spec", "timeZone"]).to_owned())),
        json!(if suspended { "True" } else { "False" }),
        json!(meta::items(object, &["status", "active"]).len()),
        json!(last),
        old,
        json!(containers(object, &TEMPLATE, "name")),
        json!(containers(object, &TEMPLATE, "image")),
        json!(selector(object, &["spec", "jobTemplate", "spec", "selector"])),
    ]
}

fn ingress(object: &Value, name: Value, old: Value) -> Vec<Value> {
    let hosts: Vec<String> = meta::items(object, &["spec", "rules"])
        .iter()
        .map(|rule| meta::text(rule, &["host"]).to_owned())
        .filter(|host| !host.is_empty())
        .collect();
    let hosts = if hosts.is_empty() { "*".to_owned() } else { some(&hosts, ",") };
    let address: Vec<String> = meta::items(object, &["status", "loadBalancer", "ingress"])
        .iter()
        .map(|entry| match meta::text(entry, &["ip"]) {
            "" => meta::text(entry, &["hostname"]).to_owned(),
            ip => ip.to_owned(),
        })
        .collect();
    let ports = if meta::items(object, &["spec", "tls"]).is_empty() { "80" } else { "80, 443" };
    let class = or_none(meta::text(object, &["spec", "ingressClassName"]).to_owned());
    vec![name, json!(class), json!(hosts), json!(address.join(",")), json!(ports), old]
}

fn binding(object: &Value, name: Value, old: Value) -> Vec<Value> {
    let of = |kind: &str| {
        meta::items(object, &["subjects"])
            .iter()
            .filter(|subject| meta::text(subject, &["kind"]) == kind)
            .map(|subject| match kind {
                "ServiceAccount" => {
                    format!("{}/{}", meta::text(subject, &["namespace"]), meta::text(subject, &["name"]))
                }
                _ => meta::text(subject, &["name"]).to_owned(),
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    let role =
        format!("{}/{}", meta::text(object, &["roleRef", "kind"]), meta::text(object, &["roleRef", "name"]));
    vec![name, json!(role), old, json!(of("User")), json!(of("Group")), json!(of("ServiceAccount"))]
}

fn slice(object: &Value, name: Value, old: Value) -> Vec<Value> {
    let ports: Vec<String> = meta::items(object, &["ports"])
        .iter()
        .map(|port| match port.get("port").and_then(Value::as_i64) {
            Some(number) => number.to_string(),
            None => "*".to_owned(),
        })
        .collect();
    let ports = if ports.is_empty() { "<unset>".to_owned() } else { some(&ports, ",") };
    let addresses: Vec<String> = meta::items(object, &["endpoints"])
        .iter()
        .flat_map(|endpoint| meta::items(endpoint, &["addresses"]))
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let addresses = if addresses.is_empty() { "<unset>".to_owned() } else { some(&addresses, ",") };
    vec![name, json!(meta::text(object, &["addressType"])), json!(ports), json!(addresses), old]
}

fn autoscaler(object: &Value, name: Value, old: Value) -> Vec<Value> {
    let target = |key: &str| meta::text(object, &["spec", "scaleTargetRef", key]).to_owned();
    let number = |path: &[&str]| meta::at(object, path).and_then(Value::as_i64);
    let mut targets = Vec::new();
    for (index, metric) in meta::items(object, &["spec", "metrics"]).iter().enumerate() {
        let current =
            meta::items(object, &["status", "currentMetrics"]).get(index).cloned().unwrap_or_default();
        let kind = meta::text(metric, &["type"]);
        let source = match kind {
            "ContainerResource" => "containerResource",
            "Resource" => "resource",
            "Pods" => "pods",
            "Object" => "object",
            _ => "external",
        };
        let resource = meta::text(metric, &[source, "name"]);
        let prefix = if resource.is_empty() { String::new() } else { format!("{resource}: ") };
        let wanted = |key: &str| meta::at(metric, &[source, "target", key]);
        let found = |key: &str| meta::at(&current, &[source, "current", key]);
        let shown = |value: Option<&Value>| match value {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => "<unknown>".to_owned(),
        };
        if let Some(percent) = wanted("averageUtilization") {
            let now = found("averageUtilization").map_or("<unknown>".to_owned(), |v| format!("{v}%"));
            targets.push(format!("{prefix}{now}/{percent}%"));
        } else if let Some(average) = wanted("averageValue") {
            targets.push(format!("{prefix}{}/{}", shown(found("averageValue")), shown(Some(average))));
        } else {
            targets.push(format!("{prefix}{}/{}", shown(found("value")), shown(wanted("value"))));
        }
    }
    if let Some(percent) = number(&["spec", "targetCPUUtilizationPercentage"]) {
        let now = number(&["status", "currentCPUUtilizationPercentage"])
            .map_or("<unknown>".to_owned(), |n| format!("{n}%"));
        targets.push(format!("cpu: {now}/{percent}%"));
    }
    let targets = match targets.len() {
        0 => "<none>".to_owned(),
        1 | 2 => targets.join(", "),
        more => format!("{} + {} more...", targets.get(..2).unwrap_or_default().join(", "), more - 2),
    };
    vec![
        name,
        json!(format!("{}/{}", target("kind"), target("name"))),
        json!(targets),
        json!(number(&["spec", "minReplicas"]).map_or("<unset>".to_owned(), |n| n.to_string())),
        json!(number(&["spec", "maxReplicas"]).unwrap_or(0)),
        json!(number(&["status", "currentReplicas"]).unwrap_or(0)),
        old,
    ]
}
