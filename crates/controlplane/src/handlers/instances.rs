//! Instances: what an operator may do with a single one.

use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Params};
use crate::core::{Core, storage};
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use std::sync::Arc;
use wheelhouse_functions::id::InstanceId;
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::instance_state::{InstanceEvent, step};
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;

pub(crate) fn register(api: &mut Api) {
    api.on(
        Method::DELETE,
        "/v2/nvcf/instances/{instanceId}",
        Access::Everywhere(&[Scope::DeleteFunction]),
        "End an instance; where its version still wants one, another takes its place",
    )
    .by(delete);
}

/// A path that names an instance.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InstancePath {
    instance_id: String,
}

async fn delete(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<InstancePath>,
) -> ApiResult<StatusCode> {
    let missing = || {
        let id: String = path.instance_id.chars().filter(|c| !c.is_control()).take(64).collect();
        Problem::not_found(format!("Instance id '{id}': Not found"))
    };
    let id: InstanceId = path.instance_id.parse().map_err(|_| missing())?;
    let found = core.store.table::<Instance>().get(id).await.map_err(storage)?;
    let mut stored = found.filter(|stored| stored.value.state.is_live()).ok_or_else(missing)?;
    let (state, _) = step(stored.value.state, InstanceEvent::Terminate, &core.options.timers);
    let now = core.now();
    stored.value.state = state;
    stored.value.state_since = now;
    stored.value.updated_at = now;
    stored.value.endpoints.clear();
    let entry = caller.audit(now, "delete_instance", id);
    core.store.transaction().update(&stored).audit(&entry).commit().await?;
    core.work_changed();
    Ok(StatusCode::NO_CONTENT)
}
