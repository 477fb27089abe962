#!/usr/bin/env bash
# A real Prometheus finds the agent as deploy/prometheus/scrape tells it to, and evaluates all rules on what it gets.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/prometheus.sh
. tests/support/prometheus.sh

cat >"$dir/agent.yaml" <<'END'
instance:
  instance_id: i-0123456789abcdef0
  availability_zone_id: use1-az1
  placement_group: training
END
start_agent --simulate=p4d.24xlarge --config.file="$dir/agent.yaml"
port=${address##*:}

# scrape_job FILE NAME: its scrape_configs, under that name. What EC2 or Kubernetes would tell stands in the place of asking them.
scrape_job() { sed -e '1,/^scrape_configs:/d' -e "s/job_name: efa/job_name: $2/" -e "s/:10045/:$port/" "deploy/prometheus/scrape/$1"; }
{
  printf 'global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n'
  printf 'rule_files: [%s/deploy/prometheus/rules/*.yml]\n' "$PWD"
  printf 'scrape_configs:\n'
  scrape_job ec2_sd.yml efa-ec2 | sed -e '/ec2_sd_configs:/,/values: \[running\]/c\
    static_configs:\
      - targets: ["localhost:'"$port"'"]\
        labels:\
          __meta_ec2_instance_id: i-0123456789abcdef0\
          __meta_ec2_tag_Name: Compute\
          __meta_ec2_tag_parallelcluster_cluster_name: slurm'
  scrape_job kubernetes_sd.yml efa-kubernetes | sed -e '/kubernetes_sd_configs:/,/names:/c\
    static_configs:\
      - targets: ["10.0.0.1:8080"]\
        labels:\
          __meta_kubernetes_pod_annotation_prometheus_io_scrape: "true"\
          __meta_kubernetes_pod_annotation_prometheus_io_path: /metrics\
          __meta_kubernetes_pod_annotation_prometheus_io_port: "'"$port"'"\
          __meta_kubernetes_pod_ip: 127.0.0.1\
          __meta_kubernetes_pod_node_name: ip-10-0-0-1.ec2.internal\
      - targets: ["10.0.0.2:8080"]\
        labels: {__meta_kubernetes_pod_ip: 127.0.0.1, __meta_kubernetes_pod_node_name: without-annotations}'
  scrape_job lean.yml efa-lean | sed -e "s/node-1.example/127.0.0.1/"
} >"$dir/prometheus.yml"
start_prometheus "$dir/prometheus.yml"

say "targets and their labels"
eventually "three targets" gives 'sum(up)' 3
up_of() { api query --data-urlencode "query=up{job=\"$1\"}" | jq -r '.data.result[].metric | "\(.instance) \(.instance_id) \(.cluster)"'; }
equal "target of EC2" "$(up_of efa-ec2)" "i-0123456789abcdef0 i-0123456789abcdef0 slurm"
equal "target of Kubernetes" "$(up_of efa-kubernetes)" "ip-10-0-0-1.ec2.internal null research"
equal "labels that come twice" "$(query 'count({exported_instance_id!=""})')" ""

say "the lean profile"
stored() { query "scrape_samples_post_metric_relabeling{job=\"$1\"}"; }
whole=$(stored efa-ec2)
lean=$(stored efa-lean)
[ $((lean * 3)) -lt $((whole * 2)) ] || fail "lean: $lean series of $whole"

say "rules"
eventually "rates" gives 'count(node:efa_tx_bytes:rate5m > 0)' 3
eventually "places" gives 'count(zone:efa_tx_utilisation:ratio_rate5m > 0)' 3
rule_states() { api rules | jq -r '[.data.groups[].rules[] | .health] | unique | join(" ")'; }
all_evaluated() { [ "$(rule_states)" = ok ]; }
eventually "all rules are evaluated" all_evaluated
evaluations() {
  local fewest
  own=$(curl -sS "$prometheus/metrics")
  fewest=$(grep -E '^prometheus_rule_group_iterations_total' <<<"$own" | awk '{ print $NF }' | sort -n | head -n 1)
  [ "$fewest" -ge 5 ]
}
eventually "five evaluations of each group" evaluations
equal "failed evaluations" "$(grep -E '^prometheus_rule_evaluation_failures_total' <<<"$own" | awk '{ sum += $NF } END { print sum }')" 0
errors=$(api rules | jq -r '.data.groups[].rules[] | select(.lastError != null or .health != "ok") | .name + ": " + (.lastError // .health)')
equal "rules with an error" "$errors" ""
equal "alerts at an agent's start" "$(api alerts | jq -r '.data.alerts[].labels.alertname')" ""
for group in efa-device efa-workload efa-path efa-placement efa-devices efa-network efa-traffic efa-agent; do
  contains "groups" "$(api rules | jq -r '.data.groups[].name')" "^$group\$"
done

say "an agent that ends"
stop_agent
waiting() { [ "$(api alerts | jq -r '[.data.alerts[] | "\(.labels.alertname) \(.state)"] | unique | join(",")')" = "EFAAgentBlind pending" ]; }
eventually "EFAAgentBlind waits for its 10 minutes, and nothing else" waiting
