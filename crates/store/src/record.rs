//! The things kept, and what each is found by.

use crate::backend::Collection;
use crate::store::Record;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wheelhouse_functions::access::Resource;
use wheelhouse_functions::account::Account;
use wheelhouse_functions::catalogue::Cluster;
use wheelhouse_functions::deployment::Deployment;
use wheelhouse_functions::id::{
    AccountId, FunctionId, InstanceId, KeyId, RegistryCredentialId, RequestId, TelemetryId, VersionId,
};
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::scope::Grants;
use wheelhouse_functions::version::FunctionVersion;

/// An API key. Its value is not here, only the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its public id.
    pub id: KeyId,
    /// The account it acts for.
    pub account: AccountId,
    /// Whom it was made for.
    pub owner: String,
    /// Free text.
    pub description: String,
    /// Hash of its value.
    pub hash: String,
    /// What may be shown of its value.
    pub hint: String,
    /// What it allows.
    pub grants: Grants,
    /// What it is limited to; empty means no limit.
    pub resources: Vec<Resource>,
    /// The service it was issued through.
    pub issuer: String,
    /// Services it is meant for.
    pub audience: Vec<String>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A registry credential. Its value is a secret of owner [`RegistryCredential::secret_owner`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryCredential {
    /// Its id.
    pub id: RegistryCredentialId,
    /// The account.
    pub account: AccountId,
    /// The registry's host, with port when it has one.
    pub hostname: String,
    /// The secret's name.
    pub secret_name: String,
    /// What it opens: `CONTAINER`, `HELM`, `MODEL`, `RESOURCE`.
    pub artifact_types: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Free text.
    pub description: Option<String>,
    /// Whether the installation made it (`SYSTEM`) or a client (`USER`).
    pub provisioned_by_system: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl RegistryCredential {
    /// Under which owner its secret is sealed.
    #[must_use]
    pub fn secret_owner(&self) -> String {
        format!("registry-credential/{}", self.id)
    }
}

/// A telemetry endpoint. Its secret is sealed under owner [`Telemetry::secret_owner`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telemetry {
    /// Its id.
    pub id: TelemetryId,
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// Where it sends to.
    pub endpoint: String,
    /// `HTTP` or `GRPC`.
    pub protocol: String,
    /// The kind of receiver.
    pub provider: String,
    /// `LOGS`, `METRICS`, `TRACES`.
    pub types: Vec<String>,
    /// The secret's name.
    pub secret_name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Telemetry {
    /// Under which owner its secret is sealed.
    #[must_use]
    pub fn secret_owner(&self) -> String {
        format!("telemetry/{}", self.id)
    }
}

/// With whom a function, or one of its versions, is shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// The function.
    pub function: FunctionId,
    /// The version, or all.
    pub version: Option<VersionId>,
    /// The owning account.
    pub account: AccountId,
    /// The parties.
    pub parties: Vec<Party>,
}

/// One party a function is shared with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Party {
    /// Its account, or `*`.
    pub account: String,
    /// One client of it, or all.
    pub client: Option<String>,
}

/// Where an asynchronous request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestState {
    /// Waiting for a slot.
    Queued,
    /// Sent to an instance; whether it arrived is not known until it answers.
    Running,
    /// Answered.
    Fulfilled,
    /// It ended without an answer.
    Errored,
}

/// An asynchronous request: acknowledged with 202, kept until its answer has been fetched or has expired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsyncRequest {
    /// Its id.
    pub id: RequestId,
    /// The function.
    pub function: FunctionId,
    /// The version.
    pub version: VersionId,
    /// The caller's account.
    pub account: AccountId,
    /// Whom the caller's key was made for.
    pub subject: String,
    /// Method, path and headers to send.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers, in order.
    pub headers: Vec<(String, String)>,
    /// Where it stands.
    pub state: RequestState,
    /// How often it was sent. More than one means that an earlier try may have run.
    pub attempts: u32,
    /// The instance it was last sent to.
    pub instance: Option<InstanceId>,
    /// The answer's status, when there is one.
    pub status: Option<u16>,
    /// The answer's headers.
    pub answer_headers: Vec<(String, String)>,
    /// Why it ended without an answer.
    pub error: Option<String>,
    /// When it came.
    pub created_at: Timestamp,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}

impl AsyncRequest {
    /// Where its body is kept.
    #[must_use]
    pub fn body_key(&self) -> String {
        format!("{}/request", self.id)
    }

    /// Where its answer's body is kept.
    #[must_use]
    pub fn answer_key(&self) -> String {
        format!("{}/answer", self.id)
    }
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// The account acted in.
    pub account: String,
    /// The key that acted; `system` for the platform itself.
    pub actor: String,
    /// What was done, e.g. `deploy_function`.
    pub action: String,
    /// To what.
    pub target: String,
    /// The request's id, as in the logs.
    pub request: String,
}

impl Record for Account {
    const COLLECTION: Collection = Collection::Accounts;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn account(&self) -> String {
        self.id.to_string()
    }
}

impl Record for FunctionVersion {
    const COLLECTION: Collection = Collection::Versions;
    fn id(&self) -> String {
        self.version.to_string()
    }
    fn account(&self) -> String {
        self.account.to_string()
    }
    fn parent(&self) -> String {
        self.function.to_string()
    }
    fn label(&self) -> String {
        self.state.status().to_owned()
    }
}

impl Record for Deployment {
    const COLLECTION: Collection = Collection::Deployments;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn account(&self) -> String {
        self.account.to_string()
    }
    fn parent(&self) -> String {
        self.version.to_string()
    }
}

impl Record for Instance {
    const COLLECTION: Collection = Collection::Instances;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn account(&self) -> String {
        self.account.to_string()
    }
    fn parent(&self) -> String {
        self.version.to_string()
    }
    fn label(&self) -> String {
        self.cluster.to_string()
    }
}

impl Record for Cluster {
    const COLLECTION: Collection = Collection::Clusters;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn account(&self) -> String {
        self.account.to_string()
    }
    fn label(&self) -> String {
        self.name.clone()
    }
}

impl Record for ApiKey {
    const COLLECTION: Collection = Collection::Keys;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn account(&self) -> String {
        self.account.to_string()
    }
    fn parent(&self) -> String {
        self.owner.clone()
    }
    fn label(&self) -> String {
        self.hash.clone()
    }
}

impl Record for RegistryCredential {
    const COLLECTION: Collection = Collection::RegistryCredentials;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn account(&self) -> String {
        self.account.to_string()
    }
    fn label(&self) -> String {
        self.hostname.clone()
    }
}

impl Record for Telemetry {
    const COLLECTION: Collection = Collection::Telemetries;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn account(&self) -> String {
        self.account.to_string()
    }
    fn label(&self) -> String {
        self.name.clone()
    }
}

impl Record for Authorization {
    const COLLECTION: Collection = Collection::Authorizations;
    fn id(&self) -> String {
        authorization_id(self.function, self.version)
    }
    fn account(&self) -> String {
        self.account.to_string()
    }
    fn parent(&self) -> String {
        self.function.to_string()
    }
}

/// The id of the sharing record of a function or of one version.
#[must_use]
pub fn authorization_id(function: FunctionId, version: Option<VersionId>) -> String {
    version.map_or_else(|| function.to_string(), |version| format!("{function}/{version}"))
}

impl Record for AsyncRequest {
    const COLLECTION: Collection = Collection::Requests;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn account(&self) -> String {
        self.account.to_string()
    }
    fn parent(&self) -> String {
        self.version.to_string()
    }
    fn label(&self) -> String {
        match self.state {
            RequestState::Queued => "queued",
            RequestState::Running => "running",
            RequestState::Fulfilled => "fulfilled",
            RequestState::Errored => "errored",
        }
        .to_owned()
    }
}
