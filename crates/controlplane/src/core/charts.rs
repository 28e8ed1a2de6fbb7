//! Fetching charts, pinning them by digest, checking them.

use super::{Core, internal, storage};
use std::sync::Arc;
use wheelhouse_functions::chart_reference::ChartReference;
use wheelhouse_functions::definition::Definition;
use wheelhouse_functions::engine::{ChartRequest, CheckReport, Level};
use wheelhouse_functions::gpu_specification::ValidationPolicy;
use wheelhouse_functions::id::AccountId;
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_store::record::RegistryCredential;
use wheelhouse_store::{BoxFuture, Collection, Filter};

/// A user and password for one registry host. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryLogin {
    /// The registry's host, with port when it has one.
    pub host: String,
    /// `user:password`, base64.
    pub auth: String,
}

impl std::fmt::Debug for RegistryLogin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RegistryLogin").field("host", &self.host).finish_non_exhaustive()
    }
}

/// A chart archive and its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedChart {
    /// The archive's bytes.
    pub bytes: Vec<u8>,
    /// `sha256:…` of the bytes.
    pub digest: String,
}

/// Why a chart could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The registry wants a credential, and none that is known fits.
    #[error("the registry '{host}' refused the credentials: {reason}")]
    Unauthorized {
        /// The registry.
        host: String,
        /// Its words.
        reason: String,
    },
    /// There is no such chart.
    #[error("chart '{reference}' not found: {reason}")]
    NotFound {
        /// The reference.
        reference: String,
        /// What was tried.
        reason: String,
    },
    /// The address is not allowed to be asked.
    #[error("{0}")]
    Forbidden(String),
    /// What came is not a chart.
    #[error("{0}")]
    Invalid(String),
    /// The registry did not answer as it should; trying again may help.
    #[error("the registry '{host}' failed: {reason}")]
    Unavailable {
        /// The registry.
        host: String,
        /// What happened.
        reason: String,
    },
}

/// Where charts come from.
pub trait ChartSource: Send + Sync + 'static {
    /// Fetches a chart archive, trying the credentials given and then none.
    fn fetch<'a>(
        &'a self,
        reference: &'a ChartReference,
        logins: &'a [RegistryLogin],
    ) -> BoxFuture<'a, Result<FetchedChart, FetchError>>;
}

impl Core {
    /// The registry logins of an account for one kind of artefact.
    pub(crate) async fn logins(
        &self,
        account: &AccountId,
        kind: &str,
    ) -> Result<Vec<RegistryLogin>, Problem> {
        let filter = Filter::Account(account.to_string());
        let stored = self.store.table::<RegistryCredential>().list(filter).await.map_err(storage)?;
        let mut logins = Vec::new();
        for credential in stored {
            let credential = credential.value;
            if !credential.artifact_types.iter().any(|artifact| artifact == kind) {
                continue;
            }
            let secrets = self.store.secrets(&credential.secret_owner()).await.map_err(storage)?;
            let login =
                |(_, auth): (String, String)| RegistryLogin { host: credential.hostname.clone(), auth };
            logins.extend(secrets.into_iter().map(login));
        }
        Ok(logins)
    }

    /// Fetches a chart for an account.
    pub(crate) async fn fetch_chart(
        &self,
        account: &AccountId,
        reference: &ChartReference,
    ) -> Result<FetchedChart, Problem> {
        let mut logins = self.logins(account, "HELM").await?;
        logins.retain(|login| login.host.eq_ignore_ascii_case(reference.host()));
        let fetched = self.charts.fetch(reference, &logins).await;
        fetched.map_err(|error| match error {
            FetchError::Unauthorized { host, .. } if logins.is_empty() => Problem::invalid_request(
                format_args!("Missing HELM registry credential for hostname '{host}'"),
            ),
            FetchError::Unavailable { .. } => Problem::new(ProblemKind::BadGateway, error.to_string()),
            error => Problem::invalid_request(error),
        })
    }

    /// The bytes of a chart pinned at creation.
    pub(crate) async fn pinned_chart(&self, digest: &str) -> Result<Arc<Vec<u8>>, Problem> {
        let bytes = self.store.bytes(Collection::Charts, digest).await.map_err(storage)?;
        bytes.map(Arc::new).ok_or_else(|| Problem::not_found(format!("Chart '{digest}' not found")))
    }

    /// Checks a chart with the facts of a function. Runs on a blocking thread.
    pub(crate) async fn check_chart(
        &self,
        chart: Arc<Vec<u8>>,
        definition: &Definition,
        reference: Option<&ChartReference>,
        facts: DeployFacts,
    ) -> Result<CheckReport, Problem> {
        let engine = Arc::clone(&self.engine);
        let service = definition.entry_service().unwrap_or_default();
        let definition = definition.clone();
        let reference = reference.map(ToString::to_string);
        let task = tokio::task::spawn_blocking(move || {
            engine.check(&ChartRequest {
                chart: &chart,
                values: &facts.values,
                namespace: "sr-00000000-0000-0000-0000-000000000000",
                kubernetes_version: &facts.kubernetes_version,
                api_versions: &facts.api_versions,
                service: &service,
                inference_port: definition.inference_port,
                inference_url: &definition.inference_url,
                health_port: definition.health.port,
                instance_type: facts.instance_type.as_deref(),
                policy: &facts.policy,
                reference: reference.as_deref(),
            })
        });
        task.await.map_err(|error| internal(&error))
    }
}

/// What a deployment adds to a check.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeployFacts {
    pub(crate) values: serde_json::Map<String, serde_json::Value>,
    pub(crate) kubernetes_version: String,
    pub(crate) api_versions: Vec<String>,
    pub(crate) instance_type: Option<String>,
    pub(crate) policy: ValidationPolicy,
}

/// Refuses when the report holds errors; the answer lists every finding.
pub(crate) fn accept(report: &CheckReport) -> Result<(), Problem> {
    if !report.is_refused() {
        return Ok(());
    }
    let errors: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.level == Level::Error)
        .map(|finding| finding.message.as_str())
        .collect();
    let mut problem =
        Problem::invalid_request(format_args!("Helm chart validation error(s): {}", errors.join("; ")));
    problem.findings = report.findings.iter().map(|finding| finding.details.clone()).collect();
    Err(problem)
}
