//! Listing function versions: all at once or in pages.
//!
//! A listing goes by the heads of records and the sharing of functions; the records themselves are read only where
//! no entry of their revision is kept (see [`crate::core::entries`]).

use super::functions::view;
use crate::api::error::ApiResult;
use crate::api::extract::{Caller, Search};
use crate::core::entries::Entry;
use crate::core::{Core, internal, storage};
use crate::wire::function::{FunctionDto, InstanceDto, ListFunctionIdsResponse};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use wheelhouse_functions::access::{Ownership, Standing};
use wheelhouse_functions::id::{AccountId, FunctionId, VersionId};
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_store::record::Authorization;
use wheelhouse_store::{Filter, Head};

/// Records read at once: a listing of many does not hold all of them at one time.
const AT_ONCE: usize = 500;

/// What listings may be asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ListQuery {
    visibility: Option<String>,
    /// At most so many.
    limit: Option<u32>,
    /// From after this one.
    cursor: Option<String>,
}

impl ListQuery {
    fn limit(&self) -> u32 {
        self.limit.unwrap_or(u32::MAX).max(1)
    }

    /// The same, to compare lengths with.
    fn most(&self) -> usize {
        usize::try_from(self.limit()).unwrap_or(usize::MAX)
    }

    /// The kinds of functions that are wanted.
    fn wanted(&self) -> Result<BTreeSet<&str>, Problem> {
        let words =
            self.visibility.as_deref().unwrap_or("authorized,private,public").split(',').map(str::trim);
        words
            .map(|word| match word {
                "authorized" | "private" | "public" => Ok(word),
                _ => Err(Problem::invalid_request(format_args!("Invalid visibility '{word}' specified"))),
            })
            .collect()
    }
}

/// A version of a listing.
struct Listed {
    function: FunctionId,
    version: VersionId,
    revision: u64,
    standing: Standing,
}

impl Listed {
    fn of(head: &Head, standing: impl FnOnce(FunctionId, VersionId) -> Standing) -> Result<Self, Problem> {
        let function = head.parent.parse().map_err(|error| internal(&error))?;
        let version = head.id.parse().map_err(|error| internal(&error))?;
        Ok(Self { function, version, revision: head.revision, standing: standing(function, version) })
    }
}

pub(super) async fn list(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Search(query): Search<ListQuery>,
) -> ApiResult<Response> {
    let listed = page(&core, &caller, &query).await?;
    let full = listed.len() >= query.most();
    let cursor = listed.last().filter(|_| full).map(|last| last.version.to_string());
    let entries = entries(&core, &caller, &listed).await?;
    let has_instances =
        |(listed, entry): &(&Listed, Entry)| entry.deployed && listed.standing == Standing::Owner;
    let mut live = BTreeMap::new();
    if entries.iter().any(has_instances) {
        live = core.live_instances(Filter::Account(caller.account.to_string())).await?;
    }
    let body = document(&entries, &live, cursor.as_deref()).map_err(|error| internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

pub(super) async fn list_ids(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Search(query): Search<ListQuery>,
) -> ApiResult<axum::Json<ListFunctionIdsResponse>> {
    let listed = page(&core, &caller, &query).await?;
    let ids: BTreeSet<FunctionId> = listed.into_iter().map(|listed| listed.function).collect();
    Ok(axum::Json(ListFunctionIdsResponse { function_ids: ids.iter().map(ToString::to_string).collect() }))
}

/// One page of what the caller may see, sorted by version id.
async fn page(core: &Core, caller: &Caller, query: &ListQuery) -> Result<Vec<Listed>, Problem> {
    let wanted = query.wanted()?;
    let mut listed = Vec::new();
    if wanted.contains("private") {
        listed = own(core, caller, query).await?;
    }
    // Acting in another account by an `admin:` scope, the caller sees what that account owns.
    if caller.account == caller.principal.account
        && (wanted.contains("authorized") || wanted.contains("public"))
    {
        for one in shared(core, caller, query).await? {
            let word = if one.standing == Standing::Public { "public" } else { "authorized" };
            if wanted.contains(word) {
                listed.push(one);
            }
        }
        listed.sort_by_key(|listed| listed.version);
    }
    listed.truncate(query.most());
    Ok(listed)
}

/// The versions of the account the caller acts in.
async fn own(core: &Core, caller: &Caller, query: &ListQuery) -> Result<Vec<Listed>, Problem> {
    let filter = Filter::Account(caller.account.to_string());
    let table = core.store.table::<FunctionVersion>();
    let mut listed = Vec::new();
    // A key limited to single functions may drop rows, so pages are read until enough are left.
    let mut after = query.cursor.clone();
    loop {
        let heads = table.heads(filter.clone(), after, query.limit()).await.map_err(storage)?;
        for head in &heads {
            let one = Listed::of(head, |function, version| {
                standing(caller, &caller.account, function, version, &[])
            })?;
            if one.standing == Standing::Owner {
                listed.push(one);
            }
        }
        if heads.len() < query.most() || listed.len() >= query.most() {
            return Ok(listed);
        }
        after = heads.into_iter().last().map(|head| head.id);
    }
}

/// The versions of other accounts that are shared with the caller's, or with all.
async fn shared(core: &Core, caller: &Caller, query: &ListQuery) -> Result<Vec<Listed>, Problem> {
    let all = core.store.table::<Authorization>().list(Filter::All).await.map_err(storage)?;
    let reaches = |account: &str| account == "*" || account == caller.account.as_str();
    let mut sharings: HashMap<FunctionId, Vec<Authorization>> = HashMap::new();
    for sharing in all.into_iter().map(|stored| stored.value) {
        let concerned = sharing.parties.iter().any(|party| reaches(&party.account));
        if concerned && sharing.account != caller.account {
            sharings.entry(sharing.function).or_default().push(sharing);
        }
    }
    if sharings.is_empty() {
        return Ok(Vec::new());
    }
    let functions = Filter::Parents(sharings.keys().map(ToString::to_string).collect());
    let table = core.store.table::<FunctionVersion>();
    let heads = table.heads(functions, query.cursor.clone(), u32::MAX).await.map_err(storage)?;
    let mut listed = Vec::new();
    for head in &heads {
        let one = Listed::of(head, |function, version| {
            let concerned = |sharing: &&Authorization| sharing.version.is_none_or(|only| only == version);
            let sharings = sharings.get(&function).into_iter().flatten().filter(concerned);
            let Some(owner) = sharings.clone().map(|sharing| &sharing.account).next() else {
                return Standing::Stranger;
            };
            let parties = sharings.flat_map(|sharing| &sharing.parties);
            let accounts: Vec<String> = parties.map(|party| party.account.clone()).collect();
            standing(caller, owner, function, version, &accounts)
        })?;
        if matches!(one.standing, Standing::Authorized | Standing::Public) {
            listed.push(one);
        }
    }
    Ok(listed)
}

/// How the caller stands to a version, in the account they act in.
fn standing(
    caller: &Caller,
    owner: &AccountId,
    function: FunctionId,
    version: VersionId,
    shared_with: &[String],
) -> Standing {
    if caller.account != caller.principal.account {
        return if *owner == caller.account { Standing::Owner } else { Standing::Stranger };
    }
    caller.principal.standing(&Ownership { owner, function, version: Some(version), shared_with })
}

/// The entries of versions, those that are not kept made of their records. A version deleted meanwhile has none.
async fn entries<'a>(
    core: &Core,
    caller: &Caller,
    listed: &'a [Listed],
) -> Result<Vec<(&'a Listed, Entry)>, Problem> {
    let view = |listed: &Listed| view(caller, listed.standing, false);
    let mut found = core.entries.of(listed.iter().map(|one| (view(one), one.version, one.revision)));
    let missing: Vec<usize> =
        found.iter().enumerate().filter(|(_, entry)| entry.is_none()).map(|(place, _)| place).collect();
    for places in missing.chunks(AT_ONCE) {
        let wanted: HashMap<VersionId, usize> =
            places.iter().filter_map(|&place| Some((listed.get(place)?.version, place))).collect();
        let ids = Filter::Ids(wanted.keys().map(ToString::to_string).collect());
        for stored in core.store.table::<FunctionVersion>().list(ids).await.map_err(storage)? {
            let Some(&place) = wanted.get(&stored.value.version) else { continue };
            let (Some(listed), Some(slot)) = (listed.get(place), found.get_mut(place)) else { continue };
            let view = view(listed);
            let text = serde_json::to_vec(&FunctionDto::of(&stored.value, view));
            let entry = Entry {
                revision: stored.revision,
                deployed: stored.value.state.is_deployed(),
                text: text.map_err(|error| internal(&error))?.into(),
            };
            core.entries.keep(view, listed.version, entry.clone());
            *slot = Some(entry);
        }
    }
    Ok(listed.iter().zip(found).filter_map(|(listed, entry)| Some((listed, entry?))).collect())
}

/// The answer, a [`crate::wire::function::ListFunctionsResponse`]: entries as they are kept, each with its instances.
fn document(
    entries: &[(&Listed, Entry)],
    live: &BTreeMap<VersionId, Vec<InstanceDto>>,
    cursor: Option<&str>,
) -> Result<Vec<u8>, serde_json::Error> {
    let length: usize = entries.iter().map(|(_, entry)| entry.text.len() + 1).sum();
    let mut body = Vec::with_capacity(length + 256);
    body.extend_from_slice(b"{\"functions\":[");
    for (number, (listed, entry)) in entries.iter().enumerate() {
        if number > 0 {
            body.push(b',');
        }
        let instances = live.get(&listed.version).filter(|_| listed.standing == Standing::Owner);
        match (instances, entry.text.strip_suffix(b"}")) {
            (Some(instances), Some(open)) => {
                body.extend_from_slice(open);
                body.extend_from_slice(b",\"activeInstances\":");
                serde_json::to_writer(&mut body, instances)?;
                body.push(b'}');
            }
            _ => body.extend_from_slice(&entry.text),
        }
    }
    body.push(b']');
    if let Some(cursor) = cursor {
        body.extend_from_slice(b",\"cursor\":");
        serde_json::to_writer(&mut body, cursor)?;
    }
    body.push(b'}');
    Ok(body)
}
