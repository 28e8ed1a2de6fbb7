//! What the gateway must know of a version to take calls for it.

use crate::id::{AccountId, FunctionId, InstanceId, VersionId};
use crate::instance::Endpoint;
use crate::rate_limit::RateLimit;
use crate::version_state::VersionState;
use std::collections::HashMap;
use std::sync::Arc;

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
    /// Where it is: its entry Service's ready addresses, taken in turn; never empty.
    pub endpoints: Vec<Endpoint>,
    /// How many calls it takes at a time.
    pub slots: u32,
    /// Instance type name, told to the container.
    pub instance_type: String,
    /// Cluster group name, told to the container.
    pub backend: String,
}

/// Every deployed version, as the gateway sees them. Made anew at each change and swapped as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RouteTable {
    by_version: HashMap<VersionId, Arc<Route>>,
    by_function: HashMap<FunctionId, Vec<VersionId>>,
}

impl RouteTable {
    /// Finds a version.
    #[must_use]
    pub fn version(&self, version: VersionId) -> Option<&Arc<Route>> {
        self.by_version.get(&version)
    }

    /// The versions of a function.
    pub fn function(&self, function: FunctionId) -> impl Iterator<Item = &Arc<Route>> {
        self.by_function
            .get(&function)
            .into_iter()
            .flatten()
            .filter_map(|version| self.by_version.get(version))
    }

    /// All versions.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Route>> {
        self.by_version.values()
    }
}

impl FromIterator<Arc<Route>> for RouteTable {
    fn from_iter<I: IntoIterator<Item = Arc<Route>>>(routes: I) -> Self {
        let mut table = Self::default();
        for route in routes {
            table.by_function.entry(route.function).or_default().push(route.version);
            table.by_version.insert(route.version, route);
        }
        table
    }
}

/// How busy a version is, as the gateway knows it. Times are milliseconds ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VersionLoad {
    /// Calls being answered.
    pub busy: u32,
    /// Calls waiting.
    pub queued: u32,
    /// How long the oldest waiting call has waited.
    pub oldest_wait: u64,
    /// How long ago a call last came or ended; `None` when none ever did.
    pub idle: Option<u64>,
}

/// Where the control plane learns how busy versions are.
pub trait LoadSource: Send + Sync + 'static {
    /// The load of a version.
    fn load(&self, version: VersionId) -> VersionLoad;

    /// Drops what waits for a version and cancels what runs.
    fn drop_queue(&self, version: VersionId);

    /// Finds where a waiting request stands: version and place, counted from 1.
    fn position(&self, request: crate::id::RequestId) -> Option<(VersionId, u32)>;
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
