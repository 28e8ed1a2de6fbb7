use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use wheelhouse_chart::values::{Table, ValueSource, read_values};
use wheelhouse_chart::{Compat, File, LoadOptions, load_archive, load_files};
use wheelhouse_check::{
    AllValues, CheckRequest, Coverage, Located, check_all_values, check_chart, load_refusal, mutation_diff,
    suppress,
};
use wheelhouse_gotemplate::Limits;
use wheelhouse_policy::{Additions, FunctionFacts, Level, VariableSource};
use wheelhouse_render::{Capabilities, Operation, Release, Renderer, Request};
use wheelhouse_sprig::{Environment, Host};

pub(crate) const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";

pub(crate) const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: {name: entry}
spec:
  selector: {app: web}
  ports: [{name: http, port: 8000, targetPort: http}]
";

/// A Deployment with the lines of a pod spec and of its one container.
pub(crate) fn deployment(spec: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
{}      containers:
        - name: c
          image: registry.example.com/web@sha256:{}
{}",
        indented(spec, 6),
        "0".repeat(64),
        indented(container, 10)
    )
}

/// What a sound container says.
pub(crate) const CONTAINER: &str = "ports: [{name: http, containerPort: 8000}]
readinessProbe: {httpGet: {path: /, port: http}}
resources: {limits: {cpu: 1, memory: 1Gi}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
";

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

/// A chart and what it is tried with.
#[derive(Clone)]
pub(crate) struct Try {
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) archive: Option<Vec<u8>>,
    pub(crate) values: String,
    pub(crate) request: CheckRequest,
    pub(crate) all_values: bool,
    pub(crate) mutations: bool,
    pub(crate) minor: u32,
}

impl Default for Try {
    fn default() -> Self {
        let files = [
            ("Chart.yaml", CHART.to_owned()),
            ("values.yaml", String::new()),
            ("templates/service.yaml", SERVICE.to_owned()),
            ("templates/web.yaml", deployment("", CONTAINER)),
        ];
        let function = FunctionFacts {
            service_name: "entry".to_owned(),
            inference_port: Some(8000),
            inference_url: "/infer".to_owned(),
            health_port: Some(8000),
            health_protocol: Some("HTTP".to_owned()),
        };
        Try {
            files: files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect(),
            archive: None,
            values: String::new(),
            request: CheckRequest { function: Some(function), ..CheckRequest::default() },
            all_values: false,
            mutations: false,
            minor: 36,
        }
    }
}

struct FixedHost(Cell<u8>);

impl Host for FixedHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
    fn fill_random(&self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0.set(self.0.get().wrapping_add(1));
            *byte = self.0.get();
        }
    }
}

impl Try {
    pub(crate) fn file(mut self, name: &str, text: impl Into<String>) -> Self {
        self.files.insert(name.to_owned(), text.into());
        self
    }

    /// The ids of all rules that fire, also of those that are told beside another.
    pub(crate) fn rules(&self) -> BTreeSet<String> {
        self.findings().into_keys().collect()
    }

    /// Rules with the worst level each fires at: 0 for info, 1 for warning, 2 for error.
    pub(crate) fn findings(&self) -> BTreeMap<String, usize> {
        let this = self.clone();
        let thread = std::thread::Builder::new().stack_size(80 << 20).spawn(move || this.run());
        let mut levels = BTreeMap::new();
        for (id, level) in thread.unwrap().join().unwrap() {
            let known = levels.entry(id).or_insert(level);
            *known = level.max(*known);
        }
        levels
    }

    fn run(&self) -> Vec<(String, usize)> {
        match self.check() {
            Err(refused) => ids(&refused),
            Ok(AllValues { mut checked, .. }) => {
                let found = std::mem::take(&mut checked.findings);
                let today = "2026-06-01".parse().unwrap();
                let suppressed = suppress(found, &checked.rendered.chart, today, &self.request.policy);
                let mut found = ids(&suppressed.kept);
                if self.mutations {
                    let diff = mutation_diff(&checked.intake, &additions()).unwrap();
                    let words = diff
                        .lines()
                        .filter(|line| line.starts_with("@@"))
                        .flat_map(|line| line.split([' ', ',']));
                    found.extend(words.filter(|word| word.starts_with("WH-")).map(|id| (id.to_owned(), 0)));
                }
                found
            }
        }
    }

    /// Works with the checked chart on a thread that has the stack for it.
    pub(crate) fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(Result<AllValues, Vec<Located>>) -> T + Send + 'static,
    ) -> T {
        let this = self.clone();
        let thread = std::thread::Builder::new().stack_size(80 << 20).spawn(move || work(this.check()));
        thread.unwrap().join().unwrap()
    }

    fn check(&self) -> Result<AllValues, Vec<Located>> {
        let options = LoadOptions { trace: true, ..LoadOptions::default() };
        let mut warnings = Vec::new();
        let loaded = match &self.archive {
            Some(archive) => load_archive(archive, options, &mut warnings),
            None => {
                let files =
                    self.files.iter().map(|(name, text)| File::new(name.clone(), text.as_bytes())).collect();
                load_files(files, options, &mut warnings)
            }
        };
        let policy =
            wheelhouse_policy::Policy { kubernetes_minor: self.minor, ..self.request.policy.clone() };
        let request = CheckRequest { policy, ..self.request.clone() };
        let chart = loaded.map_err(|error| load_refusal(&error, &request.policy))?;
        let source = Arc::new(ValueSource::ValuesFile { path: "own.yaml".to_owned() });
        let values = if self.values.is_empty() {
            Table::new()
        } else {
            read_values(self.values.as_bytes(), Some(&source), Compat::V4).unwrap()
        };
        let release = Release {
            name: "mini-service".to_owned(),
            namespace: "instance".to_owned(),
            revision: 1,
            operation: Operation::Install,
        };
        let environment = Environment::new(Box::new(FixedHost(Cell::new(0))), Compat::V4);
        let capabilities = Capabilities::default();
        let render = Request {
            values: &values,
            release: &release,
            capabilities: &capabilities,
            environment: &environment,
            limits: Limits { stack: 64 << 20, steps: 200_000, ..Limits::default() },
            checkpoint: None,
            skip_schema_validation: false,
            trace: true,
            clock: None,
            lenient: true,
        };
        let renderer = Renderer::new(Compat::V4);
        let result = if self.all_values {
            check_all_values(&renderer, &chart, &render, &request, &mut warnings)
        } else {
            check_chart(&renderer, chart, &render, &request, &mut warnings).map(|checked| AllValues {
                checked,
                sets: Vec::new(),
                failed: Vec::new(),
                coverage: Coverage::default(),
            })
        };
        result.map_err(|refused| refused.findings)
    }
}

pub(crate) fn additions() -> Additions {
    Additions {
        pull_secrets: vec!["pull".to_owned()],
        environment: vec![("NVCF_REGION".to_owned(), VariableSource::Text("here".to_owned()))],
        labels: vec![("function-id".to_owned(), "f".to_owned())],
        instance_type_label: Some(("type".to_owned(), "x".to_owned())),
        secrets: Some("secrets".to_owned()),
        ..Additions::default()
    }
}

fn ids(found: &[Located]) -> Vec<(String, usize)> {
    found
        .iter()
        .flat_map(|located| {
            let finding = &located.finding;
            let level = match finding.level {
                Level::Info => 0,
                Level::Warning => 1,
                Level::Error => 2,
            };
            std::iter::once(finding.rule.id)
                .chain(finding.also.iter().copied())
                .map(move |id| (id.to_owned(), level))
        })
        .collect()
}
