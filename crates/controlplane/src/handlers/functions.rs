//! Functions and versions: create, list, get, update, delete.

use super::find::{FunctionPath, VersionPath, function_not_found};
use super::listing;
use crate::api::endpoint::{Access, Api};
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Json, Params, Search};
use crate::core::charts::{DeployFacts, accept};
use crate::core::{Core, storage};
use crate::wire::deployment::policy;
use crate::wire::function::{
    CreateFunctionRequest, FunctionDto, FunctionResponse, InstanceDto, ListFunctionIdsResponse,
    ListFunctionsResponse, UpdateFunctionRequest, View,
};
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wheelhouse_functions::access::Standing;
use wheelhouse_functions::account::Account;
use wheelhouse_functions::catalogue::Cluster;
use wheelhouse_functions::definition::{FunctionType, Workload, check_secrets, check_tags};
use wheelhouse_functions::engine::Surroundings;
use wheelhouse_functions::id::{FunctionId, VersionId};
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Scope;
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_functions::version_state::VersionState;
use wheelhouse_functions::violation::Violations;
use wheelhouse_store::record::Authorization;
use wheelhouse_store::{Collection, Filter};

const LIST: Access = Access::Own(&[Scope::ListFunctions, Scope::ListFunctionsDetails]);
const REGISTER: Access = Access::Own(&[Scope::RegisterFunction]);
const UPDATE: Access = Access::Own(&[Scope::UpdateFunction]);
const VERSION: &str = "/v2/nvcf/functions/{functionId}/versions/{versionId}";

pub(crate) fn register(api: &mut Api) {
    api.on(Method::POST, "/v2/nvcf/functions", REGISTER, "Create a function and its first version")
        .takes::<CreateFunctionRequest>()
        .gives::<FunctionResponse>()
        .mirrored_by(create_function);
    api.on(Method::GET, "/v2/nvcf/functions", LIST, "List function versions")
        .gives::<ListFunctionsResponse>()
        .mirrored_by(listing::list);
    api.on(Method::GET, "/v2/nvcf/functions/ids", LIST, "List function ids")
        .gives::<ListFunctionIdsResponse>()
        .mirrored_by(listing::list_ids);
    api.on(Method::POST, "/v2/nvcf/functions/{functionId}/versions", REGISTER, "Create a version")
        .takes::<CreateFunctionRequest>()
        .gives::<FunctionResponse>()
        .mirrored_by(create_version);
    api.on(Method::GET, "/v2/nvcf/functions/{functionId}/versions", LIST, "List the versions of a function")
        .gives::<ListFunctionsResponse>()
        .mirrored_by(list_versions);
    api.on(Method::GET, VERSION, LIST, "Get a version").gives::<FunctionResponse>().mirrored_by(get);
    api.on(Method::PUT, VERSION, UPDATE, "Change what may change of a version")
        .takes::<UpdateFunctionRequest>()
        .gives::<FunctionResponse>()
        .mirrored_by(update);
    api.on(
        Method::PUT,
        "/v2/nvcf/metadata/functions/{functionId}/versions/{versionId}",
        UPDATE,
        "Change tags (deprecated)",
    )
    .takes::<UpdateFunctionRequest>()
    .gives::<FunctionResponse>()
    .mirrored_by(update);
    api.on(
        Method::DELETE,
        VERSION,
        Access::Own(&[Scope::DeleteFunction]),
        "Delete a version; a deployment of it is removed too",
    )
    .mirrored_by(delete);
}

async fn create_function(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Json(body): Json<CreateFunctionRequest>,
) -> ApiResult<axum::Json<FunctionResponse>> {
    check_quota(&core, &caller).await?;
    let function = core.new_id(FunctionId::from_parts)?;
    create(&core, &caller, function, body).await
}

async fn create_version(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<FunctionPath>,
    Json(body): Json<CreateFunctionRequest>,
) -> ApiResult<axum::Json<FunctionResponse>> {
    let function = path.id()?;
    let versions = core.visible_versions(&caller, function).await?;
    if !versions.iter().any(|(_, standing)| *standing == Standing::Owner) {
        return Err(function_not_found(function).into());
    }
    let is_llm = |version: &FunctionVersion| version.definition.function_type == FunctionType::Llm;
    if versions.iter().any(|(known, _)| is_llm(&known.value) != body.is_llm()) {
        let detail = "All versions of a function of type 'LLM' must be of that type, and no others may be";
        return Err(Problem::invalid_request(detail).into());
    }
    create(&core, &caller, function, body).await
}

async fn check_quota(core: &Core, caller: &Caller) -> Result<(), Problem> {
    let account = core.store.table::<Account>().get(&caller.account).await.map_err(storage)?;
    let Some(most) = account.and_then(|account| account.value.limits.functions) else { return Ok(()) };
    let filter = Filter::Account(caller.account.to_string());
    let table = core.store.table::<FunctionVersion>();
    let versions = table.heads(filter, None, u32::MAX).await.map_err(storage)?;
    let functions: BTreeSet<String> = versions.into_iter().map(|head| head.parent).collect();
    if functions.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
        let detail = format!("Reached or exceeded the max limit for the number of functions allowed: {most}");
        return Err(Problem::invalid_request(detail));
    }
    Ok(())
}

async fn create(
    core: &Core,
    caller: &Caller,
    function: FunctionId,
    mut body: CreateFunctionRequest,
) -> ApiResult<axum::Json<FunctionResponse>> {
    let mut violations = Violations::of("createFunctionRequest");
    let validation_policy = policy(body.helm_validation_policy.take(), "", &mut violations);
    violations.into_result(())?;
    let (draft, telemetries) = body.into_draft()?;
    let definition = draft.check()?;
    core.check_telemetries(caller, &telemetries).await?;
    let mut transaction = core.store.transaction();
    let mut chart_digest = None;
    let mut findings = Vec::new();
    if let Workload::Chart { reference, .. } = &definition.workload {
        let fetched = core.fetch_chart(&caller.account, reference).await?;
        let bytes = Arc::new(fetched.bytes);
        let registries = core.image_registries(&caller.account).await?;
        let facts = DeployFacts {
            kubernetes_version: core.oldest_kubernetes().await?,
            policy: validation_policy,
            surroundings: Surroundings { registries: Some(registries), ..Surroundings::default() },
            ..DeployFacts::default()
        };
        let report = core.check_chart(Arc::clone(&bytes), &definition, Some(reference), facts, None).await?;
        if report.is_refused() {
            core.metrics.refused_chart("validate");
        }
        accept(&report)?;
        findings = report.findings.into_iter().map(|finding| finding.details).collect();
        transaction =
            transaction.put_bytes(Collection::Charts, &fetched.digest, "", Arc::unwrap_or_clone(bytes));
        chart_digest = Some(fetched.digest);
    }
    let now = core.now();
    let version = FunctionVersion {
        function,
        version: core.new_id(VersionId::from_parts)?,
        account: caller.account.clone(),
        definition,
        chart_digest,
        tags: draft.tags,
        secret_names: draft.secrets.iter().map(|secret| secret.name.clone()).collect(),
        rate_limit: draft.rate_limit,
        telemetries,
        llm: draft.llm,
        state: VersionState::Inactive,
        state_since: now,
        created_at: now,
    };
    let owner = secret_owner(version.version);
    for secret in &draft.secrets {
        transaction = transaction.put_secret(&owner, caller.account.as_str(), &secret.name, &secret.value);
    }
    let entry = caller.audit(now, "create_version", format_args!("{function}/{}", version.version));
    transaction.insert(&version).audit(&entry).commit().await?;
    let function = FunctionDto::of(&version, View::Full { secrets: true });
    Ok(axum::Json(FunctionResponse { function, findings }))
}

/// Under which owner a version's secrets are sealed.
pub(crate) fn secret_owner(version: VersionId) -> String {
    format!("version/{version}")
}

impl Core {
    /// The oldest Kubernetes version of the registered clusters: a chart that passes there passes everywhere.
    pub(crate) async fn oldest_kubernetes(&self) -> Result<String, Problem> {
        let clusters = self.store.table::<Cluster>().list(Filter::All).await.map_err(storage)?;
        let number = |version: &str| -> Vec<u32> {
            let digits = version.trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
            digits.map_while(|part| part.parse().ok()).collect()
        };
        let oldest = clusters
            .into_iter()
            .map(|stored| stored.value.kubernetes_version)
            .filter(|version| !number(version).is_empty())
            .min_by_key(|version| number(version));
        Ok(oldest.unwrap_or_else(|| self.options.default_kubernetes_version.clone()))
    }
}

/// How much of a version the caller is shown.
pub(super) fn view(caller: &Caller, standing: Standing, secrets: bool) -> View {
    let details = caller.principal.grants.allow(Scope::ListFunctionsDetails);
    match standing {
        Standing::Owner if details => View::Full { secrets },
        Standing::Owner => View::Reduced,
        Standing::Authorized | Standing::Public | Standing::Stranger => View::Foreign,
    }
}

fn shown(caller: &Caller, version: &FunctionVersion, standing: Standing, secrets: bool) -> FunctionDto {
    FunctionDto::of(version, view(caller, standing, secrets))
}

async fn list_versions(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<FunctionPath>,
) -> ApiResult<axum::Json<ListFunctionsResponse>> {
    let versions = core.visible_versions(&caller, path.id()?).await?;
    let mut functions = Vec::with_capacity(versions.len());
    for (stored, standing) in &versions {
        let mut function = shown(&caller, &stored.value, *standing, false);
        if *standing == Standing::Owner && stored.value.state.is_deployed() {
            let version = stored.value.version;
            let mut live = core.live_instances(Filter::Parent(version.to_string())).await?;
            function.active_instances = live.remove(&version);
        }
        functions.push(function);
    }
    Ok(axum::Json(ListFunctionsResponse { functions, cursor: None }))
}

/// What a get may be asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetQuery {
    include_secrets: Option<bool>,
}

async fn get(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
    Search(query): Search<GetQuery>,
) -> ApiResult<axum::Json<FunctionResponse>> {
    let (stored, standing) = core.visible_version(&caller, &path).await?;
    let mut function = shown(&caller, &stored.value, standing, query.include_secrets.unwrap_or(true));
    if standing == Standing::Owner {
        let version = stored.value.version;
        let mut live = core.live_instances(Filter::Parent(version.to_string())).await?;
        function.active_instances = Some(live.remove(&version).unwrap_or_default());
    }
    Ok(axum::Json(FunctionResponse { function, findings: Vec::new() }))
}

impl Core {
    /// The instances that count towards what is wanted, by version.
    pub(super) async fn live_instances(
        &self,
        filter: Filter,
    ) -> Result<BTreeMap<VersionId, Vec<InstanceDto>>, Problem> {
        let instances = self.store.table::<Instance>().list(filter).await.map_err(storage)?;
        let clusters = self.store.table::<Cluster>().list(Filter::All).await.map_err(storage)?;
        let mut live: BTreeMap<VersionId, Vec<InstanceDto>> = BTreeMap::new();
        for instance in instances.iter().map(|stored| &stored.value).filter(|one| one.state.is_live()) {
            let cluster = clusters.iter().find(|cluster| cluster.value.id == instance.cluster);
            let group = cluster.map_or("", |cluster| cluster.value.group.as_str());
            let name = cluster.map_or("", |cluster| cluster.value.name.as_str());
            live.entry(instance.version).or_default().push(InstanceDto::of(instance, group, name));
        }
        Ok(live)
    }
}

async fn update(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
    Json(body): Json<UpdateFunctionRequest>,
) -> ApiResult<axum::Json<FunctionResponse>> {
    let mut violations = Violations::of("updateFunctionRequest");
    if let Some(tags) = &body.tags {
        check_tags(tags, &mut violations);
    }
    violations.into_result(())?;
    let llm = body.model_updates.is_some() || body.llm_invocation_config.is_some();
    if body.tags.is_none() && body.rate_limit.is_none() && !llm {
        return Err(Problem::invalid_request("At least one property must be specified").into());
    }
    let mut stored = core.own_version(&caller, &path).await?;
    if let Some(tags) = body.tags {
        stored.value.tags = tags;
    }
    if let Some(limit) = &body.rate_limit {
        stored.value.rate_limit = Some(limit.check()?);
    }
    if llm && stored.value.definition.function_type != FunctionType::Llm {
        let detail =
            "'modelUpdates' and 'llmInvocationConfig' can be specified for functions of type 'LLM' only";
        return Err(Problem::invalid_request(detail).into());
    }
    for update in body.model_updates.unwrap_or_default() {
        update.apply(&mut stored.value.llm)?;
    }
    if let Some(config) = body.llm_invocation_config {
        let priority = config.into_priority();
        let mut violations = Violations::of("updateFunctionRequest");
        priority.check(&mut violations);
        violations.into_result(())?;
        stored.value.llm.priority = Some(priority);
    }
    let entry = caller.audit(core.now(), "update_version", stored.value.version);
    core.store.transaction().update(&stored).audit(&entry).commit().await?;
    core.changed.notify_one();
    let function = shown(&caller, &stored.value, Standing::Owner, true);
    Ok(axum::Json(FunctionResponse { function, findings: Vec::new() }))
}

async fn delete(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Params(path): Params<VersionPath>,
) -> ApiResult<StatusCode> {
    let mut stored = core.own_version(&caller, &path).await?;
    if stored.value.state.is_deployed() {
        stored = core.undeploy(&caller, stored, false).await?;
    }
    let version = &stored.value;
    let filter = Filter::Parent(version.function.to_string());
    let last = core.store.table::<FunctionVersion>().count(filter).await? <= 1;
    let entry =
        caller.audit(core.now(), "delete_version", format_args!("{}/{}", version.function, version.version));
    let mut transaction = core
        .store
        .transaction()
        .delete::<FunctionVersion>(version.version)
        .delete_secrets(&secret_owner(version.version))
        .delete::<Authorization>(wheelhouse_store::record::authorization_id(
            version.function,
            Some(version.version),
        ))
        .audit(&entry);
    if last {
        transaction = transaction
            .delete::<Authorization>(wheelhouse_store::record::authorization_id(version.function, None));
    }
    transaction.commit().await?;
    core.entries.forget(version.version);
    core.work_changed();
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the secrets of a version; used by the secrets endpoint.
pub(crate) async fn replace_secrets(
    core: &Core,
    caller: &Caller,
    path: &VersionPath,
    drafts: Vec<wheelhouse_functions::definition::SecretDraft>,
) -> Result<(), Problem> {
    let mut violations = Violations::of("updateFunctionSecretsRequest");
    check_secrets(&drafts, &mut violations);
    violations.require(!drafts.is_empty(), "secrets", "[]", "must not be empty");
    violations.into_result(())?;
    let mut stored = core.own_version(caller, path).await?;
    let version = stored.value.version;
    let mut transaction = core.store.transaction();
    for secret in &drafts {
        transaction = transaction.put_secret(
            &secret_owner(version),
            caller.account.as_str(),
            &secret.name,
            &secret.value,
        );
        if !stored.value.secret_names.contains(&secret.name) {
            stored.value.secret_names.push(secret.name.clone());
        }
    }
    let entry = caller.audit(core.now(), "update_secrets", version);
    transaction.update(&stored).audit(&entry).commit().await.map_err(storage)?;
    core.work_changed();
    Ok(())
}
