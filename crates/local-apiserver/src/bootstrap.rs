//! The objects every cluster starts with: system namespaces, roles, priority classes, the service of
//! the API itself.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::allocation::Allocators;
use crate::cluster::{Cluster, Written};
use crate::error::Error;
use crate::operations::Context;
use crate::resources::Resource;
use crate::store::Key;
use crate::{auth, defaulting, meta, strategy};

/// Writes what is missing.
///
/// # Errors
/// When the store refuses.
pub(crate) async fn run(cluster: &Cluster, address: SocketAddr, authority_pem: &str) -> Result<(), Error> {
    let mut wanted: Vec<(&str, &str, Value)> = Vec::new();
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        wanted.push((
            "",
            "namespaces",
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {}}),
        ));
    }
    for role in auth::cluster_roles() {
        wanted.push(("rbac.authorization.k8s.io", "clusterroles", role));
    }
    for binding in auth::cluster_role_bindings() {
        wanted.push(("rbac.authorization.k8s.io", "clusterrolebindings", binding));
    }
    for role in auth::roles() {
        let plural = if meta::text(&role, &["kind"]) == "Role" { "roles" } else { "rolebindings" };
        wanted.push(("rbac.authorization.k8s.io", plural, role));
    }
    for (name, value, description) in [
        (
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        (
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
    ] {
        wanted.push((
            "scheduling.k8s.io",
            "priorityclasses",
            json!({
                "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
                "value": value, "description": description
            }),
        ));
    }
    wanted.push((
        "",
        "configmaps",
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "extension-apiserver-authentication", "namespace": "kube-system"},
            "data": {"client-ca-file": authority_pem}
        }),
    ));
    let catalog = cluster.catalog();
    let mut writes = Vec::new();
    for (group, plural, object) in wanted {
        if let Some(resource) = catalog.find(group, "v1", plural) {
            writes.push(create_missing(cluster, resource, object));
        }
    }
    join(writes).await?;
    service(cluster, address).await
}

/// Runs the writes together, so that they share their way to the disk.
async fn join<F: Future<Output = Result<(), Error>>>(writes: Vec<F>) -> Result<(), Error> {
    let mut waiting: Vec<_> = writes.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        let mut failed = None;
        waiting.retain_mut(|write| match write.as_mut().poll(context) {
            std::task::Poll::Ready(Ok(())) => false,
            std::task::Poll::Ready(Err(error)) => {
                failed = Some(error);
                false
            }
            std::task::Poll::Pending => true,
        });
        match (failed, waiting.is_empty()) {
            (Some(error), _) => std::task::Poll::Ready(Err(error)),
            (None, true) => std::task::Poll::Ready(Ok(())),
            (None, false) => std::task::Poll::Pending,
        }
    })
    .await
}

async fn create_missing(
    cluster: &Cluster,
    resource: std::sync::Arc<Resource>,
    mut object: Value,
) -> Result<(), Error> {
    let key = Key {
        table: resource.storage(),
        namespace: meta::namespace(&object).to_owned(),
        name: meta::name(&object).to_owned(),
    };
    if cluster.store.get(&key.table, &key.namespace, &key.name).is_some() {
        return Ok(());
    }
    complete(&resource, &mut object);
    match cluster.put(key, None, &object).await {
        Ok(Written::Done(_) | Written::Changed) => Ok(()),
        Err(status) => Err(Error::Bootstrap(status.message)),
    }
}

fn complete(resource: &Resource, object: &mut Value) {
    meta::set_metadata(object, "uid", Some(meta::new_uid().into()));
    meta::set_metadata(object, "creationTimestamp", Some(meta::now().into()));
    defaulting::apply(resource, object);
    let target = crate::operations::Target {
        resource: std::sync::Arc::new(resource.clone()),
        namespace: meta::namespace(object).to_owned(),
        name: meta::name(object).to_owned(),
        subresource: String::new(),
    };
    crate::managed::on_create(&target, &Context::internal(), object);
    strategy::prepare_create(resource, object);
}

/// The service `kubernetes` with the address of this server behind it.
async fn service(cluster: &Cluster, address: SocketAddr) -> Result<(), Error> {
    let catalog = cluster.catalog();
    let (Some(services), Some(slices), Some(endpoints)) = (
        catalog.find("", "v1", "services"),
        catalog.find("discovery.k8s.io", "v1", "endpointslices"),
        catalog.find("", "v1", "endpoints"),
    ) else {
        return Ok(());
    };
    let first = {
        let allocators = cluster.allocators.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        allocators.first_address().to_string()
    };
    let object = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"component": "apiserver", "provider": "kubernetes"}},
        "spec": {"clusterIP": first, "clusterIPs": [first], "type": "ClusterIP", "sessionAffinity": "None",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": address.port()}]},
        "status": {"loadBalancer": {}}
    });
    hold(cluster, &object);
    create_missing(cluster, services, object).await?;
    let metadata = |name: &str| {
        json!({"name": name, "namespace": "default", "labels": {
        "kubernetes.io/service-name": "kubernetes", "endpointslice.kubernetes.io/skip-mirror": "true"}})
    };
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata("kubernetes"),
        "addressType": "IPv4", "endpoints": [{"addresses": [address.ip().to_string()], "conditions": {"ready": true}}],
        "ports": [{"name": "https", "port": address.port(), "protocol": "TCP"}]
    });
    let endpoint = json!({
        "apiVersion": "v1", "kind": "Endpoints",
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
        "subsets": [{"addresses": [{"ip": address.ip().to_string()}], "ports": [{"name": "https", "port": address.port(), "protocol": "TCP"}]}]
    });
    replace(cluster, &slices, slice, "endpoints").await?;
    replace(cluster, &endpoints, endpoint, "subsets").await
}

fn hold(cluster: &Cluster, service: &Value) {
    let mut allocators: std::sync::MutexGuard<'_, Allocators> =
        cluster.allocators.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    allocators.hold(service);
}

/// Writes an object that follows the address of this run.
async fn replace(
    cluster: &Cluster,
    resource: &std::sync::Arc<Resource>,
    object: Value,
    key: &str,
) -> Result<(), Error> {
    let table = resource.storage();
    let Some(record) = cluster.store.get(&table, "default", "kubernetes") else {
        return create_missing(cluster, resource.clone(), object).await;
    };
    let mut present = crate::cluster::parse(&record).unwrap_or_default();
    if present.get(key) == object.get(key) && present.get("ports") == object.get("ports") {
        return Ok(());
    }
    for part in [key, "ports"] {
        if let Some(value) = object.get(part) {
            meta::set(&mut present, part, value.clone());
        }
    }
    match cluster.put(record.key.clone(), Some(record.revision), &present).await {
        Ok(_) => Ok(()),
        Err(status) => Err(Error::Bootstrap(status.message)),
    }
}
