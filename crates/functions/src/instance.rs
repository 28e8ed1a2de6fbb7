//! An instance: one running copy of a version, in a namespace of its own.

use crate::id::{AccountId, ClusterId, DeploymentId, FunctionId, GpuSpecificationId, InstanceId, VersionId};
use crate::instance_state::{Failure, InstanceState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// The function.
    pub function: FunctionId,
    /// The version.
    pub version: VersionId,
    /// The deployment.
    pub deployment: DeploymentId,
    /// The GPU specification it was made for.
    pub specification: GpuSpecificationId,
    /// The owning account.
    pub account: AccountId,
    /// The cluster it runs on.
    pub cluster: ClusterId,
    /// GPU name.
    pub gpu: String,
    /// Instance type name.
    pub instance_type: String,
    /// Whether it belongs to the deployment's first batch.
    pub first_batch: bool,
    /// Its state.
    pub state: InstanceState,
    /// When the state was entered.
    pub state_since: Timestamp,
    /// Whether it ever served.
    pub was_running: bool,
    /// Where it can be called, once it serves.
    pub endpoints: Vec<Endpoint>,
    /// Why it failed, when it did.
    pub failure: Option<Failure>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Instance {
    /// The namespace it lives in.
    #[must_use]
    pub fn namespace(&self) -> String {
        namespace_of(self.id)
    }
}

/// The namespace of an instance.
#[must_use]
pub fn namespace_of(instance: InstanceId) -> String {
    format!("sr-{instance}")
}

/// Where an instance can be called.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// IP address or host name.
    pub host: String,
    /// Port.
    pub port: u16,
}
