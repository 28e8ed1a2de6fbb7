//! The cluster agent: makes desired instances real on a Kubernetes cluster and reports what happens.
//!
//! - [`Options`] → [`Agent::build`] → [`Agent::run`].
//! - `control`: the control plane, always called from here, never calling in.
//! - `supervisor`: one task per instance; what is not desired any more is taken away.
//! - `instance`: one instance: namespace, objects, readiness, failure, deletion.
//! - `logs`: brings what containers write to whoever reads it.
//! - `objects`: what the platform itself puts into an instance's namespace; pure.
//! - `judge`: from what the cluster shows to how the instance stands; pure.
//!
//! Nothing here can tell whether the cluster is the local one or a data centre's.

mod control;
mod error;
mod instance;
mod judge;
mod logs;
mod objects;
mod options;
mod probe;
mod supervisor;

pub use error::Error;
pub use options::{Agent, Build, Options, offered_gpus};
