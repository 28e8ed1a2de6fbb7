//! The platform's chart engine.

mod since;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json, json};
use wheelhouse_chart::values::{Table, ValueSource, read_values};
use wheelhouse_chart::{Compat, LoadOptions, load_archive};
use wheelhouse_functions::engine::{
    ChartEngine, ChartRequest, CheckReport, EngineError, Finding, Level, PodFacts, RELEASE_NAME, Rendered,
    Surroundings,
};
use wheelhouse_gotemplate::Limits;
use wheelhouse_gotemplate::error::LimitReached;
use wheelhouse_objects::pod_spec::pod_templates;
use wheelhouse_objects::{KindOrder, Node, Object, Quantity};
use wheelhouse_policy::{
    Additions, ClusterFacts, ExtraKind, FunctionFacts, InstanceFacts, Policy, PolicyName, mutate,
};
use wheelhouse_render::{Capabilities, KubeVersion, Operation, Release, Renderer, Request};
use wheelhouse_sprig::{Environment, Host};

use crate::check::{CheckRequest, Checked, check_chart};
use crate::format::finding_json;
use crate::located::Located;
use crate::notes::package::load_refusal;

/// Makes a host for one render: the engine has no clock and no randomness of its own.
pub type HostFactory = Box<dyn Fn() -> Box<dyn Host> + Send + Sync>;

/// Makes a check that ends a render which takes too long.
pub type DeadlineFactory = Box<dyn Fn() -> Box<dyn Fn() -> Result<(), LimitReached>> + Send + Sync>;

/// Native stack a render of a stranger's chart may use.
const STACK: usize = 64 << 20;

/// Renders and checks charts for the platform. A stranger's chart is metered and cannot hurt the
/// next one.
pub struct Engine {
    renderer: Renderer,
    host: HostFactory,
    deadline: DeadlineFactory,
}

impl Engine {
    /// An engine that takes clock and randomness from `host` and time limits from `deadline`.
    #[must_use]
    pub fn new(host: HostFactory, deadline: DeadlineFactory) -> Self {
        Engine { renderer: Renderer::new(Compat::V4), host, deadline }
    }

    /// Renders and checks on a thread with the stack that evaluation may use.
    fn run<T: Send>(
        &self,
        request: &ChartRequest<'_>,
        with: impl FnOnce(Result<Checked, Refused>) -> T + Send,
    ) -> Result<T, EngineError> {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new()
                .stack_size(STACK + (4 << 20))
                .spawn_scoped(scope, || with(self.checked(request)));
            let joined = thread.map(std::thread::ScopedJoinHandle::join);
            match joined {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(_)) => Err(EngineError("rendering ended unexpectedly".to_owned())),
                Err(error) => Err(EngineError(format!("no thread to render on: {error}"))),
            }
        })
    }

    fn checked(&self, request: &ChartRequest<'_>) -> Result<Checked, Refused> {
        let options = LoadOptions { trace: true, ..LoadOptions::default() };
        let mut warnings = Vec::new();
        let policy = policy(request);
        let chart = load_archive(request.chart, options, &mut warnings).map_err(|error| Refused {
            findings: load_refusal(&error, &policy),
            reason: error.to_string(),
        })?;
        let values = values_table(request.values)?;
        let kube_version = KubeVersion::parse(request.kubernetes_version, Compat::V4).unwrap_or_default();
        let mut capabilities = Capabilities { kube_version, ..Capabilities::default() };
        capabilities.api_versions.extend(request.api_versions.iter().cloned());
        let release = Release {
            name: RELEASE_NAME.to_owned(),
            namespace: request.namespace.to_owned(),
            revision: 1,
            operation: Operation::Install,
        };
        let environment = Environment::new((self.host)(), Compat::V4);
        let deadline = (self.deadline)();
        let render = Request {
            values: &values,
            release: &release,
            capabilities: &capabilities,
            environment: &environment,
            limits: Limits { stack: STACK, steps: 20_000_000, bytes: 64 << 20, ..Limits::default() },
            checkpoint: Some(&*deadline),
            skip_schema_validation: false,
            trace: true,
            clock: None,
            lenient: true,
        };
        let check = check_request(request, policy, &capabilities);
        let checked = check_chart(&self.renderer, chart, &render, &check, &mut warnings);
        checked.map_err(|refused| Refused { reason: refused.error.to_string(), findings: refused.findings })
    }
}

/// A chart without objects to check.
struct Refused {
    findings: Vec<Located>,
    reason: String,
}

impl From<EngineError> for Refused {
    fn from(error: EngineError) -> Self {
        Refused { findings: Vec::new(), reason: error.0 }
    }
}

/// JSON is YAML: the deployment's configuration is read as a values file would be.
fn values_table(values: &JsonMap<String, Json>) -> Result<Table, EngineError> {
    let source = Arc::new(ValueSource::ValuesFile { path: "configuration".to_owned() });
    let text = serde_json::to_vec(values).map_err(|error| EngineError(error.to_string()))?;
    read_values(&text, Some(&source), Compat::V4).map_err(|error| EngineError(error.to_string()))
}

fn policy(request: &ChartRequest<'_>) -> Policy {
    let extra_kinds = request
        .policy
        .extra_types
        .iter()
        .map(|kind| ExtraKind {
            group: kind.group.clone(),
            version: kind.version.clone(),
            kind: kind.kind.clone(),
        })
        .collect();
    let name = if request.policy.unrestricted { PolicyName::Unrestricted } else { PolicyName::Default };
    Policy { name, extra_kinds, ..Policy::default() }
}

fn check_request(request: &ChartRequest<'_>, policy: Policy, capabilities: &Capabilities) -> CheckRequest {
    CheckRequest {
        function: Some(FunctionFacts {
            service_name: request.service.to_owned(),
            inference_port: Some(i64::from(request.inference_port)),
            inference_url: request.inference_url.to_owned(),
            health_port: Some(i64::from(request.health_port)),
            health_protocol: request.health_protocol.map(ToOwned::to_owned),
        }),
        reference: request.reference.map(ToOwned::to_owned),
        instance_type: request.instance_type.map(ToOwned::to_owned),
        cluster: request.surroundings.map(cluster).unwrap_or_default(),
        policy: Policy {
            kubernetes_minor: capabilities.kube_version.minor.parse().unwrap_or(policy.kubernetes_minor),
            ..policy
        },
    }
}

/// What is known of the place, in the policy's terms.
fn cluster(surroundings: &Surroundings) -> ClusterFacts {
    let mut node = BTreeMap::new();
    let amount = |text: String| Quantity::of(&Json::String(text));
    if let Some(cores) = surroundings.cpu_cores.and_then(|cores| amount(cores.to_string())) {
        node.insert("cpu".to_owned(), cores);
    }
    if let Some(bytes) = surroundings.memory_bytes.and_then(|bytes| amount(bytes.to_string())) {
        node.insert("memory".to_owned(), bytes);
    }
    ClusterFacts {
        name: surroundings.cluster.clone(),
        node: (!node.is_empty()).then_some(node),
        registries: surroundings.registries.clone(),
        unreachable_images: surroundings.unreachable_images.clone(),
        ..ClusterFacts::default()
    }
}

/// The images of all containers, each once.
fn images(checked: &Checked) -> Vec<String> {
    let mut images: Vec<String> = checked
        .intake
        .objects
        .iter()
        .flat_map(pod_templates)
        .flat_map(|template| {
            let of_container = |node: &Node| node.set("image").and_then(Node::as_str).map(ToOwned::to_owned);
            template
                .containers()
                .iter()
                .filter_map(|container| of_container(container.node))
                .collect::<Vec<_>>()
        })
        .filter(|image| !image.is_empty())
        .collect();
    images.sort_unstable();
    images.dedup();
    images
}

/// Most findings of one answer: a chart of 300 objects has room for many more.
const MOST_FINDINGS: usize = 1000;

/// The findings as the platform tells them, the worst first where there are too many.
fn platform_findings(found: &[Located]) -> Vec<Finding> {
    let mut chosen: Vec<&Located> = found.iter().collect();
    if chosen.len() > MOST_FINDINGS {
        chosen.sort_by_key(|located| std::cmp::Reverse(located.finding.level));
        chosen.truncate(MOST_FINDINGS);
    }
    let finding = |located: &Located| Finding {
        rule: located.finding.rule.id.to_owned(),
        level: match located.finding.level {
            wheelhouse_policy::Level::Error => Level::Error,
            wheelhouse_policy::Level::Warning => Level::Warning,
            wheelhouse_policy::Level::Info => Level::Info,
        },
        message: located.finding.message.clone(),
        details: finding_json(located),
    };
    chosen.into_iter().map(finding).collect()
}

/// What is told where there is no finding to tell: the engine itself could not do its work.
fn engine_failure(message: &str) -> Finding {
    Finding {
        rule: "WH-009".to_owned(),
        level: Level::Error,
        message: message.to_owned(),
        details: json!({"rule": "WH-009", "slug": "render-failed", "level": "error", "message": message}),
    }
}

impl ChartEngine for Engine {
    fn check(&self, request: &ChartRequest<'_>) -> CheckReport {
        let report = self.run(request, |checked| match checked {
            Ok(checked) => CheckReport {
                findings: platform_findings(&checked.findings),
                objects: checked.counted,
                images: images(&checked),
            },
            Err(refused) => {
                let mut findings = platform_findings(&refused.findings);
                if findings.is_empty() {
                    findings.push(engine_failure(&refused.reason));
                }
                CheckReport { findings, ..CheckReport::default() }
            }
        });
        report.unwrap_or_else(|error| CheckReport {
            findings: vec![engine_failure(&error.0)],
            ..CheckReport::default()
        })
    }

    fn check_since(&self, request: &ChartRequest<'_>, created: &ChartRequest<'_>) -> CheckReport {
        let mut report = self.check(request);
        since::tell(&mut report, request, &self.check(created), |request| self.check(request));
        report
    }

    fn render(&self, request: &ChartRequest<'_>) -> Result<Vec<Json>, EngineError> {
        self.run(request, |checked| {
            let checked = checked.map_err(|refused| EngineError(refused.reason))?;
            if let Err(error) = &checked.rendered.manifests {
                return Err(EngineError(error.to_string()));
            }
            Ok(checked.intake.objects.iter().map(|object| object.root.to_json()).collect())
        })?
    }

    fn prepare(&self, request: &ChartRequest<'_>, pods: &PodFacts<'_>) -> Result<Rendered, EngineError> {
        self.run(request, |checked| {
            let checked = checked.map_err(|refused| EngineError(refused.reason))?;
            prepared(&checked, request, pods)
        })?
    }
}

fn prepared(
    checked: &Checked,
    request: &ChartRequest<'_>,
    pods: &PodFacts<'_>,
) -> Result<Rendered, EngineError> {
    let findings = platform_findings(&checked.findings);
    if let Some(first) = findings.iter().find(|finding| finding.level == Level::Error) {
        return Err(EngineError(format!("{}: {}", first.rule, first.message)));
    }
    let mut objects: Vec<Object> = checked.intake.objects.clone();
    let mut additions = additions(pods);
    if request.policy.unrestricted {
        additions = additions.only_what_is_needed();
    }
    mutate(&mut objects, &additions).map_err(|error| EngineError(error.to_string()))?;
    objects.sort_by(|left, right| KindOrder::Install.compare(&left.kind, &right.kind));
    let flags = checked.intake.workload_config.iter().any(|config| {
        let text =
            config.root.at("data").and_then(|data| data.get("config.yaml")).and_then(|text| text.as_str());
        text.is_some_and(ready_by_probe)
    });
    Ok(Rendered {
        objects: objects.iter().map(|object| object.root.to_json()).collect(),
        ready_by_probe: flags,
    })
}

/// Whether the chart's word to the platform turns `featureFlags.StatusByWorkerReadiness` on.
fn ready_by_probe(text: &str) -> bool {
    let config = wheelhouse_objects::read_document(text.as_bytes(), 0);
    config.is_ok_and(|config| {
        config.at("featureFlags.StatusByWorkerReadiness").and_then(wheelhouse_objects::Node::as_bool)
            == Some(true)
    })
}

/// What the platform sets on the objects of an instance.
fn additions(pods: &PodFacts<'_>) -> Additions {
    let instance = pods.instance;
    Additions::of(InstanceFacts {
        function: instance.function.to_string(),
        version: instance.version.to_string(),
        instance: instance.id.to_string(),
        account: instance.account.to_string(),
        name: instance.name.clone(),
        region: pods.region.to_owned(),
        backend: instance.backend.clone(),
        environment: pods.environment.to_owned(),
        instance_type: instance.instance_type.clone(),
        pull_secrets: pods.pull_secrets.to_vec(),
        service_account: pods.service_account.to_owned(),
        secrets: pods.secrets.map(ToOwned::to_owned),
        bind_to_instance_type: pods.bind_to_instance_type,
    })
}
