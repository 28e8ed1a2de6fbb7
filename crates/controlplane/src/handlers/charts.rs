//! Checking and rendering a chart without making a function of it.

use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json};
use crate::core::Core;
use crate::wire::deployment::{HelmValidationPolicyDto, policy};
use axum::extract::State;
use axum::http::Method;
use base64::Engine as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use wheelhouse_functions::chart_reference::ChartReference;
use wheelhouse_functions::engine::{ChartEngine, ChartRequest, Level, RELEASE_NAME, Surroundings};
use wheelhouse_functions::gpu_specification::ValidationPolicy;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::violation::Violations;

/// A chart to check or render. Further fields of the reference (`releaseName`, `apiKey`, registry
/// credentials) are accepted and not used: the release has a fixed name, and credentials are those of
/// the account.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ChartCheckRequest {
    helm_chart: Option<String>,
    /// The archive itself, in base64, instead of fetching `helmChart` (an extension).
    helm_chart_archive: Option<String>,
    namespace: Option<String>,
    helm_chart_service_name: Option<String>,
    helm_chart_service_port: Option<u16>,
    #[serde(rename = "helmChartHTTPHealthEndpoint")]
    helm_chart_http_health_endpoint: Option<String>,
    configuration: Option<Map<String, Value>>,
    k8s_version: Option<String>,
    #[serde(default)]
    api_versions: Vec<String>,
    /// The instance type the chart is to run on (an extension).
    instance_type: Option<String>,
    validation_policy: Option<HelmValidationPolicyDto>,
    #[serde(default)]
    validation_policies: Vec<NamedPolicy>,
    /// Whether registries are asked for the images, with the account's credentials.
    #[serde(default)]
    validate_images: bool,
}

/// A policy with the id its verdict is told under.
#[derive(Debug, Deserialize, JsonSchema)]
struct NamedPolicy {
    id: String,
    #[serde(flatten)]
    policy: HelmValidationPolicyDto,
}

/// The verdict of one policy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PolicyVerdict {
    id: String,
    valid: bool,
    validation_errors: Vec<String>,
    /// Every finding under this policy (an extension).
    findings: Vec<Value>,
}

/// Most policies of one request: each is a check of its own.
const MOST_POLICIES: usize = 8;

/// What was found; 200 also when the chart is bad.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ChartCheckResponse {
    valid: bool,
    validation_errors: Vec<String>,
    /// The verdict of each policy, when several were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    validation_policies: Vec<PolicyVerdict>,
    /// Every finding with its rule, place and fix (an extension).
    findings: Vec<Value>,
    /// The objects, when asked to render and valid.
    output: Vec<Value>,
}

pub(crate) fn register(api: &mut Api) {
    api.on(
        Method::POST,
        "/v1/validate",
        Access::Own(&[Scope::ValidateChart, Scope::RegisterFunction]),
        "Check a chart",
    )
    .takes::<ChartCheckRequest>()
    .gives::<ChartCheckResponse>()
    .by(validate);
    api.on(
        Method::POST,
        "/v1/render",
        Access::Own(&[Scope::RenderChart, Scope::RegisterFunction]),
        "Check and render a chart",
    )
    .takes::<ChartCheckRequest>()
    .gives::<ChartCheckResponse>()
    .by(render);
}

async fn validate(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Json(body): Json<ChartCheckRequest>,
) -> ApiResult<axum::Json<ChartCheckResponse>> {
    check(&core, &caller, body, false).await
}

async fn render(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Json(body): Json<ChartCheckRequest>,
) -> ApiResult<axum::Json<ChartCheckResponse>> {
    check(&core, &caller, body, true).await
}

async fn check(
    core: &Core,
    caller: &Caller,
    body: ChartCheckRequest,
    render: bool,
) -> ApiResult<axum::Json<ChartCheckResponse>> {
    let mut violations = Violations::of("chartCheckRequest");
    let count = body.validation_policies.len();
    violations.require(count <= MOST_POLICIES, "validationPolicies", count, "size must be between 0 and 8");
    let own = policy(body.validation_policy, "", &mut violations);
    let mut policies = Vec::new();
    for named in body.validation_policies {
        policies.push((named.id, policy(Some(named.policy), "validationPolicies.", &mut violations)));
    }
    violations.into_result(())?;
    let (chart, reference) = match (body.helm_chart_archive, body.helm_chart) {
        (Some(archive), reference) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(archive).map_err(|error| {
                Problem::invalid_request(format_args!("'helmChartArchive' is not base64: {error}"))
            })?;
            (bytes, reference)
        }
        (None, Some(text)) => {
            let reference = ChartReference::parse(&text).map_err(Problem::invalid_request)?;
            (core.fetch_chart(&caller.account, &reference).await?.bytes, Some(text))
        }
        (None, None) => return Err(Problem::invalid_request("'helmChart' must be specified").into()),
    };
    let kubernetes_version = match body.k8s_version {
        Some(version) => version,
        None => core.oldest_kubernetes().await?,
    };
    let work = Work {
        chart,
        reference,
        values: body.configuration.unwrap_or_default(),
        namespace: body.namespace.unwrap_or_else(|| RELEASE_NAME.to_owned()),
        kubernetes_version,
        api_versions: body.api_versions,
        port: body.helm_chart_service_port.unwrap_or(8000),
        service: body.helm_chart_service_name.unwrap_or_default(),
        health: body.helm_chart_http_health_endpoint,
        instance_type: body.instance_type,
        surroundings: Surroundings {
            registries: Some(core.image_registries(&caller.account).await?),
            ..Surroundings::default()
        },
    };
    let mut work = work;
    if body.validate_images {
        let policy = own.clone();
        let (looked, images) = core
            .with_engine(move |engine| {
                let images = engine.check(&work.request(&policy)).images;
                (work, images)
            })
            .await?;
        work = looked;
        work.surroundings.unreachable_images = core.unreachable_images(&caller.account, images).await?;
    }
    let answer = core.with_engine(move |engine| work.answer(engine, own, policies, render)).await?;
    Ok(axum::Json(answer))
}

/// A request, ready for the engine.
struct Work {
    chart: Vec<u8>,
    reference: Option<String>,
    values: Map<String, Value>,
    namespace: String,
    kubernetes_version: String,
    api_versions: Vec<String>,
    port: u16,
    service: String,
    health: Option<String>,
    instance_type: Option<String>,
    surroundings: Surroundings,
}

impl Work {
    fn request<'a>(&'a self, policy: &'a ValidationPolicy) -> ChartRequest<'a> {
        ChartRequest {
            chart: &self.chart,
            values: &self.values,
            namespace: &self.namespace,
            kubernetes_version: &self.kubernetes_version,
            api_versions: &self.api_versions,
            service: &self.service,
            inference_port: self.port,
            inference_url: "/",
            health_port: self.port,
            health_protocol: None,
            instance_type: self.instance_type.as_deref(),
            policy,
            reference: self.reference.as_deref(),
            surroundings: Some(&self.surroundings),
        }
    }

    /// With several policies any valid one makes the whole answer valid, as in the reference; each
    /// also has a verdict of its own.
    fn answer(
        &self,
        engine: &dyn ChartEngine,
        own: ValidationPolicy,
        policies: Vec<(String, ValidationPolicy)>,
        render: bool,
    ) -> ChartCheckResponse {
        let verdicts: Vec<(ValidationPolicy, PolicyVerdict)> = policies
            .into_iter()
            .map(|(id, policy)| {
                let verdict = self.verdict(engine, &policy, id);
                (policy, verdict)
            })
            .collect();
        let (policy, mut verdict) =
            match verdicts.iter().find(|(_, verdict)| verdict.valid).or(verdicts.first()) {
                Some((policy, verdict)) => (policy.clone(), verdict.clone()),
                None => {
                    let verdict = self.verdict(engine, &own, String::new());
                    (own, verdict)
                }
            };
        let mut output = Vec::new();
        if render && verdict.valid {
            match engine.render(&self.request(&policy)) {
                Ok(objects) => output = objects,
                Err(error) => {
                    verdict.valid = false;
                    verdict.validation_errors.push(error.to_string());
                }
            }
        }
        ChartCheckResponse {
            valid: verdict.valid,
            validation_errors: verdict.validation_errors,
            validation_policies: verdicts.into_iter().map(|(_, verdict)| verdict).collect(),
            findings: verdict.findings,
            output,
        }
    }

    fn verdict(&self, engine: &dyn ChartEngine, policy: &ValidationPolicy, id: String) -> PolicyVerdict {
        let report = engine.check(&self.request(policy));
        let mut validation_errors: Vec<String> = report
            .findings
            .iter()
            .filter(|finding| finding.level == Level::Error)
            .map(|finding| finding.message.clone())
            .collect();
        if let Some(health) = self.health.as_ref().filter(|health| !health.starts_with('/')) {
            validation_errors.push(format!("health endpoint \"{health}\" does not start with /"));
        }
        PolicyVerdict {
            id,
            valid: validation_errors.is_empty(),
            validation_errors,
            findings: report.findings.into_iter().map(|finding| finding.details).collect(),
        }
    }
}
