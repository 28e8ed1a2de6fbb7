//! Who is asking, and what they may see.

use crate::id::{AccountId, FunctionId, KeyId, VersionId};
use crate::problem::{Problem, ProblemKind};
use crate::scope::{Grants, Scope};
use serde::{Deserialize, Serialize};

/// What a key's policy may be limited to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resource {
    /// Every function of the own account.
    AccountFunctions,
    /// Every function shared with the account.
    AuthorizedFunctions,
    /// One function, all versions.
    Function(FunctionId),
    /// One version.
    Version(VersionId),
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account the credential belongs to.
    pub account: AccountId,
    /// The credential.
    pub key: KeyId,
    /// Whom the credential was made for.
    pub subject: String,
    /// What it allows.
    pub grants: Grants,
    /// What it is limited to; empty means no limit within its account and what is shared with it.
    pub resources: Vec<Resource>,
}

/// A function's owner and those it is shared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership<'a> {
    /// The owner.
    pub owner: &'a AccountId,
    /// The function.
    pub function: FunctionId,
    /// The version, when one is named.
    pub version: Option<VersionId>,
    /// Accounts it is shared with; `*` shares with all.
    pub shared_with: &'a [String],
}

/// How the caller stands to a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the caller's own (or the caller administers every account).
    Owner,
    /// It is shared with the caller's account.
    Authorized,
    /// It is shared with all.
    Public,
    /// It is none of the caller's business.
    Stranger,
}

impl Principal {
    /// Requires a scope in the caller's own account.
    ///
    /// # Errors
    /// A 403 naming the scope.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        self.require_any(&[scope])
    }

    /// Requires any of several scopes in the caller's own account.
    ///
    /// # Errors
    /// A 403 naming the scopes.
    pub fn require_any(&self, scopes: &[Scope]) -> Result<(), Problem> {
        if scopes.iter().any(|&scope| self.grants.allow(scope)) { Ok(()) } else { Err(missing(scopes, "")) }
    }

    /// Requires any of several scopes for acting in `account`, which may be another's.
    ///
    /// # Errors
    /// A 403 naming the scopes.
    pub fn require_in(&self, account: &AccountId, scopes: &[Scope]) -> Result<(), Problem> {
        if *account == self.account && scopes.iter().any(|&scope| self.grants.allow(scope)) {
            return Ok(());
        }
        if scopes.iter().any(|&scope| self.grants.allow_everywhere(scope)) {
            return Ok(());
        }
        Err(missing(scopes, "admin:"))
    }

    /// How the caller stands to a function, its key's limits included.
    #[must_use]
    pub fn standing(&self, target: &Ownership<'_>) -> Standing {
        let standing = if *target.owner == self.account {
            Standing::Owner
        } else if target.shared_with.iter().any(|account| account == self.account.as_str()) {
            Standing::Authorized
        } else if target.shared_with.iter().any(|account| account == "*") {
            Standing::Public
        } else {
            return Standing::Stranger;
        };
        let covered = self.resources.is_empty()
            || self.resources.iter().any(|resource| match resource {
                Resource::AccountFunctions => standing == Standing::Owner,
                Resource::AuthorizedFunctions => standing != Standing::Owner,
                Resource::Function(function) => *function == target.function,
                Resource::Version(version) => Some(*version) == target.version,
            });
        if covered { standing } else { Standing::Stranger }
    }
}

fn missing(scopes: &[Scope], prefix: &str) -> Problem {
    let names: Vec<String> = scopes.iter().map(|scope| format!("{prefix}{scope}")).collect();
    Problem::new(
        ProblemKind::Forbidden,
        format!("Access denied: the credential lacks scope {}", names.join(" or ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Grant;

    fn principal(scopes: &[&str], resources: Vec<Resource>) -> Principal {
        Principal {
            account: "mine".parse().unwrap(),
            key: KeyId::from_parts(1, [0; 10]),
            subject: "me".into(),
            grants: scopes.iter().map(|text| text.parse::<Grant>().unwrap()).collect(),
            resources,
        }
    }

    #[test]
    fn admin_grants_reach_other_accounts_and_own_ones_do_not() {
        let other: AccountId = "other".parse().unwrap();
        let mine: AccountId = "mine".parse().unwrap();
        let own = principal(&["deploy_function"], vec![]);
        let admin = principal(&["admin:deploy_function"], vec![]);
        let scopes = [Scope::DeployFunction];
        assert!(own.require_in(&mine, &scopes).is_ok());
        assert_eq!(own.require_in(&other, &scopes).unwrap_err().kind, ProblemKind::Forbidden);
        assert!(admin.require_in(&other, &scopes).is_ok() && admin.require(Scope::DeployFunction).is_ok());
        assert!(own.require(Scope::InvokeFunction).is_err());
    }

    #[test]
    fn standing_follows_owner_sharing_and_the_keys_limits() {
        let mine: AccountId = "mine".parse().unwrap();
        let other: AccountId = "other".parse().unwrap();
        let function = FunctionId::from_parts(1, [1; 10]);
        let version = VersionId::from_parts(1, [2; 10]);
        let check = |resources: Vec<Resource>, owner: &AccountId, shared: &[&str], expect: Standing| {
            let shared: Vec<String> = shared.iter().map(ToString::to_string).collect();
            let target = Ownership { owner, function, version: Some(version), shared_with: &shared };
            assert_eq!(principal(&[], resources).standing(&target), expect);
        };
        check(vec![], &mine, &[], Standing::Owner);
        check(vec![], &other, &[], Standing::Stranger);
        check(vec![], &other, &["mine"], Standing::Authorized);
        check(vec![], &other, &["*"], Standing::Public);
        check(vec![Resource::AccountFunctions], &mine, &[], Standing::Owner);
        check(vec![Resource::AuthorizedFunctions], &mine, &[], Standing::Stranger);
        check(vec![Resource::AuthorizedFunctions], &other, &["mine"], Standing::Authorized);
        check(vec![Resource::Function(FunctionId::from_parts(9, [9; 10]))], &mine, &[], Standing::Stranger);
        check(vec![Resource::Version(version)], &mine, &[], Standing::Owner);
        // A limit never widens what is visible.
        check(vec![Resource::Function(function)], &other, &[], Standing::Stranger);
    }
}
