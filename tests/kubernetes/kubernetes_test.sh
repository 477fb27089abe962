#!/usr/bin/env bash
# deploy/kubernetes, rendered by kubectl: every object has the types of Kubernetes' published OpenAPI document, the pods have no
# right that they do not need, and the agent takes what it is given. What would be wrong is made so, and is noticed.
# shellcheck source=tests/kubernetes/lib.sh
. "$(dirname "$0")/lib.sh"
fetch_tools
build_tool

# render NAME FOLDER: to $dir/NAME.yaml. HOME is where no configuration is.
render() {
  HOME=$dir "$kubectl" kustomize "$2" >"$dir/$1.yaml" 2>"$dir/said" || fail "kubectl does not render $2: $(<"$dir/said")"
  equal "what kubectl has to say of $2" "$(<"$dir/said")" ""
}
# overlay NAME COMPONENT...: one of somebody's own, of the base and components.
overlay() {
  mkdir -p "$dir/deploy/own-$1"
  {
    printf 'resources: [../kubernetes/base]\nimages:\n  - name: efa-agent\n    newName: registry.example/efa-agent\n    newTag: v7\n'
    printf 'components:\n'
    printf '  - ../kubernetes/components/%s\n' "${@:2}"
  } >"$dir/deploy/own-$1/kustomization.yaml"
  render "$1" "$dir/deploy/own-$1"
}
kinds() { "$tool" json <"$dir/$1.yaml" | jq -r '.[].kind' | sort | uniq -c | awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }'; }

say "what is generated is up to date"
[ -z "$(find deploy/grafana/dashboards -name '*.json' -size +1000k)" ] || fail "a dashboard is longer than a ConfigMap may be"
cp -a deploy config "$dir/"
passes "$dir/deploy/kubernetes/generate.sh"
for file in kubernetes/components/prometheus-operator/rules.yaml grafana/dashboards/kustomization.yaml; do
  diff -u "deploy/$file" "$dir/deploy/$file" || fail "deploy/$file: run deploy/kubernetes/generate.sh"
done

say "kubectl renders, and every object has the types of Kubernetes"
render base deploy/kubernetes/base
for name in plain prometheus-operator owners; do render $name deploy/kubernetes/overlays/$name; done
overlay ranks owners ranks
overlay everything owners host-network host-files prometheus-operator tls
overlay tls prometheus-operator tls
readme '^patches:' >>"$dir/deploy/own-tls/kustomization.yaml"
render tls "$dir/deploy/own-tls"
for name in base plain prometheus-operator owners ranks everything tls; do
  passes types "$dir/$name.yaml"
  say "$name: $(kinds $name)"
done
mkdir "$dir/deploy/my-cluster"
awk '/^```yaml$/ { found = 1; next } /^```$/ && found { exit } found' deploy/kubernetes/README.md >"$dir/deploy/my-cluster/kustomization.yaml"
{ cat deploy/kubernetes/base/efa-agent.yaml && echo 'labels: {cluster: research}'; } >"$dir/deploy/my-cluster/efa-agent.yaml"
render readme "$dir/deploy/my-cluster"
passes types "$dir/readme.yaml"
contains "README.md" "$(<"$dir/readme.yaml")" 'image: registry.example/efa-agent:0.1.0'
contains "an image of one's own" "$(<"$dir/ranks.yaml")" 'image: registry.example/efa-agent:v7'
contains "the image" "$(<"$dir/base.yaml")" 'image: efa-agent:0.1.0'

say "rules and dashboards, made up"
for file in deploy/prometheus/rules/*.yml; do
  [ ! -e "$file" ] || contains "rules" "$(<"$dir/prometheus-operator.yaml")" "name: efa-agent-$(basename "$file" .yml | sed 's/^efa-//; s/_/-/g')\$"
done
cat >"$dir/deploy/prometheus/rules/efa-made_up.yml" <<'END'
# A comment.
groups:
- name: made
  rules:
  - alert: Made
    expr: |-
      efa_device_up == 0

      or efa_device_stuck == 1
    annotations: {summary: "{{ $labels.device }}"}
END
printf '{"title": "<b> & {{ x }} \\"y\\""}\n' >"$dir/deploy/grafana/dashboards/efa-made_up.json"
passes "$dir/deploy/kubernetes/generate.sh"
render made "$dir/deploy/kubernetes/overlays/prometheus-operator"
passes types "$dir/made.yaml"
made=$("$tool" json <"$dir/made.yaml")
# shellcheck disable=SC2016 # of the rule
equal "rule" "$(jq -r '.[] | select(.kind == "PrometheusRule" and .metadata.name == "efa-agent-made-up") | .spec.groups[0].rules[0] | .expr, .annotations.summary' <<<"$made")" \
  $'efa_device_up == 0\n\nor efa_device_stuck == 1\n{{ $labels.device }}'
jq -r '.[] | select(.metadata.name == "efa-agent-dashboard-made-up" and .metadata.labels.grafana_dashboard == "1").data["efa-made_up.json"]' <<<"$made" >"$dir/dashboard.json"
# One more newline: jq's.
diff "$dir/dashboard.json" <(cat "$dir/deploy/grafana/dashboards/efa-made_up.json" && echo) || fail "the dashboard has changed"

say "the pods have no right that they do not need"
passes secure "$dir/base.yaml"
passes secure "$dir/plain.yaml"
passes secure "$dir/prometheus-operator.yaml"
passes secure "$dir/owners.yaml" --argjson owners true
passes secure "$dir/readme.yaml" --argjson owners true
passes secure "$dir/ranks.yaml" --argjson owners true --argjson ranks true
passes secure "$dir/everything.yaml" --argjson owners true --argjson network true --argjson tls true
passes secure "$dir/tls.yaml" --argjson tls true

say "nodes: the types of config/efa_instance_types.csv with four EFAs or more, and hpc*"
awk -F, 'NR > 1 && ($2 >= 4 || $1 ~ /^hpc/) { print $1 }' config/efa_instance_types.csv | sort >"$dir/types"
[ "$(wc -l <"$dir/types")" -ge 20 ] || fail "only $(wc -l <"$dir/types") types"
"$tool" json <"$dir/base.yaml" | jq -r '.[] | .spec.template.spec.affinity.nodeAffinity // empty
  | .requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[].matchExpressions[]
  | select(.key == "node.kubernetes.io/instance-type").values[]' | diff - "$dir/types" || fail "base/daemonset.yaml has others"

say "the agent takes its configuration and arguments"
in_base=('^ *sysfs: "?/host/sys"?$' '^ *procfs: "?/host/proc"?$' '^ *pod_logs: "?/host/var/log/pods"?$' '^ *root: "?/host"?$' '^ *source: "?auto"?$' 'listen_addresses:.*":10045"')
check_agent "$dir/base.yaml" "${in_base[@]}" '^ *owners: false' '^ *ena: false'
check_agent "$dir/owners.yaml" "${in_base[@]}" '^ *owners: true' '^ *ena: false'
check_agent "$dir/ranks.yaml" "${in_base[@]}" '^ *owners: true' '^ *environment: true'
check_agent "$dir/readme.yaml" "${in_base[@]}" '^ *owners: true' 'cluster.*research'
check_agent "$dir/everything.yaml" "${in_base[@]}" '^ *owners: true' '^ *ena: true' '^ *config_file: "?/etc/efa-agent-tls/web.yml'
equal "port" "$("$tool" json <"$dir/base.yaml" | jq -c '[.[] | select(.kind == "DaemonSet").spec.template.spec.containers[0].ports[]]')" \
  '[{"containerPort":10045,"name":"metrics","protocol":"TCP"}]'

say "the agent answers where the probes and Prometheus ask"
# serve NAME [EXPRESSION]: the agent as the rendered pod starts it, its arguments after sed. Sets process and port.
serve() {
  local arguments address
  "$tool" json <"$dir/$1.yaml" >"$dir/objects.json"
  mapfile -t arguments < <(jq -r '.[] | select(.kind == "DaemonSet").spec.template.spec.containers[0].args[1:][]' "$dir/objects.json" | sed "${2:-}")
  AWS_EC2_METADATA_DISABLED=true "$agent" --config.file="$dir/efa-agent.yaml" "${arguments[@]}" --simulate=p4d.24xlarge \
    --web.listen-address=127.0.0.1:0 2>"$dir/agent.log" &
  process=$!
  trap 'kill -KILL $process 2>/dev/null || true; rm -rf "$dir"' EXIT
  eventually "the agent listens" grep -q 'listening.*address=' "$dir/agent.log"
  address=$(grep -m 1 -oE 'address=[^ ]+' "$dir/agent.log")
  port=${address##*:}
}
stop() { kill -TERM $process && wait $process; }
serve prometheus-operator
for path in $(jq -r '.[] | (select(.kind == "DaemonSet").spec.template.spec.containers[0] | .livenessProbe, .readinessProbe | .httpGet.path),
  (select(.kind == "PodMonitor").spec.podMetricsEndpoints[].path)' "$dir/objects.json"); do
  equal "$path" "$(curl -sS --max-time 20 -o "$dir/answer" -w '%{http_code}' "http://127.0.0.1:$port$path")" 200
done
contains "what is scraped" "$(<"$dir/answer")" '^efa_tx_bytes_total'
stop

say "with TLS, client certificates and passwords, by the Secrets of the README"
mkdir -p "$dir/own" "$dir/secrets"/efa-agent-scrape-{certificate,password} "$dir/mount"
# certificate NAME FILE: of the CA, $dir/own/ca.crt.
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$2.key" -out "$2.csr" 2>/dev/null
  openssl x509 -req -in "$2.csr" -CA "$dir/own/ca.crt" -CAkey "$dir/own/ca.key" -CAcreateserial -days 2 \
    -extfile <(echo "subjectAltName=DNS:$1") -out "$2.crt" 2>/dev/null && rm "$2.csr"
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=CA" \
  -keyout "$dir/own/ca.key" -out "$dir/own/ca.crt" 2>/dev/null
certificate efa-agent "$dir/own/tls"
certificate prometheus "$dir/secrets/efa-agent-scrape-certificate/tls"
printf prometheus >"$dir/secrets/efa-agent-scrape-password/username"
printf change-me >"$dir/secrets/efa-agent-scrape-password/password"
readme '^# web.yml' >"$dir/own/web.yml"
# What the README's commands would send, a folder for each Secret and a file for each key.
while read -ra words; do
  (cd "$dir/own" && HOME=$dir "$kubectl" "${words[@]:1}" --dry-run=client -o json) >"$dir/secret.json"
  equal "namespace" "$(jq -r .metadata.namespace "$dir/secret.json")" efa-agent
  folder=$dir/secrets/$(jq -r .metadata.name "$dir/secret.json")
  mkdir "$folder"
  for key in $(jq -r '.data | keys[]' "$dir/secret.json"); do
    jq -r --arg key "$key" '.data[$key]' "$dir/secret.json" | base64 -d >"$folder/$key"
  done
done < <(readme '^kubectl -n efa-agent create secret')
"$tool" json <"$dir/tls.yaml" | jq -r '.[] | select(.kind == "DaemonSet").spec.template.spec
  | (.volumes[] | select(.projected)) as $volume | (.containers[0].volumeMounts[] | select(.name == $volume.name).mountPath),
    $volume.projected.sources[].secret.name' >"$dir/volume"
for name in $(tail -n +2 "$dir/volume"); do cp "$dir/secrets/$name"/* "$dir/mount/"; done
serve tls "s!=$(head -n 1 "$dir/volume")/!=$dir/mount/!"
contains "log" "$(<"$dir/agent.log")" 'listening.*tls=true'
endpoint=$(jq -c '.[] | select(.kind == "PodMonitor").spec.podMetricsEndpoints[0]' "$dir/objects.json")
of() { jq -r "$1" <<<"$endpoint"; }
secret() { echo "$dir/secrets/$(of "$1 | .name + \"/\" + .key")"; }
# scrape NAME ARGUMENT...: of curl, as the PodMonitor says, but for the server's name. The status.
scrape() {
  curl -sS --max-time 20 --connect-to "::127.0.0.1:" --cacert "$(secret .tlsConfig.ca.secret)" -o "$dir/answer" -w '%{http_code}' \
    "${@:2}" "$(of .scheme)://$1:$port$(of .path)"
}
shown=(--cert "$(secret .tlsConfig.cert.secret)" --key "$(secret .tlsConfig.keySecret)")
password=(-u "$(<"$(secret .basicAuth.username)"):$(<"$(secret .basicAuth.password)")")
server_name=$(of .tlsConfig.serverName)
equal "status" "$(scrape "$server_name" "${shown[@]}" "${password[@]}")" 200
contains "what is scraped" "$(<"$dir/answer")" '^efa_tx_bytes_total'
equal "status without a password" "$(scrape "$server_name" "${shown[@]}")" 401
rejects "no certificate" 'certificate required|SSL|reset|Broken' scrape "$server_name" "${password[@]}"
rejects "another name" 'no alternative certificate subject name' scrape "127.0.0.1" "${shown[@]}" "${password[@]}"
stop

say "Prometheus's configuration finds the pods of the overlay plain: tests/e2e/rules_test.sh lets it"
job=deploy/prometheus/scrape/kubernetes_sd.yml
equal "annotations" "$(grep -oE '_annotation_prometheus_io_[a-z]+' $job | sed 's/.*_//' | sort)" \
  "$("$tool" json <"$dir/plain.yaml" | jq -r '.[] | select(.kind == "DaemonSet").spec.template.metadata.annotations | keys[] | sub("^prometheus.io/"; "")')"
contains "namespace" "$(<$job)" "names: \\[$("$tool" json <"$dir/plain.yaml" | jq -r '.[] | select(.kind == "DaemonSet").metadata.namespace')\\]"

say "mistakes are noticed"
# spoilt EXPRESSION [NAME]: what is rendered, the base by default, after sed.
spoilt() {
  sed -E "$1" "$dir/${2:-base}.yaml" >"$dir/spoilt.yaml"
  ! cmp -s "$dir/spoilt.yaml" "$dir/${2:-base}.yaml" || fail "spoils nothing: $1"
}
wrong_type() { spoilt "$2" "${4:-base}" && rejects "$1" "$3" types "$dir/spoilt.yaml"; }
wrong_type "an unknown field" 's/readOnlyRootFilesystem/readOnlyRootFileSystem/' 'V1SecurityContext has no readOnlyRootFileSystem'
wrong_type "an unknown field of a DaemonSet" 's/^  updateStrategy:/  updateStrateg:/' 'V1DaemonSetSpec has no updateStrateg'
wrong_type "a text for a number" 's/containerPort: 10045/containerPort: "10045"/' 'containerPort: 10045 is no int'
wrong_type "a text for true" 's/allowPrivilegeEscalation: false/allowPrivilegeEscalation: "false"/' 'is no bool'
wrong_type "a number for a text" 's/- "true"/- 1/' 'is no str'
wrong_type "a fraction for a number" 's/terminationGracePeriodSeconds: 45/terminationGracePeriodSeconds: 4.5/' 'is no int'
wrong_type "an object for a list" 's/^( *)- --config.file=.*/\1  config: file/' 'is no list'
wrong_type "no quantity" 's/cpu: 20m/cpu: 20mm/' 'is no quantity'
wrong_type "what must be there is not" 's/^        name: efa-agent$/        image: x/' 'must have name|already set'
wrong_type "another version" 's!^apiVersion: apps/v1!apiVersion: apps/v1beta1!' 'not one of the kinds'
wrong_type "a key twice" 's/^( *)hostPID: true/\1hostPID: true\n\1hostPID: true/' 'already set' owners
wrong_type "an unknown field of a PodMonitor" 's/scrapeTimeout:/scrape_timeout:/' 'scrape_timeout is not allowed' prometheus-operator
wrong_type "no duration" 's/interval: 15s/interval: 15/' 'interval' prometheus-operator
wrong_type "an unknown action" 's/action: labeldrop/action: labelDrop/' 'action' prometheus-operator
wrong_type "an unknown field of its TLS" 's/serverName:/server_name:/' 'server_name is not allowed' tls
wrong_type "a certificate without a key" '/keySecret:/,+2d' 'dependency on keySecret' tls
wrong_type "a user without a password" '/basicAuth:/,/username:/s/password:/passwort:/' 'password' tls
wrong_type "a mode as text" 's/defaultMode: .*/defaultMode: "0440"/' 'is no int' tls
wrong_type "a rule without expression" 's/^( *)expr: (\|-)?/\1expression: \2/' 'expr is required' made
# insecure WHAT EXPRESSION PATTERN [NAME [--argjson ...]]
insecure() { spoilt "$2" "${4:-base}" && rejects "$1" "$3" secure "$dir/spoilt.yaml" "${@:5}"; }
insecure "a root file system that is writable" '/readOnlyRootFilesystem/d' "container's securityContext"
insecure "a privileged container" 's/privileged: false/privileged: true/' "container's securityContext"
insecure "escalation" '/allowPrivilegeEscalation/d' "container's securityContext"
insecure "capabilities" 's/^( *)- ALL$/\1- NET_RAW/' 'capabilities are not dropped'
insecure "a capability more" 's/^( *)capabilities:$/\1capabilities:\n\1  add: [SYS_ADMIN]/' 'capabilities are added'
insecure "no seccomp profile" 's/type: RuntimeDefault/type: Unconfined/' seccompProfile
insecure "root" 's/runAsUser: 10045/runAsUser: 0/' runAsUser
insecure "perhaps root" 's/runAsNonRoot: true/runAsNonRoot: false/' runAsNonRoot
insecure "a mount that is writable" '0,/readOnly: true/s/readOnly: true/readOnly: false/' 'not read-only'
insecure "a writable mount below one" '0,/recursiveReadOnly: IfPossible/s/recursiveReadOnly: IfPossible/recursiveReadOnly: Disabled/' 'all the way down'
insecure "another folder of the host" 's!path: /var/log/pods!path: /var/lib!' 'other folders'
insecure "a token" 's/automountServiceAccountToken: false/automountServiceAccountToken: true/' automountServiceAccountToken
insecure "the host's network" 's/^( *)enableServiceLinks.*/&\n\1hostNetwork: true/' hostNetwork
insecure "the host's processes" 's/^( *)enableServiceLinks.*/&\n\1hostPID: true/' hostPID
rejects "owners without being asked" hostPID secure "$dir/owners.yaml"
insecure "a device" 's!^( *)cpu: 20m!\1vpc.amazonaws.com/efa: "1"\n&!' 'requests a device'
insecure "no limit" 's/memory: 128Mi/memory: 1Gi/' resources
rejects "TLS without being asked" probes secure "$dir/tls.yaml"
with_tls() { insecure "$@" tls --argjson tls true; }
with_tls "a key that everybody may read" 's/defaultMode: .*/defaultMode: 0444/' "the key's mode"
with_tls "a key that the agent may not read" '/fsGroup/d' fsGroup
with_tls "a token among the Secrets" '0,/- secret:/s/- secret:/- serviceAccountToken:/' 'other sources'
with_tls "TLS with probes of plain HTTP" 's/tcpSocket:/httpGet:/' probes
unknown_option() {
  spoilt "$1" owners
  rejects "the agent does not know it: $1" "$2" check_agent "$dir/spoilt.yaml"
}
unknown_option 's/pod_logs:/pod_log:/' 'pod_log'
unknown_option 's/--collector.owners/--collector.owner/' "not the agent's arguments"
unknown_option 's!--config.file=/etc/efa-agent/!--config.file=/etc/efa/!' 'not where the ConfigMap is mounted'
say "$rejected mistakes, all noticed"
