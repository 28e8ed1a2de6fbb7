//! Sharing functions with other accounts.

use super::find::{FunctionPath, VersionPath, function_not_found};
use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params};
use crate::core::Core;
use axum::extract::State;
use axum::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wheelhouse_functions::access::Standing;
use wheelhouse_functions::id::{FunctionId, VersionId};
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_functions::scope::Scope;
use wheelhouse_store::Filter;
use wheelhouse_store::record::{Authorization, Party, authorization_id};

const ACCESS: Access = Access::Own(&[Scope::AuthorizeClients]);

/// One party.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PartyDto {
    nca_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
}

/// All parties, in place of those before.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AuthorizedPartiesRequest {
    authorized_parties: Vec<PartyDto>,
}

/// One party to add or remove.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PatchAuthorizedPartyRequest {
    authorized_party: PartyDto,
}

/// With whom a function or version is shared.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AuthorizedPartiesDto {
    function_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_version_id: Option<String>,
    nca_id: String,
    authorized_parties: Vec<PartyDto>,
}

/// One list of parties.
#[derive(Debug, Serialize, JsonSchema)]
struct AuthorizedPartiesResponse {
    function: AuthorizedPartiesDto,
}

/// Every list of parties of a function.
#[derive(Debug, Serialize, JsonSchema)]
struct ListAuthorizedPartiesResponse {
    functions: Vec<AuthorizedPartiesDto>,
}

pub(crate) fn register(api: &mut Api) {
    const FUNCTION: &str = "/v2/nvcf/authorizations/functions/{functionId}";
    const VERSION: &str = "/v2/nvcf/authorizations/functions/{functionId}/versions/{versionId}";
    api.on(Method::GET, FUNCTION, ACCESS, "See with whom a function is shared")
        .gives::<ListAuthorizedPartiesResponse>()
        .mirrored_by(list_of_function);
    api.on(Method::GET, VERSION, ACCESS, "See with whom a version is shared")
        .gives::<AuthorizedPartiesResponse>()
        .mirrored_by(get_of_version);
    let summaries = [
        [
            "Share a function",
            "Share a function with one more",
            "Share a function with one less",
            "Share a function with nobody any more",
        ],
        [
            "Share a version",
            "Share a version with one more",
            "Share a version with one less",
            "Share a version with nobody any more",
        ],
    ];
    for (path, [all, more, less, nobody]) in [FUNCTION, VERSION].into_iter().zip(summaries) {
        api.on(Method::POST, path, ACCESS, all)
            .takes::<AuthorizedPartiesRequest>()
            .gives::<AuthorizedPartiesResponse>()
            .mirrored_by(set);
        api.on(Method::PATCH, &format!("{path}/add"), ACCESS, more)
            .takes::<PatchAuthorizedPartyRequest>()
            .gives::<AuthorizedPartiesResponse>()
            .mirrored_by(add);
        api.on(Method::PATCH, &format!("{path}/remove"), ACCESS, less)
            .takes::<PatchAuthorizedPartyRequest>()
            .gives::<AuthorizedPartiesResponse>()
            .mirrored_by(remove);
        api.on(Method::DELETE, path, ACCESS, nobody).gives::<AuthorizedPartiesResponse>().mirrored_by(clear);
    }
}

/// What is done to a list of parties.
enum Change {
    Set(Vec<PartyDto>),
    Add(PartyDto),
    Remove(PartyDto),
    Clear,
}

type Answer = ApiResult<axum::Json<AuthorizedPartiesResponse>>;

/// A path that names a function, or one version of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SharedPath {
    function_id: String,
    version_id: Option<String>,
}

/// What is shared: a function, or one version of it.
type Shared = (FunctionId, Option<VersionId>);

/// What a path names, if it is the caller's own.
async fn owned(core: &Core, caller: &Caller, path: SharedPath) -> Result<Shared, Problem> {
    let SharedPath { function_id, version_id } = path;
    if let Some(version_id) = version_id {
        let stored = core.own_version(caller, &VersionPath { function_id, version_id }).await?;
        return Ok((stored.value.function, Some(stored.value.version)));
    }
    let function = FunctionPath { function_id }.id()?;
    let versions = core.visible_versions(caller, function).await?;
    let owned = versions.iter().any(|(_, standing)| *standing == Standing::Owner);
    if owned { Ok((function, None)) } else { Err(function_not_found(function)) }
}

async fn apply(core: &Core, caller: &Caller, path: SharedPath, change: Change) -> Answer {
    let (function, version) = owned(core, caller, path).await?;
    let table = core.store.table::<Authorization>();
    let known = table.get(authorization_id(function, version)).await?;
    let mut parties = known.map(|stored| stored.value.parties).unwrap_or_default();
    let party = |dto: PartyDto| -> Result<Party, Problem> {
        let named = dto.nca_id == "*" || dto.nca_id.parse::<wheelhouse_functions::id::AccountId>().is_ok();
        if !named {
            return Err(Problem::invalid_request(format_args!("Invalid ncaId '{}' specified", dto.nca_id)));
        }
        if dto.nca_id == "*" && !caller.principal.grants.allow_everywhere(Scope::AuthorizeClients) {
            let detail = "Access denied: only an administrator may make a function public";
            return Err(Problem::new(ProblemKind::Forbidden, detail));
        }
        Ok(Party { account: dto.nca_id, client: dto.client_id })
    };
    match change {
        Change::Set(all) => {
            let mut next = all.into_iter().map(party).collect::<Result<Vec<_>, _>>()?;
            next.sort();
            let before = next.len();
            next.dedup();
            if next.len() != before {
                return Err(Problem::new(ProblemKind::Conflict, "Duplicate authorized parties").into());
            }
            parties = next;
        }
        Change::Add(one) => {
            let one = party(one)?;
            if parties.contains(&one) {
                return Err(Problem::new(ProblemKind::Conflict, "The party is authorized already").into());
            }
            parties.push(one);
        }
        Change::Remove(one) => {
            let one = Party { account: one.nca_id, client: one.client_id };
            let before = parties.len();
            parties.retain(|known| *known != one);
            if parties.len() == before {
                return Err(Problem::not_found("The party is not authorized").into());
            }
        }
        Change::Clear => parties.clear(),
    }
    let record = Authorization { function, version, account: caller.account.clone(), parties };
    let entry = caller.audit(core.now(), "authorize", authorization_id(function, version));
    let transaction = core.store.transaction().audit(&entry);
    let transaction = if record.parties.is_empty() {
        transaction.delete::<Authorization>(authorization_id(function, version))
    } else {
        transaction.put(&record)
    };
    transaction.commit().await?;
    core.changed.notify_one();
    Ok(axum::Json(AuthorizedPartiesResponse { function: shown(&record) }))
}

fn shown(record: &Authorization) -> AuthorizedPartiesDto {
    let party = |party: &Party| PartyDto { nca_id: party.account.clone(), client_id: party.client.clone() };
    AuthorizedPartiesDto {
        function_id: record.function.to_string(),
        function_version_id: record.version.map(|version| version.to_string()),
        nca_id: record.account.to_string(),
        authorized_parties: record.parties.iter().map(party).collect(),
    }
}

async fn set(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<SharedPath>,
    Json(body): Json<AuthorizedPartiesRequest>,
) -> Answer {
    apply(&core, &caller, path, Change::Set(body.authorized_parties)).await
}

async fn add(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<SharedPath>,
    Json(body): Json<PatchAuthorizedPartyRequest>,
) -> Answer {
    apply(&core, &caller, path, Change::Add(body.authorized_party)).await
}

async fn remove(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<SharedPath>,
    Json(body): Json<PatchAuthorizedPartyRequest>,
) -> Answer {
    apply(&core, &caller, path, Change::Remove(body.authorized_party)).await
}

async fn clear(State(core): State<Arc<Core>>, caller: Caller, Params(path): Params<SharedPath>) -> Answer {
    apply(&core, &caller, path, Change::Clear).await
}

async fn list_of_function(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<SharedPath>,
) -> ApiResult<axum::Json<ListAuthorizedPartiesResponse>> {
    let (function, _) = owned(&core, &caller, path).await?;
    let all = core.store.table::<Authorization>().list(Filter::Parent(function.to_string())).await?;
    Ok(axum::Json(ListAuthorizedPartiesResponse {
        functions: all.iter().map(|stored| shown(&stored.value)).collect(),
    }))
}

async fn get_of_version(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<SharedPath>,
) -> Answer {
    let (function, version) = owned(&core, &caller, path).await?;
    let found = core.store.table::<Authorization>().get(authorization_id(function, version)).await?;
    let nobody = || Authorization { function, version, account: caller.account.clone(), parties: Vec::new() };
    let record = found.map_or_else(nobody, |stored| stored.value);
    Ok(axum::Json(AuthorizedPartiesResponse { function: shown(&record) }))
}
