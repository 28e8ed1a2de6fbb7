//! Cluster DNS: names of Services and pods, and everything else from the machine's own resolvers.
//!
//! A few hundred lines of our own instead of a DNS server crate: the questions that pods ask are A, AAAA,
//! SRV and PTR about objects that are in memory.

mod message;
mod records;
mod server;

pub use records::{Answer, Directory};
pub use server::serve;
