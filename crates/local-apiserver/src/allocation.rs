//! Cluster addresses and node ports of services: given out once, taken back when the service goes.

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::sync::PoisonError;

use serde_json::{Value, json};

use crate::cluster::{Cluster, kind_subject};
use crate::field::FieldError;
use crate::meta;
use crate::resources::Resource;
use crate::status::Status;

/// Addresses and ports in use.
#[derive(Debug)]
pub(crate) struct Allocators {
    network: u32,
    size: u32,
    first_port: u16,
    last_port: u16,
    addresses: HashSet<Ipv4Addr>,
    ports: HashSet<u16>,
    next: u32,
}

impl Allocators {
    /// Ranges for cluster addresses (network and prefix length) and node ports.
    pub(crate) fn new(network: Ipv4Addr, prefix: u8, ports: (u16, u16)) -> Self {
        let size = 1_u32.checked_shl(32 - u32::from(prefix.clamp(8, 30))).unwrap_or(1 << 16);
        let network = network.to_bits() & !(size - 1);
        Allocators {
            network,
            size,
            first_port: ports.0,
            last_port: ports.1,
            addresses: HashSet::new(),
            ports: HashSet::new(),
            next: 0,
        }
    }

    /// Marks what a stored service holds.
    pub(crate) fn hold(&mut self, service: &Value) {
        for address in meta::items(service, &["spec", "clusterIPs"]).iter().filter_map(Value::as_str) {
            if let Ok(address) = address.parse() {
                self.addresses.insert(address);
            }
        }
        for port in node_ports(service) {
            self.ports.insert(port);
        }
    }

    /// The first address of the range, that of the API itself.
    pub(crate) fn first_address(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network + 1)
    }

    fn free_address(&mut self) -> Option<Ipv4Addr> {
        // the lower part of the range is left for addresses asked for by number
        let reserved = (self.size / 16).clamp(16, 256).min(self.size / 2);
        let usable = self.size - reserved - 1;
        for step in 0..usable {
            let offset = reserved + (self.next + step) % usable;
            let address = Ipv4Addr::from_bits(self.network + offset);
            if self.addresses.insert(address) {
                self.next = (self.next + step + 1) % usable;
                return Some(address);
            }
        }
        None
    }

    fn contains(&self, address: Ipv4Addr) -> bool {
        let offset = address.to_bits().wrapping_sub(self.network);
        offset > 0 && offset < self.size - 1
    }

    fn free_port(&mut self) -> Option<u16> {
        let span = u32::from(self.last_port - self.first_port) + 1;
        let start = u32::from(u16::from_be_bytes(meta::random()));
        (0..span)
            .filter_map(|step| u16::try_from(u32::from(self.first_port) + (start + step) % span).ok())
            .find(|port| self.ports.insert(*port))
    }
}

/// What one request took, given back when it fails.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Held {
    addresses: Vec<Ipv4Addr>,
    ports: Vec<u16>,
    /// What the old state held and the new one does not.
    freed: (Vec<Ipv4Addr>, Vec<u16>),
}

impl Held {
    /// The write failed: everything goes back.
    pub(crate) fn release(self, cluster: &Cluster) {
        let mut allocators = cluster.allocators.lock().unwrap_or_else(PoisonError::into_inner);
        for address in self.addresses {
            allocators.addresses.remove(&address);
        }
        for port in self.ports {
            allocators.ports.remove(&port);
        }
    }

    /// The write is done: what the old state alone held is free.
    pub(crate) fn commit(self, cluster: &Cluster) {
        let mut allocators = cluster.allocators.lock().unwrap_or_else(PoisonError::into_inner);
        for address in self.freed.0 {
            allocators.addresses.remove(&address);
        }
        for port in self.freed.1 {
            allocators.ports.remove(&port);
        }
    }
}

fn node_ports(service: &Value) -> Vec<u16> {
    let mut ports: Vec<u16> = meta::items(service, &["spec", "ports"])
        .iter()
        .filter_map(|port| u16::try_from(meta::at(port, &["nodePort"])?.as_u64()?).ok())
        .filter(|port| *port != 0)
        .collect();
    if let Some(port) = meta::at(service, &["spec", "healthCheckNodePort"]).and_then(Value::as_u64) {
        ports.extend(u16::try_from(port).ok().filter(|port| *port != 0));
    }
    ports.dedup();
    ports
}

fn addresses(service: &Value) -> Vec<Ipv4Addr> {
    meta::items(service, &["spec", "clusterIPs"]).iter().filter_map(|a| a.as_str()?.parse().ok()).collect()
}

/// Why nothing could be given out.
enum Refusal {
    /// What was asked for cannot be had.
    Field(Box<FieldError>),
    /// Everything is in use.
    Full,
}

impl From<FieldError> for Refusal {
    fn from(error: FieldError) -> Self {
        Refusal::Field(Box::new(error))
    }
}

fn is_service(resource: &Resource) -> bool {
    resource.group.is_empty() && resource.plural == "services"
}

/// Gives a new service what it needs.
///
/// # Errors
/// 422 for an address or port that is taken or out of range, 500 when the range is full.
pub(crate) fn on_create(cluster: &Cluster, resource: &Resource, object: &mut Value) -> Result<Held, Status> {
    if !is_service(resource) {
        return Ok(Held::default());
    }
    allocate(cluster, resource, object, &Value::Null)
}

/// Gives a changed service what it needs now.
///
/// # Errors
/// As [`on_create`].
pub(crate) fn on_update(
    cluster: &Cluster,
    resource: &Resource,
    new: &mut Value,
    old: &Value,
) -> Result<Held, Status> {
    if !is_service(resource) {
        return Ok(Held::default());
    }
    let mut held = allocate(cluster, resource, new, old)?;
    let kept = (addresses(new), node_ports(new));
    held.freed.0 = addresses(old).into_iter().filter(|address| !kept.0.contains(address)).collect();
    held.freed.1 = node_ports(old).into_iter().filter(|port| !kept.1.contains(port)).collect();
    Ok(held)
}

/// Frees what a removed service held.
pub(crate) fn on_delete(cluster: &Cluster, resource: &Resource, object: &Value) {
    if is_service(resource) {
        let held = Held { freed: (addresses(object), node_ports(object)), ..Held::default() };
        held.commit(cluster);
    }
}

fn allocate(cluster: &Cluster, resource: &Resource, object: &mut Value, old: &Value) -> Result<Held, Status> {
    let mut held = Held::default();
    let name = meta::name(object).to_owned();
    let result = {
        let mut allocators = cluster.allocators.lock().unwrap_or_else(PoisonError::into_inner);
        take(&mut allocators, &mut held, object, old)
    };
    match result {
        Ok(()) => Ok(held),
        Err(Refusal::Field(error)) => {
            held.release(cluster);
            Err(Status::invalid(kind_subject(resource, &name), &[*error]))
        }
        Err(Refusal::Full) => {
            held.release(cluster);
            Err(Status::internal("failed to allocate a serviceIP: range is full"))
        }
    }
}

fn take(
    allocators: &mut Allocators,
    held: &mut Held,
    object: &mut Value,
    old: &Value,
) -> Result<(), Refusal> {
    let kind = meta::text(object, &["spec", "type"]).to_owned();
    let Some(mut spec) = meta::remove(object, "spec") else { return Ok(()) };
    let outcome = (|| {
        if kind == "ExternalName" {
            for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                meta::remove(&mut spec, key);
            }
        } else {
            take_address(allocators, held, &mut spec, old)?;
        }
        take_ports(allocators, held, &mut spec, old, &kind)
    })();
    meta::set(object, "spec", spec);
    outcome
}

fn take_address(
    allocators: &mut Allocators,
    held: &mut Held,
    spec: &mut Value,
    old: &Value,
) -> Result<(), Refusal> {
    families(spec);
    let asked = meta::text(spec, &["clusterIP"]).to_owned();
    let before = addresses(old);
    let address = match asked.as_str() {
        "None" => {
            meta::set(spec, "clusterIPs", json!(["None"]));
            return Ok(());
        }
        "" => match before.first() {
            Some(address) => *address,
            None => {
                let address = allocators.free_address().ok_or(Refusal::Full)?;
                held.addresses.push(address);
                address
            }
        },
        text => {
            let invalid =
                |why: &str| Refusal::from(FieldError::invalid("spec.clusterIPs", json!([text]), why));
            let address: Ipv4Addr = text.parse().map_err(|_| {
                Refusal::from(FieldError::invalid(
                    "spec.clusterIPs[0]",
                    text,
                    "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
                ))
            })?;
            if !before.contains(&address) {
                if !allocators.contains(address) {
                    return Err(invalid(&format!(
                        "failed to allocate IP {address}: the provided network does not match the current range"
                    )));
                }
                if !allocators.addresses.insert(address) {
                    return Err(invalid(&format!(
                        "failed to allocate IP {address}: provided IP is already allocated"
                    )));
                }
                held.addresses.push(address);
            }
            address
        }
    };
    meta::set(spec, "clusterIP", address.to_string());
    meta::set(spec, "clusterIPs", json!([address.to_string()]));
    Ok(())
}

/// One family, but for headless services that select nothing: those are open to both.
fn families(spec: &mut Value) {
    let open = meta::text(spec, &["clusterIP"]) == "None"
        && spec.get("selector").and_then(Value::as_object).is_none_or(serde_json::Map::is_empty);
    meta::default(spec, "ipFamilyPolicy", if open { "RequireDualStack" } else { "SingleStack" });
    meta::default(spec, "ipFamilies", if open { json!(["IPv4", "IPv6"]) } else { json!(["IPv4"]) });
}

fn take_ports(
    allocators: &mut Allocators,
    held: &mut Held,
    spec: &mut Value,
    old: &Value,
    kind: &str,
) -> Result<(), Refusal> {
    let before = node_ports(old);
    let allocate = match kind {
        "NodePort" => true,
        "LoadBalancer" => {
            meta::at(spec, &["allocateLoadBalancerNodePorts"]).and_then(Value::as_bool).unwrap_or(true)
        }
        _ => false,
    };
    let wanted = matches!(kind, "NodePort" | "LoadBalancer");
    let old_ports = meta::items(old, &["spec", "ports"]).to_vec();
    let Some(ports) = meta::at_mut(spec, &["ports"]).and_then(Value::as_array_mut) else { return Ok(()) };
    // the same number may serve two protocols
    let mut mine: HashSet<u16> = HashSet::new();
    for (index, port) in ports.iter_mut().enumerate() {
        if !wanted {
            // a service that no longer needs node ports loses those it had
            if before.iter().any(|p| port.get("nodePort").and_then(Value::as_u64) == Some(u64::from(*p))) {
                meta::remove(port, "nodePort");
            }
            continue;
        }
        let asked =
            port.get("nodePort").and_then(Value::as_u64).and_then(|p| u16::try_from(p).ok()).unwrap_or(0);
        if asked == 0 {
            let same = old_ports.iter().find(|o| {
                o.get("port") == port.get("port")
                    && o.get("protocol") == port.get("protocol")
                    && o.get("nodePort").is_some()
            });
            if let Some(number) = same.and_then(|o| o.get("nodePort")) {
                meta::set(port, "nodePort", number.clone());
                continue;
            }
            if allocate {
                let number = allocators.free_port().ok_or(Refusal::Full)?;
                held.ports.push(number);
                mine.insert(number);
                meta::set(port, "nodePort", number);
            }
            continue;
        }
        if before.contains(&asked) || !mine.insert(asked) {
            continue;
        }
        let field = format!("spec.ports[{index}].nodePort");
        if asked < allocators.first_port || asked > allocators.last_port {
            return Err(Refusal::from(FieldError::invalid(
                field,
                asked,
                format!(
                    "provided port is not in the valid range. The range of valid ports is {}-{}",
                    allocators.first_port, allocators.last_port
                ),
            )));
        }
        if !allocators.ports.insert(asked) {
            return Err(Refusal::from(FieldError::invalid(
                field,
                asked,
                "provided port is already allocated",
            )));
        }
        held.ports.push(asked);
    }
    Ok(())
}
