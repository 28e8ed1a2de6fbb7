//! Administration of other people's keys: an administrator's over every account, a service's own within one.
//!
//! Who keys are made for is called a user here, as in the reference. A user is known by having keys, or by having
//! been suspended.

use super::keys::{KeyDto, ListKeysResponse, shown};
use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params};
use crate::core::{Core, storage};
use axum::extract::State;
use axum::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use wheelhouse_functions::id::AccountId;
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_functions::scope::Scope;
use wheelhouse_store::credential::KeyValue;
use wheelhouse_store::record::{ApiKey, KeyOwner, key_owner_id};
use wheelhouse_store::{Filter, Stored};

const EVERYWHERE: Access = Access::Everywhere(&[Scope::AccountSetup]);
const OWN: Access = Access::Own(&[Scope::AccountSetup]);

/// A key to find.
#[derive(Deserialize, JsonSchema)]
struct KeyLookupRequest {
    /// Its value.
    key: String,
}

/// A change of a user or of a key.
#[derive(Debug, Deserialize, JsonSchema)]
struct UpdateStatusRequest {
    /// `ACTIVE` or `SUSPENDED`.
    status: String,
}

/// Whom keys are made for.
#[derive(Debug, Serialize, JsonSchema)]
struct KeyOwnerDto {
    id: String,
    owner_type: String,
    /// `ACTIVE` or `SUSPENDED`.
    status: String,
    /// The accounts the user has keys of.
    nca_ids: Vec<String>,
    /// How many keys the user has.
    keys: usize,
}

/// A service keys are made for.
#[derive(Debug, Serialize, JsonSchema)]
struct ServiceDto {
    id: String,
    name: String,
}

/// Services.
#[derive(Debug, Serialize, JsonSchema)]
struct ListServicesResponse {
    services: Vec<ServiceDto>,
}

pub(crate) fn register(api: &mut Api) {
    api.on(Method::POST, "/v1/admin/lookup", EVERYWHERE, "Find a key by its value")
        .takes::<KeyLookupRequest>()
        .gives::<KeyDto>()
        .by(lookup);
    api.on(Method::GET, "/v1/admin/users/{userId}", EVERYWHERE, "See whom keys are made for")
        .gives::<KeyOwnerDto>()
        .by(get_user);
    api.on(Method::PUT, "/v1/admin/users/{userId}/status", EVERYWHERE, "Suspend all keys of a user, or none")
        .takes::<UpdateStatusRequest>()
        .gives::<KeyOwnerDto>()
        .by(set_user_status);
    api.on(Method::GET, "/v1/admin/users/{userId}/keys", EVERYWHERE, "List the keys of a user")
        .gives::<ListKeysResponse>()
        .by(list_everywhere);
    api.on(Method::DELETE, "/v1/admin/users/{userId}/keys", EVERYWHERE, "Delete the keys of a user")
        .by(delete_everywhere);
    const USER: &str = "/v1/service-admin/users/{userId}";
    api.on(Method::PUT, &format!("{USER}/suspend"), OWN, "Suspend all keys of a user of the account")
        .gives::<ListKeysResponse>()
        .by(suspend);
    api.on(Method::GET, &format!("{USER}/keys"), OWN, "List the keys of a user of the account")
        .gives::<ListKeysResponse>()
        .by(list);
    let one = format!("{USER}/keys/{{keyId}}");
    api.on(Method::GET, &one, OWN, "See a key of a user of the account").gives::<KeyDto>().by(get);
    api.on(Method::DELETE, &one, OWN, "Delete a key of a user of the account").by(delete);
    api.on(Method::PUT, &format!("{one}/status"), OWN, "Suspend a key of a user of the account, or not")
        .takes::<UpdateStatusRequest>()
        .gives::<KeyDto>()
        .by(set_key_status);
    api.on(Method::GET, "/v1/services", OWN, "List the services keys are made for")
        .gives::<ListServicesResponse>()
        .by(services);
    api.on(Method::GET, "/v1/services/{serviceId}", OWN, "See a service keys are made for")
        .gives::<ServiceDto>()
        .by(service);
}

/// A path that names a user.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserPath {
    user_id: String,
}

/// A path that names a key of a user.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyPath {
    user_id: String,
    key_id: String,
}

fn no_such_user(user: &str) -> Problem {
    Problem::not_found(format!("User id '{}': Not found", shortened(user)))
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(128).collect()
}

/// Whether a status suspends.
fn suspends(body: &UpdateStatusRequest) -> Result<bool, Problem> {
    match body.status.as_str() {
        "ACTIVE" => Ok(false),
        "SUSPENDED" => Ok(true),
        other => {
            Err(Problem::invalid_request(format_args!("Invalid status '{}' specified", shortened(other))))
        }
    }
}

/// A user with everything that is known: an account only, or every one.
struct User {
    name: String,
    keys: Vec<Stored<ApiKey>>,
    held: Vec<KeyOwner>,
}

impl User {
    async fn find(core: &Core, name: String, account: Option<&AccountId>) -> Result<Self, Problem> {
        let concerns = |of: &AccountId| account.is_none_or(|account| of == account);
        let filter = Filter::Parent(name.clone());
        let mut keys = core.store.table::<ApiKey>().list(filter.clone()).await.map_err(storage)?;
        keys.retain(|stored| concerns(&stored.value.account));
        let held = core.store.table::<KeyOwner>().list(filter).await.map_err(storage)?;
        let held: Vec<KeyOwner> =
            held.into_iter().map(|stored| stored.value).filter(|owner| concerns(&owner.account)).collect();
        if keys.is_empty() && held.is_empty() {
            Err(no_such_user(&name))
        } else {
            Ok(Self { name, keys, held })
        }
    }

    fn accounts(&self) -> BTreeSet<AccountId> {
        let of_keys = self.keys.iter().map(|stored| &stored.value.account);
        of_keys.chain(self.held.iter().map(|owner| &owner.account)).cloned().collect()
    }

    /// Suspended in every account there is something of the user in.
    fn is_suspended(&self) -> bool {
        let held = |account: &AccountId| self.held.iter().any(|one| one.account == *account && one.suspended);
        self.accounts().iter().all(held)
    }

    fn dto(&self) -> KeyOwnerDto {
        KeyOwnerDto {
            id: self.name.clone(),
            owner_type: "USER".to_owned(),
            status: if self.is_suspended() { "SUSPENDED" } else { "ACTIVE" }.to_owned(),
            nca_ids: self.accounts().iter().map(ToString::to_string).collect(),
            keys: self.keys.len(),
        }
    }

    fn list(&self, core: &Core) -> ListKeysResponse {
        let suspended =
            |account: &AccountId| self.held.iter().any(|owner| owner.account == *account && owner.suspended);
        let now = core.wall();
        let keys = self.keys.iter().map(|stored| {
            let mut key = stored.value.clone();
            key.suspended |= suspended(&key.account);
            shown(&key, None, false, now)
        });
        ListKeysResponse { keys: keys.collect() }
    }

    /// Suspends the user in every account there is something of them in, or lifts that.
    async fn set(&mut self, core: &Core, caller: &Caller, suspended: bool) -> Result<(), Problem> {
        if suspended && self.keys.iter().any(|stored| stored.value.id == caller.principal.key) {
            let detail = "The key of this very call would be suspended; use another user's";
            return Err(Problem::new(ProblemKind::Conflict, detail));
        }
        let now = core.now();
        let action = if suspended { "suspend_user" } else { "resume_user" };
        let mut transaction = core.store.transaction().audit(&caller.audit(now, action, &self.name));
        self.held = self
            .accounts()
            .into_iter()
            .map(|account| KeyOwner { account, name: self.name.clone(), suspended, updated_at: now })
            .collect();
        for owner in &self.held {
            transaction = if suspended {
                transaction.put(owner)
            } else {
                transaction.delete::<KeyOwner>(key_owner_id(&owner.account, &owner.name))
            };
        }
        transaction.commit().await.map_err(storage)?;
        self.forget(core);
        Ok(())
    }

    fn forget(&self, core: &Core) {
        for key in &self.keys {
            core.authenticator.forget(key.value.id);
        }
    }
}

async fn lookup(
    State(core): State<Arc<Core>>,
    Json(body): Json<KeyLookupRequest>,
) -> ApiResult<axum::Json<KeyDto>> {
    let hash = KeyValue::from_text(&body.key).hash();
    let found = core.store.table::<ApiKey>().by_label(&hash).await?;
    let key = found.ok_or_else(|| Problem::not_found("No key has this value"))?.value;
    Ok(axum::Json(shown(&key, None, true, core.wall())))
}

async fn get_user(
    State(core): State<Arc<Core>>,
    Params(path): Params<UserPath>,
) -> ApiResult<axum::Json<KeyOwnerDto>> {
    Ok(axum::Json(User::find(&core, path.user_id, None).await?.dto()))
}

async fn set_user_status(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<UserPath>,
    Json(body): Json<UpdateStatusRequest>,
) -> ApiResult<axum::Json<KeyOwnerDto>> {
    let suspended = suspends(&body)?;
    let mut user = User::find(&core, path.user_id, None).await?;
    user.set(&core, &caller, suspended).await?;
    Ok(axum::Json(user.dto()))
}

async fn list_everywhere(
    State(core): State<Arc<Core>>,
    Params(path): Params<UserPath>,
) -> ApiResult<axum::Json<ListKeysResponse>> {
    Ok(axum::Json(User::find(&core, path.user_id, None).await?.list(&core)))
}

async fn delete_everywhere(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<UserPath>,
) -> ApiResult<StatusCode> {
    let user = User::find(&core, path.user_id, None).await?;
    let entry = caller.audit(core.now(), "delete_user_keys", &user.name);
    let mut transaction = core.store.transaction().audit(&entry);
    for key in &user.keys {
        transaction = transaction.delete::<ApiKey>(key.value.id);
    }
    transaction.commit().await?;
    user.forget(&core);
    Ok(StatusCode::NO_CONTENT)
}

async fn suspend(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<UserPath>,
) -> ApiResult<axum::Json<ListKeysResponse>> {
    let mut user = User::find(&core, path.user_id, Some(&caller.account)).await?;
    user.set(&core, &caller, true).await?;
    Ok(axum::Json(user.list(&core)))
}

async fn list(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<UserPath>,
) -> ApiResult<axum::Json<ListKeysResponse>> {
    Ok(axum::Json(User::find(&core, path.user_id, Some(&caller.account)).await?.list(&core)))
}

async fn one(core: &Core, caller: &Caller, path: &KeyPath) -> Result<Stored<ApiKey>, Problem> {
    let found = core.store.table::<ApiKey>().get(&path.key_id).await.map_err(storage)?;
    let own = |key: &ApiKey| key.account == caller.account && key.owner == path.user_id;
    found
        .filter(|stored| own(&stored.value))
        .ok_or_else(|| Problem::not_found(format!("Key id '{}': Not found", shortened(&path.key_id))))
}

async fn get(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<KeyPath>,
) -> ApiResult<axum::Json<KeyDto>> {
    Ok(axum::Json(shown(&one(&core, &caller, &path).await?.value, None, true, core.wall())))
}

async fn delete(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<KeyPath>,
) -> ApiResult<StatusCode> {
    let id = one(&core, &caller, &path).await?.value.id;
    let entry = caller.audit(core.now(), "delete_key", id);
    core.store.transaction().delete::<ApiKey>(id).audit(&entry).commit().await?;
    core.authenticator.forget(id);
    Ok(StatusCode::NO_CONTENT)
}

async fn set_key_status(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<KeyPath>,
    Json(body): Json<UpdateStatusRequest>,
) -> ApiResult<axum::Json<KeyDto>> {
    let suspended = suspends(&body)?;
    let mut stored = one(&core, &caller, &path).await?;
    if suspended && stored.value.id == caller.principal.key {
        let detail = "The key of this very call would be suspended; use another one";
        return Err(Problem::new(ProblemKind::Conflict, detail).into());
    }
    stored.value.suspended = suspended;
    let entry = caller.audit(core.now(), "set_key_status", stored.value.id);
    core.store.transaction().update(&stored).audit(&entry).commit().await?;
    core.authenticator.forget(stored.value.id);
    Ok(axum::Json(shown(&stored.value, None, true, core.wall())))
}

/// The one service keys are made for; the reference's self-hosted id.
fn the_service() -> ServiceDto {
    ServiceDto {
        id: "nvidia-cloud-functions-ncp-service-id-aketm".to_owned(),
        name: "nv-cloud-functions".to_owned(),
    }
}

async fn services() -> axum::Json<ListServicesResponse> {
    axum::Json(ListServicesResponse { services: vec![the_service()] })
}

/// A path that names a service.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServicePath {
    service_id: String,
}

async fn service(Params(path): Params<ServicePath>) -> ApiResult<axum::Json<ServiceDto>> {
    let missing = || Problem::not_found(format!("Service id '{}': Not found", shortened(&path.service_id)));
    let found = Some(the_service()).filter(|service| service.id == path.service_id);
    Ok(axum::Json(found.ok_or_else(missing)?))
}
