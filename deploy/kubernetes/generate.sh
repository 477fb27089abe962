#!/usr/bin/env bash
# Makes what Kubernetes has of other folders' files, so that each stands in one place only:
#
#   deploy/prometheus/rules/*.yml     -> a PrometheusRule each, in components/prometheus-operator/rules.yaml
#   deploy/grafana/dashboards/*.json  -> a ConfigMap each, by a kustomization.yaml beside them
#
# Run it after a change of those; a test fails until it was. (The Helm chart has links to the two folders.)
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob

# object_name FILE: its name as Kubernetes allows it.
object_name() {
  local name=${1##*/}
  name=${name%.*}
  name=${name#efa-}
  echo "efa-agent-$2${name//_/-}"
}

rules() {
  local file
  echo "# Made by deploy/kubernetes/generate.sh from deploy/prometheus/rules."
  for file in prometheus/rules/*.yml; do
    cat <<END
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: $(object_name "$file" "")
  namespace: efa-agent
  labels:
    app.kubernetes.io/name: efa-agent
    app.kubernetes.io/instance: efa-agent
spec:
$(sed 's/^\(.\)/  \1/' "$file")
END
  done
}

dashboards() {
  local file
  cat <<END
# Made by deploy/kubernetes/generate.sh: a ConfigMap for each dashboard, as Grafana's sidecar takes them.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
labels:
  - pairs:
      app.kubernetes.io/name: efa-agent
      app.kubernetes.io/instance: efa-agent
namespace: efa-agent
generatorOptions:
  disableNameSuffixHash: true
  labels:
    grafana_dashboard: "1"
configMapGenerator:
END
  for file in grafana/dashboards/*.json; do
    printf -- '  - name: %s\n    files:\n      - %s\n' "$(object_name "$file" dashboard-)" "${file##*/}"
  done
}

# kustomize takes no list without an item.
mkdir -p grafana/dashboards
rules >kubernetes/components/prometheus-operator/rules.yaml
dashboards | sed '${/^configMapGenerator:$/s/$/ []/}' >grafana/dashboards/kustomization.yaml
