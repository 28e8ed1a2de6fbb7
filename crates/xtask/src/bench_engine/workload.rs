//! Charts made to be measured.

use wheelhouse_chart::File;

const HELPERS: &str = r#"{{- define "app.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "app.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}
{{- define "app.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "app.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
"#;

const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "app.fullname" . }}
  labels:
    {{- include "app.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ include "app.name" . }}
  template:
    metadata:
      labels:
        {{- include "app.labels" . | nindent 8 }}
    spec:
      {{- with .Values.podSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          ports:
            - containerPort: {{ .Values.service.port }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
"#;

const SERVICE: &str = r#"apiVersion: v1
kind: Service
metadata:
  name: {{ include "app.fullname" . }}
  labels:
    {{- include "app.labels" . | nindent 4 }}
spec:
  type: {{ .Values.service.type }}
  ports:
    - port: {{ .Values.service.port }}
      targetPort: http
  selector:
    app.kubernetes.io/name: {{ include "app.name" . }}
"#;

const VALUES: &str = "\
replicas: 2
nameOverride: \"\"
fullnameOverride: \"\"
image: {repository: registry.example/app, pullPolicy: IfNotPresent, tag: \"\"}
podSecurityContext: {runAsNonRoot: true, fsGroup: 2000}
service: {type: ClusterIP, port: 80}
resources:
  limits: {cpu: 100m, memory: 128Mi}
  requests: {cpu: 100m, memory: 128Mi}
";

fn chart_file(name: &str, rest: &str) -> String {
    format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\nappVersion: \"1.16.0\"\n{rest}")
}

fn file(name: String, text: &str) -> File {
    File::new(name, text.as_bytes())
}

/// An umbrella whose subcharts each have the templates of a small service.
pub(super) fn umbrella(subcharts: u32) -> Vec<File> {
    let mut dependencies = String::from("dependencies:\n");
    let mut values = String::from("global: {region: eu, registry: registry.example}\n");
    let mut files = Vec::new();
    for number in 0..subcharts {
        let name = format!("service-{number:03}");
        dependencies.push_str(&format!("- {{name: {name}, version: 0.1.0, condition: {name}.enabled}}\n"));
        values.push_str(&format!("{name}:\n  enabled: true\n  replicas: {number}\n"));
        let folder = format!("charts/{name}");
        files.push(file(format!("{folder}/Chart.yaml"), &chart_file(&name, "")));
        files.push(file(format!("{folder}/values.yaml"), VALUES));
        // Each chart's helpers are its own, as charts from different hands have them.
        let own = |text: &str| text.replace("\"app.", &format!("\"{name}."));
        files.push(file(format!("{folder}/templates/_helpers.tpl"), &own(HELPERS)));
        files.push(file(format!("{folder}/templates/deployment.yaml"), &own(DEPLOYMENT)));
        files.push(file(format!("{folder}/templates/service.yaml"), &own(SERVICE)));
    }
    files.push(file("Chart.yaml".into(), &chart_file("umbrella", &dependencies)));
    files.push(file("values.yaml".into(), &values));
    files
}

/// A chart with so many `tpl` calls in one file.
pub(super) fn tpl(calls: u32, one_text: bool) -> Vec<File> {
    let argument = if one_text { "$.Values.text" } else { "(printf \"%s%d\" $.Values.text $i)" };
    let template = format!(
        "{{{{- range $i := until (int .Values.calls) }}}}\nk{{{{ $i }}}}: {{{{ tpl {argument} $ }}}}\n{{{{- end }}}}\n"
    );
    vec![
        file("Chart.yaml".into(), &chart_file("tpl", "")),
        file(
            "values.yaml".into(),
            &format!("calls: {calls}\nname: web\ntext: '{{{{ .Values.name }}}}-{{{{ .Release.Name }}}}'\n"),
        ),
        file("templates/a.yaml".into(), &template),
    ]
}

/// A chart that makes so many objects in one file.
pub(super) fn objects(count: u32) -> Vec<File> {
    let object = format!("{{{{- define \"object\" }}}}\n{DEPLOYMENT}{{{{- end }}}}\n");
    let template =
        format!("{{{{- range until {count} }}}}\n---\n{{{{- template \"object\" $ }}}}\n{{{{- end }}}}\n");
    vec![
        file("Chart.yaml".into(), &chart_file("objects", "")),
        file("values.yaml".into(), VALUES),
        file("templates/_helpers.tpl".into(), HELPERS),
        file("templates/_object.tpl".into(), &object),
        file("templates/objects.yaml".into(), &template),
    ]
}
