//! Where to listen and to whom to carry. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::Value;
use wheelhouse_cluster::metadata;

/// TCP or UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// An address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Frontend {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The address.
    pub address: SocketAddr,
}

/// To whom a frontend carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backends {
    /// The pods' addresses.
    pub addresses: Vec<SocketAddr>,
    /// How long a client is kept with one pod, in seconds, if at all.
    pub affinity: Option<u64>,
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn number(value: &Value, field: &str) -> Option<u16> {
    value
        .get(field)
        .and_then(Value::as_u64)
        .and_then(|number| u16::try_from(number).ok())
        .filter(|number| *number > 0)
}

fn protocol(port: &Value) -> Option<Protocol> {
    match port.get("protocol").and_then(Value::as_str).unwrap_or("TCP") {
        "TCP" => Some(Protocol::Tcp),
        "UDP" => Some(Protocol::Udp),
        _ => None,
    }
}

/// The ready endpoints of a port of a Service; where none is ready, those that still serve on their way
/// out.
fn backends(port_name: &str, wanted: Protocol, slices: &[&Value]) -> Vec<SocketAddr> {
    let mut ready = BTreeSet::new();
    let mut leaving = BTreeSet::new();
    for slice in slices {
        for port in items(slice, "/ports") {
            let same = port.get("name").and_then(Value::as_str).unwrap_or_default() == port_name;
            let Some(number) = number(port, "port").filter(|_| same && protocol(port) == Some(wanted)) else {
                continue;
            };
            for endpoint in items(slice, "/endpoints") {
                let condition =
                    |name: &str| endpoint.pointer(&format!("/conditions/{name}")).and_then(Value::as_bool);
                let addresses = items(endpoint, "/addresses")
                    .filter_map(|address| address.as_str()?.parse::<IpAddr>().ok());
                let found = addresses.map(|address| SocketAddr::new(address, number));
                if condition("ready").unwrap_or(true) {
                    ready.extend(found);
                } else if condition("serving").unwrap_or_default()
                    && condition("terminating").unwrap_or_default()
                {
                    leaving.extend(found);
                }
            }
        }
    }
    if ready.is_empty() { leaving } else { ready }.into_iter().collect()
}

/// All frontends of all Services. `loopback` are the addresses on which node ports are open.
pub fn frontends<'a>(
    services: impl IntoIterator<Item = &'a Value>,
    slices: &[&Value],
    loopback: &[Ipv4Addr],
) -> BTreeMap<Frontend, Backends> {
    let mut by_service: BTreeMap<(&str, &str), Vec<&Value>> = BTreeMap::new();
    for slice in slices {
        if let Some(name) = metadata::label(slice, "kubernetes.io/service-name") {
            by_service.entry((metadata::namespace(slice), name)).or_default().push(slice);
        }
    }
    let mut all = BTreeMap::new();
    for service in services {
        let Ok(address) = text(service, "/spec/clusterIP").parse::<Ipv4Addr>() else { continue };
        let key = (metadata::namespace(service), metadata::name(service));
        let slices = by_service.get(&key).map(Vec::as_slice).unwrap_or_default();
        let affinity = (text(service, "/spec/sessionAffinity") == "ClientIP").then(|| {
            service
                .pointer("/spec/sessionAffinityConfig/clientIP/timeoutSeconds")
                .and_then(Value::as_u64)
                .unwrap_or(10_800)
        });
        for port in items(service, "/spec/ports") {
            let Some((protocol, listen)) = protocol(port).zip(number(port, "port")) else { continue };
            let name = port.get("name").and_then(Value::as_str).unwrap_or_default();
            let addresses = backends(name, protocol, slices);
            if addresses.is_empty() {
                continue;
            }
            let behind = Backends { addresses, affinity };
            let external =
                items(service, "/spec/externalIPs").filter_map(|ip| ip.as_str()?.parse::<Ipv4Addr>().ok());
            let own = std::iter::once(address).chain(external.filter(|ip| ip.is_loopback()));
            for address in own {
                all.insert(Frontend { protocol, address: (address, listen).into() }, behind.clone());
            }
            for address in number(port, "nodePort")
                .into_iter()
                .flat_map(|node| loopback.iter().map(move |ip| (*ip, node)))
            {
                all.insert(Frontend { protocol, address: address.into() }, behind.clone());
            }
        }
    }
    all
}

/// The frontends of a pod's host ports. One that names no address is open on loopback and on the node's
/// own address, not to the network.
#[must_use]
pub fn host_ports(pod: &Value, pod_ip: Ipv4Addr, own: &[Ipv4Addr]) -> BTreeMap<Frontend, Backends> {
    let mut all = BTreeMap::new();
    for container in items(pod, "/spec/containers").chain(items(pod, "/spec/initContainers")) {
        for port in items(container, "/ports") {
            let (Some(protocol), Some(outside), Some(inside)) =
                (protocol(port), number(port, "hostPort"), number(port, "containerPort"))
            else {
                continue;
            };
            let named = text(port, "/hostIP").parse::<Ipv4Addr>().ok().filter(|ip| !ip.is_unspecified());
            let addresses = named.map_or_else(|| own.to_vec(), |ip| vec![ip]);
            for address in addresses {
                let behind = Backends { addresses: vec![(pod_ip, inside).into()], affinity: None };
                all.insert(Frontend { protocol, address: (address, outside).into() }, behind);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn service(extra: Value) -> Value {
        let mut service = json!({"metadata": {"namespace": "n", "name": "web"},
            "spec": {"clusterIP": "10.96.0.7", "ports": [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080},
                {"name": "dns", "port": 53, "protocol": "UDP"}]}});
        for (key, value) in extra.as_object().unwrap() {
            service["spec"][key] = value.clone();
        }
        service
    }

    fn slice() -> Value {
        let endpoint = |ip: &str, ready: bool, terminating: bool| json!({"addresses": [ip], "conditions": {"ready": ready, "serving": true, "terminating": terminating}});
        json!({"metadata": {"namespace": "n", "labels": {"kubernetes.io/service-name": "web"}},
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "endpoints": [endpoint("10.244.0.2", true, false), endpoint("10.244.0.3", false, false), endpoint("10.244.0.4", false, true)]})
    }

    fn said(service: &Value, slice: &Value) -> Vec<String> {
        frontends([service], &[slice], &[Ipv4Addr::LOCALHOST])
            .into_iter()
            .map(|(front, back)| {
                format!("{:?} {} {:?} {:?}", front.protocol, front.address, back.addresses, back.affinity)
            })
            .collect()
    }

    #[test]
    fn only_ports_with_ready_pods_are_listened_on() {
        assert_eq!(
            said(&service(json!({})), &slice()),
            ["Tcp 10.96.0.7:80 [10.244.0.2:8080] None", "Tcp 127.0.0.1:30080 [10.244.0.2:8080] None"]
        );
        assert_eq!(said(&service(json!({"clusterIP": "None"})), &slice()), Vec::<String>::new());
        let kept = said(&service(json!({"sessionAffinity": "ClientIP"})), &slice());
        assert!(kept[0].ends_with("Some(10800)"));
    }

    #[test]
    fn pods_on_their_way_out_serve_when_nobody_else_does() {
        let mut slice = slice();
        slice["endpoints"].as_array_mut().unwrap().remove(0);
        assert_eq!(said(&service(json!({})), &slice)[0], "Tcp 10.96.0.7:80 [10.244.0.4:8080] None");
    }

    #[test]
    fn host_ports_stay_on_the_machine() {
        let pod = json!({"spec": {"containers": [{"ports": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81},
            {"containerPort": 82, "hostPort": 8082, "hostIP": "127.0.0.5", "protocol": "UDP"}]}]}});
        let found = host_ports(&pod, Ipv4Addr::new(10, 244, 0, 2), &[Ipv4Addr::LOCALHOST]);
        let said: Vec<String> =
            found.keys().map(|front| format!("{:?} {}", front.protocol, front.address)).collect();
        assert_eq!(said, ["Tcp 127.0.0.1:8080", "Udp 127.0.0.5:8082"]);
    }
}
