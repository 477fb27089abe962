# Two machines with two devices and an agent each, one Prometheus. A job runs between their first devices, one of which is
# impaired: the rates single out the right device of the right instance.
# shellcheck shell=bash disable=SC2034,SC2154
guests=2
devices=2
memory=1024
cpus=1
. tests/support/prometheus.sh

steps() {
  connect_guests
  local a b before
  start_agent_on b && b=127.0.0.1:$agent_port
  start_agent_on a && a=127.0.0.1:$agent_port
  scrape_by_prometheus "$a" "$b"
  eventually "Prometheus has all" gives 'count(efa_tx_bytes_total)' 4

  run_job 20
  [ "$(counted efa0 tx_bytes)" -ge 20000000 ] || fail "the job did not use the devices"
  eventually "Prometheus has what a sent" \
    gives "efa_tx_bytes_total{instance=\"$a\",device=\"efa_0\"}" "$(counted efa0 tx_bytes)"
  eventually "Prometheus has what b received" \
    gives "efa_rx_bytes_total{instance=\"$b\",device=\"efa_0\"}" "$(counted efa2 rx_bytes)"
  arrived "what a's first device sent" "$(counted efa0 tx_bytes)" "$(counted efa2 rx_bytes)"
  equal "retransmissions while all is well" "$(query 'sum(efa_retrans_pkts_total)')" 0

  say "efa_0 of b loses one packet of ten"
  device efa2 loss 10
  run_job 20
  sleep 2
  query_devices 'rate(efa_retrans_pkts_total[1m]) > 0'
  equal "who retransmits" "$suspects" "$b efa_0"

  say "and is cut off for a second, in the midst of a job"
  device efa2 loss 0
  before=$(counted efa2 tx_bytes)
  run_job 200 &
  eventually "the job is under way" has_sent efa2 $((before + 20000000))
  device efa2 cut 1
  sleep 1
  device efa2 cut 0
  wait $!
  eventually "time-outs are seen" gives 'count(increase(efa_retrans_timeout_events_total[1m]) > 0) > bool 0' 1
  query_devices 'increase(efa_retrans_timeout_events_total[1m]) > 0'
  # Both ends of the broken path wait, and nobody else.
  [ "$suspects" = "$a efa_0 $b efa_0" ] || [ "$suspects" = "$b efa_0" ] || [ "$suspects" = "$a efa_0" ] ||
    fail "who waits: $suspects"

  say "and drops datagrams"
  device efa2 rate rx_drops 100
  sleep 4
  query_devices 'topk(1, rate(efa_rx_drops_total[4s]))'
  equal "who drops" "$suspects" "$b efa_0"
}

start_agent_on() {
  agent_guest=$1
  start_agent
}

# query_devices EXPRESSION: sets `suspects`, "instance device" of each result.
query_devices() {
  suspects=$(api query --data-urlencode "query=$1" |
    jq -r '.data.result[].metric | "\(.instance) \(.device)"' | sort | xargs)
}

has_sent() { [ "$(counted "$1" tx_bytes)" -gt "$2" ]; }

# run_job ROUNDS: a rank in each guest, on the first device of each.
run_job() {
  on a "$mpi_environment
    timeout 100 mpirun.openmpi -np 2 --host guest-a:1,guest-b:1 $mpi_between_guests $mpi_over_efa mpi_job $1"
}
