//! A function version's definition and the rules for its fields.
//!
//! A [`Draft`] is what a client sent, converted from the wire; [`Draft::check`] turns it into a
//! [`Definition`] or reports every broken rule at once.

use crate::chart_reference::ChartReference;
use crate::llm::LlmSettings;
use crate::problem::Problem;
use crate::rate_limit::RateLimit;
use crate::violation::{Violation, Violations};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What an API body is said to look like; informational.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ApiBodyFormat {
    /// The KServe v2 protocol.
    PredictV2,
    /// Anything.
    #[default]
    Custom,
}

/// The kind of function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FunctionType {
    /// Requests and answers.
    #[default]
    Default,
    /// WebRTC media.
    Streaming,
    /// A language model behind the LLM gateway.
    Llm,
}

/// The protocol of a health probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum HealthProtocol {
    /// HTTP GET.
    #[default]
    Http,
    /// The standard gRPC health service.
    Grpc,
}

/// How the entry point's health is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Protocol of the probe.
    pub protocol: HealthProtocol,
    /// Path (HTTP) or service name (gRPC).
    pub uri: String,
    /// Port of the entry Service.
    pub port: u16,
    /// Longest wait for one probe's answer.
    pub timeout: SignedDuration,
    /// The status that means healthy (HTTP).
    pub expected_status: u16,
}

impl Health {
    /// The path probed when a definition names none.
    pub const DEFAULT_PATH: &'static str = "/v2/health/ready";

    /// The default health of an entry point on `port`. (The reference probes 8000 whatever the inference
    /// port; then its own example would never become ready, so the inference port is used here.)
    #[must_use]
    pub fn default_for(port: u16, grpc: bool) -> Self {
        Self {
            protocol: if grpc { HealthProtocol::Grpc } else { HealthProtocol::Http },
            uri: Self::DEFAULT_PATH.to_owned(),
            port,
            timeout: SignedDuration::from_secs(10),
            expected_status: 200,
        }
    }
}

/// A named artefact to download beside the function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its name, unique among its kind.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it is.
    pub uri: String,
}

/// One environment variable of a container function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentVariable {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// What runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Workload {
    /// A Helm chart whose entry Service is named.
    Chart {
        /// Where the chart is.
        reference: ChartReference,
        /// The literal name of the entry Service.
        service: String,
    },
    /// One container.
    Container {
        /// The image.
        image: String,
        /// Arguments, as one line.
        arguments: Option<String>,
        /// Environment variables.
        environment: Vec<EnvironmentVariable>,
    },
}

/// A function version's definition; immutable once checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Name of the function.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// The kind of function.
    pub function_type: FunctionType,
    /// What its bodies look like.
    pub api_body_format: ApiBodyFormat,
    /// Path of inference requests, as given (its leading slash may be missing).
    pub inference_url: String,
    /// Port of the entry Service.
    pub inference_port: u16,
    /// How its health is asked for.
    pub health: Health,
    /// Whether the definition named its health itself.
    pub health_given: bool,
    /// What runs.
    pub workload: Workload,
    /// Models to download.
    pub models: Vec<Artifact>,
    /// Other things to download.
    pub resources: Vec<Artifact>,
}

impl Definition {
    /// Whether the function speaks gRPC: its inference URL is `/grpc` in any case.
    #[must_use]
    pub fn is_grpc(&self) -> bool {
        is_grpc(&self.inference_url)
    }

    /// The name of the entry Service as Kubernetes can know it.
    #[must_use]
    pub fn entry_service(&self) -> Option<String> {
        match &self.workload {
            Workload::Chart { service, .. } => Some(entry_service(service)),
            Workload::Container { .. } => None,
        }
    }

    /// The path of inference requests, with its leading slash.
    #[must_use]
    pub fn inference_path(&self) -> String {
        if self.inference_url.starts_with('/') {
            self.inference_url.clone()
        } else {
            format!("/{}", self.inference_url)
        }
    }
}

/// No Service can hold `_`, yet the user documents' own example writes `service_name`: it is read as
/// `service-name`, the only Service it can mean.
fn entry_service(name: &str) -> String {
    name.replace('_', "-")
}

fn is_grpc(inference_url: &str) -> bool {
    inference_url.trim_start_matches('/').eq_ignore_ascii_case("grpc")
}

/// A definition as a client sent it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// `name`.
    pub name: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `functionType`.
    pub function_type: FunctionType,
    /// `apiBodyFormat`.
    pub api_body_format: ApiBodyFormat,
    /// `inferenceUrl`.
    pub inference_url: Option<String>,
    /// `inferencePort`.
    pub inference_port: Option<i64>,
    /// `health`.
    pub health: Option<HealthDraft>,
    /// `healthUri` (deprecated).
    pub health_uri: Option<String>,
    /// `helmChart`.
    pub helm_chart: Option<String>,
    /// `helmChartServiceName`.
    pub helm_chart_service_name: Option<String>,
    /// `containerImage`.
    pub container_image: Option<String>,
    /// `containerArgs`.
    pub container_args: Option<String>,
    /// `containerEnvironment`.
    pub container_environment: Vec<EnvironmentVariable>,
    /// `models`.
    pub models: Vec<Artifact>,
    /// `resources`.
    pub resources: Vec<Artifact>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `secrets`: names and values as text (a JSON object as its compact text).
    pub secrets: Vec<SecretDraft>,
    /// `rateLimit`.
    pub rate_limit: Option<RateLimit>,
    /// `llmConfig` of the models, and `llmInvocationConfig`.
    pub llm: LlmSettings,
}

/// `health` as a client sent it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HealthDraft {
    /// `protocol`.
    pub protocol: Option<HealthProtocol>,
    /// `uri`.
    pub uri: Option<String>,
    /// `port`.
    pub port: Option<i64>,
    /// `timeout`, ISO-8601.
    pub timeout: Option<String>,
    /// `expectedStatusCode`.
    pub expected_status: Option<i64>,
}

/// One secret as a client sent it. Its value is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretDraft {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl std::fmt::Debug for SecretDraft {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SecretDraft").field("name", &self.name).finish_non_exhaustive()
    }
}

const OBJECT: &str = "createFunctionRequest";
const NAME_RULE: &str = "must match \"^[a-z0-9A-Z][a-z0-9A-Z\\-_]*$\"";

impl Draft {
    /// Checks every rule.
    ///
    /// # Errors
    /// A 400 that names every broken rule, in the reference's words.
    pub fn check(&self) -> Result<Definition, Problem> {
        let mut violations = Violations::of(OBJECT);
        let name = self.name.clone().unwrap_or_default();
        violations.require(!name.is_empty(), "name", "null", "must not be blank");
        violations.require(name.len() <= 128, "name", &name, "size must be between 1 and 128");
        violations.require(name.is_empty() || is_name(&name), "name", &name, NAME_RULE);
        let inference_url = self.inference_url.clone().unwrap_or_default();
        violations.require(!inference_url.is_empty(), "inferenceUrl", "null", "must not be null");
        violations.require(is_path(&inference_url), "inferenceUrl", &inference_url, "must be a path");
        if let Some(description) = &self.description {
            let length = description.chars().count();
            violations.require(length <= 256, "description", description, "size must be between 0 and 256");
        }
        check_tags(&self.tags, &mut violations);
        check_secrets(&self.secrets, &mut violations);
        check_artifacts("models", &self.models, &mut violations);
        check_artifacts("resources", &self.resources, &mut violations);
        self.llm.check(self.function_type, &self.models, &mut violations);
        let inference_port = port("inferencePort", self.inference_port.unwrap_or(8000), &mut violations);
        let grpc = is_grpc(&inference_url);
        let health = self.health(inference_port, grpc, &mut violations);
        let workload = self.workload(&mut violations);
        let Some(workload) = workload else { return Err(violations.problem()) };
        violations.into_result(Definition {
            name,
            description: self.description.clone(),
            function_type: self.function_type,
            api_body_format: self.api_body_format,
            inference_url,
            inference_port,
            health,
            health_given: self.health.is_some() || self.health_uri.is_some(),
            workload,
            models: self.models.clone(),
            resources: self.resources.clone(),
        })
    }

    fn workload(&self, violations: &mut Violations) -> Option<Workload> {
        let container_only = [
            ("containerImage", self.container_image.is_some()),
            ("containerArgs", self.container_args.is_some()),
            ("containerEnvironment", !self.container_environment.is_empty()),
        ];
        if self.helm_chart.is_some() {
            for (field, present) in container_only {
                if present {
                    violations.push(Violation::both("helmChart", field));
                }
            }
        }
        if self.helm_chart.is_some() != self.helm_chart_service_name.is_some() {
            violations.push(Violation::Request(
                "Either both or none of 'helmChart' and 'helmChartServiceName' properties must be specified"
                    .into(),
            ));
        }
        match (&self.helm_chart, &self.container_image) {
            (Some(chart), _) => {
                let service = self.helm_chart_service_name.clone().unwrap_or_default();
                if self.helm_chart_service_name.is_some() {
                    violations.require(
                        is_service_name(&entry_service(&service)),
                        "helmChartServiceName",
                        &service,
                        "must be the literal name of a Service: lower-case letters, digits and '-', starting with a \
                         letter, at most 63 characters",
                    );
                }
                match ChartReference::parse(chart) {
                    Ok(reference) => Some(Workload::Chart { reference, service }),
                    Err(error) => {
                        violations.push(Violation::field("helmChart", chart, error.to_string()));
                        None
                    }
                }
            }
            (None, Some(image)) => {
                violations.require(is_image(image), "containerImage", image, "must be an image reference");
                for variable in &self.container_environment {
                    violations.require(
                        is_environment_name(&variable.key),
                        "containerEnvironment",
                        &variable.key,
                        "must be an environment variable name",
                    );
                }
                Some(Workload::Container {
                    image: image.clone(),
                    arguments: self.container_args.clone(),
                    environment: self.container_environment.clone(),
                })
            }
            (None, None) => {
                let detail = if self.models.is_empty() {
                    "One of 'containerImage', 'models' or 'helmChart' properties must be specified"
                } else {
                    "A function of 'models' alone needs a 'containerImage' or 'helmChart' that serves them"
                };
                violations.push(Violation::Request(detail.to_owned()));
                None
            }
        }
    }

    fn health(&self, inference_port: u16, grpc: bool, violations: &mut Violations) -> Health {
        let mut health = Health::default_for(inference_port, grpc);
        if let Some(uri) = &self.health_uri {
            violations.require(!uri.is_empty() && is_path(uri), "healthUri", uri, "must be a path");
            health.uri.clone_from(uri);
        }
        let Some(draft) = &self.health else { return health };
        match draft.protocol {
            Some(protocol) => health.protocol = protocol,
            None => violations.require(false, "health.protocol", "null", "must not be null"),
        }
        match &draft.uri {
            Some(uri) => {
                violations.require(!uri.is_empty() && is_path(uri), "health.uri", uri, "must be a path");
                health.uri.clone_from(uri);
            }
            None => violations.require(false, "health.uri", "null", "must not be null"),
        }
        match draft.port {
            Some(number) => health.port = port("health.port", number, violations),
            None => violations.require(false, "health.port", "null", "must not be null"),
        }
        match draft.timeout.as_deref().map(|text| (text, text.parse::<SignedDuration>())) {
            Some((text, Ok(timeout))) => {
                violations.require(timeout.is_positive(), "health.timeout", text, "must be greater than 0");
                health.timeout = timeout;
            }
            Some((text, Err(_))) => {
                violations.require(
                    false,
                    "health.timeout",
                    text,
                    "must be an ISO-8601 duration such as PT10S",
                );
            }
            None => violations.require(false, "health.timeout", "null", "must not be null"),
        }
        match draft.expected_status.map(|status| (status, u16::try_from(status))) {
            Some((_, Ok(status))) if (100..=599).contains(&status) => health.expected_status = status,
            Some((status, _)) => {
                violations.require(false, "health.expectedStatusCode", status, "must be an HTTP status");
            }
            None => violations.require(false, "health.expectedStatusCode", "null", "must not be null"),
        }
        health
    }
}

/// The rules for tags, shared by create and update.
pub fn check_tags(tags: &[String], violations: &mut Violations) {
    violations.require(tags.len() <= 64, "tags", tags.len(), "size must be between 0 and 64");
    for tag in tags {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '=');
        violations.require(
            (1..=128).contains(&tag.len()) && tag.chars().all(allowed),
            "tags",
            tag,
            "must match \"[a-zA-Z0-9\\-_:=]+\" and be at most 128 characters",
        );
    }
}

/// The rules for secrets, shared by create and update. Values are never printed.
pub fn check_secrets(secrets: &[SecretDraft], violations: &mut Violations) {
    let mut seen = BTreeSet::new();
    for secret in secrets {
        let first = |c: char| c.is_ascii_alphanumeric();
        let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        violations.require(
            secret.name.starts_with(first) && secret.name.chars().all(rest) && secret.name.len() <= 48,
            "secrets.name",
            &secret.name,
            "must match \"^[a-z0-9A-Z][a-z0-9A-Z\\_\\.\\-]*$\" and be at most 48 characters",
        );
        let length = secret.value.chars().count();
        violations.require(
            (1..=32_768).contains(&length),
            "secrets.value",
            format_args!("<{length} characters>"),
            "size must be between 1 and 32768",
        );
        if !seen.insert(&secret.name) {
            violations.push(Violation::Request(format!("Duplicate secret name '{}'", secret.name)));
        }
    }
}

fn check_artifacts(field: &str, artifacts: &[Artifact], violations: &mut Violations) {
    let mut seen = BTreeSet::new();
    for artifact in artifacts {
        violations.require(!artifact.name.is_empty(), &format!("{field}.name"), "", "must not be blank");
        violations.require(!artifact.uri.is_empty(), &format!("{field}.uri"), "", "must not be blank");
        if !seen.insert(&artifact.name) {
            violations.push(Violation::Request(format!("Duplicate name '{}' in '{field}'", artifact.name)));
        }
    }
}

fn port(field: &str, number: i64, violations: &mut Violations) -> u16 {
    match u16::try_from(number) {
        Ok(port) if port > 0 => port,
        _ => {
            violations.require(false, field, number, "must be between 1 and 65535");
            1
        }
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn is_service_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.chars().all(inner)
}

fn is_environment_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn is_image(image: &str) -> bool {
    !image.is_empty()
        && image.len() <= 2048
        && image.chars().all(|c| c.is_ascii_graphic())
        && !image.contains("://")
}

fn is_path(path: &str) -> bool {
    path.len() <= 2048 && path.chars().all(|c| c.is_ascii_graphic()) && !path.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> Draft {
        Draft {
            name: Some("function_name".into()),
            inference_url: Some("v2/models/model_name/versions/model_version/infer".into()),
            inference_port: Some(8001),
            helm_chart: Some("oci://localhost:5000/team/charts/inference-test-1.0.tgz".into()),
            helm_chart_service_name: Some("service_name".into()),
            ..Draft::default()
        }
    }

    fn check(change: impl FnOnce(&mut Draft), expect: &str) {
        let mut draft = seed();
        change(&mut draft);
        let detail = draft.check().map_or_else(|problem| problem.detail, |_| "accepted".into());
        assert_eq!(detail, expect);
    }

    #[test]
    fn the_documents_example_is_accepted() {
        let definition = seed().check().unwrap();
        assert_eq!(definition.inference_path(), "/v2/models/model_name/versions/model_version/infer");
        assert_eq!(definition.health.port, 8001);
        assert_eq!(definition.entry_service().as_deref(), Some("service-name"));
        assert!(!definition.is_grpc());
        let grpc = Draft { inference_url: Some("/gRPC".into()), ..seed() }.check().unwrap();
        assert!(grpc.is_grpc());
        assert_eq!(grpc.health.protocol, HealthProtocol::Grpc);
    }

    #[test]
    fn cross_field_rules() {
        check(
            |draft| draft.helm_chart_service_name = None,
            "Invalid request: Either both or none of 'helmChart' and 'helmChartServiceName' properties must be \
             specified",
        );
        check(
            |draft| draft.container_image = Some("image:1".into()),
            "Invalid request: Cannot specify both 'helmChart' and 'containerImage' properties in the payload",
        );
        check(
            |draft| {
                draft.helm_chart = None;
                draft.helm_chart_service_name = None;
            },
            "Invalid request: One of 'containerImage', 'models' or 'helmChart' properties must be specified",
        );
        check(
            |draft| {
                let model = Artifact { name: "m".into(), version: "1".into(), uri: "/m".into() };
                draft.models = vec![model.clone(), model];
            },
            "Invalid request: Duplicate name 'm' in 'models'",
        );
    }

    #[test]
    fn field_rules() {
        let field = |field: &str, rejected: &str, message: &str| {
            format!(
                "Validation failed: [object=createFunctionRequest, field={field}, rejected={rejected}, \
                 message={message}]"
            )
        };
        check(|draft| draft.name = None, &field("name", "null", "must not be blank"));
        check(|draft| draft.name = Some("-a".into()), &field("name", "-a", NAME_RULE));
        check(
            |draft| draft.inference_port = Some(0),
            &field("inferencePort", "0", "must be between 1 and 65535"),
        );
        check(
            |draft| draft.inference_port = Some(70_000),
            &field("inferencePort", "70000", "must be between 1 and 65535"),
        );
        check(
            |draft| draft.secrets = vec![SecretDraft { name: "a".into(), value: String::new() }],
            &field("secrets.value", "<0 characters>", "size must be between 1 and 32768"),
        );
        check(
            |draft| {
                draft.health = Some(HealthDraft {
                    protocol: Some(HealthProtocol::Http),
                    uri: Some("/h".into()),
                    port: Some(8000),
                    timeout: Some("soon".into()),
                    expected_status: Some(200),
                });
            },
            &field("health.timeout", "soon", "must be an ISO-8601 duration such as PT10S"),
        );
        check(
            |draft| draft.tags = vec!["a b".into()],
            &field("tags", "a b", "must match \"[a-zA-Z0-9\\-_:=]+\" and be at most 128 characters"),
        );
    }

    #[test]
    fn secrets_never_print() {
        let secret = SecretDraft { name: "token".into(), value: "hunter2".into() };
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
