#!/usr/bin/env bash
# Every query of the dashboards gives data in a Prometheus that holds an hour and a half of what agents of the lab, and a
# simulated one, have said: two nodes of a job, one with faults, and one of 32 devices. With a label `cluster`, and without.
set -eEuo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/support/assert.sh
. tests/support/assert.sh
# shellcheck source=tests/support/prometheus.sh
. tests/support/prometheus.sh
command -v node >/dev/null || skip "there is no node"

agent=$(realpath "${EFA_AGENT:-build/release/agent/efa-agent}")
dir=$(mktemp -d)
started=()
finish() {
  local code=$? process
  trap - EXIT
  for process in "${started[@]}"; do
    { kill -KILL "$process" && wait "$process"; } 2>/dev/null || true
  done
  rm -rf "$dir"
  exit $code
}
trap finish EXIT

AWS_EC2_METADATA_DISABLED=true "$agent" once --simulate=p5.48xlarge >"$dir/simulated.prom" 2>/dev/null
echo "global: {}" >"$dir/prometheus.yml"
for without in "" --without-cluster; do
  say "history${without:+ $without}"
  node tests/grafana/history.mjs "$dir/simulated.prom" $without >"$dir/history.om"
  rm -rf "$dir/tsdb" "$dir/prometheus.log"
  promtool tsdb create-blocks-from openmetrics "$dir/history.om" "$dir/tsdb" >"$dir/promtool.log" || fail "$(cat "$dir/promtool.log")"
  start_prometheus "$dir/prometheus.yml"
  node tests/grafana/evaluate.mjs "$prometheus" "$@"
  kill "${started[-1]}"
  wait "${started[-1]}" || true
done
