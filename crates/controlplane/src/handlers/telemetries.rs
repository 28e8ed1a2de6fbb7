//! Telemetry endpoints of an account. Immutable except their secret.

use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params};
use crate::core::{Core, storage};
use crate::wire::secret::Secret;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wheelhouse_functions::account::{Account, Limits};
use wheelhouse_functions::definition::check_secrets;
use wheelhouse_functions::id::TelemetryId;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::version::Telemetries;
use wheelhouse_functions::violation::Violations;
use wheelhouse_store::record::Telemetry;
use wheelhouse_store::{Filter, Stored};

const ACCESS: Access = Access::Own(&[Scope::ManageTelemetries]);
const PROVIDERS: [&str; 11] = [
    "PROMETHEUS",
    "GRAFANA_CLOUD",
    "SPLUNK",
    "DATADOG",
    "SERVICENOW",
    "KRATOS",
    "KRATOS_THANOS",
    "TIMESTREAM",
    "VICTORIAMETRICS",
    "AZURE_MONITOR",
    "OTEL_COLLECTOR",
];

/// A new telemetry endpoint.
#[derive(Deserialize, JsonSchema)]
struct TelemetryRequest {
    name: Option<String>,
    endpoint: Option<String>,
    protocol: Option<String>,
    provider: Option<String>,
    #[serde(default)]
    types: Vec<String>,
    secret: Option<Secret>,
}

/// A telemetry endpoint without its secret's value.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TelemetryDto {
    telemetry_id: String,
    name: String,
    endpoint: String,
    protocol: String,
    provider: String,
    types: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_name: Option<String>,
    created_at: String,
}

/// One telemetry endpoint.
#[derive(Debug, Serialize, JsonSchema)]
struct TelemetryResponse {
    telemetry: TelemetryDto,
}

/// Telemetry endpoints.
#[derive(Debug, Serialize, JsonSchema)]
struct ListTelemetryResponse {
    telemetries: Vec<TelemetryDto>,
}

/// A path that names a telemetry endpoint.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TelemetryPath {
    telemetry_id: String,
}

pub(crate) fn register(api: &mut Api) {
    const ALL: &str = "/v2/nvcf/telemetries";
    const ONE: &str = "/v2/nvcf/telemetries/{telemetryId}";
    api.on(Method::POST, ALL, ACCESS, "Add a telemetry endpoint")
        .takes::<TelemetryRequest>()
        .gives::<TelemetryResponse>()
        .mirrored_by(add);
    api.on(Method::GET, ALL, ACCESS, "List telemetry endpoints")
        .gives::<ListTelemetryResponse>()
        .mirrored_by(list);
    api.on(Method::GET, ONE, ACCESS, "See a telemetry endpoint")
        .gives::<TelemetryResponse>()
        .mirrored_by(get);
    api.on(Method::DELETE, ONE, ACCESS, "Delete a telemetry endpoint").mirrored_by(delete);
}

fn shown(telemetry: &Telemetry) -> TelemetryDto {
    TelemetryDto {
        telemetry_id: telemetry.id.to_string(),
        name: telemetry.name.clone(),
        endpoint: telemetry.endpoint.clone(),
        protocol: telemetry.protocol.clone(),
        provider: telemetry.provider.clone(),
        types: telemetry.types.clone(),
        secret_name: telemetry.secret_name.clone(),
        created_at: telemetry.created_at.to_string(),
    }
}

async fn add(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Json(body): Json<TelemetryRequest>,
) -> ApiResult<axum::Json<TelemetryResponse>> {
    let mut violations = Violations::of("telemetryRequest");
    let name = body.name.unwrap_or_default();
    let endpoint = body.endpoint.unwrap_or_default();
    let protocol = body.protocol.unwrap_or_default();
    let provider = body.provider.unwrap_or_default();
    violations.require((1..=128).contains(&name.len()), "name", &name, "size must be between 1 and 128");
    violations.require((1..=2048).contains(&endpoint.len()), "endpoint", &endpoint, "must not be blank");
    violations.require(matches!(&*protocol, "HTTP" | "GRPC"), "protocol", &protocol, "must be HTTP or GRPC");
    let known = PROVIDERS.contains(&provider.as_str());
    violations.require(known, "provider", &provider, &format!("must be one of {}", PROVIDERS.join(", ")));
    violations.require(!body.types.is_empty(), "types", "[]", "must not be empty");
    for kind in &body.types {
        let known = matches!(kind.as_str(), "LOGS" | "METRICS" | "TRACES");
        violations.require(known, "types", kind, "must be LOGS, METRICS or TRACES");
    }
    let secret = body.secret.map(Secret::into_draft);
    check_secrets(secret.as_slice(), &mut violations);
    violations.into_result(())?;
    let account = core.store.table::<Account>().get(&caller.account).await?;
    let most = account.map_or_else(Limits::default, |account| account.value.limits).telemetries();
    let count = core.store.table::<Telemetry>().count(Filter::Account(caller.account.to_string())).await?;
    if count >= u64::from(most) {
        let detail =
            format!("Reached or exceeded the max limit for the number of telemetries allowed: {most}");
        return Err(Problem::invalid_request(detail).into());
    }
    let telemetry = Telemetry {
        id: core.new_id(TelemetryId::from_parts)?,
        account: caller.account.clone(),
        name,
        endpoint,
        protocol,
        provider,
        types: body.types,
        secret_name: secret.as_ref().map(|secret| secret.name.clone()),
        created_at: core.now(),
    };
    let entry = caller.audit(telemetry.created_at, "add_telemetry", telemetry.id);
    let mut transaction = core.store.transaction().insert(&telemetry).audit(&entry);
    if let Some(secret) = secret {
        let owner = telemetry.secret_owner();
        transaction = transaction.put_secret(&owner, caller.account.as_str(), &secret.name, &secret.value);
    }
    transaction.commit().await?;
    Ok(axum::Json(TelemetryResponse { telemetry: shown(&telemetry) }))
}

impl Core {
    /// A version may send only to telemetries of its account, each what it takes.
    pub(crate) async fn check_telemetries(
        &self,
        caller: &Caller,
        named: &Telemetries,
    ) -> Result<(), Problem> {
        let kinds = [("LOGS", &named.logs), ("METRICS", &named.metrics), ("TRACES", &named.traces)];
        for (kind, id) in kinds {
            let Some(id) = id else { continue };
            let found = self.store.table::<Telemetry>().get(id).await.map_err(storage)?;
            let own = found.filter(|stored| stored.value.account == caller.account);
            let own =
                own.ok_or_else(|| Problem::invalid_request(format_args!("Telemetry id '{id}': Not found")))?;
            if !own.value.types.iter().any(|taken| taken == kind) {
                let detail = format!("Telemetry id '{id}' does not take {kind}");
                return Err(Problem::invalid_request(detail));
            }
        }
        Ok(())
    }
}

async fn list(State(core): State<Arc<Core>>, caller: Caller) -> ApiResult<axum::Json<ListTelemetryResponse>> {
    let all = core.store.table::<Telemetry>().list(Filter::Account(caller.account.to_string())).await?;
    Ok(axum::Json(ListTelemetryResponse {
        telemetries: all.iter().map(|stored| shown(&stored.value)).collect(),
    }))
}

async fn own(core: &Core, caller: &Caller, path: &TelemetryPath) -> Result<Stored<Telemetry>, Problem> {
    let found = core.store.table::<Telemetry>().get(&path.telemetry_id).await.map_err(storage)?;
    found
        .filter(|stored| stored.value.account == caller.account)
        .ok_or_else(|| Problem::not_found(format!("Telemetry id '{}': Not found", path.telemetry_id)))
}

async fn get(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<TelemetryPath>,
) -> ApiResult<axum::Json<TelemetryResponse>> {
    Ok(axum::Json(TelemetryResponse { telemetry: shown(&own(&core, &caller, &path).await?.value) }))
}

async fn delete(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<TelemetryPath>,
) -> ApiResult<StatusCode> {
    let stored = own(&core, &caller, &path).await?;
    let entry = caller.audit(core.now(), "delete_telemetry", stored.value.id);
    core.store
        .transaction()
        .delete::<Telemetry>(stored.value.id)
        .delete_secrets(&stored.value.secret_owner())
        .audit(&entry)
        .commit()
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
