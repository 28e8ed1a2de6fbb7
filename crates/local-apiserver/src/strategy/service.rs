//! What a service loses when it changes its type: fields that mean nothing to the new type, as long as
//! the client did not change them in the same request (then the validation refuses them).

use serde_json::{Value, json};

use crate::meta;

/// Drops fields the new type does not use.
pub(super) fn drop_unused(new: &mut Value, old: &Value) {
    let kind = |service: &Value| meta::text(service, &["spec", "type"]).to_owned();
    let (before, now) = (kind(old), kind(new));
    let same = |new: &Value, key: &str| meta::at(new, &["spec", key]) == meta::at(old, &["spec", key]);
    let mut unused: Vec<&str> = Vec::new();
    if before != "ExternalName" && now == "ExternalName" {
        if same(new, "clusterIP") && same(new, "clusterIPs") {
            unused.extend(["clusterIP", "clusterIPs"]);
        }
        unused.extend(
            ["ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"]
                .into_iter()
                .filter(|key| same(new, key)),
        );
    }
    let ports = |kind: &str| matches!(kind, "NodePort" | "LoadBalancer");
    if ports(&before) && !ports(&now) {
        drop_node_ports(new, old);
    }
    let checks = |service: &Value| {
        kind(service) == "LoadBalancer" && meta::text(service, &["spec", "externalTrafficPolicy"]) == "Local"
    };
    if checks(old) && !checks(new) && same(new, "healthCheckNodePort") {
        unused.push("healthCheckNodePort");
    }
    if before == "LoadBalancer" && now != "LoadBalancer" {
        unused.extend(
            ["allocateLoadBalancerNodePorts", "loadBalancerClass"].into_iter().filter(|key| same(new, key)),
        );
    }
    let reachable = |service: &Value| {
        ports(&kind(service))
            || (kind(service) == "ClusterIP" && !meta::items(service, &["spec", "externalIPs"]).is_empty())
    };
    if reachable(old) && !reachable(new) && same(new, "externalTrafficPolicy") {
        unused.push("externalTrafficPolicy");
    }
    if let Some(spec) = meta::map_mut(new, "spec") {
        for key in unused {
            spec.shift_remove(key);
        }
    }
    if now != "LoadBalancer" {
        meta::set(new, "status", json!({"loadBalancer": {}}));
    }
}

/// Drops the node ports when all of them were there before.
fn drop_node_ports(new: &mut Value, old: &Value) {
    let numbers = |service: &Value| -> Vec<Value> {
        meta::items(service, &["spec", "ports"]).iter().filter_map(|p| p.get("nodePort").cloned()).collect()
    };
    let known = numbers(old);
    if !numbers(new).iter().all(|number| known.contains(number)) {
        return;
    }
    let ports = meta::at_mut(new, &["spec", "ports"]).and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten() {
        meta::remove(port, "nodePort");
    }
}
