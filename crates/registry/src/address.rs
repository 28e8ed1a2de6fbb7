//! Which addresses may be asked: a chart's author must not make the platform talk to its own network.

use crate::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The rules for addresses. The default lets only public ones through, and only over TLS. The entry `*` of a list
/// names every host: for programs that act for their own user, never for a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Hosts, with port when it matters, that may have a private address: the operator's allow-list.
    pub private_hosts: Vec<String>,
    /// Hosts that are spoken to without TLS.
    pub plain_hosts: Vec<String>,
    /// Hosts that another host's token service or blobs may live on.
    pub trusted_hosts: Vec<String>,
}

impl AddressPolicy {
    /// Whether a host is spoken to without TLS.
    #[must_use]
    pub fn is_plain(&self, host: &str) -> bool {
        lists(&self.plain_hosts, host)
    }

    /// Whether a host may have a private address.
    #[must_use]
    pub fn allows_private(&self, host: &str) -> bool {
        lists(&self.private_hosts, host)
    }

    /// Whether a registry's token service may live on `realm`.
    #[must_use]
    pub fn trusts_realm(&self, host: &str, realm: &str) -> bool {
        // Docker Hub's registry and token service are two hosts, as everybody knows.
        let known = [("registry-1.docker.io", "auth.docker.io"), ("docker.io", "auth.docker.io")];
        name(host).eq_ignore_ascii_case(name(realm))
            || known.contains(&(name(host), name(realm)))
            || lists(&self.trusted_hosts, realm)
    }

    /// Checks one address that a host resolved to.
    ///
    /// # Errors
    /// When the address is private and the host is not on the allow-list.
    pub fn check(&self, host: &str, address: IpAddr) -> Result<(), Error> {
        if self.allows_private(host) || is_public(address) {
            return Ok(());
        }
        Err(Error::Forbidden { host: host.to_owned(), reason: format!("{address} is not a public address") })
    }
}

/// Whether a list names a host: with its port, or by its name alone.
fn lists(list: &[String], host: &str) -> bool {
    list.iter().any(|entry| {
        entry == "*"
            || entry.eq_ignore_ascii_case(host)
            || (!entry.contains(':') && entry.eq_ignore_ascii_case(name(host)))
    })
}

/// A host without its port.
pub(crate) fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

/// Whether an address is reachable by everybody: not private, loopback, link-local, shared (CGNAT), documentation,
/// multicast or reserved, in IPv4, IPv6 or one inside the other.
#[must_use]
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmarking = a == 198 && (18..20).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let relay = a == 192 && b == 88 && c == 99;
    !(a == 0
        || a >= 224
        || shared
        || benchmarking
        || protocol
        || relay
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_broadcast())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let segments = address.segments();
    let [first, second, ..] = segments;
    // NAT64 and 6to4 carry an IPv4 address.
    if first == 0x64 && second == 0xff9b {
        let [.., high, low] = segments;
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let global = first & 0xe000 == 0x2000;
    let documentation = first == 0x2001 && second == 0x0db8;
    let protocol = first == 0x2001 && second < 0x0200;
    let six_to_four = first == 0x2002;
    global && !documentation && !protocol && !six_to_four
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_pass() {
        for public in [
            "8.8.8.8",
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "2001:db8::1",
            "2002:7f00:1::",
            "::127.0.0.1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn the_operator_may_allow_hosts() {
        let policy = AddressPolicy {
            private_hosts: vec!["registry.local".into(), "127.0.0.1:5000".into()],
            ..AddressPolicy::default()
        };
        let loopback: IpAddr = "127.0.0.1".parse().unwrap();
        assert!(policy.check("registry.local:8080", loopback).is_ok());
        assert!(policy.check("127.0.0.1:5000", loopback).is_ok());
        assert!(policy.check("127.0.0.1:22", loopback).is_err());
        assert!(policy.check("other", loopback).is_err());
        assert!(policy.check("other", "8.8.8.8".parse().unwrap()).is_ok());
        let anywhere = AddressPolicy { private_hosts: vec!["*".into()], ..AddressPolicy::default() };
        assert!(anywhere.check("other", loopback).is_ok() && !anywhere.is_plain("other"));
        assert!(policy.trusts_realm("r:443", "r") && !policy.trusts_realm("r", "evil"));
    }
}
