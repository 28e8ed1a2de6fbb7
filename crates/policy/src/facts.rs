//! What a check is told beside the rendered objects.

use std::collections::BTreeMap;

use wheelhouse_objects::{Object, Quantity};

use crate::rule::{Level, Rule};

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

/// What is known of the cluster the chart is to run on. What is not known is not checked.
#[derive(Clone, Debug, Default)]
pub struct ClusterFacts {
    /// The cluster's name, for messages.
    pub name: String,
    /// What one node of the instance type offers to pods: `cpu`, `memory`, `ephemeral-storage` and
    /// extended resources.
    pub node: Option<BTreeMap<String, Quantity>>,
    /// Whether `node` names every resource there is, extended ones too.
    pub node_is_complete: bool,
    /// How much storage the claims of an instance may ask for together.
    pub storage_quota: Option<Quantity>,
    /// What its nodes run, as Kubernetes names it: `amd64`.
    pub architecture: Option<String>,
    /// The storage classes there are.
    pub storage_classes: Option<Vec<String>>,
    /// How many objects of a kind an instance may have, by resource: `pods`, `configmaps`.
    pub quotas: BTreeMap<String, i64>,
    /// The image registries that are public or that the account has a credential for.
    pub registries: Option<Vec<String>>,
    /// Images that cannot be pulled, with the registry's answer.
    pub unreachable_images: BTreeMap<String, String>,
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

impl Policy {
    /// How bad a breach of a rule is under this policy; `stated` is the level of this very breach
    /// where it is not the rule's own.
    #[must_use]
    pub fn level(&self, rule: &Rule, stated: Option<Level>) -> Level {
        self.level_of(rule, stated, false)
    }

    /// The same for a breach that may protect the platform, whatever its rule does otherwise.
    pub(crate) fn level_of(&self, rule: &Rule, stated: Option<Level>, protects: bool) -> Level {
        let today = stated.unwrap_or(rule.level);
        let level = match rule.upcoming {
            Some(upcoming) if self.enforce_upcoming && today != Level::Info => upcoming,
            _ => today,
        };
        match self.name {
            PolicyName::Unrestricted if !(rule.protects_platform || protects) => Level::Info,
            _ => level,
        }
    }

    /// Whether an object's kind is one of those allowed beside the thirteen.
    pub(crate) fn allows_extra(&self, object: &Object) -> bool {
        let version = object.api_version.rsplit('/').next().unwrap_or_default();
        let fits = |pattern: &str, text: &str| pattern == "*" || pattern == text;
        self.extra_kinds.iter().any(|extra| {
            extra.group == object.group() && fits(&extra.version, version) && fits(&extra.kind, &object.kind)
        })
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
    /// The cluster, as far as it is known.
    pub cluster: ClusterFacts,
    /// The policy.
    pub policy: Policy,
    /// The namespace the chart was rendered for.
    pub namespace: String,
    /// The names of the rendered files, by the index that objects carry; none where they are not
    /// known.
    pub files: Vec<String>,
}

impl Facts {
    /// The template file of an object below the chart's directory: `templates/web.yaml`.
    pub(crate) fn file_of(&self, object: &Object) -> Option<&str> {
        let name = self.files.get(object.file)?;
        Some(name.split_once('/').map_or(name.as_str(), |(_, below)| below))
    }

    /// The namespace the chart was rendered for.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }
}
