//! How long parsing and executing take.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use wheelhouse_gotemplate::{
    Engine, Function, FunctionTable, GoString, Limits, Map, Options, Parameter, Parser, Signature,
    TemplateSet, TextRole, Value,
};

/// Four actions for each of 10,000 items.
const LOOP: &str = "{{ range $i, $item := .items }}- name: {{ $item.name }}\n  port: {{ .port }}\n  \
                    {{ if .on }}on{{ end }}: {{ printf \"%s-%d\" .name $i }}\n{{ end }}";

/// A template as charts have them.
const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "name" . }}
  labels:
    {{- include "labels" . | nindent 4 }}
spec:
  {{- if not .autoscaling }}
  replicas: {{ .replicas }}
  {{- end }}
  template:
    spec:
      {{- with .securityContext }}
      securityContext: {{ . }}
      {{- end }}
      containers:
        - name: {{ .name }}
          image: "{{ .image.repository }}:{{ .image.tag | printf "%s" }}"
          {{- if and .image.pull (eq .image.pull "Always") }}
          imagePullPolicy: {{ .image.pull }}
          {{- end }}
          ports:
            {{- range $name, $port := .ports }}
            - name: {{ $name }}
              containerPort: {{ $port }}
            {{- end }}
          {{- if .env }}
          env:
            {{- range .env }}
            - name: {{ .name }}
              value: {{ printf "%q" .value }}
            {{- end }}
          {{- end }}
"#;

const HELPERS: &str = r#"{{- define "name" -}}
{{- $name := .name -}}
{{- if .suffix }}{{ $name }}-{{ .suffix }}{{ else }}{{ $name }}{{ end -}}
{{- end -}}
{{- define "labels" -}}
app.kubernetes.io/name: {{ include "name" . }}
app.kubernetes.io/instance: {{ .release }}
{{- range $key, $value := .labels }}
{{ $key }}: {{ $value }}
{{- end }}
{{- end -}}"#;

fn functions() -> FunctionTable {
    let table = FunctionTable::new().with_role("include", TextRole::Include);
    table.with_role("nindent", TextRole::NewlineIndent).with([
        Function {
            name: "include",
            signature: Signature::fixed(&[Parameter::String, Parameter::Any], Parameter::String),
            call: |context, arguments| {
                let name = arguments.string(0)?.to_string();
                context.execute_template(&name, arguments.any(1).clone()).map(Value::String)
            },
        },
        Function {
            name: "nindent",
            signature: Signature::fixed(&[Parameter::Int, Parameter::String], Parameter::String),
            call: |_, arguments| {
                let pad = " ".repeat(usize::try_from(arguments.int(0)?).unwrap_or(0));
                let text = arguments.string(1)?.to_string().replace('\n', &format!("\n{pad}"));
                Ok(Value::from(format!("\n{pad}{text}")))
            },
        },
    ])
}

fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Map(Map::from_entries(entries.into_iter().map(|(key, value)| (GoString::from(key), value))))
}

fn items() -> Value {
    let item = |index: usize| {
        map([
            ("name", Value::from(format!("item-{index}"))),
            ("port", Value::Float64(8000.0 + index as f64)),
            ("on", Value::Bool(index.is_multiple_of(2))),
        ])
    };
    map([("items", Value::list((0..10_000).map(item).collect()))])
}

fn release() -> Value {
    let env = |name: &'static str| map([("name", Value::from(name)), ("value", Value::from("some value"))]);
    map([
        ("name", Value::from("web")),
        ("suffix", Value::from("api")),
        ("release", Value::from("prod")),
        ("replicas", Value::Float64(3.0)),
        ("image", map([("repository", "nginx".into()), ("tag", "1.27".into()), ("pull", "Always".into())])),
        ("ports", map([("http", Value::Float64(80.0)), ("https", Value::Float64(443.0))])),
        ("labels", map([("team", "a".into()), ("tier", "front".into()), ("zone", "eu".into())])),
        ("env", Value::list(vec![env("A"), env("B"), env("C")])),
        ("securityContext", map([("runAsNonRoot", Value::Bool(true))])),
    ])
}

fn execution(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("execute");
    let limits = Limits { steps: u64::MAX, bytes: u64::MAX, ..Limits::default() };
    for (name, text, data, trace) in [
        ("loop of 40k actions", LOOP, items(), false),
        ("loop of 40k actions, traced", LOOP, items(), true),
        ("deployment", DEPLOYMENT, release(), false),
        ("deployment, traced", DEPLOYMENT, release(), true),
    ] {
        let parser = Parser::new(functions());
        let mut set = TemplateSet::new("gotpl");
        set.add("h", &parser.parse(&HELPERS.into()).unwrap()).unwrap();
        set.add("t", &parser.parse(&text.into()).unwrap()).unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let options = Options { limits, trace, ..Options::default() };
                Engine::new(&parser, &set, options).execute("t", data.clone()).unwrap()
            });
        });
    }
    group.finish();
}

fn parsing(criterion: &mut Criterion) {
    let large = DEPLOYMENT.repeat(100);
    let mut group = criterion.benchmark_group("parse");
    group.throughput(criterion::Throughput::Bytes(large.len() as u64));
    let source = GoString::from(large);
    group.bench_function("100 deployments in one file", |bencher| {
        bencher.iter(|| Parser::new(functions()).parse(&source).unwrap());
    });
    group.finish();
}

criterion_group!(benches, execution, parsing);
criterion_main!(benches);
