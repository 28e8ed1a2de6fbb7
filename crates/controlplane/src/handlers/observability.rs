//! Metrics and the audit log.

use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::Search;
use crate::core::Core;
use axum::extract::State;
use axum::http::{Method, header};
use axum::response::IntoResponse;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wheelhouse_functions::definition::Workload;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_store::record::AuditEntry;

/// One entry of the audit log.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AuditDto {
    sequence: u64,
    at: String,
    nca_id: String,
    actor: String,
    action: String,
    target: String,
    request_id: String,
    /// SHA-256 over the hash before it and this entry.
    hash: String,
}

/// Part of the audit log. That it was answered means that its chain holds.
#[derive(Debug, Serialize, JsonSchema)]
struct AuditResponse {
    entries: Vec<AuditDto>,
}

pub(crate) fn register(api: &mut Api) {
    api.on(Method::GET, "/v1/audit", Access::Everywhere(&[Scope::ReadAudit]), "Read the audit log")
        .gives::<AuditResponse>()
        .by(audit);
    api.on(Method::GET, "/metrics", Access::Everywhere(&[Scope::ReadAudit]), "Prometheus metrics")
        .by(metrics);
}

/// Which part of the log.
#[derive(Debug, Deserialize)]
struct AuditQuery {
    after: Option<u64>,
    limit: Option<u32>,
}

async fn audit(
    State(core): State<Arc<Core>>,
    Search(query): Search<AuditQuery>,
) -> ApiResult<axum::Json<AuditResponse>> {
    let limit = query.limit.unwrap_or(100).clamp(1, 1000);
    let mut entries = Vec::new();
    for audited in core.store.audit(query.after.unwrap_or(0), limit).await? {
        let entry: AuditEntry =
            serde_json::from_slice(&audited.body).map_err(|error| crate::core::internal(&error))?;
        entries.push(AuditDto {
            sequence: audited.sequence,
            at: entry.at.to_string(),
            nca_id: entry.account,
            actor: entry.actor,
            action: entry.action,
            target: entry.target,
            request_id: entry.request,
            hash: wheelhouse_store::credential::hex(&audited.hash),
        });
    }
    Ok(axum::Json(AuditResponse { entries }))
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct VersionLabels {
    function_id: String,
    function_version_id: String,
    function_name: String,
    status: String,
}

/// What a deployed version is.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct InfoLabels {
    function_id: String,
    function_version_id: String,
    function_name: String,
    nca_id: String,
    helm_chart: String,
    container_image: String,
}

/// A version, as the workers' metrics of the reference name it.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct WorkerLabels {
    function_id: String,
    function_version_id: String,
}

async fn metrics(State(core): State<Arc<Core>>) -> ApiResult<impl IntoResponse> {
    let mut registry = Registry::default();
    core.metrics.register(&mut registry);
    (core.more_metrics)(&mut registry);
    let status: Family<VersionLabels, Gauge> = Family::default();
    let instances: Family<VersionLabels, Gauge> = Family::default();
    let depth: Family<VersionLabels, Gauge> = Family::default();
    let info: Family<InfoLabels, Gauge> = Family::default();
    let slots: Family<WorkerLabels, Gauge> = Family::default();
    let routes = Arc::clone(&core.routes.borrow());
    for route in routes.iter() {
        let labels = VersionLabels {
            function_id: route.function.to_string(),
            function_version_id: route.version.to_string(),
            function_name: route.name.clone(),
            status: route.state.status().to_owned(),
        };
        status.get_or_create(&labels).set(1);
        instances.get_or_create(&labels).set(i64::try_from(route.instances.len()).unwrap_or(i64::MAX));
        let load = core.load.load(route.version);
        depth.get_or_create(&labels).set(i64::from(load.queued));
        let labels = WorkerLabels {
            function_id: route.function.to_string(),
            function_version_id: route.version.to_string(),
        };
        let count: u32 = route.instances.iter().map(|instance| instance.slots).sum();
        slots.get_or_create(&labels).set(i64::from(count));
        if let Some(stored) = core.store.table::<FunctionVersion>().get(route.version).await? {
            info.get_or_create(&info_of(&stored.value)).set(1);
        }
    }
    registry.register("nvcf_function_info", "Deployed versions and what they are made of", info);
    // A gauge with the reference's name.
    registry.register(
        "nvcf_worker_service_worker_thread_count_total",
        "Calls that all instances take at once",
        slots,
    );
    registry.register("nvcf_function_status", "Deployed versions and their status", status);
    registry.register("nvcf_function_instances_current", "Instances that serve", instances);
    registry.register("nvcf_function_queue_depth", "Calls that wait", depth);
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| {
        Problem::new(wheelhouse_functions::problem::ProblemKind::InternalServerError, error.to_string())
    })?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}

fn info_of(version: &FunctionVersion) -> InfoLabels {
    let (helm_chart, container_image) = match &version.definition.workload {
        Workload::Chart { reference, .. } => (reference.to_string(), String::new()),
        Workload::Container { image, .. } => (String::new(), image.clone()),
    };
    InfoLabels {
        function_id: version.function.to_string(),
        function_version_id: version.version.to_string(),
        function_name: version.definition.name.clone(),
        nca_id: version.account.to_string(),
        helm_chart,
        container_image,
    }
}
