//! Secrets: written, never read back.

use super::find::VersionPath;
use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params};
use crate::core::{Core, storage};
use crate::wire::secret::Secret;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;
use wheelhouse_store::record::Telemetry;

const ACCESS: Access = Access::Own(&[Scope::UpdateSecrets]);

/// Secrets of a version.
#[derive(Deserialize, JsonSchema)]
struct UpdateFunctionSecretsRequest {
    secrets: Vec<Secret>,
}

/// The secret of a telemetry endpoint.
#[derive(Deserialize, JsonSchema)]
struct UpdateTelemetrySecretRequest {
    secret: Secret,
}

pub(crate) fn register(api: &mut Api) {
    api.on(
        Method::PUT,
        "/v2/nvcf/secrets/functions/{functionId}/versions/{versionId}",
        ACCESS,
        "Set secrets of a version; instances get them without a new deployment",
    )
    .takes::<UpdateFunctionSecretsRequest>()
    .mirrored_by(put);
    api.on(
        Method::PUT,
        "/v2/nvcf/secrets/telemetries/{telemetryId}",
        ACCESS,
        "Set a telemetry endpoint's secret",
    )
    .takes::<UpdateTelemetrySecretRequest>()
    .mirrored_by(put_telemetry);
}

async fn put(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
    Json(body): Json<UpdateFunctionSecretsRequest>,
) -> ApiResult<StatusCode> {
    let drafts = body.secrets.into_iter().map(Secret::into_draft).collect();
    super::functions::replace_secrets(&core, &caller, &path, drafts).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A path that names a telemetry endpoint.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TelemetryPath {
    telemetry_id: String,
}

async fn put_telemetry(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<TelemetryPath>,
    Json(body): Json<UpdateTelemetrySecretRequest>,
) -> ApiResult<StatusCode> {
    let found = core.store.table::<Telemetry>().get(&path.telemetry_id).await.map_err(storage)?;
    let mut stored = found
        .filter(|stored| stored.value.account == caller.account)
        .ok_or_else(|| Problem::not_found(format!("Telemetry id '{}': Not found", path.telemetry_id)))?;
    let secret = body.secret.into_draft();
    let owner = stored.value.secret_owner();
    stored.value.secret_name = Some(secret.name.clone());
    let entry = caller.audit(core.now(), "update_telemetry_secret", &path.telemetry_id);
    core.store
        .transaction()
        .delete_secrets(&owner)
        .put_secret(&owner, caller.account.as_str(), &secret.name, &secret.value)
        .update(&stored)
        .audit(&entry)
        .commit()
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
