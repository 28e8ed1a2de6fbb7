//! `cluster`: what there is to run functions on.

use http::Method;
use serde_json::Value;

use super::Failure;
use crate::api::Api;
use crate::arguments::{Cluster, ClusterAction};
use crate::output::{items, text};
use crate::printer::Printer;

/// Lists clusters with their GPUs.
pub(super) fn run(options: &Cluster, printer: Printer) -> Result<(), Failure> {
    let ClusterAction::List(options) = &options.action;
    let api = Api::open(&options.platform, printer)?;
    let look = || api.ask("list the clusters", Method::GET, "/v2/nvcf/clusterGroups", None);
    api.show(options.watch, look, rows)
}

/// A row for each cluster and each GPU of its group.
fn rows(answer: &Value) -> Vec<[String; 7]> {
    let heads = ["GROUP", "CLUSTER", "STATUS", "KUBERNETES", "GPU", "CAPACITY", "INSTANCE TYPES"];
    let mut rows = vec![heads.map(str::to_owned)];
    for group in items(answer, "/clusterGroups") {
        for cluster in items(group, "/clusters") {
            let gpus = items(group, "/gpus");
            let mut row = |gpu: &Value| {
                let types: Vec<String> =
                    items(gpu, "/instanceTypes").iter().map(|kind| text(kind, "/name")).collect();
                rows.push([
                    text(group, "/name"),
                    text(cluster, "/name"),
                    text(cluster, "/status"),
                    text(cluster, "/k8sVersion"),
                    text(gpu, "/name"),
                    text(gpu, "/capacity"),
                    types.join(","),
                ]);
            };
            if gpus.is_empty() {
                row(&Value::Null);
            }
            gpus.iter().for_each(row);
        }
    }
    rows
}
