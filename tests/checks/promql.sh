#!/usr/bin/env bash
# Every PromQL of deploy/prometheus/METRICS.md is understood by Prometheus, and those that join give what they promise on
# made series: promtool evaluates them.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A rule for each row of the table of questions: question_1, question_2, ...
awk -F '`' '
  /^## Questions and answers/ { found = 1 }
  found && /^\| .*`.*` \|$/ {
    expression = $(NF - 1)
    gsub(/\\\|/, "|", expression)
    if (!count++) print "groups:\n- name: questions\n  rules:"
    printf "  - record: question_%d\n    expr: >-\n      %s\n", count, expression
  }' deploy/prometheus/METRICS.md >"$folder/questions.yml"
rules=$(grep -c 'record:' "$folder/questions.yml")
[ "$rules" -ge 10 ] || { echo "only $rules questions found" >&2 && exit 1; }
promtool check rules "$folder/questions.yml"

# expression PATTERN: of the one question that has it.
expression() {
  local found
  found=$(grep -F -- "$1" deploy/prometheus/METRICS.md | grep -c '`')
  [ "$found" = 1 ] || { echo "$found questions have: $1" >&2 && exit 1; }
  grep -F -- "$1" deploy/prometheus/METRICS.md | awk -F '`' '{ print $(NF - 1) }'
}

# Two jobs: of one of its own device, 7, and of one that it shares with a pod; and one that holds queue pairs of an idle device.
cat >"$folder/test.yml" <<END
rule_files: [questions.yml]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series:
  - {series: 'efa_tx_bytes_total{instance="a",device="efa_0",port="1"}', values: '0+600x20'}
  - {series: 'efa_tx_bytes_total{instance="a",device="efa_1",port="1"}', values: '0+60x20'}
  - {series: 'efa_tx_bytes_total{instance="a",device="efa_2",port="1"}', values: '5x20'}
  - {series: 'efa_rx_bytes_total{instance="a",device="efa_2",port="1"}', values: '7x20'}
  - {series: 'efa_rx_bytes_total{instance="a",device="efa_0",port="1"}', values: '0+6x20'}
  - {series: 'efa_device_resources{instance="a",device="efa_0",type="qp"}', values: '4x20'}
  - {series: 'efa_device_resources{instance="a",device="efa_2",type="qp"}', values: '4x20'}
  - {series: 'efa_device_owners{instance="a",device="efa_0"}', values: '1x20'}
  - {series: 'efa_device_owners{instance="a",device="efa_1"}', values: '2x20'}
  - {series: 'efa_device_owners{instance="a",device="efa_2"}', values: '1x20'}
  - {series: 'efa_device_owner_info{instance="a",device="efa_0",owner="slurm:7.0"}', values: '1x20'}
  - {series: 'efa_device_owner_info{instance="a",device="efa_1",owner="slurm:7.0"}', values: '1x20'}
  - {series: 'efa_device_owner_info{instance="a",device="efa_1",owner="pod:ml/p/c"}', values: '1x20'}
  - {series: 'efa_device_owner_info{instance="a",device="efa_2",owner="slurm:8.0"}', values: '1x20'}
  - {series: 'efa_owner_info{instance="a",owner="slurm:7.0",kind="slurm",slurm_job_id="7"}', values: '1x20'}
  - {series: 'efa_owner_info{instance="a",owner="slurm:8.0",kind="slurm",slurm_job_id="8"}', values: '1x20'}
  - {series: 'efa_owner_info{instance="a",owner="pod:ml/p/c",kind="pod",namespace="ml",pod="p"}', values: '1x20'}
  - {series: 'efa_device_allocation_info{instance="a",device="efa_2",namespace="ml",pod="q"}', values: '1x20'}
  - {series: 'efa_device_allocation_info{instance="a",device="efa_1",namespace="ml",pod="p"}', values: '1x20'}
  # The same job on another instance: there, its device is in another subnet, but with the same security group.
  - {series: 'efa_device_info{instance="a",device="efa_0",subnet_id="subnet-1",vpc_id="vpc-1",security_group_ids="sg-1"}', values: '1x20'}
  - {series: 'efa_device_info{instance="a",device="efa_2",subnet_id="subnet-1",vpc_id="vpc-1",security_group_ids="sg-1"}', values: '1x20'}
  - {series: 'efa_device_info{instance="b",device="efa_0",subnet_id="subnet-2",vpc_id="vpc-1",security_group_ids="sg-1"}', values: '1x20'}
  - {series: 'efa_device_owner_info{instance="b",device="efa_0",owner="slurm:7.0"}', values: '1x20'}
  - {series: 'efa_owner_info{instance="b",owner="slurm:7.0",kind="slurm",slurm_job_id="7"}', values: '1x20'}
  - {series: 'efa_instance_info{instance="a",availability_zone_id="use1-az1"}', values: '1x20'}
  - {series: 'efa_instance_info{instance="b",availability_zone_id="use1-az2"}', values: '1x20'}
  promql_expr_test:
  - expr: >-
      $(expression 'count by (slurm_job_id, subnet_id)')
    eval_time: 15m
    exp_samples: [{labels: '{slurm_job_id="7"}', value: 2}]
  - expr: >-
      $(expression 'count by (slurm_job_id, vpc_id, availability_zone_id)')
    eval_time: 15m
    exp_samples: [{labels: '{slurm_job_id="7"}', value: 2}]
  - expr: >-
      $(expression 'count by (slurm_job_id, security_group_ids)')
    eval_time: 15m
    exp_samples: []
  - expr: >-
      $(expression 'efa_device_owners == 1')
    eval_time: 15m
    exp_samples: [{labels: '{owner="slurm:7.0"}', value: 10}, {labels: '{owner="slurm:8.0"}', value: 0}]
  - expr: >-
      $(expression '| traffic by Slurm job |')
    eval_time: 15m
    exp_samples: [{labels: '{slurm_job_id="7"}', value: 11}, {labels: '{slurm_job_id="8"}', value: 0}]
  - expr: >-
      $(expression 'group_left (namespace, pod)')
    eval_time: 15m
    exp_samples: [{labels: '{namespace="ml",pod="p"}', value: 1}]
  - expr: >-
      $(expression 'efa_device_owners > 1')
    eval_time: 15m
    exp_samples: [{labels: 'efa_device_owners{instance="a",device="efa_1"}', value: 2}]
  - expr: >-
      $(expression 'efa_device_resources{type="qp"} > 0')
    eval_time: 15m
    exp_samples: [{labels: 'efa_device_owner_info{instance="a",device="efa_2",owner="slurm:8.0"}', value: 1}]
  - expr: >-
      $(expression 'efa_device_allocation_info unless')
    eval_time: 15m
    exp_samples: [{labels: 'efa_device_allocation_info{instance="a",device="efa_2",namespace="ml",pod="q"}', value: 1}]
END
promtool test rules "$folder/test.yml"
