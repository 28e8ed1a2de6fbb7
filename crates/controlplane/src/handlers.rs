//! One file per resource.

pub(crate) mod accounts;
pub(crate) mod agents;
pub(crate) mod authorizations;
pub(crate) mod charts;
pub(crate) mod clusters;
pub(crate) mod deployments;
pub(crate) mod functions;
pub(crate) mod instances;
pub(crate) mod key_owners;
pub(crate) mod keys;
mod listing;
pub(crate) mod logs;
pub(crate) mod observability;
pub(crate) mod queues;
pub(crate) mod rate_limits;
pub(crate) mod registry_credentials;
pub(crate) mod secrets;
pub(crate) mod telemetries;
pub(crate) mod tokens;

mod find;
