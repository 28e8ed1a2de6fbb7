//! Limit ranges: the defaults they give to containers and the bounds they set.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wheelhouse_objects::Quantity;

use crate::cluster::{Cluster, subject};
use crate::meta;
use crate::operations::Target;
use crate::status::Status;

const TABLE: &str = "limitranges";
const ANNOTATION: &str = "kubernetes.io/limit-ranger";
/// Bounds up to this are compared in thousandths.
const MOST_MILLIS: i64 = i64::MAX / 1000;

/// Amounts by resource name.
type Amounts = BTreeMap<String, Quantity>;

fn amounts(list: Option<&Value>) -> Amounts {
    let entries = list.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(name, amount)| Some((name.clone(), Quantity::of(amount)?))).collect()
}

/// Gives a new pod the requests and limits its namespace has as defaults.
pub(super) fn fill_in(cluster: &Cluster, target: &Target, pod: &mut Value) {
    for range in cluster.objects(TABLE, Some(&target.namespace)) {
        let mut set: Vec<String> = Vec::new();
        for (list, what) in [("containers", "container"), ("initContainers", "init container")] {
            let containers = meta::at_mut(pod, &["spec", list]).and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten() {
                fill_container(&range, container, what, &mut set);
            }
        }
        if set.is_empty() {
            continue;
        }
        let text = format!("LimitRanger plugin set: {}", set.join("; "));
        if let Some(metadata) = meta::at_mut(pod, &["metadata"])
            && let Some(annotations) = meta::map_mut(metadata, "annotations")
        {
            annotations.insert(ANNOTATION.to_owned(), text.into());
        }
    }
}

fn fill_container(range: &Value, container: &mut Value, what: &str, set: &mut Vec<String>) {
    let name = meta::text(container, &["name"]).to_owned();
    for (kind, source) in [("requests", "defaultRequest"), ("limits", "default")] {
        let mut defaults = Map::new();
        for limit in meta::items(range, &["spec", "limits"]) {
            if meta::text(limit, &["type"]) == "Container" {
                let given = limit.get(source).and_then(Value::as_object);
                defaults
                    .extend(given.into_iter().flatten().map(|(name, amount)| (name.clone(), amount.clone())));
            }
        }
        let present = meta::at(container, &["resources", kind]).and_then(Value::as_object);
        defaults.retain(|resource, _| present.is_none_or(|present| !present.contains_key(resource)));
        if defaults.is_empty() {
            continue;
        }
        let mut names: Vec<String> = defaults.keys().cloned().collect();
        names.sort();
        let one = kind.trim_end_matches('s');
        set.push(format!("{} {one} for {what} {name}", names.join(", ")));
        let Some(resources) = meta::map_mut(container, "resources") else { continue };
        let list = resources.entry(kind.to_owned()).or_insert_with(|| json!({}));
        if let Some(list) = list.as_object_mut() {
            list.extend(defaults);
            list.sort_keys();
        }
    }
}

/// Holds a new pod or claim against the bounds of its namespace.
///
/// # Errors
/// 403 with everything that is out of bounds.
pub(super) fn check(cluster: &Cluster, target: &Target, object: &Value) -> Result<(), Status> {
    let pod = target.resource.plural == "pods";
    for range in cluster.objects(TABLE, Some(&target.namespace)) {
        let mut errors = Vec::new();
        for limit in meta::items(&range, &["spec", "limits"]) {
            match (meta::text(limit, &["type"]), pod) {
                ("Container", true) => {
                    for list in ["containers", "initContainers"] {
                        for container in meta::items(object, &["spec", list]) {
                            let of = |kind| amounts(meta::at(container, &["resources", kind]));
                            bounds(limit, "Container", &of("requests"), &of("limits"), &mut errors);
                        }
                    }
                }
                ("Pod", true) => {
                    let of = |kind| crate::quota::pod_resources(object, kind).into_iter().collect();
                    bounds(limit, "Pod", &of("requests"), &of("limits"), &mut errors);
                }
                ("PersistentVolumeClaim", false) => {
                    let requests = amounts(meta::at(object, &["spec", "resources", "requests"]));
                    claim_bounds(limit, &requests, &mut errors);
                }
                _ => {}
            }
        }
        let text = match errors.as_slice() {
            [] => continue,
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        return Err(Status::forbidden(subject(&target.resource, meta::name(object)), &text));
    }
    Ok(())
}

/// Whether one amount is less than another, as finely as the bound allows.
fn less(amount: Quantity, than: Quantity) -> bool {
    if amount.units() <= MOST_MILLIS && than.units() <= MOST_MILLIS {
        return amount.millis() < than.millis();
    }
    amount.units() < than.units()
}

fn bounds(limit: &Value, what: &str, requests: &Amounts, limits: &Amounts, errors: &mut Vec<String>) {
    for (name, least) in amounts(limit.get("min")) {
        errors.extend(below(what, &name, least, requests.get(&name), limits.get(&name)));
    }
    for (name, most) in amounts(limit.get("max")) {
        let head = format!("maximum {name} usage per {what} is {most}");
        match (limits.get(&name), requests.get(&name)) {
            (None, _) => errors.push(format!("{head}.  No limit is specified")),
            (Some(limit), _) if less(most, *limit) => errors.push(format!("{head}, but limit is {limit}")),
            (_, Some(request)) if less(most, *request) => {
                errors.push(format!("{head}, but request is {request}"));
            }
            _ => {}
        }
    }
    for (name, most) in amounts(limit.get("maxLimitRequestRatio")) {
        let head = format!("{name} max limit to request ratio per {what} is {most}");
        let given = |amounts: &Amounts| amounts.get(&name).copied().filter(|amount| amount.nanos() != 0);
        match (given(requests), given(limits)) {
            (None, _) => errors.push(format!("{head}, but no request is specified or request is 0")),
            (_, None) => errors.push(format!("{head}, but no limit is specified or limit is 0")),
            (Some(request), Some(limit)) => {
                let ratio = limit.millis() as f64 / request.millis() as f64;
                if ratio * 1000.0 > most.millis() as f64 {
                    errors.push(format!("{head}, but provided ratio is {ratio:.6}"));
                }
            }
        }
    }
}

fn below(
    what: &str,
    name: &str,
    least: Quantity,
    request: Option<&Quantity>,
    limit: Option<&Quantity>,
) -> Option<String> {
    let head = format!("minimum {name} usage per {what} is {least}");
    match (request, limit) {
        (None, _) => Some(format!("{head}.  No request is specified")),
        (Some(request), _) if less(*request, least) => Some(format!("{head}, but request is {request}")),
        (_, Some(limit)) if less(*limit, least) => Some(format!("{head}, but limit is {limit}")),
        _ => None,
    }
}

fn claim_bounds(limit: &Value, requests: &Amounts, errors: &mut Vec<String>) {
    const WHAT: &str = "PersistentVolumeClaim";
    for (name, least) in amounts(limit.get("min")) {
        errors.extend(below(WHAT, &name, least, requests.get(&name), None));
    }
    for (name, most) in amounts(limit.get("max")) {
        let head = format!("maximum {name} usage per {WHAT} is {most}");
        match requests.get(&name) {
            None => errors.push(format!("{head}.  No request is specified")),
            Some(request) if less(most, *request) => errors.push(format!("{head}, but request is {request}")),
            Some(_) => {}
        }
    }
}
