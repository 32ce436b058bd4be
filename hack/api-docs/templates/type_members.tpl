{{- define "type_members" -}}
{{- if eq .Name "metadata" -}}
The metadata of every object: see the Kubernetes documentation.
{{- else -}}
{{ markdownRenderFieldDoc .Doc | replace "<br />" " " }}
{{- end -}}
{{- end -}}
