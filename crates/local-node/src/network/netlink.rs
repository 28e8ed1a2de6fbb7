//! Asking the kernel about network devices: one request, one answer.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use super::addresses::Range;

/// The routing table of the machine's own addresses.
const TABLE_LOCAL: u8 = 255;
/// `EEXIST`.
const EXISTS: i32 = 17;
/// `ENODEV`, `ESRCH`.
const ABSENT: [i32; 2] = [19, 3];
/// The metric of the route that catches what has nowhere to go: the last that is tried.
const LAST_METRIC: u32 = 4_278_198_272;

/// An open conversation with the kernel, in the network namespace in which it was opened.
pub(super) struct Netlink {
    socket: Socket,
    sequence: u32,
}

impl Netlink {
    pub(super) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(Self { socket, sequence: 0 })
    }

    /// Sends a request and waits for the kernel's word.
    fn ask(&mut self, message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
        let mut request = NetlinkMessage::from(message);
        self.sequence += 1;
        request.header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        request.header.sequence_number = self.sequence;
        request.finalize();
        let mut bytes = vec![0; request.buffer_len()];
        request.serialize(&mut bytes);
        self.socket.send(&bytes, 0)?;
        loop {
            let (answer, _) = self.socket.recv_from_full()?;
            let answer =
                NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer).map_err(io::Error::other)?;
            if answer.header.sequence_number != self.sequence {
                continue;
            }
            match answer.payload {
                NetlinkPayload::Error(error) => {
                    return match error.code {
                        None => Ok(()),
                        Some(code) => Err(io::Error::from_raw_os_error(code.get().abs())),
                    };
                }
                NetlinkPayload::Done(_) => return Ok(()),
                _ => {}
            }
        }
    }

    /// Makes a bridge; that it is there already is no failure.
    pub(super) fn add_bridge(&mut self, name: &str) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.attributes.push(LinkAttribute::IfName(name.to_owned()));
        message.attributes.push(LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Bridge)]));
        there_is_fine(self.ask(RouteNetlinkMessage::NewLink(message), NLM_F_CREATE | NLM_F_EXCL))
    }

    /// Makes a pair of devices: one here on a bridge, the other, named `eth0`, in a process's namespace.
    pub(super) fn add_pair(&mut self, name: &str, bridge: u32, process: u32, mtu: u32) -> io::Result<()> {
        let mut peer = LinkMessage::default();
        peer.attributes.push(LinkAttribute::IfName("eth0".to_owned()));
        peer.attributes.push(LinkAttribute::Mtu(mtu));
        peer.attributes.push(LinkAttribute::NetNsPid(process));
        let mut message = LinkMessage::default();
        message.header.flags = LinkFlags::Up;
        message.header.change_mask = LinkFlags::Up;
        message.attributes.push(LinkAttribute::IfName(name.to_owned()));
        message.attributes.push(LinkAttribute::Mtu(mtu));
        message.attributes.push(LinkAttribute::Controller(bridge));
        message.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
        ]));
        self.ask(RouteNetlinkMessage::NewLink(message), NLM_F_CREATE | NLM_F_EXCL)
    }

    /// Switches a device on.
    pub(super) fn set_up(&mut self, index: u32) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.header.flags = LinkFlags::Up;
        message.header.change_mask = LinkFlags::Up;
        self.ask(RouteNetlinkMessage::SetLink(message), 0)
    }

    /// Removes a device; that there is none is no failure.
    pub(super) fn delete(&mut self, name: &str) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.attributes.push(LinkAttribute::IfName(name.to_owned()));
        absent_is_fine(self.ask(RouteNetlinkMessage::DelLink(message), 0))
    }

    /// Gives a device an address.
    pub(super) fn add_address(&mut self, index: u32, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
        let mut message = AddressMessage::default();
        message.header.family = AddressFamily::Inet;
        message.header.prefix_len = prefix;
        message.header.index = index;
        message.attributes.push(AddressAttribute::Local(IpAddr::V4(address)));
        message.attributes.push(AddressAttribute::Address(IpAddr::V4(address)));
        there_is_fine(self.ask(RouteNetlinkMessage::NewAddress(message), NLM_F_CREATE | NLM_F_EXCL))
    }

    /// Sends everything without a route of its own through a gateway.
    pub(super) fn add_default_route(&mut self, gateway: Ipv4Addr) -> io::Result<()> {
        let mut message = route(RouteHeader::RT_TABLE_MAIN, RouteType::Unicast, RouteScope::Universe, None);
        message.attributes.push(RouteAttribute::Gateway(RouteAddress::Inet(gateway)));
        there_is_fine(self.ask(RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | NLM_F_EXCL))
    }

    /// Makes every address of a range one of the machine's own, so that it can be listened on.
    pub(super) fn add_local_range(&mut self, range: Range, loopback: u32) -> io::Result<()> {
        let message = local_route(range, loopback);
        self.ask(RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// Undoes [`Netlink::add_local_range`].
    pub(super) fn delete_local_range(&mut self, range: Range, loopback: u32) -> io::Result<()> {
        absent_is_fine(self.ask(RouteNetlinkMessage::DelRoute(local_route(range, loopback)), 0))
    }

    /// Refuses what goes to a range that nothing better leads to.
    pub(super) fn add_unreachable(&mut self, range: Range) -> io::Result<()> {
        let message = unreachable_route(range);
        self.ask(RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | NLM_F_REPLACE)
    }

    /// Undoes [`Netlink::add_unreachable`].
    pub(super) fn delete_unreachable(&mut self, range: Range) -> io::Result<()> {
        absent_is_fine(self.ask(RouteNetlinkMessage::DelRoute(unreachable_route(range)), 0))
    }
}

fn route(table: u8, kind: RouteType, scope: RouteScope, destination: Option<Range>) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = AddressFamily::Inet;
    message.header.table = table;
    message.header.protocol = RouteProtocol::Static;
    message.header.scope = scope;
    message.header.kind = kind;
    if let Some(range) = destination {
        message.header.destination_prefix_length = range.prefix;
        message.attributes.push(RouteAttribute::Destination(RouteAddress::Inet(range.base())));
    }
    message
}

fn local_route(range: Range, loopback: u32) -> RouteMessage {
    let mut message = route(TABLE_LOCAL, RouteType::Local, RouteScope::Host, Some(range));
    message.attributes.push(RouteAttribute::Oif(loopback));
    message
}

fn unreachable_route(range: Range) -> RouteMessage {
    let mut message =
        route(RouteHeader::RT_TABLE_MAIN, RouteType::Unreachable, RouteScope::Universe, Some(range));
    message.attributes.push(RouteAttribute::Priority(LAST_METRIC));
    message
}

fn there_is_fine(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.raw_os_error() == Some(EXISTS) { Ok(()) } else { Err(error) })
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| {
        if error.raw_os_error().is_some_and(|code| ABSENT.contains(&code)) { Ok(()) } else { Err(error) }
    })
}

/// The index of a device of the namespace that the caller is in.
pub(super) fn index(name: &str) -> io::Result<u32> {
    Ok(nix::net::if_::if_nametoindex(name)?)
}
