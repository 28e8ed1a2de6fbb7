//! Emptying a namespace.

use serde_json::{Value, json};
use wheelhouse_cluster::resources::NAMESPACE;
use wheelhouse_cluster::{DeleteOptions, ListOptions, Propagation, Result, Subresource, metadata};

use super::Shared;
use crate::field::{items, set, text};

/// Deletes everything in a namespace; when nothing is left, takes the finalizer off.
pub(super) async fn empty(shared: &Shared, name: &str) -> Result<()> {
    let cluster = &shared.cluster;
    let discovery = cluster.discover().await?;
    let mut left = 0;
    for served in &discovery.served {
        let can = |verb: &str| served.verbs.iter().any(|known| known == verb);
        if !served.resource.namespaced || !can("list") || !can("delete") {
            continue;
        }
        let objects = cluster.list(&served.resource, Some(name), &ListOptions::default()).await?;
        left += objects.len();
        let options =
            DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
        if can("deletecollection") && !objects.is_empty() {
            cluster.delete_all(&served.resource, Some(name), &ListOptions::default(), &options).await?;
            continue;
        }
        for object in objects.iter().filter(|object| !metadata::is_deleting(object)) {
            cluster.delete(&served.resource, Some(name), metadata::name(object), &options).await?;
        }
    }
    // A kind that cannot be listed may still hold objects.
    if left > 0 || !discovery.stale.is_empty() {
        return Ok(());
    }
    let Some(mut namespace) = cluster.get(&NAMESPACE, None, name).await? else { return Ok(()) };
    let kept: Vec<Value> = items(&namespace, "/spec/finalizers")
        .filter(|finalizer| finalizer.as_str() != Some("kubernetes"))
        .cloned()
        .collect();
    set(&mut namespace, &["spec", "finalizers"], json!(kept));
    tracing::debug!(name, phase = text(&namespace, "/status/phase"), "namespace is empty");
    match cluster.replace(&NAMESPACE, &namespace, Some(Subresource::Finalize)).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(error),
    }
}
