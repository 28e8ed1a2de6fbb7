//! Services: connections to a Service's address, node port or host port are carried to a pod.
//!
//! The addresses of Services are the machine's own (see [`crate::network`]), so this process listens on
//! them and copies bytes. That needs no packet filter and works the same on every machine; a pod behind
//! a Service sees the node's address as its client. Without a ready pod nobody listens, and clients are
//! refused at once.

mod plan;
mod proxy;
mod tcp;
mod udp;

pub use plan::{Frontend, Protocol, frontends, host_ports};
pub use proxy::Proxy;
