//! The network as seen from inside a pod.

use std::io;

use super::netlink::{Netlink, index};
use crate::sandbox::Address;

/// Gives the namespace of the calling process its loopback, and `eth0` its address and way out.
pub(crate) fn configure(address: &Address) -> io::Result<()> {
    let context = |what: &'static str| move |error: io::Error| io::Error::other(format!("{what}: {error}"));
    let mut netlink = Netlink::open().map_err(context("open netlink"))?;
    let device = index("eth0").map_err(context("find eth0"))?;
    netlink.set_up(index("lo")?).map_err(context("switch loopback on"))?;
    netlink.add_address(device, address.ip, address.prefix).map_err(context("give eth0 its address"))?;
    netlink.set_up(device).map_err(context("switch eth0 on"))?;
    netlink.add_default_route(address.gateway).map_err(context("set the default route"))
}
