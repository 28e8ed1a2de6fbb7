//! Fetching charts, pinning them by digest, checking them.

use super::{Core, internal, storage};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wheelhouse_functions::chart_reference::ChartReference;
use wheelhouse_functions::definition::{Definition, HealthProtocol};
use wheelhouse_functions::engine::{ChartEngine, ChartRequest, CheckReport, Finding, Level, Surroundings};
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

    /// Asks whether an image is in its registry and opens to one of the credentials, or to anybody.
    /// A source that cannot ask takes it for there.
    fn find_image<'a>(
        &'a self,
        image: &'a str,
        logins: &'a [RegistryLogin],
    ) -> BoxFuture<'a, Result<(), FetchError>> {
        let _ = (image, logins);
        Box::pin(async { Ok(()) })
    }
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

    /// Checks a chart with the facts of a function: when a version is created, or, with the facts it
    /// was `created` under, when it is deployed. Runs on a blocking thread.
    pub(crate) async fn check_chart(
        &self,
        chart: Arc<Vec<u8>>,
        definition: &Definition,
        reference: Option<&ChartReference>,
        facts: DeployFacts,
        created: Option<DeployFacts>,
    ) -> Result<CheckReport, Problem> {
        let service = definition.entry_service().unwrap_or_default();
        let definition = definition.clone();
        let reference = reference.map(ToString::to_string);
        let check = move |engine: &dyn ChartEngine| {
            let subject = Subject {
                chart: &chart,
                definition: &definition,
                service: &service,
                reference: reference.as_deref(),
            };
            match &created {
                Some(created) => engine.check_since(&subject.under(&facts), &subject.under(created)),
                None => engine.check(&subject.under(&facts)),
            }
        };
        self.with_engine(check).await
    }

    /// The images that their registries refuse, with their answers (WH-191). A registry that does not
    /// answer at all is not told: it may be down for the moment.
    pub(crate) async fn unreachable_images(
        &self,
        account: &AccountId,
        images: Vec<String>,
    ) -> Result<BTreeMap<String, String>, Problem> {
        let logins = Arc::new(self.logins(account, "CONTAINER").await?);
        let places = Arc::new(Semaphore::new(IMAGES_AT_A_TIME));
        let mut asking = JoinSet::new();
        for image in images.into_iter().take(MOST_IMAGES) {
            let (charts, logins, places) =
                (Arc::clone(&self.charts), Arc::clone(&logins), Arc::clone(&places));
            asking.spawn(async move {
                let _place = places.acquire_owned().await.ok()?;
                let answer = charts.find_image(&image, &logins).await;
                match answer {
                    Ok(()) | Err(FetchError::Unavailable { .. }) => None,
                    Err(FetchError::NotFound { reason, .. }) => Some((image, format!("not found: {reason}"))),
                    Err(refused) => Some((image, refused.to_string())),
                }
            });
        }
        let mut refused = BTreeMap::new();
        let _ = tokio::time::timeout(LONGEST_ASKING, async {
            while let Some(answer) = asking.join_next().await {
                refused.extend(answer.ok().flatten());
            }
        })
        .await;
        Ok(refused)
    }

    /// The image registries that are public or that an account has a credential for.
    pub(crate) async fn image_registries(&self, account: &AccountId) -> Result<Vec<String>, Problem> {
        let logins = self.logins(account, "CONTAINER").await?;
        let own = logins.into_iter().map(|login| login.host);
        Ok(PUBLIC_REGISTRIES.iter().map(ToString::to_string).chain(own).collect())
    }

    /// Works with the chart engine on a blocking thread. Only so many charts are worked on at one
    /// time, since each may use all that the engine's limits allow; the others wait.
    pub(crate) async fn with_engine<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn ChartEngine) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = Arc::clone(&self.chart_work).acquire_owned().await.map_err(|error| internal(&error))?;
        let engine = Arc::clone(&self.engine);
        let task = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller that goes away does not make room.
            let _permit = permit;
            work(&*engine)
        });
        task.await.map_err(|error| internal(&error))
    }
}

/// Images that are asked for at one time.
const IMAGES_AT_A_TIME: usize = 5;

/// Most images of one chart that are asked for.
const MOST_IMAGES: usize = 100;

/// How long registries are asked together; an image whose registry has not answered by then is not
/// told.
const LONGEST_ASKING: Duration = Duration::from_secs(20);

/// Registries that give most of their images to everybody.
const PUBLIC_REGISTRIES: &[&str] = &[
    "docker.io",
    "gcr.io",
    "ghcr.io",
    "mcr.microsoft.com",
    "nvcr.io",
    "public.ecr.aws",
    "quay.io",
    "registry.access.redhat.com",
    "registry.k8s.io",
];

fn protocol_name(protocol: HealthProtocol) -> &'static str {
    match protocol {
        HealthProtocol::Http => "HTTP",
        HealthProtocol::Grpc => "gRPC",
    }
}

/// A chart and the function it is for.
#[derive(Clone, Copy)]
struct Subject<'a> {
    chart: &'a [u8],
    definition: &'a Definition,
    service: &'a str,
    reference: Option<&'a str>,
}

impl<'a> Subject<'a> {
    /// What the engine is asked, under some facts.
    fn under(self, facts: &'a DeployFacts) -> ChartRequest<'a> {
        let Subject { chart, definition, service, reference } = self;
        ChartRequest {
            chart,
            values: &facts.values,
            namespace: "sr-00000000-0000-0000-0000-000000000000",
            kubernetes_version: &facts.kubernetes_version,
            api_versions: &facts.api_versions,
            service,
            inference_port: definition.inference_port,
            inference_url: &definition.inference_url,
            health_port: definition.health.port,
            health_protocol: definition.health_given.then(|| protocol_name(definition.health.protocol)),
            instance_type: facts.instance_type.as_deref(),
            policy: &facts.policy,
            reference,
            surroundings: Some(&facts.surroundings),
        }
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
    pub(crate) surroundings: Surroundings,
}

/// Refuses when the report holds errors; the answer lists every finding.
pub(crate) fn accept(report: &CheckReport) -> Result<(), Problem> {
    if !report.is_refused() {
        return Ok(());
    }
    let errors: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.level == Level::Error)
        .map(|finding| format!("{}{}", finding.message, cause(finding)))
        .collect();
    let mut problem =
        Problem::invalid_request(format_args!("Helm chart validation error(s): {}", errors.join("; ")));
    problem.findings = report.findings.iter().map(|finding| finding.details.clone()).collect();
    Err(problem)
}

/// Which keys of a deployment's configuration cause a finding, as a half-sentence.
fn cause(finding: &Finding) -> String {
    let keys = finding.details.get("causedBy").and_then(serde_json::Value::as_array);
    let keys: Vec<&str> = keys.into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    if keys.is_empty() { String::new() } else { format!(" (caused by configuration {})", keys.join(", ")) }
}
