//! A pod's sandbox: one small process for each pod, which holds the pod's namespaces and mounts and
//! is the parent of its containers.
//!
//! Containers must be started from a process with a single thread: between `fork` and `exec`,
//! libcontainer allocates and logs, which is not safe in a copy of a process with many threads. So the
//! node starts its own program anew ([`main`]), which does nothing but this.
//!
//! The sandbox makes its own mount, network, IPC and UTS namespace. Root filesystems and volumes in
//! memory are mounted in there and nowhere else, so when the process ends, nothing is left: not a
//! mount, not a network device, not a namespace. When the node goes away, the sandbox kills the
//! containers and ends.

mod client;
mod control;
mod mounts;
mod process;
mod protocol;

pub use client::{Sandbox, SandboxError, Started, Stdio};
pub use process::main;
pub use protocol::{Address, Exit, Root, Setup};
