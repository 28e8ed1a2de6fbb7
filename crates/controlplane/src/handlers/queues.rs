//! Queues: how many calls wait, and where one of them stands.

use super::find::{FunctionPath, VersionPath, version_not_found};
use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Params};
use crate::core::Core;
use axum::extract::State;
use axum::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wheelhouse_functions::access::Standing;
use wheelhouse_functions::id::RequestId;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::version::FunctionVersion;

const ACCESS: Access = Access::Own(&[Scope::QueueDetails]);

/// One version's queue.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct QueueDto {
    function_version_id: String,
    function_name: String,
    function_status: String,
    queue_depth: u32,
}

/// A function's queues.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetQueuesResponse {
    function_id: String,
    queues: Vec<QueueDto>,
}

/// A request's place.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetPositionInQueueResponse {
    function_id: String,
    function_version_id: String,
    /// Counted from 1; at most 1000.
    position_in_queue: u32,
}

pub(crate) fn register(api: &mut Api) {
    api.on(Method::GET, "/v2/nvcf/queues/functions/{functionId}", ACCESS, "See the queues of a function")
        .gives::<GetQueuesResponse>()
        .mirrored_by(of_function);
    api.on(
        Method::GET,
        "/v2/nvcf/queues/functions/{functionId}/versions/{versionId}",
        ACCESS,
        "See the queue of a version",
    )
    .gives::<GetQueuesResponse>()
    .mirrored_by(of_version);
    api.on(Method::GET, "/v2/nvcf/queues/{requestId}/position", ACCESS, "See where a request stands")
        .gives::<GetPositionInQueueResponse>()
        .mirrored_by(position);
}

fn queue(core: &Core, version: &FunctionVersion) -> QueueDto {
    QueueDto {
        function_version_id: version.version.to_string(),
        function_name: version.definition.name.clone(),
        function_status: version.state.status().to_owned(),
        queue_depth: core.load.load(version.version).queued,
    }
}

async fn of_function(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<FunctionPath>,
) -> ApiResult<axum::Json<GetQueuesResponse>> {
    let versions = core.visible_versions(&caller, path.id()?).await?;
    let queues: Vec<QueueDto> = versions
        .iter()
        .filter(|(stored, _)| stored.value.state.has_queue())
        .map(|(stored, _)| queue(&core, &stored.value))
        .collect();
    if queues.is_empty() {
        return Err(Problem::not_found(format!("Function id '{}': no queue", path.function_id)).into());
    }
    Ok(axum::Json(GetQueuesResponse { function_id: path.function_id, queues }))
}

async fn of_version(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
) -> ApiResult<axum::Json<GetQueuesResponse>> {
    let (stored, _) = core.visible_version(&caller, &path).await?;
    if !stored.value.state.has_queue() {
        return Err(version_not_found(&path.function_id, &path.version_id).into());
    }
    let queues = vec![queue(&core, &stored.value)];
    Ok(axum::Json(GetQueuesResponse { function_id: path.function_id, queues }))
}

/// A path that names a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestPath {
    request_id: String,
}

async fn position(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<RequestPath>,
) -> ApiResult<axum::Json<GetPositionInQueueResponse>> {
    let missing = || Problem::not_found(format!("Request id '{}': Not found in any queue", path.request_id));
    let request: RequestId = path.request_id.parse().map_err(|_| missing())?;
    let (version, place) = core.load.position(request).ok_or_else(missing)?;
    let stored = core.store.table::<FunctionVersion>().get(version).await?.ok_or_else(missing)?;
    if core.standing(&caller, &stored.value).await? == Standing::Stranger {
        return Err(missing().into());
    }
    Ok(axum::Json(GetPositionInQueueResponse {
        function_id: stored.value.function.to_string(),
        function_version_id: version.to_string(),
        position_in_queue: place.min(1000),
    }))
}
