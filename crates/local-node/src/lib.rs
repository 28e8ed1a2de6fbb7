//! The nodes of the local Kubernetes cluster: pods as real OCI containers.
//!
//! [`Nodes`] registers virtual nodes, takes the pods bound to them, and runs them through youki's
//! `libcontainer`, each in a [`sandbox`] of its own, with a real [`network`], [`service`] addresses and
//! cluster [`dns`]. It meets the API server over the Kubernetes API alone.
//!
//! - [`pod`]: a pod's life as a pure state machine; what its spec asks, what its status says.
//! - [`image`]: the image store, loading from files, pulling from registries.
//! - [`devices`]: devices of the machine, as GPUs, that containers get.
//! - [`oci`]: the runtime configuration of a container, pure.
//! - [`doctor`]: can this machine run containers, and if not, why.
//!
//! The program that uses this crate must run [`sandbox::main`] when it is started with the command in
//! [`Options::sandbox`], before it starts any thread.

mod ask;
mod cgroup;
mod console;
pub mod devices;
mod disk;
pub mod dns;
pub mod doctor;
mod events;
mod host;
pub mod image;
mod json;
mod kubelet;
mod logs;
pub mod network;
mod node;
pub mod oci;
mod options;
pub mod pod;
pub mod sandbox;
mod seccomp;
pub mod service;
mod worker;

pub use node::{NodeError, Nodes};
pub use options::{NodeOptions, Options};
