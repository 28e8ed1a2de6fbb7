//! Scopes: what a credential allows.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

macro_rules! scopes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)+) => {
        /// One permission. The texts are the reference's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Scope {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $name,)+
        }

        impl Scope {
            /// Every scope there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The scope's text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

scopes! {
    /// Create functions and versions.
    RegisterFunction = "register_function";
    /// Change tags, rate limits and the like.
    UpdateFunction = "update_function";
    /// Delete versions.
    DeleteFunction = "delete_function";
    /// Deploy, change and remove deployments.
    DeployFunction = "deploy_function";
    /// List functions, reduced view.
    ListFunctions = "list_functions";
    /// List functions with their full definitions.
    ListFunctionsDetails = "list_functions_details";
    /// Invoke.
    InvokeFunction = "invoke_function";
    /// See queues.
    QueueDetails = "queue_details";
    /// Share functions with other accounts.
    AuthorizeClients = "authorize_clients";
    /// Write secrets.
    UpdateSecrets = "update_secrets";
    /// Manage telemetry endpoints.
    ManageTelemetries = "manage_telemetries";
    /// Manage registry credentials.
    ManageRegistryCredentials = "manage_registry_credentials";
    /// Set up accounts and keys.
    AccountSetup = "account_setup";
    /// See cluster groups.
    ListClusterGroups = "list_cluster_groups";
    /// Register and maintain clusters.
    ClusterManagement = "cluster-management";
    /// What a cluster agent does: fetch work, report.
    ClusterAgent = "nvca-cluster";
    /// Check a chart.
    ValidateChart = "helmreval:validate";
    /// Render a chart.
    RenderChart = "helmreval:render";
    /// Read the audit log.
    ReadAudit = "read_audit";
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope '{0}'")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .iter()
            .copied()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| UnknownScope(text.chars().filter(|c| !c.is_control()).take(128).collect()))
    }
}

/// One grant of a credential: a scope, for the own account or (`admin:`) for every account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// What is allowed.
    pub scope: Scope,
    /// Whether it reaches into other accounts.
    pub everywhere: bool,
}

impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.everywhere { write!(formatter, "admin:{}", self.scope) } else { self.scope.fmt(formatter) }
    }
}

impl FromStr for Grant {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        // The reference writes an API key's scopes with a prefix; it carries no meaning of its own.
        let text = text.strip_prefix("apikey:").unwrap_or(text);
        match text.strip_prefix("admin:") {
            Some(scope) => Ok(Self { scope: scope.parse()?, everywhere: true }),
            None => Ok(Self { scope: text.parse()?, everywhere: false }),
        }
    }
}

impl Serialize for Grant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Grant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The grants of one credential.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(BTreeSet<Grant>);

impl Grants {
    /// Everything, in every account: the first administrator's token.
    #[must_use]
    pub fn administrator() -> Self {
        Scope::ALL
            .iter()
            .flat_map(|&scope| [Grant { scope, everywhere: false }, Grant { scope, everywhere: true }])
            .collect()
    }

    /// What the reference's self-hosted API key holds: invoke, list, queue details.
    #[must_use]
    pub fn invoker() -> Self {
        [Scope::InvokeFunction, Scope::ListFunctions, Scope::QueueDetails, Scope::ListFunctionsDetails]
            .into_iter()
            .map(|scope| Grant { scope, everywhere: false })
            .collect()
    }

    /// What a cluster agent holds.
    #[must_use]
    pub fn agent() -> Self {
        [Grant { scope: Scope::ClusterAgent, everywhere: true }].into_iter().collect()
    }

    /// Whether `scope` is granted in the credential's own account.
    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&Grant { scope, everywhere: false }) || self.allow_everywhere(scope)
    }

    /// Whether `scope` is granted in every account.
    #[must_use]
    pub fn allow_everywhere(&self, scope: Scope) -> bool {
        self.0.contains(&Grant { scope, everywhere: true })
    }

    /// Whether each of these grants is also held by `holder`: a key never makes a stronger key.
    #[must_use]
    pub fn within(&self, holder: &Self) -> bool {
        self.0.iter().all(|grant| {
            if grant.everywhere { holder.allow_everywhere(grant.scope) } else { holder.allow(grant.scope) }
        })
    }

    /// The grants, sorted.
    pub fn iter(&self) -> impl Iterator<Item = Grant> + '_ {
        self.0.iter().copied()
    }

    /// Whether nothing is granted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Grant> for Grants {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        Self(grants.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_round_trip() {
        for &scope in Scope::ALL {
            for text in [scope.to_string(), format!("admin:{scope}")] {
                assert_eq!(text.parse::<Grant>().unwrap().to_string(), text);
            }
            assert_eq!(format!("apikey:{scope}").parse::<Grant>().unwrap().to_string(), scope.as_str());
        }
        assert!("no_such".parse::<Grant>().is_err());
    }

    #[test]
    fn a_key_never_makes_a_stronger_key() {
        let own: Grants = ["invoke_function".parse().unwrap()].into_iter().collect();
        let everywhere: Grants = ["admin:invoke_function".parse().unwrap()].into_iter().collect();
        assert!(own.within(&own) && own.within(&everywhere) && !everywhere.within(&own));
        assert!(own.within(&Grants::administrator()));
    }
}
