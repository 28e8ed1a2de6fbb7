{{- define "security" -}}
privileged: {{ .Values.debug }}
{{- end }}
