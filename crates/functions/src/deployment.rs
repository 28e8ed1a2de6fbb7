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

    /// Notes what an instance waits for, or that it waits no more; a failure it has told stays. Gives
    /// whether anything changed.
    pub fn note_waiting(&mut self, report: HealthReport, waiting: Option<&str>) -> bool {
        let known = self.health.iter().find(|known| known.instance == report.instance);
        let is_waiting = known.is_some_and(|known| known.error.starts_with(HealthReport::WAITING));
        match waiting {
            None if is_waiting => self.health.retain(|known| known.instance != report.instance),
            Some(what) if known.is_none() || is_waiting => {
                let error = format!("{}{what}", HealthReport::WAITING);
                if known.is_some_and(|known| known.error == error) {
                    return false;
                }
                self.remember(HealthReport { error, ..report });
            }
            _ => return false,
        }
        true
    }
}

impl HealthReport {
    /// How the words of an instance begin that has not failed and is not ready.
    pub const WAITING: &'static str = "waiting: ";
}

/// What a failing instance said, or one that has been waiting for long.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn report(error: &str) -> HealthReport {
        HealthReport {
            instance: InstanceId::from_uuid(uuid::Uuid::nil()),
            gpu: "L40".into(),
            backend: "b".into(),
            instance_type: "X.GPU.L40_1x".into(),
            error: error.into(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn deployment() -> Deployment {
        Deployment {
            id: DeploymentId::from_uuid(uuid::Uuid::nil()),
            function: FunctionId::from_uuid(uuid::Uuid::nil()),
            version: VersionId::from_uuid(uuid::Uuid::nil()),
            account: "a".parse().unwrap(),
            specifications: Vec::new(),
            revision: 1,
            health: Vec::new(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_an_instance_waits_for_is_said_once_and_goes_when_it_is_ready() {
        let mut deployment = deployment();
        assert!(deployment.note_waiting(report(""), Some("its image")));
        assert!(!deployment.note_waiting(report(""), Some("its image")));
        assert_eq!(deployment.health[0].error, "waiting: its image");
        assert!(deployment.note_waiting(report(""), Some("its probe")));
        assert_eq!(deployment.health.len(), 1);
        assert!(deployment.note_waiting(report(""), None));
        assert!(deployment.health.is_empty());
    }

    #[test]
    fn a_failure_is_not_covered_up_by_waiting() {
        let mut deployment = deployment();
        deployment.remember(report("pod-failed: exit code 3"));
        assert!(!deployment.note_waiting(report(""), Some("its image")));
        assert!(!deployment.note_waiting(report(""), None));
        assert_eq!(deployment.health[0].error, "pod-failed: exit code 3");
    }
}
