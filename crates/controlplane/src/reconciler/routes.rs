//! Publishing what the gateway must know.

use super::Reconciler;
use crate::core::storage;
use std::sync::Arc;
use wheelhouse_functions::catalogue::Cluster;
use wheelhouse_functions::deployment::Deployment;
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::instance_state::InstanceState;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::route::{Route, RouteInstance, RouteTable};
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_store::Filter;

impl Reconciler {
    /// Makes the route table anew and publishes it when it differs.
    pub(super) async fn publish_routes(&self) -> Result<(), Problem> {
        let core = &self.core;
        let clusters = core.store.table::<Cluster>().list(Filter::All).await.map_err(storage)?;
        let mut routes = Vec::new();
        for deployment in core.store.table::<Deployment>().list(Filter::All).await.map_err(storage)? {
            let deployment = deployment.value;
            let found =
                core.store.table::<FunctionVersion>().get(deployment.version).await.map_err(storage)?;
            let Some(version) = found.map(|stored| stored.value) else { continue };
            let filter = Filter::Parent(version.version.to_string());
            let instances = core.store.table::<Instance>().list(filter).await.map_err(storage)?;
            let running = instances.into_iter().map(|stored| stored.value).filter(|instance| {
                instance.state == InstanceState::Running && !instance.endpoints.is_empty()
            });
            let instances = running
                .filter_map(|instance| {
                    let bounds = deployment.specification(instance.specification)?.bounds;
                    let cluster = clusters.iter().find(|cluster| cluster.value.id == instance.cluster);
                    Some(RouteInstance {
                        id: instance.id,
                        endpoints: instance.endpoints,
                        slots: bounds.max_request_concurrency,
                        instance_type: instance.instance_type,
                        backend: cluster.map(|cluster| cluster.value.group.clone()).unwrap_or_default(),
                    })
                })
                .collect();
            let shared_with = core.shared_with(version.function, Some(version.version)).await?;
            routes.push(Arc::new(Route {
                function: version.function,
                version: version.version,
                name: version.definition.name.clone(),
                account: version.account.clone(),
                shared_with,
                state: version.state,
                inference_path: version.definition.inference_path(),
                grpc: version.definition.is_grpc(),
                instances,
                rate_limit: version.rate_limit,
            }));
        }
        let table: RouteTable = routes.into_iter().collect();
        core.routes.send_if_modified(|known| {
            let changed = **known != table;
            if changed {
                *known = Arc::new(table);
            }
            changed
        });
        Ok(())
    }
}
