//! What a cluster agent and the control plane tell each other. The types are also the wire form.

use crate::catalogue::GpuOffer;
use crate::definition::{EnvironmentVariable, Health};
use crate::gpu_specification::ValidationPolicy;
use crate::id::{AccountId, ClusterId, FunctionId, InstanceId, RequestId, VersionId};
use crate::instance::Endpoint;
use crate::instance_state::Failure;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A cluster introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// Its name, unique.
    pub name: String,
    /// The group it joins.
    pub group: String,
    /// Its Kubernetes version.
    pub kubernetes_version: String,
    /// The API versions it serves.
    pub api_versions: Vec<String>,
    /// Where it is.
    pub region: Option<String>,
    /// Free attributes.
    pub attributes: Vec<String>,
    /// The GPUs it has.
    pub gpus: Vec<GpuOffer>,
}

/// The control plane's answer to a [`Registration`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// The cluster's id.
    pub cluster: ClusterId,
}

/// All that an agent is to have on its cluster. What is not in here is to be removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Work {
    /// Counts its changes; an agent asks for what comes after the one it knows.
    pub revision: u64,
    /// The instances.
    pub instances: Vec<DesiredInstance>,
    /// Logs somebody reads now and no agent has begun to bring.
    #[serde(default)]
    pub logs: Vec<LogRequest>,
}

/// Logs of one instance that somebody reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogRequest {
    /// Names the reading.
    pub id: RequestId,
    /// The instance.
    pub instance: InstanceId,
    /// Only containers of this name.
    pub container: Option<String>,
    /// Only the last so many lines of each container.
    pub tail_lines: Option<u64>,
    /// Only what was written in the last so many seconds.
    pub since_seconds: Option<u64>,
    /// Go on as lines are written.
    pub follow: bool,
}

/// A line of a log, as readers get it: one JSON object per line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// The instance.
    pub instance: InstanceId,
    /// The pod; empty when the line is about the instance.
    pub pod: String,
    /// The container.
    pub container: String,
    /// The line, without its end.
    pub line: String,
    /// Whether the line says why there are no lines.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_trouble: bool,
}

impl LogEntry {
    /// Why there are no lines of an instance.
    #[must_use]
    pub fn trouble(instance: InstanceId, why: &str) -> Self {
        Self {
            instance,
            pod: String::new(),
            container: String::new(),
            line: why.to_owned(),
            is_trouble: true,
        }
    }

    /// The entry as a line of JSON.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}

/// One instance an agent is to have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DesiredInstance {
    /// The instance.
    pub id: InstanceId,
    /// Whether it is to be there, or to be taken away and reported gone.
    pub wanted: bool,
    /// The function.
    pub function: FunctionId,
    /// The version.
    pub version: VersionId,
    /// The function's name.
    pub name: String,
    /// The owning account.
    pub account: AccountId,
    /// What runs.
    pub workload: DesiredWorkload,
    /// Values, policy and the like; counts its changes.
    pub revision: u64,
    /// Port of the entry point.
    pub inference_port: u16,
    /// Path of inference requests.
    pub inference_url: String,
    /// How its health is asked for.
    pub health: Health,
    /// Instance type name.
    pub instance_type: String,
    /// Cluster group name.
    pub backend: String,
    /// How the chart was checked.
    pub policy: ValidationPolicy,
    /// Registries whose credentials its pods pull with.
    pub pull: Vec<PullCredential>,
    /// The function's secrets.
    pub secrets: Vec<SecretValue>,
}

/// What an instance runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum DesiredWorkload {
    /// A chart, by the digest pinned at creation; its bytes are fetched from the control plane.
    Chart {
        /// Digest, `sha256:…`.
        digest: String,
        /// The entry Service.
        service: String,
        /// Values override.
        values: serde_json::Map<String, serde_json::Value>,
    },
    /// One container.
    Container {
        /// The image.
        image: String,
        /// Arguments, as one line.
        arguments: Option<String>,
        /// Environment variables.
        environment: Vec<EnvironmentVariable>,
    },
}

/// A registry's credential. Its value is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullCredential {
    /// The registry's host.
    pub host: String,
    /// `user:password`, base64.
    pub auth: String,
}

/// A secret. Its value is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretValue {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl fmt::Debug for PullCredential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PullCredential").field("host", &self.host).finish_non_exhaustive()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SecretValue").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What an agent saw.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The instances it has or had. Those it does not name are as they were.
    pub instances: Vec<ObservedInstance>,
}

/// What an agent saw of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObservedInstance {
    /// The instance.
    pub id: InstanceId,
    /// How it stands.
    pub phase: Phase,
    /// Where it can be called, when it is ready.
    pub endpoints: Vec<Endpoint>,
    /// The revision of what was applied.
    pub revision: u64,
    /// What it waits for, once that has lasted longer than usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<String>,
}

/// How an instance stands, as an agent sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "phase")]
pub enum Phase {
    /// It is being made.
    Starting,
    /// It serves.
    Ready,
    /// It served and does not now.
    NotReady,
    /// It cannot serve.
    Failed(Failure),
    /// Nothing of it is left.
    Gone,
}
