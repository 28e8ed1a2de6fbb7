//! Which addresses the pods and services of a cluster have.
//!
//! Several clusters may run on one machine, each with ranges of its own. The first start of a cluster
//! takes the first ranges that nobody has, and keeps them, because Services keep their addresses.

use std::net::Ipv4Addr;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wheelhouse_local_node::network::{Bridge, Range};

use crate::error::Error;

/// How many clusters a machine can have at once.
const PLACES: u8 = 12;
/// How long ranges may be held by somebody who clears them.
const CLEARING: Duration = Duration::from_millis(500);

/// The ranges of a cluster, held as long as this value lives.
#[derive(Debug)]
pub(crate) struct Ranges {
    pub(crate) pods: Range,
    pub(crate) services: Range,
    /// A name in the machine's network namespace that only one process can have, and that goes with the process.
    _held: UnixListener,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    place: u8,
}

fn pods(place: u8) -> Range {
    Range::new(Ipv4Addr::new(10, 244_u8.saturating_add(place), 0, 0), 16)
}

fn services(place: u8) -> Range {
    Range::new(Ipv4Addr::new(10, 96_u8.saturating_add(place), 0, 0), 16)
}

fn hold(place: u8) -> std::io::Result<Ranges> {
    let name = format!("wheelhouse-local-ranges-{place}");
    let held = UnixListener::bind_addr(&SocketAddr::from_abstract_name(name)?)?;
    Ok(Ranges { pods: pods(place), services: services(place), _held: held })
}

/// Takes the bridges away that clusters left behind which were killed. Needs the right to change the network.
pub(crate) fn clear_leftovers() {
    for (device, range) in routes(&routing_table()) {
        let Some(place) = (0..PLACES).find(|place| pods(*place) == range) else { continue };
        if !Bridge::is_name(&device) {
            continue;
        }
        // Held while it is cleared, so that nobody starts on it; where it is held, its cluster runs.
        let Ok(held) = hold(place) else { continue };
        match Bridge::clear(&device, held.services) {
            Ok(()) => tracing::info!(device, "the network of a cluster that was killed is cleared away"),
            Err(error) => tracing::debug!(device, %error, "a bridge was left behind"),
        }
    }
}

/// Takes the ranges of a cluster, which somebody may hold for a moment to clear them.
#[allow(clippy::disallowed_methods, reason = "a name that another process has tells nobody when it is free")]
fn hold_again(place: u8) -> std::io::Result<Ranges> {
    let deadline = Instant::now() + CLEARING;
    loop {
        match hold(place) {
            Err(error) if Instant::now() >= deadline => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
            held => return held,
        }
    }
}

/// Takes the ranges that the cluster had before, or else the first that are free.
pub(crate) fn take(state: &Path) -> Result<Ranges, Error> {
    let file = state.join("network.json");
    if let Some(kept) =
        std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok())
    {
        return hold_again(kept.place).map_err(|_| {
            Error::Ranges(format!(
                "the addresses {} and {} of this cluster are in use by another one on this machine: stop that one first",
                pods(kept.place),
                services(kept.place)
            ))
        });
    }
    let routes = routes(&routing_table());
    for place in 0..PLACES {
        let wanted = [pods(place), services(place)];
        if routes.iter().any(|(_, route)| wanted.iter().any(|range| overlap(*range, *route))) {
            continue;
        }
        if let Ok(ranges) = hold(place) {
            let bytes = serde_json::to_vec(&Kept { place }).unwrap_or_default();
            std::fs::write(&file, bytes).map_err(Error::state(&file))?;
            return Ok(ranges);
        }
    }
    Err(Error::Ranges(format!(
        "no address ranges are free: {PLACES} clusters, or networks of others, have 10.244.0.0/16 and what follows it"
    )))
}

fn overlap(one: Range, other: Range) -> bool {
    one.contains(other.base()) || other.contains(one.base())
}

fn routing_table() -> String {
    std::fs::read_to_string("/proc/net/route").unwrap_or_default()
}

/// The devices and ranges that the routing table of the kernel names, but for the default routes and
/// routes to nowhere.
fn routes(table: &str) -> Vec<(String, Range)> {
    let address = |hex: &str| u32::from_str_radix(hex, 16).ok().map(u32::swap_bytes);
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let device = words.next().filter(|name| *name != "*")?;
            let base = address(words.next()?)?;
            let mask = address(words.nth(5)?)?;
            let range = Range::new(base.into(), u8::try_from(mask.count_ones()).unwrap_or(32));
            (mask != 0).then(|| (device.to_owned(), range))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_of_others_are_seen() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
            eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            cni0\t0000F40A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n\
            wh0123456789\t0000F50A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n\
            *\t0000F60A\t00000000\t0200\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
        let expected = [("cni0", "10.244.0.0/16"), ("wh0123456789", "10.245.0.0/16")]
            .map(|(device, range)| (device.to_owned(), range.parse::<Range>().unwrap()));
        assert_eq!(routes(table), expected);
        assert!(overlap("10.0.0.0/8".parse().unwrap(), pods(3)));
        assert!(!overlap(services(0), pods(0)));
    }

    #[test]
    fn two_clusters_have_different_ranges_and_keep_them() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = take(one.path()).unwrap();
        let second = take(two.path()).unwrap();
        assert_ne!(first.pods, second.pods);
        assert!(matches!(take(one.path()), Err(Error::Ranges(_))));
        let pods = first.pods;
        drop(first);
        assert_eq!(take(one.path()).unwrap().pods, pods);
    }
}
