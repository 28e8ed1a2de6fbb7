//! What a check is told beside the rendered objects.

/// Facts of the chart's own metadata.
#[derive(Clone, Debug, Default)]
pub struct ChartFacts {
    /// `name` of Chart.yaml.
    pub name: String,
    /// `version` of Chart.yaml.
    pub version: String,
    /// `type` of Chart.yaml; empty means `application`.
    pub chart_type: String,
    /// `apiVersion` of Chart.yaml.
    pub api_version: String,
}

/// Facts of the function the chart is for.
#[derive(Clone, Debug, Default)]
pub struct FunctionFacts {
    /// `helmChartServiceName`: the Service that is the entry point.
    pub service_name: String,
    /// `inferencePort`: a port of that Service.
    pub inference_port: Option<i64>,
    /// `inferenceUrl`.
    pub inference_url: String,
    /// `health.port`, if the function has one.
    pub health_port: Option<i64>,
    /// `health.protocol`, if the function has one.
    pub health_protocol: Option<String>,
}

/// The machines of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machines {
    /// The instance type's name: `DGXC.GPU.L40S_1x`.
    pub instance_type: String,
    /// GPUs of each node.
    pub gpus_per_node: i64,
    /// Nodes.
    pub nodes: i64,
}

/// Facts of the deployment, known only when one is made.
#[derive(Clone, Debug, Default)]
pub struct DeploymentFacts {
    /// The machines an instance runs on, if they are known.
    pub machines: Option<Machines>,
}

/// How strict a check is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyName {
    /// The whole catalogue.
    #[default]
    Default,
    /// Only what protects the platform; everything else informs.
    Unrestricted,
}

/// A kind that a policy allows beside the thirteen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraKind {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version; `*` for any.
    pub version: String,
    /// The kind; `*` for any.
    pub kind: String,
}

/// Under which policy a check runs.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The policy's name.
    pub name: PolicyName,
    /// Kinds allowed beside the thirteen.
    pub extra_kinds: Vec<ExtraKind>,
    /// Whether rules that will be enforced later are enforced now.
    pub enforce_upcoming: bool,
    /// The minor version of Kubernetes whose Pod Security Standards apply: 36 for 1.36.
    pub kubernetes_minor: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            name: PolicyName::Default,
            extra_kinds: Vec::new(),
            enforce_upcoming: false,
            kubernetes_minor: 36,
        }
    }
}

/// Everything a check is told beside the rendered objects.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The chart.
    pub chart: ChartFacts,
    /// The function, if the chart is checked for one.
    pub function: Option<FunctionFacts>,
    /// The deployment, if one is made.
    pub deployment: Option<DeploymentFacts>,
    /// The policy.
    pub policy: Policy,
    /// The namespace the chart was rendered for.
    pub namespace: String,
}

impl Facts {
    /// The namespace the chart was rendered for.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }
}
