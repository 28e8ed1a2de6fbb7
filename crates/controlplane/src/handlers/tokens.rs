//! Short-lived tokens that may only call the functions they name.

use super::find::{FunctionPath, VersionPath};
use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params};
use crate::core::{Core, internal};
use axum::extract::State;
use axum::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_functions::violation::Violations;
use wheelhouse_store::record::ApiKey;
use wheelhouse_store::token::{Callable, Claims, MOST_FUNCTIONS};

const ACCESS: Access = Access::Own(&[Scope::InvokeFunction]);

/// For whom a token is to be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct InvocationTokenRequest {
    /// Whom calls with the token are counted for.
    client_id: Option<String>,
}

/// One function of several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NamedFunction {
    function_id: String,
    function_version_id: Option<String>,
}

/// For whom a token is to be, and for which functions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MultiFunctionsInvocationTokenRequest {
    /// At most four.
    #[serde(default)]
    functions: Vec<NamedFunction>,
    client_id: Option<String>,
}

/// A token.
#[derive(Debug, Serialize, JsonSchema)]
struct InvocationTokenResponse {
    access_token: String,
    /// Seconds.
    expires_in: i64,
}

pub(crate) fn register(api: &mut Api) {
    const FUNCTION: &str = "/v2/nvcf/tokens/functions/{functionId}";
    const VERSION: &str = "/v2/nvcf/tokens/functions/{functionId}/versions/{versionId}";
    api.on(Method::POST, FUNCTION, ACCESS, "Make a short-lived token for calls of a function")
        .takes::<InvocationTokenRequest>()
        .gives::<InvocationTokenResponse>()
        .by(of_function);
    api.on(Method::POST, VERSION, ACCESS, "Make a short-lived token for calls of a version")
        .takes::<InvocationTokenRequest>()
        .gives::<InvocationTokenResponse>()
        .by(of_version);
    api.on(
        Method::POST,
        "/v2/nvcf/tokens/functions",
        ACCESS,
        "Make a short-lived token for calls of several functions",
    )
    .takes::<MultiFunctionsInvocationTokenRequest>()
    .gives::<InvocationTokenResponse>()
    .by(of_several);
}

type Answer = ApiResult<axum::Json<InvocationTokenResponse>>;

async fn of_function(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<FunctionPath>,
    Json(body): Json<InvocationTokenRequest>,
) -> Answer {
    make(&core, &caller, body.client_id, vec![(path.function_id, None)]).await
}

async fn of_version(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
    Json(body): Json<InvocationTokenRequest>,
) -> Answer {
    make(&core, &caller, body.client_id, vec![(path.function_id, Some(path.version_id))]).await
}

async fn of_several(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Json(body): Json<MultiFunctionsInvocationTokenRequest>,
) -> Answer {
    let named = body.functions.into_iter().map(|one| (one.function_id, one.function_version_id));
    make(&core, &caller, body.client_id, named.collect()).await
}

async fn make(
    core: &Core,
    caller: &Caller,
    client: Option<String>,
    named: Vec<(String, Option<String>)>,
) -> Answer {
    let mut violations = Violations::of("invocationTokenRequest");
    let client = client.unwrap_or_default();
    // It becomes a header of the call.
    let sound = (1..=256).contains(&client.len()) && client.chars().all(|c| c.is_ascii_graphic());
    violations.require(sound, "clientId", &client, "must be 1 to 256 printable characters without spaces");
    let count = named.len();
    violations.require(
        (1..=MOST_FUNCTIONS).contains(&count),
        "functions",
        count,
        "size must be between 1 and 4",
    );
    violations.into_result(())?;
    let limited = !caller.principal.resources.is_empty();
    let mut functions = Vec::with_capacity(count);
    for (function_id, version_id) in named {
        let callable = |version: &FunctionVersion, whole: bool| Callable {
            function_id: version.function,
            function_version_id: (!whole).then_some(version.version),
        };
        match version_id {
            Some(version_id) => {
                let path = VersionPath { function_id, version_id };
                let (stored, _) = core.visible_version(caller, &path).await?;
                functions.push(callable(&stored.value, false));
            }
            None => {
                let visible = core.visible_versions(caller, FunctionPath { function_id }.id()?).await?;
                // A key that is limited may see some versions only: its token names those.
                let some = if limited { visible.len() } else { 1 };
                functions
                    .extend(visible.iter().take(some).map(|(stored, _)| callable(&stored.value, !limited)));
            }
        }
    }
    let key = core.store.table::<ApiKey>().get(caller.principal.key).await?;
    let key = key.ok_or_else(|| Problem::not_found("The key is gone"))?.value;
    let now = core.wall();
    let claims = Claims::of(&key, &client, functions, now);
    let access_token = claims.sign(core.store.vault()).map_err(|error| internal(&error))?;
    let entry = caller.audit(core.now(), "make_invocation_token", &client);
    core.store.transaction().audit(&entry).commit().await?;
    let expires_in = claims.expires_at().as_second().saturating_sub(now.as_second());
    Ok(axum::Json(InvocationTokenResponse { access_token, expires_in }))
}
