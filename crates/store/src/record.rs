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

/// What is held against somebody keys are made for. Who has no record is not suspended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyOwner {
    /// The account of the keys.
    pub account: AccountId,
    /// Their owner's name, as in [`ApiKey::owner`].
    pub name: String,
    /// Whether none of the owner's keys is accepted.
    pub suspended: bool,
    /// When that was last changed.
    pub updated_at: Timestamp,
}

/// The id of what is held against an owner of keys. No account's id has a `/`.
#[must_use]
pub fn key_owner_id(account: &AccountId, name: &str) -> String {
    format!("{account}/{name}")
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

impl RequestState {
    /// What requests are found by.
    const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Fulfilled => "fulfilled",
            Self::Errored => "errored",
        }
    }
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

/// Where each thing is kept, and what it is found by beside its id.
macro_rules! kept {
    ($($thing:ident in $collection:ident as $it:ident { $($name:ident: $value:expr),+ $(,)? })+) => {$(
        impl Record for $thing {
            const COLLECTION: Collection = Collection::$collection;
            $(fn $name(&self) -> String {
                let $it = self;
                $value.to_string()
            })+
        }
    )+};
}

kept! {
    Account in Accounts as it { id: it.id, account: it.id }
    FunctionVersion in Versions as it {
        id: it.version, account: it.account, parent: it.function, label: it.state.status(),
    }
    Deployment in Deployments as it { id: it.id, account: it.account, parent: it.version }
    Instance in Instances as it { id: it.id, account: it.account, parent: it.version, label: it.cluster }
    Cluster in Clusters as it { id: it.id, account: it.account, label: it.name }
    ApiKey in Keys as it { id: it.id, account: it.account, parent: it.owner, label: it.hash }
    KeyOwner in KeyOwners as it {
        id: key_owner_id(&it.account, &it.name), account: it.account, parent: it.name,
    }
    RegistryCredential in RegistryCredentials as it { id: it.id, account: it.account, label: it.hostname }
    Telemetry in Telemetries as it { id: it.id, account: it.account, label: it.name }
    Authorization in Authorizations as it {
        id: authorization_id(it.function, it.version), account: it.account, parent: it.function,
    }
    AsyncRequest in Requests as it {
        id: it.id, account: it.account, parent: it.version, label: it.state.word(),
    }
}

/// The id of the sharing record of a function or of one version.
#[must_use]
pub fn authorization_id(function: FunctionId, version: Option<VersionId>) -> String {
    version.map_or_else(|| function.to_string(), |version| format!("{function}/{version}"))
}
