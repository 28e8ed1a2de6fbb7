//! The controllers and the scheduler of the local Kubernetes cluster.
//!
//! Each controller is a pure function from the cluster as last seen to a [`Plan`] of [`Action`]s
//! ([`Controller`]); one runner ([`Controllers`]) follows the cluster, plans, and carries out. They
//! meet the API server over the Kubernetes API alone and would do the same work on any cluster.
//!
//! There is no HorizontalPodAutoscaler: nothing local measures load.

mod action;
mod controller;
mod deployment;
mod endpoints;
mod field;
mod garbage;
mod names;
mod namespace;
mod options;
mod pod;
mod queue;
mod replica_set;
mod runner;
mod scheduler;
mod service_account;
mod world;

pub use action::{Action, Plan, Telling};
pub use controller::Controller;
pub use options::Options;
pub use runner::Controllers;
pub use world::World;
