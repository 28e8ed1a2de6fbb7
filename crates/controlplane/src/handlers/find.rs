//! Finding what a path names, as far as the caller may know of it.

use crate::api::extract::Caller;
use crate::core::{Core, storage};
use schemars::JsonSchema;
use serde::Deserialize;
use wheelhouse_functions::access::{Ownership, Standing};
use wheelhouse_functions::id::{FunctionId, VersionId};
use wheelhouse_functions::problem::{Problem, ProblemKind};
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_store::record::{Authorization, authorization_id};
use wheelhouse_store::{Filter, Stored};

/// A path that names a function.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionPath {
    pub(crate) function_id: String,
}

/// A path that names a version.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionPath {
    pub(crate) function_id: String,
    pub(crate) version_id: String,
}

impl FunctionPath {
    pub(crate) fn id(&self) -> Result<FunctionId, Problem> {
        self.function_id.parse().map_err(|_| function_not_found(&self.function_id))
    }
}

impl VersionPath {
    pub(crate) fn ids(&self) -> Result<(FunctionId, VersionId), Problem> {
        let function = self.function_id.parse().map_err(|_| function_not_found(&self.function_id))?;
        let version =
            self.version_id.parse().map_err(|_| version_not_found(&self.function_id, &self.version_id))?;
        Ok((function, version))
    }
}

pub(crate) fn function_not_found(function: impl std::fmt::Display) -> Problem {
    Problem::not_found(format!("Function id '{function}': Not found"))
}

pub(crate) fn version_not_found(
    function: impl std::fmt::Display,
    version: impl std::fmt::Display,
) -> Problem {
    Problem::not_found(format!("Function id '{function}', version '{version}': Not found"))
}

impl Core {
    /// The accounts a function or version is shared with.
    pub(crate) async fn shared_with(
        &self,
        function: FunctionId,
        version: Option<VersionId>,
    ) -> Result<Vec<String>, Problem> {
        let table = self.store.table::<Authorization>();
        let mut accounts = Vec::new();
        let whole = table.get(authorization_id(function, None)).await.map_err(storage)?;
        let single = match version {
            Some(version) => table.get(authorization_id(function, Some(version))).await.map_err(storage)?,
            None => None,
        };
        for stored in [whole, single].into_iter().flatten() {
            accounts.extend(stored.value.parties.into_iter().map(|party| party.account));
        }
        Ok(accounts)
    }

    /// How the caller stands to a version, in the account they act in.
    pub(crate) async fn standing(
        &self,
        caller: &Caller,
        version: &FunctionVersion,
    ) -> Result<Standing, Problem> {
        // Acting in another account was allowed by an `admin:` scope: there the caller is at home.
        if caller.account != caller.principal.account {
            return Ok(if version.account == caller.account { Standing::Owner } else { Standing::Stranger });
        }
        let shared_with = self.shared_with(version.function, Some(version.version)).await?;
        Ok(caller.principal.standing(&Ownership {
            owner: &version.account,
            function: version.function,
            version: Some(version.version),
            shared_with: &shared_with,
        }))
    }

    /// Finds a version that is the caller's own. Strangers learn nothing; those it is shared with learn that it
    /// is not theirs.
    pub(crate) async fn own_version(
        &self,
        caller: &Caller,
        path: &VersionPath,
    ) -> Result<Stored<FunctionVersion>, Problem> {
        let (stored, standing) = self.visible_version(caller, path).await?;
        match standing {
            Standing::Owner => Ok(stored),
            Standing::Authorized | Standing::Public | Standing::Stranger => Err(Problem::new(
                ProblemKind::Forbidden,
                "Access denied: the function belongs to a different account",
            )),
        }
    }

    /// Finds a version that the caller may see.
    pub(crate) async fn visible_version(
        &self,
        caller: &Caller,
        path: &VersionPath,
    ) -> Result<(Stored<FunctionVersion>, Standing), Problem> {
        let (function, version) = path.ids()?;
        let found = self.store.table::<FunctionVersion>().get(version).await.map_err(storage)?;
        let stored = found
            .filter(|stored| stored.value.function == function)
            .ok_or_else(|| version_not_found(function, version))?;
        match self.standing(caller, &stored.value).await? {
            Standing::Stranger => Err(version_not_found(function, version)),
            standing => Ok((stored, standing)),
        }
    }

    /// Finds the versions of a function that the caller may see; an error when there is none.
    pub(crate) async fn visible_versions(
        &self,
        caller: &Caller,
        function: FunctionId,
    ) -> Result<Vec<(Stored<FunctionVersion>, Standing)>, Problem> {
        let filter = Filter::Parent(function.to_string());
        let all = self.store.table::<FunctionVersion>().list(filter).await.map_err(storage)?;
        let mut visible = Vec::new();
        for stored in all {
            let standing = self.standing(caller, &stored.value).await?;
            if standing != Standing::Stranger {
                visible.push((stored, standing));
            }
        }
        if visible.is_empty() { Err(function_not_found(function)) } else { Ok(visible) }
    }
}
