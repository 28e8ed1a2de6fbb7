//! The seam to the chart engine: bytes and values in, findings and objects out. No I/O, no clock.

use crate::gpu_specification::ValidationPolicy;
use crate::work::DesiredInstance;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is to be checked or rendered.
#[derive(Debug, Clone, Copy)]
pub struct ChartRequest<'a> {
    /// The chart archive (`.tgz`).
    pub chart: &'a [u8],
    /// Values override.
    pub values: &'a serde_json::Map<String, serde_json::Value>,
    /// Namespace of the instance.
    pub namespace: &'a str,
    /// Kubernetes version of the target, e.g. `v1.36.1`.
    pub kubernetes_version: &'a str,
    /// API versions the target serves.
    pub api_versions: &'a [String],
    /// Name of the entry Service.
    pub service: &'a str,
    /// Port of the entry Service.
    pub inference_port: u16,
    /// Path of inference requests.
    pub inference_url: &'a str,
    /// Port of the health endpoint.
    pub health_port: u16,
    /// Protocol of the health endpoint (`HTTP`, `gRPC`), when the function names it.
    pub health_protocol: Option<&'a str>,
    /// Instance type, when a deployment names one.
    pub instance_type: Option<&'a str>,
    /// The policy.
    pub policy: &'a ValidationPolicy,
    /// The chart reference as written, whose name and version must be the archive's.
    pub reference: Option<&'a str>,
    /// What is known of where the chart is to run.
    pub surroundings: Option<&'a Surroundings>,
}

/// What is known of where a chart is to run. What is not known is not checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The cluster's name, for messages.
    pub cluster: String,
    /// CPU cores of one node of the instance type.
    pub cpu_cores: Option<u32>,
    /// Memory of one node of the instance type, in bytes.
    pub memory_bytes: Option<u64>,
    /// The image registries that are public or that the account has a credential for.
    pub registries: Option<Vec<String>>,
    /// Images that cannot be pulled, with the registry's answer.
    pub unreachable_images: BTreeMap<String, String>,
}

/// The release name of every instance; the reference's.
pub const RELEASE_NAME: &str = "mini-service";

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something to know.
    Info,
    /// Accepted now, not at a later date; or something will be lost.
    Warning,
    /// Refused.
    Error,
}

/// One finding of the check.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Rule, e.g. `WH-020`.
    pub rule: String,
    /// How bad it is.
    pub level: Level,
    /// One sentence.
    pub message: String,
    /// All of it, for machines: object, path, origin, fix.
    pub details: serde_json::Value,
}

/// What the check found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CheckReport {
    /// Every finding.
    pub findings: Vec<Finding>,
    /// How many objects would be installed.
    pub objects: usize,
    /// The images of their containers, each once.
    pub images: Vec<String>,
}

impl CheckReport {
    /// Whether the chart is refused.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Error)
    }
}

/// A chart, rendered and ready to be applied.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rendered {
    /// The objects, in the order in which they are applied, mutations done.
    pub objects: Vec<serde_json::Value>,
    /// Whether readiness of the health endpoint alone decides (`StatusByWorkerReadiness`).
    pub ready_by_probe: bool,
}

/// The chart engine refused: a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(pub String);

/// What the platform sets on every pod of an instance.
#[derive(Debug, Clone, Copy)]
pub struct PodFacts<'a> {
    /// The instance and its function.
    pub instance: &'a DesiredInstance,
    /// Names of the pull secrets made in the namespace.
    pub pull_secrets: &'a [String],
    /// The Secret with the function's secrets, if it has any.
    pub secrets: Option<&'a str>,
    /// The platform's service account, which holds no rights.
    pub service_account: &'a str,
    /// Region of the cluster.
    pub region: &'a str,
    /// Name of the environment.
    pub environment: &'a str,
    /// Whether nodes carry the instance-type label that pods are then bound to.
    pub bind_to_instance_type: bool,
}

/// The chart engine, wired in by the program. Calls may take long; callers keep them off async threads.
pub trait ChartEngine: Send + Sync + 'static {
    /// Renders and checks a chart against the rule catalogue. Never fails: what is wrong is a finding.
    fn check(&self, request: &ChartRequest<'_>) -> CheckReport;

    /// The same at deployment, told which findings are new since the version was created under
    /// `created`: their details hold `newSinceCreation` and, in `causedBy`, the keys of the
    /// configuration that cause them.
    fn check_since(&self, request: &ChartRequest<'_>, created: &ChartRequest<'_>) -> CheckReport {
        let _ = created;
        self.check(request)
    }

    /// Renders a chart as it is, as `template` would.
    ///
    /// # Errors
    /// The engine's own words when it does not render.
    fn render(&self, request: &ChartRequest<'_>) -> Result<Vec<serde_json::Value>, EngineError>;

    /// Renders a chart for an instance: hooks and definitions dropped, mutations done, in apply order.
    ///
    /// # Errors
    /// The engine's own words when it does not render or is refused.
    fn prepare(&self, request: &ChartRequest<'_>, pods: &PodFacts<'_>) -> Result<Rendered, EngineError>;
}
