{{- define "three-hundred.fullname" -}}
{{- printf "%s-%d" .root.Release.Name .group | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "three-hundred.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ include "three-hundred.fullname" . }}
{{- end }}

{{- define "three-hundred.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{ include "three-hundred.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}
