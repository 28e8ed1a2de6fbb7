//! What the controllers are told at the start.

use std::path::PathBuf;

use crate::controller::Controller;
use crate::cron_job::CronJobs;
use crate::daemon_set::DaemonSets;
use crate::deployment::Deployments;
use crate::disruption::DisruptionBudgets;
use crate::endpoints::ServiceEndpoints;
use crate::job::Jobs;
use crate::namespace::Namespaces;
use crate::node_life::{NodeLife, TaintEviction};
use crate::replica_set::ReplicaSets;
use crate::scheduler::Scheduler;
use crate::service_account::ServiceAccounts;
use crate::stateful_set::StatefulSets;
use crate::volumes::{Claims, Classes, EphemeralVolumes, Volumes};

/// What the controllers need to know of the cluster they run in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The cluster's certificate authority, PEM, put into every namespace.
    pub authority: Option<String>,
    /// Where the folders of persistent volumes are made; nothing is provisioned without one.
    pub volumes: Option<PathBuf>,
}

impl Options {
    /// All controllers but the garbage collector, which the runner adds.
    pub(crate) fn controllers(self) -> Vec<Box<dyn Controller>> {
        vec![
            Box::new(Scheduler),
            Box::new(Deployments),
            Box::new(ReplicaSets),
            Box::new(ServiceEndpoints),
            Box::new(ServiceAccounts { authority: self.authority }),
            Box::new(Namespaces),
            Box::new(StatefulSets),
            Box::new(DaemonSets),
            Box::new(Jobs),
            Box::new(CronJobs),
            Box::new(DisruptionBudgets),
            Box::new(NodeLife),
            Box::new(TaintEviction),
            Box::new(EphemeralVolumes),
            Box::new(Classes { folder: self.volumes.clone() }),
            Box::new(Claims { folder: self.volumes.clone() }),
            Box::new(Volumes { folder: self.volumes }),
        ]
    }
}
