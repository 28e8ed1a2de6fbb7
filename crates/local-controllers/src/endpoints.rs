//! EndpointSlices and Endpoints: which pods stand behind a Service.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use wheelhouse_cluster::resources::{ENDPOINT_SLICE, ENDPOINTS, POD, SERVICE};
use wheelhouse_cluster::{DeleteOptions, Key, Resource, metadata};
use wheelhouse_objects::Selector;

use crate::action::{Action, Plan};
use crate::controller::Controller;
use crate::field::{items, text, truth, value};
use crate::names::{content_hash, cut};
use crate::pod;
use crate::world::World;

const SERVICE_NAME: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";
/// The most endpoints in one slice, as upstream.
const SLICE: usize = 100;
/// The most addresses in an Endpoints object, as upstream.
const MOST: usize = 1_000;

/// Keeps EndpointSlices and Endpoints of Services that have a selector.
#[derive(Debug)]
pub(crate) struct ServiceEndpoints;

impl Controller for ServiceEndpoints {
    fn name(&self) -> &'static str {
        "endpoint-slice-controller"
    }

    fn watches(&self) -> Vec<Resource> {
        vec![SERVICE, POD, ENDPOINT_SLICE, ENDPOINTS]
    }

    fn keys(&self, world: &World, resource: &Resource, object: &Value) -> Vec<Key> {
        let namespace = metadata::namespace(object);
        if *resource == SERVICE || *resource == ENDPOINTS {
            return vec![Key::of(object)];
        }
        if *resource == ENDPOINT_SLICE {
            return metadata::label(object, SERVICE_NAME)
                .map(|name| Key::new(namespace, name))
                .into_iter()
                .collect();
        }
        let labels = object.pointer("/metadata/labels");
        world
            .list(&SERVICE, namespace)
            .iter()
            .filter(|service| {
                selector(service).is_some_and(|selector| selector.picks(labels))
                    || serves(world, service, object)
            })
            .map(|service| Key::of(service))
            .collect()
    }

    fn plan(&self, world: &World, key: &Key, _: Timestamp) -> Plan {
        let slices: Vec<Arc<Value>> = world
            .list(&ENDPOINT_SLICE, &key.namespace)
            .into_iter()
            .filter(|slice| {
                metadata::label(slice, SERVICE_NAME) == Some(&key.name)
                    && metadata::label(slice, MANAGED_BY) == Some(MANAGER)
            })
            .collect();
        let Some(service) = world.get(&SERVICE, key) else {
            // Slices go with their owner; Endpoints have none.
            let left =
                world.get(&ENDPOINTS, key).filter(|left| metadata::label(left, MANAGED_BY_US).is_some());
            return left.map(|left| vec![delete(ENDPOINTS, &left)]).unwrap_or_default().into();
        };
        plan(&service, &world.list(&POD, &key.namespace), &slices, world.get(&ENDPOINTS, key).as_deref())
    }
}

/// The label upstream puts on the Endpoints that its controller made.
const MANAGED_BY_US: &str = "endpoints.kubernetes.io/managed-by";

/// The selector of a Service that has one and is not a mere name.
fn selector(service: &Value) -> Option<Selector> {
    if text(service, "/spec/type") == "ExternalName" {
        return None;
    }
    let labels = service
        .pointer("/spec/selector")
        .filter(|labels| labels.as_object().is_some_and(|map| !map.is_empty()))?;
    Some(Selector::equal_to(labels))
}

/// Whether a slice of the Service names the pod, whose labels may have changed.
fn serves(world: &World, service: &Value, pod: &Value) -> bool {
    let uid = metadata::uid(pod);
    world.list(&ENDPOINT_SLICE, metadata::namespace(service)).iter().any(|slice| {
        metadata::label(slice, SERVICE_NAME) == Some(metadata::name(service))
            && items(slice, "/endpoints").any(|endpoint| text(endpoint, "/targetRef/uid") == uid)
    })
}

fn delete(resource: Resource, object: &Value) -> Action {
    Action::Delete {
        resource,
        key: Key::of(object),
        options: DeleteOptions { uid: Some(metadata::uid(object).to_owned()), ..DeleteOptions::default() },
    }
}

/// The ports of a Service as one pod has them: a named target port differs from pod to pod. A port
/// that the pod does not have is left out.
fn ports(service: &Value, pod: &Value) -> Vec<Value> {
    items(service, "/spec/ports")
        .filter_map(|port| {
            let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
            let target = port.get("targetPort").filter(|target| !target.is_null()).or_else(|| port.get("port"))?;
            let number = match target {
                Value::Number(number) => match number.as_i64()? {
                    0 => port.get("port")?.as_i64()?,
                    number => number,
                },
                Value::String(name) => container_port(pod, name, protocol)?,
                _ => return None,
            };
            let mut entry = json!({"name": port.get("name").and_then(Value::as_str).unwrap_or_default(), "port": number, "protocol": protocol});
            if let (Some(application), Some(fields)) = (port.get("appProtocol"), entry.as_object_mut()) {
                fields.insert("appProtocol".to_owned(), application.clone());
            }
            Some(entry)
        })
        .collect()
}

fn container_port(pod: &Value, name: &str, protocol: &str) -> Option<i64> {
    let sidecars =
        items(pod, "/spec/initContainers").filter(|container| text(container, "/restartPolicy") == "Always");
    items(pod, "/spec/containers")
        .chain(sidecars)
        .flat_map(|container| items(container, "/ports"))
        .find(|port| {
            text(port, "/name") == name
                && port.get("protocol").and_then(Value::as_str).unwrap_or("TCP") == protocol
        })?
        .get("containerPort")?
        .as_i64()
}

fn endpoint(service: &Value, pod: &Value) -> Value {
    let going = metadata::is_deleting(pod);
    let serving = pod::is_ready(pod);
    let ready = truth(service, "/spec/publishNotReadyAddresses") || (serving && !going);
    let mut endpoint = json!({
        "addresses": [text(pod, "/status/podIP")],
        "conditions": {"ready": ready, "serving": serving, "terminating": going},
        "nodeName": text(pod, "/spec/nodeName"),
        "targetRef": {"kind": "Pod", "namespace": metadata::namespace(pod), "name": metadata::name(pod), "uid": metadata::uid(pod)},
    });
    let hostname = text(pod, "/spec/hostname");
    if !hostname.is_empty()
        && text(pod, "/spec/subdomain") == metadata::name(service)
        && let Some(fields) = endpoint.as_object_mut()
    {
        fields.insert("hostname".to_owned(), hostname.into());
    }
    endpoint
}

fn plan(service: &Value, pods: &[Arc<Value>], slices: &[Arc<Value>], endpoints: Option<&Value>) -> Plan {
    let mut plan = Plan::nothing();
    let Some(selector) = selector(service) else { return plan };
    if metadata::is_deleting(service) {
        return plan;
    }
    let chosen: Vec<&Arc<Value>> = pods
        .iter()
        .filter(|pod| {
            selector.picks(pod.pointer("/metadata/labels"))
                && !text(pod, "/status/podIP").is_empty()
                && !pod::is_terminal(pod)
        })
        .collect();
    let mut groups: BTreeMap<String, (Vec<Value>, Vec<Value>)> = BTreeMap::new();
    for pod in &chosen {
        let ports = ports(service, pod);
        let group =
            groups.entry(Value::from(ports.clone()).to_string()).or_insert_with(|| (ports, Vec::new()));
        group.1.push(endpoint(service, pod));
    }
    if groups.is_empty() {
        // A Service without pods still has one empty slice.
        groups.insert(String::new(), (Vec::new(), Vec::new()));
    }
    let mut wanted: Vec<Value> = Vec::new();
    for (ports, mut group) in groups.into_values() {
        let mut part = 0;
        loop {
            let rest = if group.len() > SLICE { group.split_off(SLICE) } else { Vec::new() };
            wanted.push(slice(service, &ports, group, part));
            if rest.is_empty() {
                break;
            }
            group = rest;
            part += 1;
        }
    }
    for slice in &wanted {
        let known = slices.iter().find(|known| metadata::name(known) == metadata::name(slice));
        match known {
            None => plan.then(Action::Create { resource: ENDPOINT_SLICE, object: slice.clone() }),
            Some(known) if !says_the_same(known, slice) => {
                let mut slice = slice.clone();
                crate::field::set(
                    &mut slice,
                    &["metadata", "resourceVersion"],
                    metadata::resource_version(known).into(),
                );
                plan.then(Action::Replace { resource: ENDPOINT_SLICE, object: slice, part: None });
            }
            Some(_) => {}
        }
    }
    for known in slices {
        if !wanted.iter().any(|slice| metadata::name(slice) == metadata::name(known)) {
            plan.then(delete(ENDPOINT_SLICE, known));
        }
    }
    legacy(service, &wanted, endpoints, &mut plan);
    plan
}

fn slice(service: &Value, ports: &[Value], endpoints: Vec<Value>, part: i64) -> Value {
    let mut labels = service.pointer("/metadata/labels").cloned().unwrap_or_else(|| json!({}));
    if let Some(labels) = labels.as_object_mut() {
        labels.insert(SERVICE_NAME.to_owned(), metadata::name(service).into());
        labels.insert(MANAGED_BY.to_owned(), MANAGER.into());
        if text(service, "/spec/clusterIP") == "None" {
            labels.insert("service.kubernetes.io/headless".to_owned(), "".into());
        }
    }
    let hash = content_hash(&Value::from(ports.to_vec()), part);
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "namespace": metadata::namespace(service),
            "name": format!("{}-{hash}", cut(metadata::name(service), 11)),
            "labels": labels,
            "ownerReferences": [pod::controlled_by(service, &SERVICE)],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports,
    })
}

fn says_the_same(known: &Value, wanted: &Value) -> bool {
    let empty = Value::Array(Vec::new());
    let list = |object: &Value, field: &str| {
        object.get(field).filter(|list| !list.is_null()).unwrap_or(&empty).clone()
    };
    list(known, "endpoints") == list(wanted, "endpoints")
        && list(known, "ports") == list(wanted, "ports")
        && value(known, "/metadata/labels") == value(wanted, "/metadata/labels")
}

/// The older form of the same, one object for a Service.
fn legacy(service: &Value, slices: &[Value], known: Option<&Value>, plan: &mut Plan) {
    let mut subsets: Vec<Value> = Vec::new();
    let mut left = MOST;
    for slice in slices {
        let ports: Vec<Value> = items(slice, "/ports")
            .map(|port| {
                let mut port = port.clone();
                // The older form leaves an empty name out.
                if let Some(fields) = port
                    .as_object_mut()
                    .filter(|fields| fields.get("name").and_then(Value::as_str) == Some(""))
                {
                    fields.remove("name");
                }
                port
            })
            .collect();
        let mut ready = Vec::new();
        let mut not_ready = Vec::new();
        for endpoint in items(slice, "/endpoints") {
            if left == 0
                || truth(endpoint, "/conditions/terminating") && !truth(endpoint, "/conditions/ready")
            {
                continue;
            }
            left -= 1;
            let mut address = json!({
                "ip": text(endpoint, "/addresses/0"),
                "nodeName": text(endpoint, "/nodeName"),
                "targetRef": value(endpoint, "/targetRef"),
            });
            if let (Some(hostname), Some(fields)) = (endpoint.get("hostname"), address.as_object_mut()) {
                fields.insert("hostname".to_owned(), hostname.clone());
            }
            if truth(endpoint, "/conditions/ready") { &mut ready } else { &mut not_ready }.push(address);
        }
        let mut subset = serde_json::Map::new();
        for (field, list) in [("addresses", ready), ("notReadyAddresses", not_ready), ("ports", ports)] {
            if !list.is_empty() {
                subset.insert(field.to_owned(), list.into());
            }
        }
        if subset.contains_key("addresses") || subset.contains_key("notReadyAddresses") {
            subsets.push(subset.into());
        }
    }
    let mut labels = service.pointer("/metadata/labels").cloned().unwrap_or_else(|| json!({}));
    crate::field::set(&mut labels, &[MANAGED_BY_US], "endpoint-controller".into());
    if text(service, "/spec/clusterIP") == "None" {
        crate::field::set(&mut labels, &["service.kubernetes.io/headless"], "".into());
    }
    let mut object = json!({
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"namespace": metadata::namespace(service), "name": metadata::name(service), "labels": labels},
    });
    if !subsets.is_empty() {
        crate::field::set(&mut object, &["subsets"], subsets.into());
    }
    match known {
        None => plan.then(Action::Create { resource: ENDPOINTS, object }),
        Some(known)
            if value(known, "/subsets") != value(&object, "/subsets")
                || value(known, "/metadata/labels") != value(&object, "/metadata/labels") =>
        {
            crate::field::set(
                &mut object,
                &["metadata", "resourceVersion"],
                metadata::resource_version(known).into(),
            );
            plan.then(Action::Replace { resource: ENDPOINTS, object, part: None });
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(target: Value) -> Value {
        json!({"metadata": {"namespace": "n", "name": "s", "uid": "s", "resourceVersion": "1"},
            "spec": {"selector": {"app": "x"}, "ports": [{"name": "http", "port": 80, "targetPort": target, "protocol": "TCP"}]}})
    }

    fn pod(name: &str, address: &str, ready: bool) -> Arc<Value> {
        Arc::new(json!({"metadata": {"namespace": "n", "name": name, "uid": name, "labels": {"app": "x"}},
            "spec": {"nodeName": "node", "containers": [{"ports": [{"name": "web", "containerPort": 8080}]}]},
            "status": {"phase": "Running", "podIP": address, "conditions": [{"type": "Ready", "status": if ready {"True"} else {"False"}}]}}))
    }

    fn created(plan: &Plan, resource: &Resource) -> Vec<Value> {
        plan.actions
            .iter()
            .filter_map(|action| match action {
                Action::Create { resource: kind, object } if kind == resource => Some(object.clone()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn ready_pods_are_told_with_their_ports() {
        let plan = plan(
            &service(json!("web")),
            &[pod("a", "10.0.0.1", true), pod("b", "10.0.0.2", false), pod("c", "", true)],
            &[],
            None,
        );
        let slices = created(&plan, &ENDPOINT_SLICE);
        assert_eq!(slices.len(), 1);
        assert_eq!(slices[0]["ports"][0]["port"], json!(8080));
        let ready: Vec<bool> =
            items(&slices[0], "/endpoints").map(|endpoint| truth(endpoint, "/conditions/ready")).collect();
        assert_eq!(ready, [true, false]);
        let endpoints = created(&plan, &ENDPOINTS);
        assert_eq!(endpoints[0]["subsets"][0]["addresses"][0]["ip"], "10.0.0.1");
        assert_eq!(endpoints[0]["subsets"][0]["notReadyAddresses"][0]["ip"], "10.0.0.2");
    }

    #[test]
    fn what_is_told_already_is_not_told_again() {
        let pods = [pod("a", "10.0.0.1", true)];
        let first = plan(&service(json!(8080)), &pods, &[], None);
        let slices: Vec<Arc<Value>> = created(&first, &ENDPOINT_SLICE).into_iter().map(Arc::new).collect();
        let endpoints = created(&first, &ENDPOINTS);
        assert_eq!(plan(&service(json!(8080)), &pods, &slices, endpoints.first()), Plan::nothing());
        let moved = plan(&service(json!(8080)), &[pod("a", "10.0.0.9", true)], &slices, endpoints.first());
        assert_eq!(moved.actions.len(), 2);
    }

    #[test]
    fn large_services_are_cut_into_slices() {
        let pods: Vec<_> = (0..250).map(|index| pod(&format!("p{index:03}"), "10.0.0.1", true)).collect();
        let slices = created(&plan(&service(json!(80)), &pods, &[], None), &ENDPOINT_SLICE);
        let sizes: Vec<usize> = slices.iter().map(|slice| items(slice, "/endpoints").count()).collect();
        assert_eq!(sizes, [100, 100, 50]);
    }

    #[test]
    fn services_without_a_selector_are_left_alone() {
        let mut service = service(json!(80));
        service["spec"]["selector"] = json!({});
        assert_eq!(plan(&service, &[], &[], None), Plan::nothing());
    }
}
