#!/usr/bin/env bash
# Every query of the dashboards gives data in a Prometheus that holds an hour and a half of what agents of the lab, and a
# simulated one, have said: two nodes of a job, one with faults, and one of 32 devices. With a label `cluster`, and without.
# shellcheck source=tests/grafana/lib.sh
. "$(dirname "$0")/lib.sh"

"$agent" once --simulate=p5.48xlarge >"$dir/simulated.prom" 2>/dev/null
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
  unset "started[-1]"
done
