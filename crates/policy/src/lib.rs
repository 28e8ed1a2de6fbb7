//! What a chart must look like to run as a function.
//!
//! Rendered documents go through [`Intake`] (lists unwrapped, hooks and definitions set aside),
//! then [`check`] holds them against the [`catalogue`] and gives [`Finding`]s, each with the bytes
//! it is about. Whoever rendered the chart turns those bytes into template lines.
//!
//! [`mutate`] makes the platform's own changes, with a [`Ledger`] of them and a proof that nothing
//! breaks.
//!
//! The crate knows no cluster, no network and no clock.

mod catalogue;
mod check;
mod edits;
mod facts;
mod finding;
mod intake;
mod mutate;
mod nearest;
mod noted;
mod pods;
mod rule;
mod rules;

pub use catalogue::{catalogue, rule};
pub use check::{Report, check};
pub use facts::{
    ChartFacts, ClusterFacts, DeploymentFacts, ExtraKind, Facts, FunctionFacts, Machines, Policy, PolicyName,
};
pub use finding::{Edit, Finding, Place};
pub use intake::{Intake, WORKLOAD_CONFIG};
pub use mutate::{
    Additions, BrokenChart, Change, InstanceFacts, Ledger, Pair, VariableSource, mutate, segments,
    try_changes,
};
pub use nearest::nearest;
pub use noted::{Noted, note};
pub use rule::{Authority, Level, Rule};
