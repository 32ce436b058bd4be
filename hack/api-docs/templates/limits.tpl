{{- /* What the apiserver refuses: the bounds as they are, and of each CEL rule the sentence that a person gets to read. */ -}}
{{- define "limits" -}}
{{- $limits := list -}}
{{- if index .Markers "required" -}}
{{- $limits = append $limits "**required**" -}}
{{- end -}}
{{- range .Validation -}}
{{- if not (regexMatch "^(Required|Optional|Enum|XValidation|items:XValidation)" .) -}}
{{- $limits = append $limits (regexReplaceAll "^items:" . "each item: ") -}}
{{- end -}}
{{- end -}}
{{- /* A field inherits the rules of its type; those stand with the type. */ -}}
{{- if not (index .Type.Markers "kubebuilder:validation:XValidation") -}}
{{- range index .Markers "kubebuilder:validation:XValidation" -}}
{{- $limits = append $limits .Message -}}
{{- end -}}
{{- end -}}
{{- range index .Markers "kubebuilder:validation:items:XValidation" -}}
{{- $limits = append $limits (print "each item: " .Message) -}}
{{- end -}}
{{- join "<br />" $limits | replace "|" "\\|" -}}
{{- end -}}
