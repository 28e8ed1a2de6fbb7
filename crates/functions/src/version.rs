//! A function version as it is kept: its definition, what may change of it, and its state.

use crate::definition::Definition;
use crate::id::{AccountId, FunctionId, VersionId};
use crate::llm::LlmSettings;
use crate::rate_limit::RateLimit;
use crate::version_state::VersionState;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A function version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionVersion {
    /// The function it belongs to.
    pub function: FunctionId,
    /// Its own id.
    pub version: VersionId,
    /// The owning account.
    pub account: AccountId,
    /// What it is; immutable.
    pub definition: Definition,
    /// The chart's content digest, pinned at creation: what was checked is what runs.
    pub chart_digest: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Names of its secrets; the values are kept apart, encrypted.
    pub secret_names: Vec<String>,
    /// Rate limits.
    pub rate_limit: Option<RateLimit>,
    /// Telemetries it sends to: logs, metrics, traces.
    pub telemetries: Telemetries,
    /// What it says of its models, where it is of type LLM.
    #[serde(default)]
    pub llm: LlmSettings,
    /// Its state.
    pub state: VersionState,
    /// When the state was entered.
    pub state_since: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
}

/// The telemetries a version sends to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Telemetries {
    /// Telemetry id of logs.
    pub logs: Option<String>,
    /// Telemetry id of metrics.
    pub metrics: Option<String>,
    /// Telemetry id of traces.
    pub traces: Option<String>,
}
