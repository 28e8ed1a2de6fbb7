//! What the cluster's names stand for. Pure.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::Value;
use wheelhouse_cluster::metadata;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These addresses; none, if the name is there and has none.
    Addresses(Vec<Ipv4Addr>),
    /// These ports of these names, with the names' addresses.
    Ports(Vec<(u16, String, Ipv4Addr)>),
    /// Another name.
    Alias(String),
    /// No such name in the cluster.
    Nothing,
    /// A name that is not the cluster's to answer.
    Foreign,
}

/// Where Services and their endpoints are looked up.
pub trait Directory: Send + Sync {
    /// One Service.
    fn service(&self, namespace: &str, name: &str) -> Option<Value>;
    /// The EndpointSlices of a Service.
    fn slices(&self, namespace: &str, service: &str) -> Vec<Value>;
    /// Whether there is such a namespace.
    fn has_namespace(&self, name: &str) -> bool;
}

/// A port: its name, its protocol in lower case, its number.
type Port = (String, String, u16);

/// The ready endpoints of a headless Service: host name, address, ports.
fn endpoints(slices: &[Value]) -> Vec<(String, Ipv4Addr, Vec<Port>)> {
    let list =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let text =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for slice in slices {
        let ports: Vec<Port> = list(slice, "ports")
            .iter()
            .filter_map(|port| {
                let number =
                    port.get("port").and_then(Value::as_u64).and_then(|number| u16::try_from(number).ok())?;
                Some((text(port, "name"), text(port, "protocol").to_lowercase(), number))
            })
            .collect();
        for endpoint in list(slice, "endpoints") {
            let ready = endpoint.pointer("/conditions/ready").and_then(Value::as_bool).unwrap_or(true);
            let addresses = list(&endpoint, "addresses");
            for address in addresses.iter().filter(|_| ready).filter_map(Value::as_str) {
                if let Ok(address) = address.parse::<Ipv4Addr>() {
                    let hostname = text(&endpoint, "hostname");
                    let name =
                        if hostname.is_empty() { address.to_string().replace('.', "-") } else { hostname };
                    found.push((name, address, ports.clone()));
                }
            }
        }
    }
    found
}

/// Looks a name up: `service.namespace.svc.DOMAIN`, `host.service.namespace.svc.DOMAIN`,
/// `_port._protocol.service.namespace.svc.DOMAIN`, `1-2-3-4.namespace.pod.DOMAIN`.
pub(super) fn look_up(name: &str, domain: &str, directory: &dyn Directory) -> Answer {
    let Some(inner) = name
        .strip_suffix(domain)
        .and_then(|rest| if rest.is_empty() { Some("") } else { rest.strip_suffix('.') })
    else {
        return Answer::Foreign;
    };
    let labels: Vec<&str> = inner.split('.').filter(|label| !label.is_empty()).collect();
    match labels.as_slice() {
        [] | ["svc" | "pod"] => Answer::Addresses(Vec::new()),
        [namespace, "svc" | "pod"] if directory.has_namespace(namespace) => Answer::Addresses(Vec::new()),
        [address, namespace, "pod"] if directory.has_namespace(namespace) => {
            match address.replace('-', ".").parse() {
                Ok(address) => Answer::Addresses(vec![address]),
                Err(_) => Answer::Nothing,
            }
        }
        [service, namespace, "svc"] => of_service(service, namespace, directory),
        [port, protocol, service, namespace, "svc"] if port.starts_with('_') && protocol.starts_with('_') => {
            let wanted = (port.trim_start_matches('_'), protocol.trim_start_matches('_'));
            of_port(wanted, service, namespace, domain, directory)
        }
        [host, service, namespace, "svc"] => {
            if directory.service(namespace, service).is_none() {
                return Answer::Nothing;
            }
            let all = endpoints(&directory.slices(namespace, service));
            let addresses: Vec<Ipv4Addr> =
                all.into_iter().filter(|(name, ..)| name == host).map(|(_, address, _)| address).collect();
            if addresses.is_empty() { Answer::Nothing } else { Answer::Addresses(addresses) }
        }
        _ => Answer::Nothing,
    }
}

fn of_service(name: &str, namespace: &str, directory: &dyn Directory) -> Answer {
    let Some(service) = directory.service(namespace, name) else { return Answer::Nothing };
    let text = |pointer: &str| service.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if text("/spec/type") == "ExternalName" {
        return Answer::Alias(text("/spec/externalName").trim_end_matches('.').to_owned());
    }
    match text("/spec/clusterIP").parse() {
        Ok(address) => Answer::Addresses(vec![address]),
        Err(_) => {
            let all: BTreeSet<Ipv4Addr> = endpoints(&directory.slices(namespace, name))
                .into_iter()
                .map(|(_, address, _)| address)
                .collect();
            if all.is_empty() { Answer::Nothing } else { Answer::Addresses(all.into_iter().collect()) }
        }
    }
}

fn of_port(
    wanted: (&str, &str),
    name: &str,
    namespace: &str,
    domain: &str,
    directory: &dyn Directory,
) -> Answer {
    let Some(service) = directory.service(namespace, name) else { return Answer::Nothing };
    let full = format!("{name}.{namespace}.svc.{domain}");
    let cluster_ip =
        service.pointer("/spec/clusterIP").and_then(Value::as_str).and_then(|ip| ip.parse::<Ipv4Addr>().ok());
    let found: Vec<(u16, String, Ipv4Addr)> = match cluster_ip {
        Some(address) => service
            .pointer("/spec/ports")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|port| {
                let text = |field: &str| port.get(field).and_then(Value::as_str).unwrap_or_default();
                text("name") == wanted.0 && text("protocol").eq_ignore_ascii_case(wanted.1)
            })
            .filter_map(|port| u16::try_from(port.get("port")?.as_u64()?).ok())
            .map(|port| (port, full.clone(), address))
            .collect(),
        None => endpoints(&directory.slices(namespace, metadata::name(&service)))
            .into_iter()
            .flat_map(|(host, address, ports)| {
                let full = &full;
                ports
                    .into_iter()
                    .filter(|(name, protocol, _)| name == wanted.0 && protocol == wanted.1)
                    .map(move |(_, _, port)| (port, format!("{host}.{full}"), address))
                    .collect::<Vec<_>>()
            })
            .collect(),
    };
    if found.is_empty() { Answer::Nothing } else { Answer::Ports(found) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Fixed;

    impl Directory for Fixed {
        fn service(&self, namespace: &str, name: &str) -> Option<Value> {
            let ports = json!([{"name": "http", "protocol": "TCP", "port": 80}]);
            match (namespace, name) {
                ("n", "web") => Some(
                    json!({"metadata": {"name": name}, "spec": {"clusterIP": "10.96.0.7", "ports": ports}}),
                ),
                ("n", "db") => {
                    Some(json!({"metadata": {"name": name}, "spec": {"clusterIP": "None", "ports": ports}}))
                }
                ("n", "out") => {
                    Some(json!({"spec": {"type": "ExternalName", "externalName": "example.org."}}))
                }
                _ => None,
            }
        }
        fn slices(&self, _: &str, service: &str) -> Vec<Value> {
            if service != "db" {
                return vec![];
            }
            vec![json!({"ports": [{"name": "http", "protocol": "TCP", "port": 5432}], "endpoints": [
                {"addresses": ["10.244.0.5"], "hostname": "db-0", "conditions": {"ready": true}},
                {"addresses": ["10.244.0.6"], "conditions": {"ready": true}},
                {"addresses": ["10.244.0.7"], "conditions": {"ready": false}}]})]
        }
        fn has_namespace(&self, name: &str) -> bool {
            name == "n"
        }
    }

    #[test]
    fn names_stand_for_services_and_pods() {
        let ip = |text: &str| text.parse::<Ipv4Addr>().unwrap();
        let addresses = |list: &[&str]| Answer::Addresses(list.iter().map(|each| ip(each)).collect());
        let cases = [
            ("web.n.svc.cluster.local", addresses(&["10.96.0.7"])),
            ("db.n.svc.cluster.local", addresses(&["10.244.0.5", "10.244.0.6"])),
            ("db-0.db.n.svc.cluster.local", addresses(&["10.244.0.5"])),
            ("10-244-0-6.db.n.svc.cluster.local", addresses(&["10.244.0.6"])),
            ("db-9.db.n.svc.cluster.local", Answer::Nothing),
            ("out.n.svc.cluster.local", Answer::Alias("example.org".into())),
            ("none.n.svc.cluster.local", Answer::Nothing),
            ("web.other.svc.cluster.local", Answer::Nothing),
            ("10-1-2-3.n.pod.cluster.local", addresses(&["10.1.2.3"])),
            ("n.svc.cluster.local", addresses(&[])),
            (
                "_http._tcp.web.n.svc.cluster.local",
                Answer::Ports(vec![(80, "web.n.svc.cluster.local".into(), ip("10.96.0.7"))]),
            ),
            ("example.org", Answer::Foreign),
            ("notcluster.local", Answer::Foreign),
        ];
        for (name, expected) in cases {
            assert_eq!(look_up(name, "cluster.local", &Fixed), expected, "{name}");
        }
        let Answer::Ports(ports) = look_up("_http._tcp.db.n.svc.cluster.local", "cluster.local", &Fixed)
        else {
            panic!()
        };
        assert_eq!(ports[0], (5432, "db-0.db.n.svc.cluster.local".into(), ip("10.244.0.5")));
    }
}
