//! The bridge that all pods of a cluster are on.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::addresses::Range;
use super::egress;
use super::netlink::{Netlink, index};

/// The size of packets between pods; nothing here leaves the machine.
const MTU: u32 = 1_500;

/// One cluster's bridge with the routes that go with it.
pub struct Bridge {
    name: String,
    index: u32,
    pods: Range,
    services: Range,
    netlink: Mutex<Netlink>,
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Bridge")
            .field("name", &self.name)
            .field("pods", &self.pods)
            .finish_non_exhaustive()
    }
}

/// How the names of bridges begin.
const BRIDGE: &str = "wh";

/// The device name for something that has a long name: Linux takes at most 15 characters.
fn device(prefix: &str, of: &str) -> String {
    let digest = Sha256::digest(of.as_bytes());
    let hex: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    format!("{prefix}{hex}")
}

impl Bridge {
    /// Makes the bridge of a cluster with the nodes' addresses, or takes the one that is there.
    ///
    /// # Errors
    /// If the kernel refuses, as it does without the right to change the network.
    pub fn up(cluster: &str, pods: Range, services: Range, nodes: &[Ipv4Addr]) -> io::Result<Self> {
        let name = device(BRIDGE, cluster);
        let mut netlink = Netlink::open()?;
        // First of all: what goes to pods must not leave the machine, at no moment.
        netlink.add_unreachable(pods)?;
        netlink.add_bridge(&name)?;
        let index = index(&name)?;
        for address in nodes {
            netlink.add_address(index, *address, pods.prefix)?;
        }
        netlink.set_up(index)?;
        netlink.add_local_range(services, self::index("lo")?)?;
        // Pods reach each other, services and this machine without it.
        if let Err(error) = egress::open(&name, pods, index) {
            tracing::warn!(%error, "pods reach nothing outside this machine: nftables cannot be used");
        }
        Ok(Self { name, index, pods, services, netlink: Mutex::new(netlink) })
    }

    fn netlink(&self) -> std::sync::MutexGuard<'_, Netlink> {
        self.netlink.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bridge's device.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The range of pod addresses.
    #[must_use]
    pub fn pods(&self) -> Range {
        self.pods
    }

    /// Gives the namespace of a process a device `eth0` on the bridge; it goes when the namespace does.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn attach(&self, pod: &str, process: i32) -> io::Result<()> {
        let process = u32::try_from(process).map_err(io::Error::other)?;
        let name = device("wv", pod);
        let mut netlink = self.netlink();
        // The kernel removes devices of an ended namespace after a while; do not wait for it.
        netlink.delete(&name)?;
        netlink.add_pair(&name, self.index, process, MTU)
    }

    /// Takes the bridge away. The unreachable route stays, so that clients that still try to reach pods
    /// are refused here and their packets do not go out to the network.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn down(&self) -> io::Result<()> {
        take_down(&mut self.netlink(), &self.name, self.services)
    }

    /// Whether a device of this name is a cluster's bridge.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        name.strip_prefix(BRIDGE)
            .is_some_and(|rest| rest.len() == 10 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }

    /// The name of a cluster's bridge.
    #[must_use]
    pub(crate) fn name_of(cluster: &str) -> String {
        device(BRIDGE, cluster)
    }

    /// Takes away a bridge by its name, with what goes with it: that of a cluster which was killed.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn clear(name: &str, services: Range) -> io::Result<()> {
        take_down(&mut Netlink::open()?, name, services)
    }

    /// Takes away what [`Bridge::down`] leaves.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn purge(pods: Range) -> io::Result<()> {
        Netlink::open()?.delete_unreachable(pods)
    }
}

fn take_down(netlink: &mut Netlink, name: &str, services: Range) -> io::Result<()> {
    if let Err(error) = egress::close(name) {
        tracing::debug!(%error, "the way out was not closed");
    }
    netlink.delete(name)?;
    netlink.delete_local_range(services, index("lo")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_names_fit_and_differ() {
        let one = device("wv", "0b8f6c1e-pod-uid");
        assert_eq!(one.len(), 12);
        assert_ne!(one, device("wv", "0b8f6c1e-pod-uie"));
        assert!(Bridge::is_name(&Bridge::name_of("local-0123")));
        for other in [one.as_str(), "wh", "wlan0", "wh012345678g", "wh01234567890"] {
            assert!(!Bridge::is_name(other), "{other}");
        }
    }
}
