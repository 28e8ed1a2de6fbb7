//! Rate limits of a version.

use super::find::VersionPath;
use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params};
use crate::core::Core;
use crate::wire::rate_limit::RateLimitDto;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use wheelhouse_functions::rate_limit::RateLimit;
use wheelhouse_functions::scope::Scope;

const ACCESS: Access = Access::Own(&[Scope::UpdateFunction]);
const PATH: &str = "/v2/nvcf/ratelimit/functions/{functionId}/versions/{versionId}";

/// Rate limits, as in a create call.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateRateLimitRequest {
    rate_limit: RateLimitDto,
}

pub(crate) fn register(api: &mut Api) {
    api.on(Method::PUT, PATH, ACCESS, "Set the rate limits of a version")
        .takes::<UpdateRateLimitRequest>()
        .mirrored_by(put);
    api.on(Method::DELETE, PATH, ACCESS, "Remove the rate limits of a version").mirrored_by(delete);
}

async fn put(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
    Json(body): Json<UpdateRateLimitRequest>,
) -> ApiResult<StatusCode> {
    set(&core, &caller, &path, Some(body.rate_limit.check()?)).await
}

async fn delete(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
) -> ApiResult<StatusCode> {
    set(&core, &caller, &path, None).await
}

async fn set(
    core: &Core,
    caller: &Caller,
    path: &VersionPath,
    limit: Option<RateLimit>,
) -> ApiResult<StatusCode> {
    let mut stored = core.own_version(caller, path).await?;
    stored.value.rate_limit = limit;
    let entry = caller.audit(core.now(), "update_rate_limit", stored.value.version);
    core.store.transaction().update(&stored).audit(&entry).commit().await?;
    core.changed.notify_one();
    Ok(StatusCode::NO_CONTENT)
}
