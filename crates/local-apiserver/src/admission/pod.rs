//! Pods: service account and its token, priority, tolerations, quality of service.

use serde_json::{Value, json};
use wheelhouse_objects::Quantity;

use crate::cluster::{Cluster, subject};
use crate::meta;
use crate::operations::Target;
use crate::status::{Status, Subject};

const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Completes a new pod.
pub(super) fn complete(cluster: &Cluster, target: &Target, pod: &mut Value) -> Result<(), Status> {
    priority(cluster, target, pod)?;
    tolerations(pod);
    service_account(cluster, target, pod)
}

fn priority(cluster: &Cluster, target: &Target, pod: &mut Value) -> Result<(), Status> {
    let name = meta::text(pod, &["spec", "priorityClassName"]).to_owned();
    let class = if name.is_empty() {
        cluster
            .objects("priorityclasses.scheduling.k8s.io", None)
            .into_iter()
            .filter(|class| class.get("globalDefault").and_then(Value::as_bool).unwrap_or(false))
            .min_by_key(|class| class.get("value").and_then(Value::as_i64))
    } else {
        let found = cluster.object("priorityclasses.scheduling.k8s.io", "", &name);
        if found.is_none() {
            return Err(Status::forbidden(
                subject(&target.resource, meta::name(pod)),
                &format!("no PriorityClass with name {name} was found"),
            ));
        }
        found
    };
    let value = class.as_ref().and_then(|class| class.get("value")).and_then(Value::as_i64).unwrap_or(0);
    let given = meta::at(pod, &["spec", "priority"]).and_then(Value::as_i64);
    if given.is_some_and(|given| given != value) {
        return Err(Status::forbidden(
            subject(&target.resource, meta::name(pod)),
            "the integer value of priority must not be provided in pod spec; priority admission controller computes the value from the given PriorityClass name",
        ));
    }
    let policy =
        class.as_ref().map(|class| meta::text(class, &["preemptionPolicy"])).filter(|p| !p.is_empty());
    let policy = policy.unwrap_or("PreemptLowerPriority").to_owned();
    if let Some(spec) = meta::map_mut(pod, "spec") {
        spec.insert("priority".to_owned(), value.into());
        spec.entry("preemptionPolicy".to_owned()).or_insert(policy.into());
        if let Some(class) = class.filter(|_| name.is_empty()) {
            spec.insert("priorityClassName".to_owned(), meta::name(&class).into());
        }
    }
    Ok(())
}

/// What was computed for a pod holds when a change leaves it out.
pub(super) fn keep_priority(new: &mut Value, old: &Value) {
    let Some(spec) = meta::map_mut(new, "spec") else { return };
    for key in ["priority", "preemptionPolicy"] {
        if spec.get(key).is_none_or(Value::is_null)
            && let Some(value) = meta::at(old, &["spec", key]).filter(|value| !value.is_null())
        {
            spec.insert(key.to_owned(), value.clone());
        }
    }
}

/// Pods stay five minutes on a node that is not ready or cannot be reached.
pub(super) fn tolerations(pod: &mut Value) {
    let Some(spec) = meta::map_mut(pod, "spec") else { return };
    let list = spec.entry("tolerations".to_owned()).or_insert_with(|| json!([]));
    if list.is_null() {
        *list = json!([]);
    }
    let Some(list) = list.as_array_mut() else { return };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerated = list.iter().any(|t| {
            let (k, effect) = (meta::text(t, &["key"]), meta::text(t, &["effect"]));
            (k == key || k.is_empty()) && (effect == "NoExecute" || effect.is_empty())
        });
        if !tolerated {
            list.push(
                json!({"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300}),
            );
        }
    }
}

fn service_account(cluster: &Cluster, target: &Target, pod: &mut Value) -> Result<(), Status> {
    // pods that mirror a node's static files have no account
    if meta::at(pod, &["metadata", "annotations", "kubernetes.io/config.mirror"]).is_some() {
        return Ok(());
    }
    let Some(spec) = meta::map_mut(pod, "spec") else { return Ok(()) };
    let name = match spec.get("serviceAccountName").and_then(Value::as_str) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => "default".to_owned(),
    };
    spec.insert("serviceAccountName".to_owned(), name.clone().into());
    spec.insert("serviceAccount".to_owned(), name.clone().into());
    let Some(account) = cluster.object("serviceaccounts", &target.namespace, &name) else {
        if cluster.store.get("namespaces", "", &target.namespace).is_none() {
            return Err(Status::not_found(Subject {
                group: "",
                kind: "namespaces",
                name: &target.namespace,
            }));
        }
        return Err(Status::forbidden(
            subject(&target.resource, meta::name(pod)),
            &format!(
                "error looking up service account {}/{name}: serviceaccount \"{name}\" not found",
                target.namespace
            ),
        ));
    };
    let secrets = meta::items(&account, &["imagePullSecrets"]).to_vec();
    let none = spec.get("imagePullSecrets").and_then(Value::as_array).is_none_or(Vec::is_empty);
    if none && !secrets.is_empty() {
        spec.insert("imagePullSecrets".to_owned(), Value::Array(secrets));
    }
    let mounts = spec
        .get("automountServiceAccountToken")
        .and_then(Value::as_bool)
        .or_else(|| account.get("automountServiceAccountToken").and_then(Value::as_bool))
        .unwrap_or(true);
    if mounts {
        mount_token(spec);
    }
    Ok(())
}

fn mount_token(spec: &mut serde_json::Map<String, Value>) {
    let present = spec
        .get("volumes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|volume| meta::text(volume, &["name"]))
        .find(|name| name.starts_with("kube-api-access-"))
        .map(str::to_owned);
    let name = present.clone().unwrap_or_else(|| format!("kube-api-access-{}", meta::random_suffix()));
    let mut used = false;
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let taken = meta::items(container, &["volumeMounts"])
                .iter()
                .any(|m| meta::text(m, &["mountPath"]) == TOKEN_PATH);
            if taken {
                continue;
            }
            used = true;
            let mount = json!({"name": name, "readOnly": true, "mountPath": TOKEN_PATH});
            match container.get_mut("volumeMounts").and_then(Value::as_array_mut) {
                Some(mounts) => mounts.push(mount),
                None => meta::set(container, "volumeMounts", json!([mount])),
            }
        }
    }
    if !used || present.is_some() {
        return;
    }
    let volume = json!({"name": name, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}}
    ]}});
    match spec.get_mut("volumes").and_then(Value::as_array_mut) {
        Some(volumes) => volumes.push(volume),
        None => {
            spec.insert("volumes".to_owned(), json!([volume]));
        }
    }
}

/// The quality of service class of a pod.
pub(crate) fn quality(pod: &Value) -> &'static str {
    let mut any = false;
    let mut guaranteed = true;
    for list in ["containers", "initContainers"] {
        for container in meta::items(pod, &["spec", list]) {
            for resource in ["cpu", "memory"] {
                let amount = |kind: &str| {
                    meta::at(container, &["resources", kind, resource])
                        .and_then(Value::as_str)
                        .and_then(Quantity::parse)
                        .filter(|quantity| quantity.nanos() != 0)
                };
                let (request, limit) = (amount("requests"), amount("limits"));
                any |= request.is_some() || limit.is_some();
                guaranteed &= limit.is_some() && request == limit;
            }
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
