//! The way out: what pods send to addresses outside the machine leaves with the machine's own address.
//!
//! One nftables table for each cluster, put in force as a whole or not at all, and asked for over netlink:
//! no program is needed. In the words of `nft`:
//!
//! ```text
//!   table ip NAME {
//!     chain out { type nat hook postrouting priority srcnat; ip saddr PODS ip daddr != PODS masquerade }
//!     chain in  { type filter hook forward priority filter;
//!                 oif BRIDGE iif != BRIDGE ct state != { established, related } drop }
//!   }
//! ```
//!
//! The second chain keeps others from reaching pods through this machine, which now forwards packets.

mod message;

use std::io;

use netlink_sys::{Socket, SocketAddr};

use super::addresses::Range;
use message::{Attributes, Batch};

/// The protocol of netfilter's sockets.
const NETLINK_NETFILTER: isize = 12;
/// Whether the machine forwards packets.
const FORWARDING: &str = "/proc/sys/net/ipv4/ip_forward";

const NEW_TABLE: u8 = 0;
const DELETE_TABLE: u8 = 2;
const NEW_CHAIN: u8 = 3;
const NEW_RULE: u8 = 6;

const EQUAL: u32 = 0;
const NOT_EQUAL: u32 = 1;
/// The places of source and destination in an IPv4 header.
const SOURCE: u32 = 12;
const DESTINATION: u32 = 16;
/// The indexes of the devices a packet comes from and goes to.
const META_IN: u32 = 4;
const META_OUT: u32 = 5;
/// The bits of connections that are established, and of those related to one.
const KNOWN_CONNECTION: u32 = 2 | 4;
const DROP: u32 = 0;

/// Opens the way out for the pods on a bridge, and lets the machine forward packets. What was there under
/// the same name is replaced.
///
/// # Errors
/// If the kernel refuses or has no nftables.
pub(super) fn open(table: &str, pods: Range, bridge: u32) -> io::Result<()> {
    let mut batch = Batch::new();
    replace(&mut batch, table);
    batch.add(NEW_CHAIN, chain(table, "out", "nat", 4, 100));
    batch.add(
        NEW_RULE,
        rule(
            table,
            "out",
            &[
                within(SOURCE, pods, EQUAL),
                within(DESTINATION, pods, NOT_EQUAL),
                vec![expression("masq", Attributes::new())],
            ],
        ),
    );
    batch.add(NEW_CHAIN, chain(table, "in", "filter", 2, 0));
    batch.add(
        NEW_RULE,
        rule(
            table,
            "in",
            &[
                device(META_OUT, bridge, EQUAL),
                device(META_IN, bridge, NOT_EQUAL),
                unknown_connection(),
                vec![verdict(DROP)],
            ],
        ),
    );
    send(&batch.finish())?;
    if std::fs::read_to_string(FORWARDING).is_ok_and(|text| text.trim() == "0") {
        std::fs::write(FORWARDING, "1")?;
    }
    Ok(())
}

/// Closes the way out again. The machine goes on forwarding packets, because others may rely on it by now.
///
/// # Errors
/// If the kernel refuses.
pub(super) fn close(table: &str) -> io::Result<()> {
    let mut batch = Batch::new();
    replace(&mut batch, table);
    batch.add(DELETE_TABLE, Attributes::new().text(1, table));
    send(&batch.finish())
}

/// Makes an empty table, whether one was there or not.
fn replace(batch: &mut Batch, table: &str) {
    for kind in [NEW_TABLE, DELETE_TABLE, NEW_TABLE] {
        batch.add(kind, Attributes::new().text(1, table));
    }
}

fn chain(table: &str, name: &str, kind: &str, hook: u32, priority: u32) -> Attributes {
    let hook = Attributes::new().number(1, hook).number(2, priority);
    Attributes::new().text(1, table).text(3, name).nested(4, &hook).text(7, kind)
}

fn rule(table: &str, chain: &str, parts: &[Vec<Attributes>]) -> Attributes {
    let list = parts.iter().flatten().fold(Attributes::new(), |list, each| list.nested(1, each));
    Attributes::new().text(1, table).text(2, chain).nested(4, &list)
}

fn expression(name: &str, data: Attributes) -> Attributes {
    Attributes::new().text(1, name).nested(2, &data)
}

/// Bytes as a value to compare with.
fn constant(bytes: &[u8]) -> Attributes {
    Attributes::new().bytes(1, bytes)
}

/// Compares what was loaded last.
fn compare(operator: u32, bytes: &[u8]) -> Attributes {
    expression("cmp", Attributes::new().number(1, 1).number(2, operator).nested(3, &constant(bytes)))
}

/// Keeps only some bits of what was loaded last.
fn mask(bits: [u8; 4]) -> Attributes {
    let data = Attributes::new().number(1, 1).number(2, 1).number(3, 4);
    expression("bitwise", data.nested(4, &constant(&bits)).nested(5, &constant(&[0; 4])))
}

/// Holds if an address of the packet is (or is not) in a range.
fn within(place: u32, range: Range, operator: u32) -> Vec<Attributes> {
    let network = Attributes::new().number(1, 1).number(2, 1).number(3, place).number(4, 4);
    let bits = u32::MAX.checked_shl(32 - u32::from(range.prefix)).unwrap_or(0);
    vec![expression("payload", network), mask(bits.to_be_bytes()), compare(operator, &range.base().octets())]
}

/// Holds if the packet comes from or goes to a device, or does not.
fn device(key: u32, index: u32, operator: u32) -> Vec<Attributes> {
    let load = Attributes::new().number(1, 1).number(2, key);
    vec![expression("meta", load), compare(operator, &index.to_ne_bytes())]
}

/// Holds for packets of no connection that is known.
fn unknown_connection() -> Vec<Attributes> {
    let load = Attributes::new().number(1, 1).number(2, 0);
    vec![expression("ct", load), mask(KNOWN_CONNECTION.to_ne_bytes()), compare(EQUAL, &[0; 4])]
}

fn verdict(code: u32) -> Attributes {
    let verdict = Attributes::new().nested(2, &Attributes::new().number(1, code));
    expression("immediate", Attributes::new().number(1, 0).nested(2, &verdict))
}

/// Sends a batch and waits for the kernel's word on its last message, or on the first that fails.
fn send(batch: &message::Finished) -> io::Result<()> {
    let mut socket = Socket::new(NETLINK_NETFILTER)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&batch.bytes, 0)?;
    loop {
        let (answer, _) = socket.recv_from_full()?;
        for (sequence, code) in message::answers(&answer) {
            if code != 0 {
                return Err(io::Error::from_raw_os_error(code.saturating_neg()));
            }
            if sequence == batch.last {
                return Ok(());
            }
        }
    }
}
