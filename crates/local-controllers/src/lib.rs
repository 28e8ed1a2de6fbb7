//! The controllers and the scheduler of the local Kubernetes cluster.
//!
//! Each controller is a pure function from the cluster as last seen to a [`Plan`] of [`Action`]s
//! ([`Controller`]); one runner ([`Controllers`]) follows the cluster, plans, and carries out. They
//! meet the API server over the Kubernetes API alone and would do the same work on any cluster.
//!
//! There is no HorizontalPodAutoscaler, because nothing local measures load; the scheduler does not
//! preempt; and Jobs know neither pod failure policies nor back-off by index.

mod action;
mod controller;
mod cron_job;
mod daemon_set;
mod deployment;
mod disruption;
mod endpoints;
mod field;
mod garbage;
mod job;
mod names;
mod namespace;
mod node_life;
mod options;
mod pod;
mod queue;
mod replica_set;
mod runner;
mod scheduler;
mod service_account;
mod stateful_set;
mod volumes;
mod world;

pub use action::{Action, Plan, Telling};
pub use controller::Controller;
pub use options::Options;
pub use runner::Controllers;
pub use world::World;
