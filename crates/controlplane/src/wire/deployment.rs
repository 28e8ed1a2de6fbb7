//! Deployments on the wire.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wheelhouse_functions::deployment::{Deployment, HealthReport};
use wheelhouse_functions::gpu_specification::{
    Autoscaling, Bounds, GpuSpecification, KubernetesType, ScaleRule, Stickiness, ValidationPolicy, Wishes,
};
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::version::FunctionVersion;
use wheelhouse_functions::violation::{Violation, Violations};

/// The body of a deploy call.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionDeploymentRequest {
    #[serde(default)]
    pub(crate) deployment_specifications: Vec<GpuSpecificationDto>,
}

/// A kind allowed beyond the catalogue's.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(crate) struct KubernetesTypeDto {
    #[serde(default)]
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
}

/// The policy by which the chart is checked.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HelmValidationPolicyDto {
    /// `Default` or `Unrestricted`.
    pub(crate) name: Option<String>,
    /// `allowedExtraKubernetesTypes` in requests to check a chart.
    #[serde(default, alias = "allowedExtraKubernetesTypes", skip_serializing_if = "Vec::is_empty")]
    pub(crate) extra_kubernetes_types: Vec<KubernetesTypeDto>,
}

/// How long a threshold must be crossed.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(crate) struct StickinessDto {
    /// ISO-8601, at most `PT1H`.
    pub(crate) size: String,
    /// ISO-8601, less than the size.
    pub(crate) threshold: String,
}

/// One scaling rule.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(crate) struct ScaleDetailsDto {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metric: Option<String>,
    pub(crate) factor: f64,
    pub(crate) threshold: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stickiness: Option<StickinessDto>,
}

/// Scaling rules.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AutoscalingDto {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_up_details: Option<ScaleDetailsDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_down_details: Option<ScaleDetailsDto>,
    /// ISO-8601: after so long without a request there may be no instance (an extension; minimum 0 only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_to_zero_after: Option<String>,
}

/// One GPU specification.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GpuSpecificationDto {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gpu_specification_id: Option<String>,
    pub(crate) gpu: Option<String>,
    /// Chosen from the cluster group's defaults when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) backend: Option<String>,
    pub(crate) min_instances: Option<i64>,
    pub(crate) max_instances: Option<i64>,
    pub(crate) max_request_concurrency: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) clusters: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) regions: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attributes: Option<Vec<String>>,
    /// Helm values override.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) configuration: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) helm_validation_policy: Option<HelmValidationPolicyDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) autoscaling_configuration: Option<AutoscalingDto>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) availability_zones: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpu_arch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) os: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) driver_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) system_memory: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gpu_memory: Option<String>,
    /// From 1 to 99: lower numbers get their instances first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preferred_order: Option<i64>,
}

/// What is left to be decided of a specification: its id and instance type.
#[derive(Debug)]
pub(crate) struct SpecificationDraft {
    pub(crate) gpu: String,
    pub(crate) instance_type: Option<String>,
    pub(crate) backend: Option<String>,
    pub(crate) clusters: Vec<String>,
    pub(crate) regions: Vec<String>,
    pub(crate) attributes: Vec<String>,
    pub(crate) bounds: Bounds,
    pub(crate) configuration: Option<Map<String, Value>>,
    pub(crate) validation_policy: ValidationPolicy,
    pub(crate) autoscaling: Option<Autoscaling>,
    pub(crate) wishes: Wishes,
}

impl FunctionDeploymentRequest {
    pub(crate) fn check(self, is_chart: bool) -> Result<Vec<SpecificationDraft>, Problem> {
        let mut violations = Violations::of("functionDeploymentRequest");
        let count = self.deployment_specifications.len();
        violations.require(count > 0, "deploymentSpecifications", "[]", "must not be empty");
        violations.require(count <= 64, "deploymentSpecifications", count, "size must be between 1 and 64");
        violations.into_result(())?;
        let specifications = self.deployment_specifications.into_iter().enumerate();
        specifications.map(|(index, specification)| specification.check(index, is_chart)).collect()
    }
}

impl GpuSpecificationDto {
    fn check(self, index: usize, is_chart: bool) -> Result<SpecificationDraft, Problem> {
        let mut violations = Violations::of("functionDeploymentRequest");
        let prefix = format!("deploymentSpecifications[{index}].");
        let gpu = self.gpu.unwrap_or_default();
        violations.require(!gpu.trim().is_empty(), &format!("{prefix}gpu"), "null", "must not be blank");
        let bounds = Bounds::check(
            &prefix,
            self.min_instances,
            self.max_instances,
            self.max_request_concurrency,
            &mut violations,
        );
        let clusters = self.clusters.unwrap_or_default();
        if self.backend.is_some() && !clusters.is_empty() {
            let detail = "Backend and Clusters could not be specified at the same time";
            violations.push(Violation::Request(detail.to_owned()));
        }
        if !is_chart {
            if self.configuration.is_some() {
                let detail = "'configuration' can only be specified for functions with a 'helmChart'";
                violations.push(Violation::Request(detail.to_owned()));
            }
            if self.helm_validation_policy.is_some() {
                let detail = "'helmValidationPolicy' can only be specified for functions with a 'helmChart'";
                violations.push(Violation::Request(detail.to_owned()));
            }
        }
        let validation_policy = policy(self.helm_validation_policy, &prefix, &mut violations);
        let autoscaling = self.autoscaling_configuration.map(|own| own.check()).transpose()?;
        let order = self.preferred_order.map(|number| {
            let order = u8::try_from(number).ok().filter(|order| (1..=99).contains(order));
            let field = format!("{prefix}preferredOrder");
            violations.require(order.is_some(), &field, number, "must be between 1 and 99");
            order.unwrap_or(99)
        });
        let wishes = Wishes {
            availability_zones: self.availability_zones.unwrap_or_default(),
            cpu_arch: self.cpu_arch,
            os: self.os,
            driver_version: self.driver_version,
            storage: self.storage,
            system_memory: self.system_memory,
            gpu_memory: self.gpu_memory,
            preferred_order: order,
        };
        violations.into_result(SpecificationDraft {
            gpu,
            instance_type: self.instance_type,
            backend: self.backend,
            clusters,
            regions: self.regions.unwrap_or_default(),
            attributes: self.attributes.unwrap_or_default(),
            bounds,
            configuration: self.configuration,
            validation_policy,
            autoscaling,
            wishes,
        })
    }

    pub(crate) fn of(specification: &GpuSpecification) -> Self {
        let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
        let policy = &specification.validation_policy;
        Self {
            gpu_specification_id: Some(specification.id.to_string()),
            gpu: Some(specification.gpu.clone()),
            instance_type: Some(specification.instance_type.clone()),
            backend: specification.backend.clone(),
            min_instances: Some(i64::from(specification.bounds.min_instances)),
            max_instances: Some(i64::from(specification.bounds.max_instances)),
            max_request_concurrency: Some(i64::from(specification.bounds.max_request_concurrency)),
            clusters: some(&specification.clusters),
            regions: some(&specification.regions),
            attributes: some(&specification.attributes),
            configuration: specification.configuration.clone(),
            helm_validation_policy: (*policy != ValidationPolicy::default()).then(|| {
                HelmValidationPolicyDto {
                    name: Some(if policy.unrestricted { "Unrestricted" } else { "Default" }.to_owned()),
                    extra_kubernetes_types: policy.extra_types.iter().map(kubernetes_type).collect(),
                }
            }),
            autoscaling_configuration: specification.autoscaling.as_ref().map(AutoscalingDto::of),
            availability_zones: some(&specification.wishes.availability_zones),
            cpu_arch: specification.wishes.cpu_arch.clone(),
            os: specification.wishes.os.clone(),
            driver_version: specification.wishes.driver_version.clone(),
            storage: specification.wishes.storage.clone(),
            system_memory: specification.wishes.system_memory.clone(),
            gpu_memory: specification.wishes.gpu_memory.clone(),
            preferred_order: specification.wishes.preferred_order.map(i64::from),
        }
    }
}

fn kubernetes_type(kind: &KubernetesType) -> KubernetesTypeDto {
    KubernetesTypeDto { group: kind.group.clone(), version: kind.version.clone(), kind: kind.kind.clone() }
}

pub(crate) fn policy(
    policy: Option<HelmValidationPolicyDto>,
    prefix: &str,
    violations: &mut Violations,
) -> ValidationPolicy {
    let Some(policy) = policy else { return ValidationPolicy::default() };
    let name = policy.name.as_deref().unwrap_or("Default");
    let field = format!("{prefix}helmValidationPolicy.name");
    violations.require(
        matches!(name, "Default" | "Unrestricted"),
        &field,
        name,
        "must be Default or Unrestricted",
    );
    let extra = policy.extra_kubernetes_types.into_iter();
    ValidationPolicy {
        unrestricted: name == "Unrestricted",
        extra_types: extra
            .map(|kind| KubernetesType { group: kind.group, version: kind.version, kind: kind.kind })
            .collect(),
    }
}

impl AutoscalingDto {
    pub(crate) fn check(&self) -> Result<Autoscaling, Problem> {
        let rule = |details: &ScaleDetailsDto| -> Result<ScaleRule, Problem> {
            let stickiness = match &details.stickiness {
                None => None,
                Some(given) => {
                    Some(Stickiness { size: duration(&given.size)?, threshold: duration(&given.threshold)? })
                }
            };
            Ok(ScaleRule { factor: details.factor, threshold: details.threshold, stickiness })
        };
        let own = Autoscaling {
            up: self.scale_up_details.as_ref().map(rule).transpose()?,
            down: self.scale_down_details.as_ref().map(rule).transpose()?,
            idle: self.scale_to_zero_after.as_deref().map(duration).transpose()?,
        };
        own.check()?;
        Ok(own)
    }

    fn of(own: &Autoscaling) -> Self {
        let details = |rule: &ScaleRule| ScaleDetailsDto {
            metric: None,
            factor: rule.factor,
            threshold: rule.threshold,
            stickiness: rule.stickiness.map(|sticky| StickinessDto {
                size: sticky.size.to_string(),
                threshold: sticky.threshold.to_string(),
            }),
        };
        Self {
            scale_up_details: own.up.as_ref().map(details),
            scale_down_details: own.down.as_ref().map(details),
            scale_to_zero_after: own.idle.map(|idle| idle.to_string()),
        }
    }
}

fn duration(text: &str) -> Result<SignedDuration, Problem> {
    text.parse().map_err(|_| Problem::invalid_request(format_args!("'{text}' is not an ISO-8601 duration")))
}

/// The body of a change of one GPU specification.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateGpuSpecificationRequest {
    pub(crate) min_instances: Option<i64>,
    pub(crate) max_instances: Option<i64>,
    pub(crate) max_request_concurrency: Option<i64>,
    /// New values: the chart is checked again and running instances are updated in place (an extension).
    pub(crate) configuration: Option<Map<String, Value>>,
    pub(crate) autoscaling_configuration: Option<AutoscalingDto>,
    /// `CUSTOM_CONFIGURATION` or `PLATFORM_CONFIGURATION`, which removes the own rules.
    pub(crate) autoscaling_configuration_policy: Option<String>,
}

/// One GPU specification.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateGpuSpecificationResponse {
    pub(crate) gpu_specification: GpuSpecificationDto,
}

/// What a failing instance said.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HealthInfoDto {
    pub(crate) icms_request_id: String,
    pub(crate) gpu: String,
    pub(crate) backend: String,
    pub(crate) instance_type: String,
    pub(crate) error: String,
}

/// A deployment.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeploymentDto {
    pub(crate) function_id: String,
    pub(crate) function_version_id: String,
    pub(crate) deployment_id: String,
    pub(crate) function_name: String,
    pub(crate) nca_id: String,
    pub(crate) function_status: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) health_info: Vec<HealthInfoDto>,
    pub(crate) deployment_specifications: Vec<GpuSpecificationDto>,
    pub(crate) created_at: String,
    pub(crate) last_updated_at: String,
}

impl DeploymentDto {
    pub(crate) fn of(deployment: &Deployment, version: &FunctionVersion) -> Self {
        let health = |report: &HealthReport| HealthInfoDto {
            icms_request_id: report.instance.to_string(),
            gpu: report.gpu.clone(),
            backend: report.backend.clone(),
            instance_type: report.instance_type.clone(),
            error: report.error.clone(),
        };
        Self {
            function_id: deployment.function.to_string(),
            function_version_id: deployment.version.to_string(),
            deployment_id: deployment.id.to_string(),
            function_name: version.definition.name.clone(),
            nca_id: deployment.account.to_string(),
            function_status: version.state.status().to_owned(),
            health_info: deployment.health.iter().map(health).collect(),
            deployment_specifications: deployment
                .specifications
                .iter()
                .map(GpuSpecificationDto::of)
                .collect(),
            created_at: deployment.created_at.to_string(),
            last_updated_at: deployment.updated_at.to_string(),
        }
    }
}

/// One deployment.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeploymentResponse {
    pub(crate) deployment: DeploymentDto,
    /// What the chart check has to say, when it accepted the chart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) findings: Vec<Value>,
}

/// Deployments.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ListDeploymentsResponse {
    pub(crate) deployments: Vec<DeploymentDto>,
}
