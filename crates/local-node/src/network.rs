//! The pods' network: one bridge for the machine, a pair of devices and an address for each pod, and
//! a route that keeps pod and service addresses on the machine.
//!
//! ```text
//!   pod A [eth0 10.244.0.2] ──┐
//!   pod B [eth0 10.244.1.7] ──┤ bridge 10.244.0.1, 10.244.1.1, … (one address for each node)
//!   host processes ───────────┘
//!   10.96.0.0/16 is local: the service proxy listens on the very addresses of Services
//!   what pods send elsewhere leaves with the machine's address, where the kernel has nftables
//!   10.244.0.0/16 is unreachable while the bridge is down: nothing leaks to the real network
//! ```

mod addresses;
mod bridge;
mod egress;
pub(crate) mod inside;
mod netlink;

pub use addresses::{Addresses, Range};
pub use bridge::Bridge;
