//! What pods ask of a node and what a node has.

use std::collections::BTreeMap;

use serde_json::Value;
use wheelhouse_objects::Quantity;

use crate::field::{items, text, value};

/// Amounts by resource name.
pub(crate) type Amounts = BTreeMap<String, Quantity>;

fn amounts(map: &Value) -> Amounts {
    let pairs = map.as_object().into_iter().flatten();
    pairs.filter_map(|(name, amount)| Some((name.clone(), Quantity::of(amount)?))).collect()
}

fn add(total: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let sum = total.get(name).copied().unwrap_or_default().plus(*amount);
        total.insert(name.clone(), sum);
    }
}

fn at_least(total: &mut Amounts, least: &Amounts) {
    for (name, amount) in least {
        let known = total.get(name).copied().unwrap_or_default();
        total.insert(name.clone(), known.max(*amount));
    }
}

/// What one container asks for: its requests, or its limits where it has none.
fn container(container: &Value) -> Amounts {
    let mut asked = amounts(value(container, "/resources/limits"));
    asked.extend(amounts(value(container, "/resources/requests")));
    asked
}

/// What a pod asks for: its containers and sidecars together, or the largest init container with the
/// sidecars started before it, whichever is more; and the overhead.
pub(crate) fn of_pod(pod: &Value) -> Amounts {
    let mut total = Amounts::new();
    for each in items(pod, "/spec/containers") {
        add(&mut total, &container(each));
    }
    let mut sidecars = Amounts::new();
    let mut largest = Amounts::new();
    for each in items(pod, "/spec/initContainers") {
        let asked = container(each);
        if text(each, "/restartPolicy") == "Always" {
            add(&mut sidecars, &asked);
            at_least(&mut largest, &sidecars);
        } else {
            let mut together = sidecars.clone();
            add(&mut together, &asked);
            at_least(&mut largest, &together);
        }
    }
    add(&mut total, &sidecars);
    at_least(&mut total, &largest);
    add(&mut total, &amounts(value(pod, "/spec/overhead")));
    total
}

/// What a node can give to pods.
pub(crate) fn of_node(node: &Value) -> Amounts {
    let allocatable = amounts(value(node, "/status/allocatable"));
    if allocatable.is_empty() { amounts(value(node, "/status/capacity")) } else { allocatable }
}

/// What all of some pods ask for.
pub(crate) fn sum<'a>(pods: impl IntoIterator<Item = &'a Value>) -> Amounts {
    let mut total = Amounts::new();
    for pod in pods {
        add(&mut total, &of_pod(pod));
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asks(cpu: &str) -> Value {
        json!({"resources": {"requests": {"cpu": cpu}}})
    }

    #[test]
    fn a_pod_asks_for_the_most_it_ever_needs_at_once() {
        let sidecar = json!({"restartPolicy": "Always", "resources": {"requests": {"cpu": "200m"}}});
        let cases = [
            (json!([]), json!([asks("1"), asks("500m")]), 1_500),
            (json!([asks("2")]), json!([asks("1")]), 2_000),
            (json!([sidecar, asks("2")]), json!([asks("1")]), 2_200),
            (json!([asks("2"), sidecar]), json!([asks("1")]), 2_000),
            (json!([sidecar]), json!([asks("1")]), 1_200),
        ];
        for (init, containers, millis) in cases {
            let pod = json!({"spec": {"initContainers": init, "containers": containers}});
            assert_eq!(of_pod(&pod).get("cpu").map(|cpu| cpu.millis()), Some(millis), "{pod}");
        }
    }

    #[test]
    fn limits_stand_in_for_requests() {
        let pod = json!({"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": 1, "cpu": "2"}, "requests": {"cpu": "1"}}}]}});
        let asked = of_pod(&pod);
        assert_eq!(asked.get("nvidia.com/gpu").map(|gpus| gpus.units()), Some(1));
        assert_eq!(asked.get("cpu").map(|cpu| cpu.units()), Some(1));
    }
}
