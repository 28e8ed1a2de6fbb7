//! What the gateway must know of a version to take calls for it.

use crate::id::{AccountId, FunctionId, InstanceId, VersionId};
use crate::instance::Endpoint;
use crate::rate_limit::RateLimit;
use crate::version_state::VersionState;

/// A version as the gateway sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// The function.
    pub function: FunctionId,
    /// The version.
    pub version: VersionId,
    /// The function's name.
    pub name: String,
    /// The owner.
    pub account: AccountId,
    /// Accounts it is shared with; `*` for all.
    pub shared_with: Vec<String>,
    /// Its state; calls are taken only when it is invocable.
    pub state: VersionState,
    /// Path of legacy inference calls.
    pub inference_path: String,
    /// Whether it speaks gRPC.
    pub grpc: bool,
    /// Where it runs.
    pub instances: Vec<RouteInstance>,
    /// Rate limits.
    pub rate_limit: Option<RateLimit>,
}

/// One running instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteInstance {
    /// The instance.
    pub id: InstanceId,
    /// Where it is.
    pub endpoint: Endpoint,
    /// How many calls it takes at a time.
    pub slots: u32,
    /// Instance type name, told to the container.
    pub instance_type: String,
    /// Cluster group name, told to the container.
    pub backend: String,
}

/// Names a function in a host name: `{functionId}.…` or `{versionId}.{functionId}.…`. Only the first one or two
/// labels of 36 characters are looked at.
#[must_use]
pub fn target_of_host(host: &str) -> Option<(FunctionId, Option<VersionId>)> {
    let mut labels = host.split('.');
    let first = labels.next()?;
    if let Some(function) = labels.next().and_then(|second| second.parse::<FunctionId>().ok()) {
        return Some((function, Some(first.parse().ok()?)));
    }
    Some((first.parse().ok()?, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "6f1cd0a2-1111-4222-8333-944445555666";
    const VERSION: &str = "2a9ed0a2-1111-4222-8333-944445555666";

    #[test]
    fn hosts() {
        let function: FunctionId = FUNCTION.parse().unwrap();
        let version: VersionId = VERSION.parse().unwrap();
        let check = |host: String, expect| assert_eq!(target_of_host(&host), expect, "{host}");
        check(format!("{FUNCTION}.invocation.example.com"), Some((function, None)));
        check(format!("{VERSION}.{FUNCTION}.invocation.example.com:8080"), Some((function, Some(version))));
        check(FUNCTION.to_owned(), Some((function, None)));
        check("api.example.com".to_owned(), None);
        check(format!("api.{FUNCTION}.example.com"), None);
        check(String::new(), None);
    }
}
