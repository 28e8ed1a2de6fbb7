//! API keys. Every call needs a key already, and no key makes one stronger than itself.

use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params};
use crate::core::keys::{NewKey, create_key};
use crate::core::{Core, storage};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wheelhouse_functions::access::Resource;
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_functions::scope::{Grant, Grants, Scope};
use wheelhouse_store::credential::KeyValue;
use wheelhouse_store::record::{ApiKey, KeyOwner, key_owner_id};
use wheelhouse_store::{Filter, Stored};

const ACCESS: Access = Access::Own(&[Scope::AccountSetup]);

/// What a key is limited to.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
struct ResourceDto {
    /// An id, or `*`.
    id: String,
    /// `account-functions`, `authorized-functions`, `function` or `function-version`.
    #[serde(rename = "type")]
    kind: String,
}

/// One policy of a key.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
struct PolicyDto {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    auds: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    product: Option<String>,
    #[serde(default)]
    resources: Vec<ResourceDto>,
    #[serde(default)]
    scopes: Vec<String>,
}

/// What a key allows.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
struct AuthorizationsDto {
    #[serde(default)]
    policies: Vec<PolicyDto>,
}

/// A new key.
#[derive(Debug, Deserialize, JsonSchema)]
struct CreateKeyRequest {
    #[serde(default)]
    description: String,
    expires_at: Option<String>,
    #[serde(default)]
    authorizations: AuthorizationsDto,
    #[serde(default)]
    audience_service_ids: Vec<String>,
}

/// A change of what a key allows.
#[derive(Debug, Deserialize, JsonSchema)]
struct UpdateAuthorizationsRequest {
    authorizations: AuthorizationsDto,
}

/// A key. Its value is complete only in the answer that makes it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct KeyDto {
    id: String,
    value: String,
    status: String,
    owner_type: String,
    owner_id: String,
    issuer_service_id: String,
    audience_service_ids: Vec<String>,
    description: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizations: Option<AuthorizationsDto>,
}

/// Keys, without what they allow.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ListKeysResponse {
    pub(super) keys: Vec<KeyDto>,
}

/// A key to look into.
#[derive(Deserialize, JsonSchema)]
struct IntrospectionRequest {
    key: String,
}

/// What a key is.
#[derive(Debug, Serialize, JsonSchema)]
struct IntrospectionResponse {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    nca_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    scopes: Vec<String>,
}

pub(crate) fn register(api: &mut Api) {
    const ONE: &str = "/v1/keys/{keyId}";
    api.on(Method::POST, "/v1/keys", ACCESS, "Make an API key; it is shown once")
        .takes::<CreateKeyRequest>()
        .gives::<KeyDto>()
        .by(create);
    api.on(
        Method::POST,
        "/v1/accounts/{ncaId}/keys",
        Access::Account(&[Scope::AccountSetup]),
        "Make an API key of an account",
    )
    .takes::<CreateKeyRequest>()
    .gives::<KeyDto>()
    .by(create);
    api.on(Method::GET, "/v1/keys", ACCESS, "List API keys").gives::<ListKeysResponse>().by(list);
    api.on(Method::GET, ONE, ACCESS, "See an API key").gives::<KeyDto>().by(get);
    api.on(Method::DELETE, ONE, ACCESS, "Delete an API key; it ends at once").by(delete);
    api.on(Method::PUT, "/v1/keys/{keyId}/authorizations", ACCESS, "Change what an API key allows")
        .takes::<UpdateAuthorizationsRequest>()
        .gives::<KeyDto>()
        .by(update);
    api.on(
        Method::POST,
        "/v1/introspect",
        Access::Everywhere(&[Scope::AccountSetup]),
        "See what a key value is",
    )
    .takes::<IntrospectionRequest>()
    .gives::<IntrospectionResponse>()
    .by(introspect);
}

fn read(authorizations: &AuthorizationsDto, caller: &Caller) -> Result<(Grants, Vec<Resource>), Problem> {
    let mut grants = Vec::new();
    let mut resources = Vec::new();
    let mut unlimited = false;
    for policy in &authorizations.policies {
        for scope in &policy.scopes {
            grants.push(scope.parse::<Grant>().map_err(Problem::invalid_request)?);
        }
        for dto in &policy.resources {
            let invalid = || {
                Problem::invalid_request(format_args!("Invalid resource '{}' of type '{}'", dto.id, dto.kind))
            };
            resources.push(match (dto.kind.as_str(), dto.id.as_str()) {
                ("account-functions", "*") => Resource::AccountFunctions,
                ("authorized-functions", "*") => Resource::AuthorizedFunctions,
                ("account-functions" | "authorized-functions" | "function", id) => {
                    Resource::Function(id.parse().map_err(|_| invalid())?)
                }
                ("function-version", id) => Resource::Version(id.parse().map_err(|_| invalid())?),
                _ => return Err(invalid()),
            });
        }
        unlimited |= policy.resources.is_empty();
    }
    if unlimited {
        resources.clear();
    }
    let grants: Grants = grants.into_iter().collect();
    if grants.is_empty() {
        return Err(Problem::invalid_request("At least one scope must be specified"));
    }
    if !grants.within(&caller.principal.grants) {
        let detail = "Access denied: a key cannot grant scopes that its maker does not have";
        return Err(Problem::new(ProblemKind::Forbidden, detail));
    }
    Ok((grants, resources))
}

/// A key as answers show it; its value only in the answer that makes it.
pub(super) fn shown(key: &ApiKey, value: Option<&KeyValue>, authorizations: bool, now: Timestamp) -> KeyDto {
    let resource = |resource: &Resource| {
        let (kind, id) = match resource {
            Resource::AccountFunctions => ("account-functions", "*".to_owned()),
            Resource::AuthorizedFunctions => ("authorized-functions", "*".to_owned()),
            Resource::Function(id) => ("function", id.to_string()),
            Resource::Version(id) => ("function-version", id.to_string()),
        };
        ResourceDto { id, kind: kind.to_owned() }
    };
    let status = if key.suspended {
        "SUSPENDED"
    } else if key.expires_at.is_some_and(|end| end <= now) {
        "EXPIRED"
    } else {
        "ACTIVE"
    };
    KeyDto {
        id: key.id.to_string(),
        value: value.map_or_else(|| key.hint.clone(), |value| value.reveal().to_owned()),
        status: status.to_owned(),
        owner_type: "USER".to_owned(),
        owner_id: key.owner.clone(),
        issuer_service_id: key.issuer.clone(),
        audience_service_ids: key.audience.clone(),
        description: key.description.clone(),
        created_at: key.created_at.to_string(),
        expires_at: key.expires_at.map(|end| end.to_string()),
        authorizations: authorizations.then(|| AuthorizationsDto {
            policies: vec![PolicyDto {
                resources: key.resources.iter().map(resource).collect(),
                scopes: key.grants.iter().map(|grant| grant.to_string()).collect(),
                ..PolicyDto::default()
            }],
        }),
    }
}

async fn create(
    State(core): State<Arc<Core>>,
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<CreateKeyRequest>,
) -> ApiResult<axum::Json<KeyDto>> {
    let (grants, resources) = read(&body.authorizations, &caller)?;
    let now = core.wall();
    let expires_at = match body.expires_at.as_deref() {
        None => None,
        Some(text) => {
            let end: Timestamp = text
                .parse()
                .map_err(|_| Problem::invalid_request(format_args!("'{text}' is not an ISO-8601 instant")))?;
            if end <= now {
                return Err(Problem::invalid_request("expires_at must be in the future").into());
            }
            Some(end)
        }
    };
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.map(|text| text.chars().take(256).collect::<String>())
    };
    let new = NewKey {
        account: caller.account.clone(),
        owner: header("key-owner-id").unwrap_or_else(|| caller.principal.subject.clone()),
        description: body.description.chars().take(256).collect(),
        grants,
        resources,
        issuer: header("key-issuer-service").unwrap_or_default(),
        audience: body.audience_service_ids,
        expires_at,
        actor: caller.principal.key.to_string(),
        request: caller.request.0.to_string(),
    };
    let held = core.store.table::<KeyOwner>().get(key_owner_id(&new.account, &new.owner)).await?;
    if held.is_some_and(|owner| owner.value.suspended) {
        let detail = "Access denied: whom the key is for is suspended";
        return Err(Problem::new(ProblemKind::Forbidden, detail).into());
    }
    let (key, value) = create_key(&core.store, new, now).await?;
    Ok(axum::Json(shown(&key, Some(&value), true, now)))
}

async fn list(State(core): State<Arc<Core>>, caller: Caller) -> ApiResult<axum::Json<ListKeysResponse>> {
    let now = core.wall();
    let all = core.store.table::<ApiKey>().list(Filter::Account(caller.account.to_string())).await?;
    let keys = all.iter().map(|stored| shown(&stored.value, None, false, now)).collect();
    Ok(axum::Json(ListKeysResponse { keys }))
}

/// A path that names a key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyPath {
    key_id: String,
}

async fn own(core: &Core, caller: &Caller, path: &KeyPath) -> Result<Stored<ApiKey>, Problem> {
    let found = core.store.table::<ApiKey>().get(&path.key_id).await.map_err(storage)?;
    found
        .filter(|stored| stored.value.account == caller.account)
        .ok_or_else(|| Problem::not_found(format!("Key id '{}': Not found", path.key_id)))
}

async fn get(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<KeyPath>,
) -> ApiResult<axum::Json<KeyDto>> {
    Ok(axum::Json(shown(&own(&core, &caller, &path).await?.value, None, true, core.wall())))
}

async fn delete(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<KeyPath>,
) -> ApiResult<StatusCode> {
    let stored = own(&core, &caller, &path).await?;
    let entry = caller.audit(core.now(), "delete_key", stored.value.id);
    core.store.transaction().delete::<ApiKey>(stored.value.id).audit(&entry).commit().await?;
    core.authenticator.forget(stored.value.id);
    Ok(StatusCode::NO_CONTENT)
}

async fn update(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<KeyPath>,
    Json(body): Json<UpdateAuthorizationsRequest>,
) -> ApiResult<axum::Json<KeyDto>> {
    let mut stored = own(&core, &caller, &path).await?;
    (stored.value.grants, stored.value.resources) = read(&body.authorizations, &caller)?;
    let now = core.wall();
    let entry = caller.audit(now, "update_key", stored.value.id);
    core.store.transaction().update(&stored).audit(&entry).commit().await?;
    core.authenticator.forget(stored.value.id);
    Ok(axum::Json(shown(&stored.value, None, true, now)))
}

async fn introspect(
    State(core): State<Arc<Core>>,
    Json(body): Json<IntrospectionRequest>,
) -> ApiResult<axum::Json<IntrospectionResponse>> {
    let answer = core.authenticator.authenticate(&body.key, core.wall()).await?;
    Ok(axum::Json(match answer {
        Err(_) => IntrospectionResponse { active: false, nca_id: None, sub: None, scopes: Vec::new() },
        Ok(principal) => IntrospectionResponse {
            active: true,
            nca_id: Some(principal.account.to_string()),
            sub: Some(principal.subject.clone()),
            scopes: principal.grants.iter().map(|grant| grant.to_string()).collect(),
        },
    }))
}
