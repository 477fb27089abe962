#!/usr/bin/env bash
# deploy/helm/efa-agent gives the objects of deploy/kubernetes, whichever of its values stand for an overlay, and its schema takes
# no others. Helm itself is in no Debian: the chart is rendered by Go's text/template and sprig, of which Helm is made, with
# Helm's additions as far as the chart uses them (tests/kubernetes/tool/chart.go). Helm was not run.
# shellcheck source=tests/kubernetes/lib.sh
. "$(dirname "$0")/lib.sh"
fetch_tools
build_tool

# A copy, with a rule and a dashboard more.
cp -a deploy config "$dir/"
printf '# A comment.\ngroups:\n- name: made\n  rules:\n  - record: made:up\n    expr: |-\n      max(efa_device_up)\n\n      or vector(1)\n' >"$dir/deploy/prometheus/rules/efa-made_up.yml"
printf '{"title": "<b> & {{ x }} \\"y\\""}\n' >"$dir/deploy/grafana/dashboards/efa-made_up.json"
passes "$dir/deploy/kubernetes/generate.sh"
chart=$dir/deploy/helm/efa-agent

# render_chart NAME VALUES: to $dir/NAME.yaml; values in YAML.
render_chart() {
  echo "$2" >"$dir/values-$1.yaml"
  "$tool" chart "$chart" "${release:-efa-agent}" efa-agent "$dir/values-$1.yaml" >"$dir/$1.yaml"
}
# same NAME KUSTOMIZATION [JQ]: the objects of the chart and of kubectl, these after jq.
same() {
  HOME=$dir "$kubectl" kustomize "$2" | "$tool" normal | jq -S "${3:-.}" >"$dir/kustomize.json"
  "$tool" normal <"$dir/$1.yaml" | jq -S . >"$dir/chart.json"
  diff -u --label "kustomize $2" --label "chart $1" "$dir/kustomize.json" "$dir/chart.json"
}
# overlay NAME COMPONENT...
overlay() {
  mkdir -p "$dir/deploy/own-$1"
  {
    printf 'resources: [../kubernetes/base]\ncomponents:\n'
    printf '  - ../kubernetes/components/%s\n' "${@:2}"
  } >"$dir/deploy/own-$1/kustomization.yaml"
}
kustomizations=$dir/deploy/kubernetes

say "chart and kustomizations give the same"
render_chart default "{}"
passes same default "$kustomizations/base" 'map(select(.kind != "Namespace"))'
render_chart namespace "namespace: {create: true}"
passes same namespace "$kustomizations/base"
render_chart plain "{namespace: {create: true}, scrapeAnnotations: true}"
passes same plain "$kustomizations/overlays/plain"
render_chart operator "{namespace: {create: true}, podMonitor: {enabled: true}, prometheusRule: {enabled: true}, dashboards: {enabled: true}}"
passes same operator "$kustomizations/overlays/prometheus-operator"
contains "rule" "$(<"$dir/operator.yaml")" 'record: made:up'
contains "dashboard" "$(<"$dir/operator.yaml")" 'name: efa-agent-dashboard-made-up'
render_chart owners "{namespace: {create: true}, owners: {enabled: true}}"
passes same owners "$kustomizations/overlays/owners"
render_chart ranks "{namespace: {create: true}, owners: {enabled: true, ranks: true}}"
overlay ranks owners ranks
passes same ranks "$dir/deploy/own-ranks"
render_chart network "{namespace: {create: true}, hostNetwork: true, hostFiles: true}"
overlay network host-network host-files
passes same network "$dir/deploy/own-network"
render_chart tls "{namespace: {create: true}, podMonitor: {enabled: true}, prometheusRule: {enabled: true}, tls: {enabled: true}}"
overlay tls prometheus-operator tls
passes same tls "$dir/deploy/own-tls"
# What Prometheus shows, as the README has it.
render_chart shown "
namespace: {create: true}
podMonitor: {enabled: true, clientCertificateSecret: efa-agent-scrape-certificate, basicAuthSecret: efa-agent-scrape-password}
prometheusRule: {enabled: true}
tls: {enabled: true}"
overlay shown prometheus-operator tls
readme '^patches:' >>"$dir/deploy/own-shown/kustomization.yaml"
passes same shown "$dir/deploy/own-shown"

say "with everything else that can be said"
release=other
render_chart changed '
nameOverride: fabric
fullnameOverride: efa
image: {repository: registry.example/efa-agent, digest: "sha256:'"$(printf '%064d' 7)"'", pullPolicy: Always}
imagePullSecrets: [{name: secret}]
config: {devices: {expected: 16}, labels: {cluster: research}}
port: 10046
owners: {enabled: true}
podMonitor: {enabled: true, labels: {release: kube-prometheus-stack}, interval: 30s}
prometheusRule: {enabled: true, labels: {release: kube-prometheus-stack}}
dashboards: {enabled: true, annotations: {grafana_folder: EFA}}
scrapeAnnotations: true
instanceTypes: []
nodeSelector: {pool: training}
tolerations: [{key: nvidia.com/gpu, operator: Exists}]
resources: {limits: {memory: 64Mi, cpu: null}}
priorityClass: {create: false, name: system-node-critical}
serviceAccount: {create: false}
updateStrategy: {type: OnDelete, rollingUpdate: null}
podLabels: {team: hpc}
podAnnotations: {note: "yes"}
tls: {enabled: true, certificateSecret: "7", webConfigSecret: web, serverName: agents.example}
extraArgs: [--log.format=json]
extraEnv: [{name: AWS_EC2_METADATA_DISABLED, value: "true"}]'
unset release
passes types "$dir/changed.yaml"
check_agent "$dir/changed.yaml" 'listen_addresses:.*":10046"' 'format: "?json' 'expected: "?16' 'labels:.*cluster.*research' '^ *owners: true' '^ *sysfs: "?/host/sys'
equal "kinds" "$("$tool" json <"$dir/changed.yaml" | jq -r '[.[] | select((.kind != "PrometheusRule" and .metadata.labels.grafana_dashboard == null) or (.metadata.name | endswith("made-up"))) | .kind + " " + .metadata.name] | sort | join(", ")')" \
  "ConfigMap efa, ConfigMap efa-dashboard-made-up, DaemonSet efa, PodMonitor efa, PrometheusRule efa-made-up"
equal "pod" "$("$tool" json <"$dir/changed.yaml" | jq -c '.[] | select(.kind == "DaemonSet").spec.template.spec
  | [.priorityClassName, .serviceAccountName, .hostPID, .nodeSelector.pool, .tolerations[0].key, .imagePullSecrets[0].name,
     (.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms | length),
     .containers[0].image, .containers[0].ports[0].containerPort, .containers[0].resources.limits, .containers[0].env[1].name]')" \
  '["system-node-critical","default",true,"training","nvidia.com/gpu","secret",1,"registry.example/efa-agent@sha256:'"$(printf '%064d' 7)"'",10046,{"memory":"64Mi"},"AWS_EC2_METADATA_DISABLED"]'
equal "Secrets" "$("$tool" json <"$dir/changed.yaml" | jq -c '[.[] | (select(.kind == "DaemonSet").spec.template | .spec.volumes[].projected.sources // empty, .metadata.annotations["prometheus.io/scheme"]),
  (select(.kind == "PodMonitor").spec.podMetricsEndpoints[0].tlsConfig)]')" \
  '[[{"secret":{"name":"7"}},{"secret":{"name":"web"}}],"https",{"ca":{"secret":{"key":"ca.crt","name":"7"}},"serverName":"agents.example"}]'
equal "job" "$("$tool" json <"$dir/changed.yaml" | jq -c '.[] | select(.kind == "PodMonitor").spec
  | [.selector.matchLabels["app.kubernetes.io/name"], .jobLabel, (.podMetricsEndpoints[0].relabelings[] | select(.targetLabel == "job") | .replacement)]')" \
  '["fabric",null,"efa-agent"]'
contains "notes" "$("$tool" notes "$chart" efa-agent monitoring)" 'kubectl -n monitoring port-forward daemonset/efa-agent 10045'
contains "notes with TLS" "$("$tool" notes "$chart" efa-agent monitoring "$dir/values-tls.yaml")" '^  curl .*--connect-to ::localhost: https://efa-agent:10045/metrics$'
contains "another name" "$("$tool" chart "$chart" prod monitoring)" '^  name: prod-efa-agent$'

say "the pods have no right that they do not need"
passes secure "$dir/default.yaml"
passes secure "$dir/owners.yaml" --argjson owners true
passes secure "$dir/ranks.yaml" --argjson owners true --argjson ranks true
passes secure "$dir/network.yaml" --argjson network true
passes secure "$dir/shown.yaml" --argjson tls true
check_agent "$dir/tls.yaml" '^ *config_file: "?/etc/efa-agent-tls/web.yml'
check_agent "$dir/default.yaml" '^ *sysfs: "?/host/sys' '^ *owners: false' '^ *ena: false'
check_agent "$dir/ranks.yaml" '^ *owners: true' '^ *environment: true'
check_agent "$dir/network.yaml" '^ *ena: true'

say "values that cannot be are rejected"
wrong_value() { rejects "$1" "$2" render_chart wrong "$1"; }
wrong_value "image: {tag: 7}" 'values: image.tag: Invalid type'
wrong_value 'image: {tag: "a b"}' 'image.tag: Does not match'
wrong_value "image: {repository: ''}" 'image.repository'
wrong_value "image: {pullPolicy: Sometimes}" 'image.pullPolicy'
wrong_value "image: {digest: 'sha256:7'}" 'image.digest'
wrong_value "image: null" 'image is required'
wrong_value "owner: {enabled: true}" 'owner is not allowed'
wrong_value "owners: {enabled: 'true'}" 'owners.enabled: Invalid type'
wrong_value "owners: {ranks: true}" 'owners'
wrong_value "hostNetwork: 1" 'hostNetwork: Invalid type'
wrong_value "port: 0" 'port: Must be greater'
wrong_value "port: 65536" 'port: Must be less'
wrong_value "port: '10045'" 'port: Invalid type'
wrong_value "podMonitor: {interval: 15}" 'podMonitor.interval: Invalid type'
wrong_value "podMonitor: {interval: 15 s}" 'podMonitor.interval: Does not match'
wrong_value "podMonitor: {labels: {release: 1}}" 'podMonitor.labels.release: Invalid type'
wrong_value "dashboards: {labels: {grafana_dashboard: null}}" 'dashboards.labels'
wrong_value "tls: null" 'tls is required'
wrong_value "tls: {enable: true}" 'enable is not allowed'
wrong_value "tls: {enabled: 'true'}" 'tls.enabled: Invalid type'
wrong_value "tls: {enabled: true, certificateSecret: ''}" 'tls.certificateSecret: Does not match'
wrong_value "tls: {enabled: true, webConfigSecret: web_config}" 'tls.webConfigSecret: Does not match'
wrong_value "tls: {enabled: true, webConfigSecret: null}" 'webConfigSecret is required'
wrong_value "tls: {enabled: true, serverName: ''}" 'tls.serverName'
wrong_value "{tls: {enabled: true}, podMonitor: {basicAuthSecret: Secret}}" 'podMonitor.basicAuthSecret'
wrong_value "{tls: {enabled: true}, podMonitor: {clientCertificateSecret: 1}}" 'podMonitor.clientCertificateSecret'
wrong_value "podMonitor: {basicAuthSecret: secret}" 'podMonitor.basicAuthSecret'
wrong_value "podMonitor: {clientCertificateSecret: secret}" 'podMonitor.clientCertificateSecret'
wrong_value "resources: {limits: {memory: 128MiB}}" 'resources.limits.memory'
wrong_value "instanceTypes: [p5]" 'instanceTypes.0: Does not match'
wrong_value "extraArgs: [serve]" 'extraArgs.0: Does not match'
wrong_value "config: path" 'config: Invalid type'
wrong_value "updateStrategy: {type: Recreate}" 'updateStrategy.type'
render_chart typo "config: {collectors: {owner: true}}"
rejects "an option that the agent does not know" 'owner' check_agent "$dir/typo.yaml"
sed -n 's/^\([a-zA-Z]*\):.*/\1/p' "$chart/values.yaml" | while read -r value; do
  jq -e --arg value "$value" '.properties | has($value)' "$chart/values.schema.json" >/dev/null || fail "the schema does not have $value"
done

say "differences are noticed"
# differs EXPRESSION FILE [NAME KUSTOMIZATION]: the chart with the values of NAME is after sed no longer the kustomization.
differs() {
  cp "$chart/$2" "$dir/kept"
  sed -i -E "$1" "$chart/$2"
  ! cmp -s "$chart/$2" "$dir/kept" || fail "spoils nothing: $1"
  if render_chart spoilt "$(<"$dir/values-${3:-operator}.yaml")" >"$dir/said" 2>&1; then
    rejects "$1" '^[-+] ' same spoilt "${4:-$kustomizations/overlays/prometheus-operator}"
  else
    rejected=$((rejected + 1))
  fi
  cp "$dir/kept" "$chart/$2"
}
differs '/readOnlyRootFilesystem/d' templates/daemonset.yaml
differs '/seccompProfile/,+1d' templates/daemonset.yaml
differs 's/drop: \[ALL\]/drop: [NET_RAW]/' templates/daemonset.yaml
differs 's!^proc: /proc!proc: /!' templates/_helpers.tpl
differs 's/memory: 32Mi/memory: 64Mi/' values.yaml
differs '/^  - p5[.]48xlarge$/d' values.yaml
differs 's!sysfs: /host/sys!sysfs: /sys!' values.yaml
differs 's![/]readyz!/ready!' templates/daemonset.yaml
differs 's/labeldrop/labelkeep/' templates/pod-monitor.yaml
differs 's/replacement: efa-agent/replacement: agents/' templates/pod-monitor.yaml
differs 's/preemptionPolicy: Never/preemptionPolicy: PreemptLowerPriority/' templates/priority-class.yaml
differs 's![|] toJson!!' templates/dashboards.yaml
differs 's!nindent 2!nindent 0!' templates/rules.yaml
differs 's/[.]Values[.]port /.Values.prot /' templates/daemonset.yaml
differs_with_tls() { differs "$1" "$2" shown "$dir/deploy/own-shown"; }
differs_with_tls 's/defaultMode: 0440/defaultMode: 0444/' templates/daemonset.yaml
differs_with_tls '/fsGroup/d' templates/daemonset.yaml
differs_with_tls 's!mountPath: /etc/efa-agent-tls!mountPath: /etc/tls!' templates/daemonset.yaml
differs_with_tls '/--web.config.file/d' templates/daemonset.yaml
differs_with_tls 's/certificateSecret: efa-agent-tls/certificateSecret: tls/' values.yaml
differs_with_tls 's/webConfigSecret: efa-agent-web-config/webConfigSecret: efa-agent-tls/' values.yaml
differs_with_tls 's/serverName: efa-agent/serverName: localhost/' values.yaml
differs_with_tls 's/tcpSocket:/httpGet:/' templates/_helpers.tpl
differs_with_tls '/scheme: https/d' templates/pod-monitor.yaml
differs_with_tls 's/key: ca[.]crt/key: tls.crt/' templates/pod-monitor.yaml
differs_with_tls 's/key: username/key: user/' templates/pod-monitor.yaml
differs_with_tls '/keySecret:/,+2d' templates/pod-monitor.yaml
differs 's/if [.]Values[.]tls[.]enabled/if true/' templates/daemonset.yaml
say "$rejected mistakes, all noticed"

say "versions: the chart's are the agent's"
version=$("$agent" --version | grep -oE '[0-9]+[.][0-9]+[.][0-9]+' | head -n 1)
contains "appVersion" "$(<deploy/helm/efa-agent/Chart.yaml)" "^appVersion: $version\$"
contains "newTag" "$(<deploy/kubernetes/base/kustomization.yaml)" "newTag: $version\$"
