//! Telling the API how a pod is, until it is told.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use wheelhouse_cluster::resources::POD;
use wheelhouse_cluster::{DeleteOptions, PatchKind, Result, Subresource};

use crate::host::Host;
use crate::pod::plan::PodPlan;

/// How long to wait before trying again.
const AGAIN: Duration = Duration::from_millis(200);

/// What is to be told.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Report {
    Nothing,
    /// How the pod is.
    Status(Value),
    /// How it ended, and that it may go.
    Remove(Value),
}

/// Tells the latest report, and ends when the pod has been removed.
pub(super) async fn run(host: Arc<Host>, plan: Arc<PodPlan>, mut reports: watch::Receiver<Report>) {
    while reports.changed().await.is_ok() {
        loop {
            let report = reports.borrow_and_update().clone();
            match tell(&host, &plan, &report).await {
                Ok(()) if matches!(report, Report::Remove(_)) => return,
                Ok(()) => break,
                // The pod is gone, or another one has its name.
                Err(error) if error.is_not_found() || error.is_conflict() => {
                    if matches!(report, Report::Remove(_)) {
                        return;
                    }
                    break;
                }
                Err(error) => {
                    tracing::debug!(pod = %plan.name, %error, "a status could not be told; trying again");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }
}

async fn tell(host: &Host, plan: &PodPlan, report: &Report) -> Result<()> {
    let status = match report {
        Report::Nothing => return Ok(()),
        Report::Status(status) | Report::Remove(status) => status,
    };
    let patch = json!({"metadata": {"uid": plan.uid}, "status": status});
    let namespace = Some(plan.namespace.as_str());
    let told = host
        .cluster
        .patch(&POD, namespace, &plan.name, Some(Subresource::Status), PatchKind::Merge, &patch)
        .await;
    if let Report::Remove(_) = report {
        let options =
            DeleteOptions { grace_seconds: Some(0), uid: Some(plan.uid.clone()), ..DeleteOptions::default() };
        return host.cluster.delete(&POD, namespace, &plan.name, &options).await.map(drop);
    }
    told.map(drop)
}
