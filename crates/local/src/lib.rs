//! A Kubernetes cluster on one machine, in one process: the API server, the controllers and the nodes
//! of the `local-*` crates, joined.
//!
//! A program that starts one calls [`sandbox`] first of all, because pods are started by the program's
//! own executable:
//!
//! ```no_run
//! use wheelhouse_local::{LocalCluster, Options};
//!
//! fn main() -> std::process::ExitCode {
//!     if let Some(code) = wheelhouse_local::sandbox() {
//!         return code;
//!     }
//!     let runtime = tokio::runtime::Runtime::new().expect("threads");
//!     runtime.block_on(async {
//!         let mut cluster = LocalCluster::start(Options::new("/tmp/state")).await.expect("a cluster");
//!         let timings = cluster.ready().await.expect("ready nodes");
//!         println!("{} after {:?}", cluster.kubeconfig_path().display(), timings.nodes);
//!         let client = cluster.client(); // what the agent and every other client is given
//!         drop(client);
//!         cluster.stop().await;
//!     });
//!     std::process::ExitCode::SUCCESS
//! }
//! ```
//!
//! - [`Options`]: where the state is, where the API listens, how many nodes with which GPUs.
//! - [`LocalCluster`]: [`start`](LocalCluster::start) → [`ready`](LocalCluster::ready) →
//!   [`run`](LocalCluster::run) until cancelled, or [`stop`](LocalCluster::stop).
//! - [`Images`]: loads image archives, also into a cluster that another process runs.
//! - [`Running`]: the cluster that another process runs on a state directory.
//!
//! Images are pulled from any OCI registry; those on loopback are spoken to over plain HTTP, so that
//! the platform's embedded registry is a source of images as it is.
//!
//! The three parts meet over the Kubernetes API alone. Nothing that is given [`LocalCluster::client`] can tell
//! that the cluster is a local one.

mod cluster;
mod error;
mod images;
mod options;
mod ranges;
mod running;

pub use cluster::{LocalCluster, Timings, reset};
pub use error::Error;
pub use images::Images;
pub use options::{Gpu, Options, SANDBOX_COMMAND, sandbox};
pub use running::Running;
/// What is missing on this machine for running containers.
pub use wheelhouse_local_node::doctor;
