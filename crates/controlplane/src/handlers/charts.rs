//! Checking and rendering a chart without making a function of it.

use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json};
use crate::core::{Core, internal};
use crate::wire::deployment::{HelmValidationPolicyDto, policy};
use axum::extract::State;
use axum::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use wheelhouse_functions::chart_reference::ChartReference;
use wheelhouse_functions::engine::{ChartRequest, Level, RELEASE_NAME};
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::violation::Violations;

/// A chart to check or render.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ChartCheckRequest {
    helm_chart: Option<String>,
    namespace: Option<String>,
    helm_chart_service_name: Option<String>,
    helm_chart_service_port: Option<u16>,
    configuration: Option<Map<String, Value>>,
    k8s_version: Option<String>,
    #[serde(default)]
    api_versions: Vec<String>,
    validation_policy: Option<HelmValidationPolicyDto>,
}

/// What was found; 200 also when the chart is bad.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ChartCheckResponse {
    valid: bool,
    validation_errors: Vec<String>,
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
    let text = body.helm_chart.ok_or_else(|| Problem::invalid_request("'helmChart' must be specified"))?;
    let reference = ChartReference::parse(&text).map_err(Problem::invalid_request)?;
    let mut violations = Violations::of("chartCheckRequest");
    let policy = policy(body.validation_policy, "", &mut violations);
    violations.into_result(())?;
    let chart = core.fetch_chart(&caller.account, &reference).await?.bytes;
    let kubernetes_version = match body.k8s_version {
        Some(version) => version,
        None => core.oldest_kubernetes().await?,
    };
    let engine = Arc::clone(&core.engine);
    let task = tokio::task::spawn_blocking(move || {
        let values = body.configuration.unwrap_or_default();
        let namespace = body.namespace.unwrap_or_else(|| RELEASE_NAME.to_owned());
        let port = body.helm_chart_service_port.unwrap_or(8000);
        let service = body.helm_chart_service_name.unwrap_or_default();
        let request = ChartRequest {
            chart: &chart,
            values: &values,
            namespace: &namespace,
            kubernetes_version: &kubernetes_version,
            api_versions: &body.api_versions,
            service: &service,
            inference_port: port,
            inference_url: "/",
            health_port: port,
            instance_type: None,
            policy: &policy,
            reference: Some(&text),
        };
        let report = engine.check(&request);
        let output = if render && !report.is_refused() { engine.render(&request) } else { Ok(Vec::new()) };
        (report, output)
    });
    let (report, output) = task.await.map_err(|error| internal(&error))?;
    let mut validation_errors: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.level == Level::Error)
        .map(|finding| finding.message.clone())
        .collect();
    let output = output.unwrap_or_else(|error| {
        validation_errors.push(error.to_string());
        Vec::new()
    });
    Ok(axum::Json(ChartCheckResponse {
        valid: validation_errors.is_empty(),
        validation_errors,
        findings: report.findings.into_iter().map(|finding| finding.details).collect(),
        output,
    }))
}
