//! How long a chart takes from its files to sorted manifests.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::time::SystemTime;

use criterion::{Criterion, criterion_group, criterion_main};
use wheelhouse_chart::values::Table;
use wheelhouse_chart::{Compat, File, LoadOptions, load_files};
use wheelhouse_gotemplate::Limits;
use wheelhouse_render::{Capabilities, Operation, Release, Renderer, Request};
use wheelhouse_sprig::{Environment, Host};

const HELPERS: &str = r#"{{- define "NAME.fullname" -}}
{{- printf "%s-%s" .Release.Name (default .Chart.Name .Values.nameOverride) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "NAME.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
"#;

const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "NAME.fullname" . }}
  labels:
    {{- include "NAME.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    metadata:
      labels:
        {{- include "NAME.labels" . | nindent 8 }}
    spec:
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          env: {{- tpl (toYaml .Values.env) . | nindent 12 }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
"#;

const VALUES: &str = "\
replicas: 2
nameOverride: \"\"
image: {repository: registry.example/app, tag: \"\"}
env:
- {name: RELEASE, value: '{{ .Release.Name }}'}
resources:
  limits: {cpu: 100m, memory: 128Mi}
  requests: {cpu: 100m, memory: 128Mi}
";

/// An umbrella of some small services.
fn umbrella(services: usize) -> Vec<File> {
    let chart = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\nappVersion: \"1\"\n");
    let mut files = vec![File::new("Chart.yaml", chart("umbrella").as_bytes())];
    for number in 0..services {
        let name = format!("service-{number}");
        let mut add = |file: &str, text: &str| {
            let text = text.replace("NAME", &name);
            files.push(File::new(format!("charts/{name}/{file}"), text.as_bytes()));
        };
        add("Chart.yaml", &chart(&name));
        add("values.yaml", VALUES);
        add("templates/_helpers.tpl", HELPERS);
        add("templates/deployment.yaml", DEPLOYMENT);
    }
    files
}

#[derive(Debug)]
struct NoHost;

impl Host for NoHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

fn render(renderer: &Renderer, files: Vec<File>) -> usize {
    let chart = load_files(files, LoadOptions::default(), &mut Vec::new()).unwrap();
    let release = Release {
        name: "release".into(),
        namespace: "default".into(),
        revision: 1,
        operation: Operation::Install,
    };
    let request = Request {
        values: &Table::new(),
        release: &release,
        capabilities: &Capabilities::offline(Compat::V4),
        environment: &Environment::new(Box::new(NoHost), Compat::V4),
        limits: Limits::default(),
        checkpoint: None,
        skip_schema_validation: false,
        trace: false,
        clock: None,
        lenient: false,
    };
    renderer.release(chart, &request, &mut Vec::new()).unwrap().manifests.unwrap().manifests.len()
}

fn pipeline(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("render");
    for services in [1, 20] {
        let files = umbrella(services);
        group.bench_function(format!("{services} services, texts to parse"), |bencher| {
            bencher.iter(|| render(&Renderer::new(Compat::V4), files.clone()));
        });
        let renderer = Renderer::new(Compat::V4);
        group.bench_function(format!("{services} services, texts parsed"), |bencher| {
            bencher.iter(|| render(&renderer, files.clone()));
        });
    }
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
