//! Resource quotas: what a namespace uses, and whether one more object fits.
//!
//! Usage is counted from the objects themselves under one lock per cluster, so two requests can
//! never both take the last place. The `status` of quotas follows in the background.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wheelhouse_objects::Quantity;

use crate::cluster::{Cluster, subject};
use crate::meta;
use crate::operations::Target;
use crate::status::Status;

type Usage = BTreeMap<String, Quantity>;
/// An exceeded resource: name, asked for, in use, limit.
type Over = (String, Quantity, Quantity, Quantity);

/// Holds an object against the quotas of its namespace, and keeps other decisions waiting until the
/// returned turn is dropped.
///
/// # Errors
/// 403 when a quota would be exceeded or a limited resource is not stated.
pub(crate) async fn admit<'a>(
    cluster: &'a Cluster,
    target: &Target,
    object: &Value,
    old: Option<&Value>,
) -> Result<Option<tokio::sync::MutexGuard<'a, ()>>, Status> {
    if !target.resource.namespaced
        || !target.subresource.is_empty()
        || cluster.store.count("resourcequotas") == 0
    {
        return Ok(None);
    }
    let turn = cluster.quota.lock().await;
    let table = target.resource.storage();
    let wanted = charge(&table, object);
    let before = old.map(|old| charge(&table, old)).unwrap_or_default();
    for quota in cluster.objects("resourcequotas", Some(&target.namespace)) {
        if !in_scope(&quota, &table, object) {
            continue;
        }
        let hard = amounts(meta::at(&quota, &["spec", "hard"]));
        let forbidden =
            |why: String| Err(Status::forbidden(subject(&target.resource, meta::name(object)), &why));
        if table == "pods" {
            let unstated: Vec<String> =
                hard.keys().filter(|name| compute(name) && !stated(object, name)).cloned().collect();
            if !unstated.is_empty() {
                let list: Vec<String> = unstated
                    .iter()
                    .map(|name| format!("{name} for: {}", missing_containers(object, name)))
                    .collect();
                return forbidden(format!(
                    "failed quota: {}: must specify {}",
                    meta::name(&quota),
                    list.join("; ")
                ));
            }
        }
        let used = usage(cluster, &target.namespace, &quota);
        let mut over: Vec<Over> = Vec::new();
        for (name, limit) in &hard {
            let Some(amount) = wanted.get(name) else { continue };
            let zero = Quantity::ZERO;
            let already = before.get(name).copied().unwrap_or(zero);
            if amount <= &already {
                continue;
            }
            let now = used.get(name).copied().unwrap_or(zero);
            let total = now.nanos() - already.nanos() + amount.nanos();
            if total > limit.nanos() {
                over.push((name.clone(), *amount, now, *limit));
            }
        }
        if !over.is_empty() {
            let part = |pick: fn(&Over) -> Quantity| {
                over.iter().map(|entry| format!("{}={}", entry.0, pick(entry))).collect::<Vec<_>>().join(",")
            };
            return forbidden(format!(
                "exceeded quota: {}, requested: {}, used: {}, limited: {}",
                meta::name(&quota),
                part(|entry| entry.1),
                part(|entry| entry.2),
                part(|entry| entry.3)
            ));
        }
    }
    Ok(Some(turn))
}

/// What the objects of a namespace that a quota watches add up to, for the resources it limits.
pub(crate) fn usage(cluster: &Cluster, namespace: &str, quota: &Value) -> Usage {
    let hard = amounts(meta::at(quota, &["spec", "hard"]));
    let mut used: Usage = hard.keys().map(|name| (name.clone(), Quantity::ZERO)).collect();
    for table in cluster.store.tables() {
        let relevant = hard.keys().any(|name| concerns(name, &table));
        if !relevant {
            continue;
        }
        for object in cluster.objects(&table, Some(namespace)) {
            if !in_scope(quota, &table, &object) {
                continue;
            }
            for (name, amount) in charge(&table, &object) {
                if let Some(sum) = used.get_mut(&name) {
                    *sum = sum.plus(amount);
                }
            }
        }
    }
    used
}

/// The status a quota should have.
pub(crate) fn status(cluster: &Cluster, quota: &Value) -> Value {
    let used: Map<String, Value> = usage(cluster, meta::namespace(quota), quota)
        .into_iter()
        .map(|(name, amount)| (name, amount.to_string().into()))
        .collect();
    json!({"hard": meta::at(quota, &["spec", "hard"]).cloned().unwrap_or_else(|| json!({})), "used": used})
}

fn amounts(value: Option<&Value>) -> Usage {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, amount)| Some((name.clone(), Quantity::parse(amount.as_str()?)?)))
        .collect()
}

fn compute(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "requests.cpu" | "requests.memory" | "limits.cpu" | "limits.memory")
}

/// Whether objects of a table can count towards a limited resource.
fn concerns(name: &str, table: &str) -> bool {
    match table {
        "pods" => {
            compute(name)
                || matches!(name, "pods" | "count/pods" | "ephemeral-storage")
                || ((name.starts_with("requests.") || name.starts_with("limits."))
                    && name != "requests.storage")
        }
        "persistentvolumeclaims" => name.contains("storage") || name.contains("persistentvolumeclaims"),
        "services" => name.starts_with("services") || name == "count/services",
        _ => name == table || name.strip_prefix("count/") == Some(table),
    }
}

/// What one object counts for.
fn charge(table: &str, object: &Value) -> Usage {
    let mut charge = Usage::new();
    let one = Quantity::whole(1);
    charge.insert(format!("count/{table}"), one);
    match table {
        "pods" => {
            if matches!(meta::text(object, &["status", "phase"]), "Succeeded" | "Failed") {
                return charge;
            }
            charge.insert("pods".to_owned(), one);
            for (kind, prefix) in [("requests", "requests."), ("limits", "limits.")] {
                for (name, amount) in pod_resources(object, kind) {
                    if kind == "requests" {
                        charge.insert(name.clone(), amount);
                    }
                    charge.insert(format!("{prefix}{name}"), amount);
                }
            }
        }
        "services" => {
            charge.insert("services".to_owned(), one);
            let ports = i64::try_from(meta::items(object, &["spec", "ports"]).len()).unwrap_or_default();
            match meta::text(object, &["spec", "type"]) {
                "NodePort" => {
                    charge.insert("services.nodeports".to_owned(), Quantity::whole(ports));
                }
                "LoadBalancer" => {
                    charge.insert("services.loadbalancers".to_owned(), one);
                    let allocated = meta::at(object, &["spec", "allocateLoadBalancerNodePorts"])
                        != Some(&Value::Bool(false));
                    charge.insert(
                        "services.nodeports".to_owned(),
                        Quantity::whole(if allocated { ports } else { 0 }),
                    );
                }
                _ => {}
            }
        }
        "persistentvolumeclaims" => {
            charge.insert("persistentvolumeclaims".to_owned(), one);
            let storage = meta::text(object, &["spec", "resources", "requests", "storage"]);
            let amount = Quantity::parse(storage).unwrap_or(Quantity::ZERO);
            charge.insert("requests.storage".to_owned(), amount);
            let class = meta::text(object, &["spec", "storageClassName"]);
            if !class.is_empty() {
                let prefix = format!("{class}.storageclass.storage.k8s.io");
                charge.insert(format!("{prefix}/requests.storage"), amount);
                charge.insert(format!("{prefix}/persistentvolumeclaims"), one);
            }
        }
        "configmaps" | "secrets" | "replicationcontrollers" | "resourcequotas" => {
            charge.insert(table.to_owned(), one);
        }
        _ => {}
    }
    charge
}

/// Requests or limits of a pod: the containers together, or one init container when that is more.
pub(crate) fn pod_resources(pod: &Value, kind: &str) -> Usage {
    let of = |container: &Value| amounts(meta::at(container, &["resources", kind]));
    let mut total = Usage::new();
    let add = |container: &Value, total: &mut Usage| {
        for (name, amount) in of(container) {
            let sum = total.entry(name).or_insert(Quantity::ZERO);
            *sum = sum.plus(amount);
        }
    };
    for container in meta::items(pod, &["spec", "containers"]) {
        add(container, &mut total);
    }
    let init = meta::items(pod, &["spec", "initContainers"]);
    for sidecar in init.iter().filter(|c| meta::text(c, &["restartPolicy"]) == "Always") {
        add(sidecar, &mut total);
    }
    for container in init.iter().filter(|c| meta::text(c, &["restartPolicy"]) != "Always") {
        for (name, amount) in of(container) {
            let most = total.entry(name).or_insert(amount);
            if amount > *most {
                *most = amount;
            }
        }
    }
    for (name, amount) in amounts(meta::at(pod, &["spec", "overhead"])) {
        let sum = total.entry(name).or_insert(Quantity::ZERO);
        *sum = sum.plus(amount);
    }
    total
}

fn containers_stating<'a>(pod: &'a Value, name: &'a str) -> impl Iterator<Item = (&'a Value, bool)> {
    let (kind, resource) = match name.split_once('.') {
        Some((kind, resource)) => (kind, resource),
        None => ("requests", name),
    };
    ["containers", "initContainers"]
        .into_iter()
        .flat_map(move |list| meta::items(pod, &["spec", list]))
        .map(move |container| (container, meta::at(container, &["resources", kind, resource]).is_some()))
}

fn stated(pod: &Value, name: &str) -> bool {
    containers_stating(pod, name).all(|(_, stated)| stated)
}

fn missing_containers(pod: &Value, name: &str) -> String {
    containers_stating(pod, name)
        .filter(|(_, stated)| !stated)
        .map(|(container, _)| meta::text(container, &["name"]).to_owned())
        .collect::<Vec<_>>()
        .join(",")
}

/// Whether a quota's scopes take in an object.
fn in_scope(quota: &Value, table: &str, object: &Value) -> bool {
    let mut scopes: Vec<(String, String, Vec<String>)> = meta::items(quota, &["spec", "scopes"])
        .iter()
        .filter_map(Value::as_str)
        .map(|scope| (scope.to_owned(), "Exists".to_owned(), Vec::new()))
        .collect();
    for expression in meta::items(quota, &["spec", "scopeSelector", "matchExpressions"]) {
        let values = meta::items(expression, &["values"])
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        scopes.push((
            meta::text(expression, &["scopeName"]).to_owned(),
            meta::text(expression, &["operator"]).to_owned(),
            values,
        ));
    }
    if scopes.is_empty() {
        return true;
    }
    if table != "pods" {
        return false;
    }
    scopes.iter().all(|(scope, operator, values)| {
        let deadline = meta::at(object, &["spec", "activeDeadlineSeconds"]).is_some_and(|v| !v.is_null());
        let best_effort = crate::admission::quality(object) == "BestEffort";
        match scope.as_str() {
            "Terminating" => deadline,
            "NotTerminating" => !deadline,
            "BestEffort" => best_effort,
            "NotBestEffort" => !best_effort,
            "PriorityClass" => {
                let class = meta::text(object, &["spec", "priorityClassName"]);
                match operator.as_str() {
                    "In" => values.iter().any(|v| v == class),
                    "NotIn" => !values.iter().any(|v| v == class),
                    "DoesNotExist" => class.is_empty(),
                    _ => !class.is_empty(),
                }
            }
            _ => false,
        }
    })
}
