{{- define "image" -}}
{{ required "image.tag is needed" .Values.image.tag }}
{{- end }}
