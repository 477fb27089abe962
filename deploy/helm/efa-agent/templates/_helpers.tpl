{{- define "efa-agent.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "efa-agent.fullname" -}}
{{- $name := include "efa-agent.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "efa-agent.selectorLabels" -}}
app.kubernetes.io/name: {{ include "efa-agent.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "efa-agent.labels" -}}
{{ include "efa-agent.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "efa-agent.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "efa-agent.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "efa-agent.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "efa-agent.priorityClassName" -}}
{{- if .Values.priorityClass.create -}}
{{- default (include "efa-agent.fullname" .) .Values.priorityClass.name -}}
{{- else -}}
{{- .Values.priorityClass.name -}}
{{- end -}}
{{- end -}}

{{- define "efa-agent.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if .Values.owners.ranks -}}
{{- $config = mergeOverwrite $config (dict "ownership" (dict "environment" true)) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/*
How the kubelet looks at the agent: a list of the scope and a path. With TLS it only connects, as it has neither certificate nor
password: ready means then that the agent listens, not that it has read the devices.
*/}}
{{- define "efa-agent.probe" -}}
{{- if (first .).Values.tls.enabled -}}
tcpSocket:
  port: metrics
{{- else -}}
httpGet:
  path: {{ last . }}
  port: metrics
{{- end -}}
{{- end -}}

{{/* Directories of the host that are mounted below /host: name and path. */}}
{{- define "efa-agent.hostPaths" -}}
sys: /sys
proc: /proc
pod-logs: /var/log/pods
{{- if .Values.hostFiles }}
etc: /etc
opt: /opt
usr: /usr
{{- end }}
{{- end -}}
