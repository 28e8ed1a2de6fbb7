//! Registry credentials: their values are written, never read back.

use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params, Search};
use crate::core::{Core, storage};
use crate::wire::secret::Secret;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use wheelhouse_functions::account::Account;
use wheelhouse_functions::account::Limits;
use wheelhouse_functions::definition::{SecretDraft, check_secrets};
use wheelhouse_functions::id::RegistryCredentialId;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::violation::Violations;
use wheelhouse_store::record::RegistryCredential;
use wheelhouse_store::{Filter, Stored};

const ACCESS: Access = Access::Own(&[Scope::ManageRegistryCredentials]);
const ONE: &str = "/v2/nvcf/registry-credentials/{registryCredentialId}";
const TYPES: [&str; 4] = ["CONTAINER", "HELM", "MODEL", "RESOURCE"];

/// Registries the reference knows, by kind of artefact.
const RECOGNIZED: [(&str, &[&str]); 2] = [
    ("CONTAINER", &["docker.io", "nvcr.io", "public.ecr.aws"]),
    ("HELM", &["helm.ngc.nvidia.com", "nvcr.io", "docker.io", "public.ecr.aws"]),
];

/// A new registry credential.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddRegistryCredentialRequest {
    registry_hostname: Option<String>,
    /// Its value is the base64 of `user:password`.
    secret: Option<Secret>,
    #[serde(default)]
    artifact_types: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    description: Option<String>,
}

/// A change of a registry credential.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateRegistryCredentialRequest {
    secret: Option<Secret>,
    /// Added to those it has.
    #[serde(alias = "artifactTypeEnums")]
    artifact_types: Option<Vec<String>>,
}

/// A registry credential without its value.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RegistryCredentialDto {
    registry_credential_id: String,
    registry_hostname: String,
    registry_credential_name: String,
    artifact_types: Vec<String>,
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    provisioned_by: String,
    nca_id: String,
    created_at: String,
    last_updated_at: String,
}

/// One registry credential.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RegistryCredentialResponse {
    registry_credential: RegistryCredentialDto,
}

/// Registry credentials.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ListRegistryCredentialsResponse {
    registry_credentials: Vec<RegistryCredentialDto>,
}

/// Hosts known, by kind of artefact.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RecognizedRegistriesResponse {
    recognized_registries: BTreeMap<String, Vec<String>>,
}

pub(crate) fn register(api: &mut Api) {
    const ALL: &str = "/v2/nvcf/registry-credentials";
    api.on(Method::POST, ALL, ACCESS, "Add a registry credential")
        .takes::<AddRegistryCredentialRequest>()
        .gives::<RegistryCredentialResponse>()
        .mirrored_by(add);
    api.on(Method::GET, ALL, ACCESS, "List registry credentials")
        .gives::<ListRegistryCredentialsResponse>()
        .mirrored_by(list);
    api.on(Method::GET, ONE, ACCESS, "See a registry credential")
        .gives::<RegistryCredentialResponse>()
        .mirrored_by(get);
    api.on(Method::PATCH, ONE, ACCESS, "Change a registry credential")
        .takes::<UpdateRegistryCredentialRequest>()
        .gives::<RegistryCredentialResponse>()
        .mirrored_by(patch);
    api.on(Method::DELETE, ONE, ACCESS, "Delete a registry credential").mirrored_by(delete);
    api.on(Method::GET, "/v2/nvcf/recognized-registries", ACCESS, "List known registries")
        .gives::<RecognizedRegistriesResponse>()
        .by(recognized);
}

fn shown(credential: &RegistryCredential) -> RegistryCredentialDto {
    RegistryCredentialDto {
        registry_credential_id: credential.id.to_string(),
        registry_hostname: credential.hostname.clone(),
        registry_credential_name: credential.secret_name.clone(),
        artifact_types: credential.artifact_types.clone(),
        tags: credential.tags.clone(),
        description: credential.description.clone(),
        provisioned_by: if credential.provisioned_by_system { "SYSTEM" } else { "USER" }.to_owned(),
        nca_id: credential.account.to_string(),
        created_at: credential.created_at.to_string(),
        last_updated_at: credential.updated_at.to_string(),
    }
}

fn one(credential: &RegistryCredential) -> axum::Json<RegistryCredentialResponse> {
    axum::Json(RegistryCredentialResponse { registry_credential: shown(credential) })
}

fn check_types(types: &[String], violations: &mut Violations) {
    for kind in types {
        let known = TYPES.contains(&kind.as_str());
        violations.require(known, "artifactTypes", kind, "must be one of CONTAINER, HELM, MODEL, RESOURCE");
    }
}

/// The value must be what registries take: a wrong one would show up as a timeout much later.
fn check_secret(secret: Option<Secret>, violations: &mut Violations) -> SecretDraft {
    let draft = secret.map(Secret::into_draft);
    let draft = draft.unwrap_or(SecretDraft { name: String::new(), value: String::new() });
    check_secrets(std::slice::from_ref(&draft), violations);
    let decoded = STANDARD.decode(draft.value.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let sound = decoded.is_some_and(|text| text.split_once(':').is_some_and(|(user, _)| !user.is_empty()));
    violations.require(sound, "secret.value", "<hidden>", "must be the base64 of user:password");
    draft
}

fn is_hostname(host: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    (1..=255).contains(&host.len())
        && host.chars().all(allowed)
        && host.starts_with(|c: char| c.is_ascii_alphanumeric())
}

async fn add(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Json(body): Json<AddRegistryCredentialRequest>,
) -> ApiResult<axum::Json<RegistryCredentialResponse>> {
    let mut violations = Violations::of("addRegistryCredentialRequest");
    let hostname = body.registry_hostname.unwrap_or_default().to_ascii_lowercase();
    violations.require(is_hostname(&hostname), "registryHostname", &hostname, "must be a host name");
    violations.require(!body.artifact_types.is_empty(), "artifactTypes", "[]", "must not be empty");
    check_types(&body.artifact_types, &mut violations);
    wheelhouse_functions::definition::check_tags(&body.tags, &mut violations);
    let draft = check_secret(body.secret, &mut violations);
    violations.into_result(())?;
    let account = core.store.table::<Account>().get(&caller.account).await?;
    let limits = account.map(|account| account.value.limits).unwrap_or_else(Limits::default);
    let table = core.store.table::<RegistryCredential>();
    let known = table.count(Filter::Account(caller.account.to_string())).await?;
    if known >= u64::from(limits.registry_credentials()) {
        let most = limits.registry_credentials();
        let detail = format!(
            "Reached or exceeded the max limit for the number of registry credentials allowed: {most}"
        );
        return Err(Problem::invalid_request(detail).into());
    }
    let now = core.now();
    let credential = RegistryCredential {
        id: core.new_id(RegistryCredentialId::from_parts)?,
        account: caller.account.clone(),
        hostname,
        secret_name: draft.name.clone(),
        artifact_types: body.artifact_types,
        tags: body.tags,
        description: body.description,
        provisioned_by_system: false,
        created_at: now,
        updated_at: now,
    };
    let entry = caller.audit(now, "add_registry_credential", credential.id);
    core.store
        .transaction()
        .insert(&credential)
        .put_secret(&credential.secret_owner(), caller.account.as_str(), &draft.name, draft.value.trim())
        .audit(&entry)
        .commit()
        .await?;
    core.work_changed();
    Ok(one(&credential))
}

/// Filters of a listing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListQuery {
    artifact_type: Option<String>,
    provisioned_by: Option<String>,
}

async fn list(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Search(query): Search<ListQuery>,
) -> ApiResult<axum::Json<ListRegistryCredentialsResponse>> {
    let filter = Filter::Account(caller.account.to_string());
    let all = core.store.table::<RegistryCredential>().list(filter).await?;
    let registry_credentials = all
        .iter()
        .map(|stored| shown(&stored.value))
        .filter(|credential| {
            let kind =
                query.artifact_type.as_ref().is_none_or(|kind| credential.artifact_types.contains(kind));
            let by = query.provisioned_by.as_ref();
            kind && by.is_none_or(|by| by.split(',').any(|word| word == credential.provisioned_by))
        })
        .collect();
    Ok(axum::Json(ListRegistryCredentialsResponse { registry_credentials }))
}

/// A path that names a registry credential.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialPath {
    registry_credential_id: String,
}

async fn own(
    core: &Core,
    caller: &Caller,
    path: &CredentialPath,
) -> Result<Stored<RegistryCredential>, Problem> {
    let found =
        core.store.table::<RegistryCredential>().get(&path.registry_credential_id).await.map_err(storage)?;
    found.filter(|stored| stored.value.account == caller.account).ok_or_else(|| {
        Problem::not_found(format!("Registry credential id '{}': Not found", path.registry_credential_id))
    })
}

async fn get(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<CredentialPath>,
) -> ApiResult<axum::Json<RegistryCredentialResponse>> {
    Ok(one(&own(&core, &caller, &path).await?.value))
}

async fn patch(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<CredentialPath>,
    Json(body): Json<UpdateRegistryCredentialRequest>,
) -> ApiResult<axum::Json<RegistryCredentialResponse>> {
    let mut stored = own(&core, &caller, &path).await?;
    let mut violations = Violations::of("updateRegistryCredentialRequest");
    let types = body.artifact_types.unwrap_or_default();
    check_types(&types, &mut violations);
    let draft = body.secret.map(|secret| check_secret(Some(secret), &mut violations));
    violations.into_result(())?;
    if types.is_empty() && draft.is_none() {
        return Err(Problem::invalid_request("At least one property must be specified").into());
    }
    for kind in types {
        if !stored.value.artifact_types.contains(&kind) {
            stored.value.artifact_types.push(kind);
        }
    }
    let now = core.now();
    stored.value.updated_at = now;
    let owner = stored.value.secret_owner();
    let mut transaction = core.store.transaction();
    if let Some(draft) = draft {
        stored.value.secret_name.clone_from(&draft.name);
        transaction = transaction.delete_secrets(&owner).put_secret(
            &owner,
            caller.account.as_str(),
            &draft.name,
            draft.value.trim(),
        );
    }
    let entry = caller.audit(now, "update_registry_credential", stored.value.id);
    transaction.update(&stored).audit(&entry).commit().await?;
    core.work_changed();
    Ok(one(&stored.value))
}

async fn delete(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<CredentialPath>,
) -> ApiResult<StatusCode> {
    let stored = own(&core, &caller, &path).await?;
    let entry = caller.audit(core.now(), "delete_registry_credential", stored.value.id);
    core.store
        .transaction()
        .delete::<RegistryCredential>(stored.value.id)
        .delete_secrets(&stored.value.secret_owner())
        .audit(&entry)
        .commit()
        .await?;
    core.work_changed();
    Ok(StatusCode::NO_CONTENT)
}

async fn recognized(State(core): State<Arc<Core>>) -> ApiResult<axum::Json<RecognizedRegistriesResponse>> {
    let mut registries: BTreeMap<String, Vec<String>> = RECOGNIZED
        .iter()
        .map(|(kind, hosts)| ((*kind).to_owned(), hosts.iter().map(|host| (*host).to_owned()).collect()))
        .collect();
    for hosts in registries.values_mut() {
        hosts.extend(core.options.recognized_registries.iter().cloned());
    }
    Ok(axum::Json(RecognizedRegistriesResponse { recognized_registries: registries }))
}
