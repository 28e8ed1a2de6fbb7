//! Accounts and their limits.

use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params};
use crate::core::{Core, storage};
use axum::extract::State;
use axum::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wheelhouse_functions::account::{Account, Limits, check_name};
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_functions::violation::Violations;
use wheelhouse_store::record::{ApiKey, KeyOwner, key_owner_id};
use wheelhouse_store::{Filter, Stored};

const ONE: Access = Access::Account(&[Scope::AccountSetup]);
const ALL: Access = Access::Everywhere(&[Scope::AccountSetup]);

/// A new account.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateAccountRequest {
    name: Option<String>,
    admin_client_id: Option<String>,
    max_functions_allowed: Option<u32>,
    max_tasks_allowed: Option<u32>,
    max_telemetries_allowed: Option<u32>,
    max_registry_credentials_allowed: Option<u32>,
}

/// An account.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AccountDto {
    nca_id: String,
    name: String,
    client_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_functions_allowed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tasks_allowed: Option<u32>,
    max_telemetries_allowed: u32,
    max_registry_credentials_allowed: u32,
    created_at: String,
}

/// One account.
#[derive(Debug, Serialize, JsonSchema)]
struct AccountResponse {
    account: AccountDto,
}

/// Accounts.
#[derive(Debug, Serialize, JsonSchema)]
struct ListAccountResponse {
    accounts: Vec<AccountDto>,
}

/// A client to associate or disassociate.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClientRequest {
    client_id: String,
}

pub(crate) fn register(api: &mut Api) {
    const PATH: &str = "/v2/nvcf/accounts/{ncaId}";
    api.on(Method::GET, "/v2/nvcf/accounts", ALL, "List accounts").gives::<ListAccountResponse>().by(list);
    api.on(Method::POST, PATH, ALL, "Make an account")
        .takes::<CreateAccountRequest>()
        .gives::<AccountResponse>()
        .by(create);
    api.on(Method::GET, PATH, ONE, "See an account").gives::<AccountResponse>().by(get);
    api.on(Method::PATCH, PATH, ALL, "Change an account")
        .takes::<CreateAccountRequest>()
        .gives::<AccountResponse>()
        .by(patch);
    api.on(Method::DELETE, PATH, ALL, "Delete an empty account").by(delete);
    api.on(Method::PATCH, &format!("{PATH}/clients/associate"), ALL, "Let a client act for an account")
        .takes::<ClientRequest>()
        .gives::<AccountResponse>()
        .by(associate);
    api.on(
        Method::PATCH,
        &format!("{PATH}/clients/disassociate"),
        ALL,
        "Stop a client acting for an account",
    )
    .takes::<ClientRequest>()
    .gives::<AccountResponse>()
    .by(disassociate);
    api.on(Method::GET, "/v2/nvcf/clients/{clientId}", ALL, "See the account of a client")
        .gives::<AccountResponse>()
        .by(by_client);
}

fn one(account: &Account) -> axum::Json<AccountResponse> {
    axum::Json(AccountResponse { account: shown(account) })
}

fn shown(account: &Account) -> AccountDto {
    AccountDto {
        nca_id: account.id.to_string(),
        name: account.name.clone(),
        client_ids: account.clients.clone(),
        max_functions_allowed: account.limits.functions,
        max_tasks_allowed: account.limits.tasks,
        max_telemetries_allowed: account.limits.telemetries(),
        max_registry_credentials_allowed: account.limits.registry_credentials(),
        created_at: account.created_at.to_string(),
    }
}

async fn found(core: &Core, caller: &Caller) -> Result<Stored<Account>, Problem> {
    let account = core.store.table::<Account>().get(&caller.account).await.map_err(storage)?;
    account.ok_or_else(|| Problem::not_found(format!("Account '{}': Not found", caller.account)))
}

async fn list(State(core): State<Arc<Core>>) -> ApiResult<axum::Json<ListAccountResponse>> {
    let all = core.store.table::<Account>().list(Filter::All).await?;
    Ok(axum::Json(ListAccountResponse { accounts: all.iter().map(|stored| shown(&stored.value)).collect() }))
}

async fn create(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Json(body): Json<CreateAccountRequest>,
) -> ApiResult<axum::Json<AccountResponse>> {
    let mut account = Account {
        id: caller.account.clone(),
        name: caller.account.to_string(),
        clients: Vec::new(),
        limits: Limits::default(),
        created_at: core.now(),
    };
    apply(&mut account, body)?;
    let entry = caller.audit(account.created_at, "create_account", &account.id);
    core.store.transaction().insert(&account).audit(&entry).commit().await?;
    Ok(one(&account))
}

fn apply(account: &mut Account, body: CreateAccountRequest) -> Result<(), Problem> {
    if let Some(name) = body.name {
        let mut violations = Violations::of("accountRequest");
        check_name(&name, &mut violations);
        violations.into_result(())?;
        account.name = name;
    }
    if let Some(client) = body.admin_client_id
        && !account.clients.contains(&client)
    {
        account.clients.push(client);
    }
    let limits = &mut account.limits;
    limits.functions = body.max_functions_allowed.or(limits.functions);
    limits.tasks = body.max_tasks_allowed.or(limits.tasks);
    limits.telemetries = body.max_telemetries_allowed.or(limits.telemetries);
    limits.registry_credentials = body.max_registry_credentials_allowed.or(limits.registry_credentials);
    Ok(())
}

async fn get(State(core): State<Arc<Core>>, caller: Caller) -> ApiResult<axum::Json<AccountResponse>> {
    Ok(one(&found(&core, &caller).await?.value))
}

async fn patch(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Json(body): Json<CreateAccountRequest>,
) -> ApiResult<axum::Json<AccountResponse>> {
    let mut stored = found(&core, &caller).await?;
    apply(&mut stored.value, body)?;
    let entry = caller.audit(core.now(), "update_account", &stored.value.id);
    core.store.transaction().update(&stored).audit(&entry).commit().await?;
    Ok(one(&stored.value))
}

async fn delete(State(core): State<Arc<Core>>, caller: Caller) -> ApiResult<StatusCode> {
    let stored = found(&core, &caller).await?;
    let filter = Filter::Account(caller.account.to_string());
    let functions = core.store.table::<FunctionVersion>().count(filter.clone()).await?;
    if functions > 0 {
        let detail = format!("The account still has {functions} function versions; delete them first");
        return Err(Problem::new(ProblemKind::Conflict, detail).into());
    }
    let keys = core.store.table::<ApiKey>().list(filter.clone()).await?;
    let owners = core.store.table::<KeyOwner>().list(filter).await?;
    let entry = caller.audit(core.now(), "delete_account", &stored.value.id);
    let mut transaction = core.store.transaction().delete::<Account>(&stored.value.id).audit(&entry);
    for key in &keys {
        transaction = transaction.delete::<ApiKey>(key.value.id);
    }
    for owner in &owners {
        transaction = transaction.delete::<KeyOwner>(key_owner_id(&owner.value.account, &owner.value.name));
    }
    transaction.commit().await?;
    for key in keys {
        core.authenticator.forget(key.value.id);
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn associate(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Json(body): Json<ClientRequest>,
) -> ApiResult<axum::Json<AccountResponse>> {
    let mut stored = found(&core, &caller).await?;
    if !stored.value.clients.contains(&body.client_id) {
        stored.value.clients.push(body.client_id);
    }
    let entry = caller.audit(core.now(), "associate_client", &stored.value.id);
    core.store.transaction().update(&stored).audit(&entry).commit().await?;
    Ok(one(&stored.value))
}

async fn disassociate(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Json(body): Json<ClientRequest>,
) -> ApiResult<axum::Json<AccountResponse>> {
    let mut stored = found(&core, &caller).await?;
    stored.value.clients.retain(|client| *client != body.client_id);
    let entry = caller.audit(core.now(), "disassociate_client", &stored.value.id);
    core.store.transaction().update(&stored).audit(&entry).commit().await?;
    Ok(one(&stored.value))
}

/// A path that names a client.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientPath {
    client_id: String,
}

async fn by_client(
    State(core): State<Arc<Core>>,
    Params(path): Params<ClientPath>,
) -> ApiResult<axum::Json<AccountResponse>> {
    let all = core.store.table::<Account>().list(Filter::All).await?;
    let found = all.iter().find(|stored| stored.value.clients.contains(&path.client_id));
    let stored =
        found.ok_or_else(|| Problem::not_found(format!("Client id '{}': Not found", path.client_id)))?;
    Ok(one(&stored.value))
}
