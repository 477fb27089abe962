#!/usr/bin/env bash
# Every query of the dashboards gives data in a Prometheus that scrapes, for three quarters of a minute: an agent with simulated
# devices, and the two nodes of model.mjs, of which one gets worse and worse; a third one does not answer.
# shellcheck source=tests/grafana/lib.sh
. "$(dirname "$0")/lib.sh"

echo "devices: {expected: 33}" >"$dir/efa-agent.yaml"  # one more than there are
"$agent" --simulate=p5.48xlarge --config.file="$dir/efa-agent.yaml" --web.listen-address=127.0.0.1:0 2>"$dir/agent.log" &
started+=($!)
node tests/grafana/replay.mjs >"$dir/port" &
started+=($!)
eventually "the agent listens" grep -q 'listening.*address=' "$dir/agent.log"
eventually "the replay listens" test -s "$dir/port"
simulated=$(grep -m 1 -oE 'listening.*address=[^ ]+' "$dir/agent.log")
replay=127.0.0.1:$(<"$dir/port")

cat >"$dir/prometheus.yml" <<END
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: efa
    static_configs:
      - {targets: ["$replay"], labels: {instance: a.example:10045, cluster: research, __metrics_path__: /a}}
      - {targets: ["$replay"], labels: {instance: b.example:10045, cluster: research, __metrics_path__: /b}}
      - {targets: ["${simulated##*=}"]}
      - {targets: ["127.0.0.1:1"], labels: {instance: d.example:10045, cluster: research}}
END
promtool check config "$dir/prometheus.yml" >/dev/null
start_prometheus "$dir/prometheus.yml"
patience=150  # on a busy machine
eventually "forty-five scrapes of each" gives 'min(count_over_time(up{job="efa"}[1h])) >= bool 45' 1
eventually "all but one answer" gives 'count(up == 0)' 1
node tests/grafana/evaluate.mjs "$prometheus" --live
