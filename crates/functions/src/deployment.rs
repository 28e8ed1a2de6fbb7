//! A deployment: one version and what it is to run on.

use crate::gpu_specification::GpuSpecification;
use crate::id::{AccountId, DeploymentId, FunctionId, GpuSpecificationId, InstanceId, VersionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// The function.
    pub function: FunctionId,
    /// The version.
    pub version: VersionId,
    /// The owning account.
    pub account: AccountId,
    /// What it asks for; never empty.
    pub specifications: Vec<GpuSpecification>,
    /// Counts up with every change of values, so that agents know to update in place.
    pub revision: u64,
    /// What failing instances said last, newest first.
    pub health: Vec<HealthReport>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Deployment {
    /// How many failing instances are remembered.
    pub const HEALTH_REPORTS: usize = 16;

    /// The specification with this id.
    #[must_use]
    pub fn specification(&self, id: GpuSpecificationId) -> Option<&GpuSpecification> {
        self.specifications.iter().find(|specification| specification.id == id)
    }

    /// Remembers what a failing instance said, once per instance.
    pub fn remember(&mut self, report: HealthReport) {
        self.health.retain(|known| known.instance != report.instance);
        self.health.insert(0, report);
        self.health.truncate(Self::HEALTH_REPORTS);
    }
}

/// What a failing instance said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport {
    /// The instance.
    pub instance: InstanceId,
    /// GPU name.
    pub gpu: String,
    /// Cluster group.
    pub backend: String,
    /// Instance type.
    pub instance_type: String,
    /// Cause and last log lines.
    pub error: String,
    /// When.
    pub at: Timestamp,
}
