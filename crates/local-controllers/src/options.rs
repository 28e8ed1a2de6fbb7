//! What the controllers are told at the start.

use crate::controller::Controller;
use crate::deployment::Deployments;
use crate::endpoints::ServiceEndpoints;
use crate::namespace::Namespaces;
use crate::replica_set::ReplicaSets;
use crate::scheduler::Scheduler;
use crate::service_account::ServiceAccounts;

/// What the controllers need to know of the cluster they run in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The cluster's certificate authority, PEM, put into every namespace.
    pub authority: Option<String>,
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
        ]
    }
}
