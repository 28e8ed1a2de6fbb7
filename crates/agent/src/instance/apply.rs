//! Making an instance's objects: rendered off the async threads, applied server-side in order.

use super::{Applied, Task};
use crate::objects;
use crate::options::chain;
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;
use wheelhouse_cluster::discovery::Discovery;
use wheelhouse_cluster::{ApplyOptions, DeleteOptions, Error, Resource, metadata};
use wheelhouse_functions::engine::{ChartRequest, PodFacts, Rendered};
use wheelhouse_functions::instance::namespace_of;
use wheelhouse_functions::instance_state::{Failure, FailureCause};
use wheelhouse_functions::work::{DesiredInstance, DesiredWorkload};

/// How often applying is tried while the cluster cannot be reached.
const TRIES: u32 = 30;

impl Task {
    /// Applies everything of an instance. Objects that an earlier revision had and this one has not are removed.
    pub(super) async fn apply(&self, desired: &DesiredInstance) -> Result<Applied, Failure> {
        let discovery = self.insist(|| self.parts.cluster.discover()).await?;
        let rendered = self.render(desired, &discovery).await?;
        for object in objects::base(desired, &self.parts.options.name) {
            self.apply_one(&discovery, desired, object).await?;
        }
        let mut applied = Vec::with_capacity(rendered.objects.len());
        for object in rendered.objects {
            applied.push(self.apply_one(&discovery, desired, object).await?);
        }
        self.remove_former(desired, &applied, &discovery).await?;
        Ok(Applied { objects: applied, ready_by_probe: rendered.ready_by_probe })
    }

    async fn render(&self, desired: &DesiredInstance, discovery: &Discovery) -> Result<Rendered, Failure> {
        let region = self.parts.options.region.clone();
        let DesiredWorkload::Chart { digest, values, .. } = &desired.workload else {
            return Ok(Rendered { objects: objects::container(desired, &region), ready_by_probe: false });
        };
        let chart = self.insist_control(digest).await?;
        let version = self.insist(|| self.parts.cluster.get_path("/version")).await?;
        let kubernetes_version =
            version.get("gitVersion").and_then(Value::as_str).unwrap_or("v1.36.0").to_owned();
        let mut api_versions = discovery.versions.clone();
        api_versions.extend(
            discovery
                .served
                .iter()
                .map(|served| format!("{}/{}", served.resource.api_version(), served.resource.kind)),
        );
        let engine = Arc::clone(&self.parts.engine);
        let (desired, values) = (desired.clone(), values.clone());
        let bind_to_instance_type = self.parts.options.bind_to_instance_type;
        let rendering = tokio::task::spawn_blocking(move || {
            let DesiredWorkload::Chart { service, .. } = &desired.workload else {
                return Ok(Rendered::default());
            };
            let namespace = namespace_of(desired.id);
            let request = ChartRequest {
                chart: &chart,
                values: &values,
                namespace: &namespace,
                kubernetes_version: &kubernetes_version,
                api_versions: &api_versions,
                service,
                inference_port: desired.inference_port,
                inference_url: &desired.inference_url,
                health_port: desired.health.port,
                health_protocol: None,
                instance_type: Some(&desired.instance_type),
                policy: &desired.policy,
                reference: None,
                surroundings: None,
            };
            let pull_secrets = objects::pull_secrets(&desired);
            let pods = PodFacts {
                instance: &desired,
                pull_secrets: &pull_secrets,
                secrets: objects::secret_files(&desired),
                service_account: objects::SERVICE_ACCOUNT,
                region: &region,
                environment: "self-hosted",
                bind_to_instance_type,
            };
            engine.prepare(&request, &pods)
        });
        let rendered = rendering.await.map_err(|error| install_failed(format!("rendering: {error}")))?;
        rendered.map_err(|error| install_failed(format!("rendering: {error}")))
    }

    async fn apply_one(
        &self,
        discovery: &Discovery,
        desired: &DesiredInstance,
        mut object: Value,
    ) -> Result<(Resource, Value), Failure> {
        let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (api_version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
        let served = discovery.find(&api_version, &kind).ok_or_else(|| {
            install_failed(format!("{kind}/{name}: the cluster does not serve {api_version} {kind}"))
        })?;
        let resource = served.resource.clone();
        if resource.namespaced
            && let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut)
        {
            // Nothing of an instance ever lies outside its own namespace.
            metadata.insert("namespace".to_owned(), Value::String(namespace_of(desired.id)));
            let labels = metadata.entry("labels").or_insert_with(|| Value::Object(serde_json::Map::new()));
            if let Some(labels) = labels.as_object_mut() {
                labels.insert(REVISION.to_owned(), Value::String(desired.revision.to_string()));
            }
        } else if kind != "Namespace" {
            return Err(install_failed(format!("{kind}/{name} is not an object of a namespace")));
        }
        let options = ApplyOptions::by(objects::MANAGER).forced();
        let applied = self.insist(|| self.parts.cluster.apply(&resource, &object, None, &options)).await;
        let applied = applied.map_err(|failure| Failure {
            message: format!("{kind}/{name}: {}", failure.message),
            ..failure
        })?;
        Ok((resource, applied))
    }

    /// Removes what an earlier revision applied and this one has no more.
    async fn remove_former(
        &self,
        desired: &DesiredInstance,
        applied: &[(Resource, Value)],
        discovery: &Discovery,
    ) -> Result<(), Failure> {
        if desired.revision <= 1 {
            return Ok(());
        }
        let namespace = namespace_of(desired.id);
        let selector = format!("{REVISION},{REVISION}!={}", desired.revision);
        let options = wheelhouse_cluster::ListOptions { labels: Some(selector), ..Default::default() };
        for served in &discovery.served {
            let listed = served.verbs.iter().any(|verb| verb == "list")
                && served.verbs.iter().any(|verb| verb == "delete");
            if !served.resource.namespaced || !listed {
                continue;
            }
            // Kinds that cannot be listed were never applied by us.
            let Ok(found) = self.parts.cluster.list(&served.resource, Some(&namespace), &options).await
            else {
                continue;
            };
            for object in found {
                let name = metadata::name(&object);
                let current = applied
                    .iter()
                    .any(|(resource, known)| *resource == served.resource && metadata::name(known) == name);
                // What controllers made of our templates carries our label too; it goes with its owner.
                if !current && metadata::controller(&object).is_none() {
                    let deleting = DeleteOptions::default();
                    self.insist(|| {
                        self.parts.cluster.delete(&served.resource, Some(&namespace), name, &deleting)
                    })
                    .await?;
                }
            }
        }
        Ok(())
    }

    /// Calls the cluster until it answers; what it refuses is final.
    pub(super) async fn insist<T, F>(&self, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut tries = 0;
        loop {
            match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) if error.is_transient() && tries < TRIES => {
                    tries += 1;
                    tracing::warn!(error = chain(&error), tries, "the cluster does not answer; trying again");
                    tokio::time::sleep(self.parts.options.look * tries).await;
                }
                Err(error) => return Err(install_failed(chain(&error))),
            }
        }
    }

    async fn insist_control(&self, digest: &str) -> Result<Arc<Bytes>, Failure> {
        let mut tries = 0;
        loop {
            match self.parts.control.chart(digest).await {
                Ok(chart) => return Ok(chart),
                Err(error) if tries < TRIES => {
                    tries += 1;
                    tracing::warn!(error = chain(&error), tries, "cannot fetch a chart; trying again");
                    tokio::time::sleep(self.parts.options.look * tries).await;
                }
                Err(error) => return Err(install_failed(chain(&error))),
            }
        }
    }
}

/// The label that says which revision of the deployment an object is of.
const REVISION: &str = "wheelhouse.dev/revision";

fn install_failed(message: String) -> Failure {
    Failure { cause: FailureCause::InstallFailed, message }
}
