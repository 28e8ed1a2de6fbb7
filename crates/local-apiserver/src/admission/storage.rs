//! Defaults that depend on other objects: the default storage class, the default ingress class; and
//! the finalizers that keep volumes in use.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::meta;
use crate::status::Status;

fn marked(object: &Value, annotation: &str) -> bool {
    meta::at(object, &["metadata", "annotations", annotation]).and_then(Value::as_str) == Some("true")
}

/// The newest class marked as the default.
fn default_class(cluster: &Cluster, table: &str, annotation: &str) -> Option<Value> {
    cluster
        .objects(table, None)
        .into_iter()
        .filter(|class| marked(class, annotation))
        .max_by_key(|class| meta::text(class, &["metadata", "creationTimestamp"]).to_owned())
}

/// Completes a volume claim.
pub(super) fn claim(cluster: &Cluster, claim: &mut Value) {
    protect(claim, "kubernetes.io/pvc-protection");
    let named = meta::at(claim, &["spec", "storageClassName"]).is_some_and(|name| !name.is_null())
        || meta::at(claim, &["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"]).is_some();
    if named {
        return;
    }
    let class = default_class(
        cluster,
        "storageclasses.storage.k8s.io",
        "storageclass.kubernetes.io/is-default-class",
    );
    if let (Some(class), Some(spec)) = (class, meta::map_mut(claim, "spec")) {
        spec.insert("storageClassName".to_owned(), meta::name(&class).into());
    }
}

/// Adds a finalizer.
pub(super) fn protect(object: &mut Value, finalizer: &str) {
    let mut finalizers = meta::finalizers(object);
    if !finalizers.iter().any(|f| f == finalizer) {
        finalizers.push(finalizer.to_owned());
        meta::set_metadata(object, "finalizers", Some(json!(finalizers)));
    }
}

/// Completes an ingress.
pub(super) fn ingress(cluster: &Cluster, ingress: &mut Value) -> Result<(), Status> {
    let named = meta::at(ingress, &["spec", "ingressClassName"]).is_some_and(|name| !name.is_null())
        || meta::at(ingress, &["metadata", "annotations", "kubernetes.io/ingress.class"]).is_some();
    if named {
        return Ok(());
    }
    let class = default_class(
        cluster,
        "ingressclasses.networking.k8s.io",
        "ingressclass.kubernetes.io/is-default-class",
    );
    if let (Some(class), Some(spec)) = (class, meta::map_mut(ingress, "spec")) {
        spec.insert("ingressClassName".to_owned(), meta::name(&class).into());
    }
    Ok(())
}
