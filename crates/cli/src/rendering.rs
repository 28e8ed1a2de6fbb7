//! How commands render: one place makes the request that template, check, explain and demo give to
//! the renderer.

use wheelhouse_chart::Compat;
use wheelhouse_chart::values::Table;
use wheelhouse_functions::engine::RELEASE_NAME;
use wheelhouse_gotemplate::error::LimitReached;
use wheelhouse_render::{Capabilities, Operation, Release, Request};
use wheelhouse_sprig::Environment;

use crate::charts;
use crate::host::MachineHost;

/// Everything a render needs, held for as long as its request.
pub(crate) struct Rendering {
    /// The user's values.
    pub values: Table,
    /// The release.
    pub release: Release,
    /// The cluster.
    pub capabilities: Capabilities,
    /// Whether values are not held against schemas.
    pub skip_schema_validation: bool,
    /// Whether places are recorded.
    pub trace: bool,
    environment: Environment,
    deadline: Box<dyn Fn() -> Result<(), LimitReached>>,
}

impl Rendering {
    /// A render of a release; time is counted from now.
    pub(crate) fn new(
        compat: Compat,
        release: Release,
        values: Table,
        capabilities: Capabilities,
        enable_dns: bool,
    ) -> Self {
        Rendering {
            values,
            release,
            capabilities,
            skip_schema_validation: false,
            trace: false,
            environment: charts::environment(compat, enable_dns),
            deadline: Box::new(charts::deadline()),
        }
    }

    /// A traced render of a new release. As on the platform, schemas refer to nothing but themselves.
    pub(crate) fn traced(name: &str, namespace: &str, values: Table, capabilities: Capabilities) -> Self {
        let release = Release {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            revision: 1,
            operation: Operation::Install,
        };
        let mut rendering = Rendering::new(Compat::V4, release, values, capabilities, false);
        rendering.environment.host = Box::new(MachineHost::new(false, Compat::V4));
        Rendering { trace: true, ..rendering }
    }

    /// A traced render as the platform makes it: release and namespace have fixed names.
    pub(crate) fn of_function(values: Table, capabilities: Capabilities) -> Self {
        Rendering::traced(RELEASE_NAME, RELEASE_NAME, values, capabilities)
    }

    /// The request.
    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            values: &self.values,
            release: &self.release,
            capabilities: &self.capabilities,
            environment: &self.environment,
            limits: charts::limits(),
            checkpoint: Some(&*self.deadline),
            skip_schema_validation: self.skip_schema_validation,
            trace: self.trace,
            clock: None,
            lenient: false,
        }
    }
}
