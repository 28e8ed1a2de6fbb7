//! Taking an instance away: its namespace, and with it everything in it.

use super::Task;
use crate::options::chain;
use std::time::Instant;
use wheelhouse_cluster::{DeleteOptions, ListOptions, metadata, resources};
use wheelhouse_functions::instance::namespace_of;
use wheelhouse_functions::work::{DesiredInstance, Phase};

impl Task {
    /// Deletes until nothing is left, then tells so.
    pub(super) async fn leave(&mut self, desired: &DesiredInstance) {
        let namespace = namespace_of(desired.id);
        let started = Instant::now();
        let mut forced = false;
        loop {
            match self.delete(&namespace, forced).await {
                Ok(true) => {
                    self.tell(desired, Phase::Gone, Vec::new()).await;
                    return;
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(
                        namespace,
                        error = chain(&error),
                        "cannot take an instance away; trying again"
                    );
                }
            }
            if !forced && started.elapsed() > self.parts.options.timers.namespace_stuck {
                tracing::warn!(namespace, "the namespace does not go away; its pods are removed at once");
                forced = true;
            }
            tokio::time::sleep(self.parts.options.look).await;
        }
    }

    /// Asks for deletion; true when nothing is left.
    async fn delete(&self, namespace: &str, forced: bool) -> Result<bool, wheelhouse_cluster::Error> {
        let cluster = &self.parts.cluster;
        let Some(found) = cluster.get(&resources::NAMESPACE, None, namespace).await? else { return Ok(true) };
        if !metadata::is_deleting(&found) {
            let options =
                DeleteOptions { uid: Some(metadata::uid(&found).to_owned()), ..DeleteOptions::default() };
            cluster.delete(&resources::NAMESPACE, None, namespace, &options).await?;
        }
        if forced {
            let at_once = DeleteOptions { grace_seconds: Some(0), ..DeleteOptions::default() };
            cluster.delete_all(&resources::POD, Some(namespace), &ListOptions::default(), &at_once).await?;
        }
        Ok(false)
    }
}
