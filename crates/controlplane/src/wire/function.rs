//! Functions and versions on the wire.

use super::deployment::HelmValidationPolicyDto;
use super::llm::{LlmConfigDto, LlmInvocationDto, ModelUpdateDto};
use super::rate_limit::RateLimitDto;
use super::secret::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wheelhouse_functions::definition::{
    ApiBodyFormat, Artifact, Draft, EnvironmentVariable, FunctionType, Health, HealthDraft, HealthProtocol,
    Workload,
};
use wheelhouse_functions::instance::Instance;
use wheelhouse_functions::llm::LlmSettings;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::version::{FunctionVersion, Telemetries};

/// `apiBodyFormat`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ApiBodyFormatDto {
    #[serde(rename = "PREDICT_V2")]
    PredictV2,
    Custom,
}

/// `functionType`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum FunctionTypeDto {
    Default,
    Streaming,
    Llm,
}

/// `health.protocol`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
pub(crate) enum HealthProtocolDto {
    #[serde(rename = "HTTP", alias = "http", alias = "Http")]
    Http,
    #[serde(rename = "gRPC", alias = "GRPC", alias = "grpc")]
    Grpc,
}

/// `health`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HealthDto {
    pub(crate) protocol: Option<HealthProtocolDto>,
    pub(crate) uri: Option<String>,
    pub(crate) port: Option<i64>,
    /// ISO-8601, e.g. `PT10S`.
    pub(crate) timeout: Option<String>,
    pub(crate) expected_status_code: Option<i64>,
}

/// A resource to download.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArtifactDto {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) version: String,
    pub(crate) uri: String,
}

/// A model to download.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ModelDto {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) version: String,
    pub(crate) uri: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) llm_config: Option<LlmConfigDto>,
}

/// An environment variable of a container function.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(crate) struct EnvironmentDto {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Telemetries a version sends to, by id.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TelemetriesDto {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logs_telemetry_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metrics_telemetry_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) traces_telemetry_id: Option<String>,
}

/// The body of a create call, of a function or of a version.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateFunctionRequest {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) function_type: Option<FunctionTypeDto>,
    pub(crate) api_body_format: Option<ApiBodyFormatDto>,
    /// Path of inference requests; `/grpc` in any case marks a gRPC function.
    #[serde(alias = "inferenceURL")]
    pub(crate) inference_url: Option<String>,
    pub(crate) inference_port: Option<i64>,
    pub(crate) health: Option<HealthDto>,
    pub(crate) health_uri: Option<String>,
    pub(crate) helm_chart: Option<String>,
    pub(crate) helm_chart_service_name: Option<String>,
    /// The policy that the chart is checked under at creation (an extension): a chart with further
    /// kinds needs it here as in each deployment.
    pub(crate) helm_validation_policy: Option<HelmValidationPolicyDto>,
    pub(crate) container_image: Option<String>,
    pub(crate) container_args: Option<String>,
    pub(crate) container_environment: Option<Vec<EnvironmentDto>>,
    pub(crate) models: Option<Vec<ModelDto>>,
    pub(crate) resources: Option<Vec<ArtifactDto>>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) secrets: Option<Vec<Secret>>,
    pub(crate) rate_limit: Option<RateLimitDto>,
    pub(crate) telemetries: Option<TelemetriesDto>,
    pub(crate) llm_invocation_config: Option<LlmInvocationDto>,
}

impl CreateFunctionRequest {
    pub(crate) const fn is_llm(&self) -> bool {
        matches!(self.function_type, Some(FunctionTypeDto::Llm))
    }

    pub(crate) fn into_draft(self) -> Result<(Draft, Telemetries), Problem> {
        let named = |dto: &TelemetriesDto| {
            dto.logs_telemetry_id.is_some()
                || dto.metrics_telemetry_id.is_some()
                || dto.traces_telemetry_id.is_some()
        };
        if self.telemetries.as_ref().is_some_and(|telemetries| !named(telemetries)) {
            return Err(Problem::invalid_request(
                "At least one telemetry id must be specified in 'telemetries'",
            ));
        }
        let telemetries = self.telemetries.unwrap_or_default();
        let mut llm = LlmSettings {
            models: BTreeMap::new(),
            priority: self.llm_invocation_config.map(LlmInvocationDto::into_priority),
        };
        let mut models = Vec::new();
        for model in self.models.unwrap_or_default() {
            if let Some(config) = &model.llm_config {
                llm.models.insert(model.name.clone(), config.check()?);
            }
            models.push(Artifact { name: model.name, version: model.version, uri: model.uri });
        }
        let draft = Draft {
            name: self.name,
            description: self.description,
            function_type: match self.function_type {
                None | Some(FunctionTypeDto::Default) => FunctionType::Default,
                Some(FunctionTypeDto::Streaming) => FunctionType::Streaming,
                Some(FunctionTypeDto::Llm) => FunctionType::Llm,
            },
            api_body_format: match self.api_body_format {
                Some(ApiBodyFormatDto::PredictV2) => ApiBodyFormat::PredictV2,
                None | Some(ApiBodyFormatDto::Custom) => ApiBodyFormat::Custom,
            },
            inference_url: self.inference_url,
            inference_port: self.inference_port,
            health: self.health.map(HealthDto::into_draft),
            health_uri: self.health_uri,
            helm_chart: self.helm_chart,
            helm_chart_service_name: self.helm_chart_service_name,
            container_image: self.container_image,
            container_args: self.container_args,
            container_environment: self
                .container_environment
                .unwrap_or_default()
                .into_iter()
                .map(|variable| EnvironmentVariable { key: variable.key, value: variable.value })
                .collect(),
            models,
            resources: artifacts(self.resources),
            tags: self.tags.unwrap_or_default(),
            secrets: self.secrets.unwrap_or_default().into_iter().map(Secret::into_draft).collect(),
            rate_limit: self.rate_limit.map(|limit| limit.check()).transpose()?,
            llm,
        };
        let telemetries = Telemetries {
            logs: telemetries.logs_telemetry_id,
            metrics: telemetries.metrics_telemetry_id,
            traces: telemetries.traces_telemetry_id,
        };
        Ok((draft, telemetries))
    }
}

fn artifacts(list: Option<Vec<ArtifactDto>>) -> Vec<Artifact> {
    let convert = |artifact: ArtifactDto| Artifact {
        name: artifact.name,
        version: artifact.version,
        uri: artifact.uri,
    };
    list.unwrap_or_default().into_iter().map(convert).collect()
}

impl HealthDto {
    fn into_draft(self) -> HealthDraft {
        HealthDraft {
            protocol: self.protocol.map(|protocol| match protocol {
                HealthProtocolDto::Http => HealthProtocol::Http,
                HealthProtocolDto::Grpc => HealthProtocol::Grpc,
            }),
            uri: self.uri,
            port: self.port,
            timeout: self.timeout,
            expected_status: self.expected_status_code,
        }
    }

    fn of(health: &Health) -> Self {
        Self {
            protocol: Some(match health.protocol {
                HealthProtocol::Http => HealthProtocolDto::Http,
                HealthProtocol::Grpc => HealthProtocolDto::Grpc,
            }),
            uri: Some(health.uri.clone()),
            port: Some(i64::from(health.port)),
            timeout: Some(health.timeout.to_string()),
            expected_status_code: Some(i64::from(health.expected_status)),
        }
    }
}

/// The body of an update call; at least one member.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateFunctionRequest {
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) rate_limit: Option<RateLimitDto>,
    pub(crate) model_updates: Option<Vec<ModelUpdateDto>>,
    pub(crate) llm_invocation_config: Option<LlmInvocationDto>,
}

/// An instance of a version.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InstanceDto {
    pub(crate) instance_id: String,
    pub(crate) function_id: String,
    pub(crate) function_version_id: String,
    pub(crate) instance_type: String,
    pub(crate) instance_status: String,
    pub(crate) icms_request_id: String,
    pub(crate) nca_id: String,
    pub(crate) gpu: String,
    pub(crate) backend: String,
    pub(crate) location: String,
    pub(crate) instance_created_at: String,
    pub(crate) instance_updated_at: String,
}

impl InstanceDto {
    pub(crate) fn of(instance: &Instance, backend: &str, location: &str) -> Self {
        Self {
            instance_id: instance.id.to_string(),
            function_id: instance.function.to_string(),
            function_version_id: instance.version.to_string(),
            instance_type: instance.instance_type.clone(),
            instance_status: instance.state.status().to_owned(),
            icms_request_id: instance.id.to_string(),
            nca_id: instance.account.to_string(),
            gpu: instance.gpu.clone(),
            backend: backend.to_owned(),
            location: location.to_owned(),
            instance_created_at: instance.created_at.to_string(),
            instance_updated_at: instance.updated_at.to_string(),
        }
    }
}

/// A function version.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionDto {
    pub(crate) id: String,
    pub(crate) nca_id: String,
    pub(crate) version_id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inference_url: Option<String>,
    pub(crate) owned_by_different_account: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inference_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container_args: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container_environment: Option<Vec<EnvironmentDto>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) models: Option<Vec<ModelDto>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container_image: Option<String>,
    pub(crate) api_body_format: ApiBodyFormatDto,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) helm_chart: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) helm_chart_service_name: Option<String>,
    /// The path of `health` (deprecated).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) health_uri: Option<String>,
    /// The digest the chart was pinned to at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) helm_chart_digest: Option<String>,
    pub(crate) created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) active_instances: Option<Vec<InstanceDto>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resources: Option<Vec<ArtifactDto>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) health: Option<HealthDto>,
    pub(crate) function_type: FunctionTypeDto,
    /// Names only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secrets: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate_limit: Option<RateLimitDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) llm_invocation_config: Option<LlmInvocationDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) telemetries: Option<TelemetriesDto>,
}

/// How much of a version is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum View {
    /// All of it, with or without its secrets' names.
    Full { secrets: bool },
    /// What a lister without the details scope sees.
    Reduced,
    /// What another account sees of a shared function.
    Foreign,
}

impl View {
    /// Those of listings.
    pub(crate) const IN_LISTINGS: [Self; 3] = [Self::Full { secrets: false }, Self::Reduced, Self::Foreign];
}

impl FunctionDto {
    pub(crate) fn of(version: &FunctionVersion, view: View) -> Self {
        let definition = &version.definition;
        let mut shown = Self {
            id: version.function.to_string(),
            nca_id: version.account.to_string(),
            version_id: version.version.to_string(),
            name: definition.name.clone(),
            status: version.state.status().to_owned(),
            inference_url: None,
            owned_by_different_account: view == View::Foreign,
            inference_port: None,
            container_args: None,
            container_environment: None,
            models: None,
            container_image: None,
            api_body_format: match definition.api_body_format {
                ApiBodyFormat::PredictV2 => ApiBodyFormatDto::PredictV2,
                ApiBodyFormat::Custom => ApiBodyFormatDto::Custom,
            },
            helm_chart: None,
            helm_chart_service_name: None,
            health_uri: None,
            helm_chart_digest: None,
            created_at: version.created_at.to_string(),
            active_instances: None,
            resources: None,
            tags: version.tags.clone(),
            description: definition.description.clone(),
            health: None,
            function_type: match definition.function_type {
                FunctionType::Default => FunctionTypeDto::Default,
                FunctionType::Streaming => FunctionTypeDto::Streaming,
                FunctionType::Llm => FunctionTypeDto::Llm,
            },
            secrets: None,
            rate_limit: None,
            llm_invocation_config: None,
            telemetries: None,
        };
        let View::Full { secrets } = view else { return shown };
        shown.inference_url = Some(definition.inference_url.clone());
        shown.inference_port = Some(definition.inference_port);
        shown.health = Some(HealthDto::of(&definition.health));
        shown.health_uri = Some(definition.health.uri.clone());
        let model = |model: &Artifact| ModelDto {
            name: model.name.clone(),
            version: model.version.clone(),
            uri: model.uri.clone(),
            llm_config: version.llm.models.get(&model.name).map(LlmConfigDto::of),
        };
        let models: Vec<ModelDto> = definition.models.iter().map(model).collect();
        shown.models = (!models.is_empty()).then_some(models);
        shown.llm_invocation_config = version.llm.priority.as_ref().map(LlmInvocationDto::of);
        shown.resources = some_artifacts(&definition.resources);
        shown.rate_limit = version.rate_limit.as_ref().map(RateLimitDto::from);
        shown.secrets = (secrets && !version.secret_names.is_empty()).then(|| version.secret_names.clone());
        let telemetries = &version.telemetries;
        if *telemetries != Telemetries::default() {
            shown.telemetries = Some(TelemetriesDto {
                logs_telemetry_id: telemetries.logs.clone(),
                metrics_telemetry_id: telemetries.metrics.clone(),
                traces_telemetry_id: telemetries.traces.clone(),
            });
        }
        match &definition.workload {
            Workload::Chart { reference, service } => {
                shown.helm_chart = Some(reference.to_string());
                shown.helm_chart_service_name = Some(service.clone());
                shown.helm_chart_digest.clone_from(&version.chart_digest);
            }
            Workload::Container { image, arguments, environment } => {
                shown.container_image = Some(image.clone());
                shown.container_args.clone_from(arguments);
                let variable = |variable: &EnvironmentVariable| EnvironmentDto {
                    key: variable.key.clone(),
                    value: variable.value.clone(),
                };
                shown.container_environment =
                    (!environment.is_empty()).then(|| environment.iter().map(variable).collect());
            }
        }
        shown
    }
}

fn some_artifacts(list: &[Artifact]) -> Option<Vec<ArtifactDto>> {
    let convert = |artifact: &Artifact| ArtifactDto {
        name: artifact.name.clone(),
        version: artifact.version.clone(),
        uri: artifact.uri.clone(),
    };
    (!list.is_empty()).then(|| list.iter().map(convert).collect())
}

/// One function version.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FunctionResponse {
    pub(crate) function: FunctionDto,
    /// What the chart check has to say, when it accepted the chart: warnings and hints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) findings: Vec<serde_json::Value>,
}

/// Function versions.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ListFunctionsResponse {
    pub(crate) functions: Vec<FunctionDto>,
    /// Where the next page begins, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
}

/// Ids of functions.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListFunctionIdsResponse {
    pub(crate) function_ids: Vec<String>,
}
