# An Open MPI job of two ranks over two devices, watched by a Prometheus outside of the guest: the counters grow by what
# the devices moved, and Prometheus computes the job's throughput from its scrapes.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2
memory=1536
. tests/support/prometheus.sh

steps() {
  start_agent
  scrape_by_prometheus "127.0.0.1:$agent_port"
  eventually "Prometheus has the counters" gives 'count(efa_tx_bytes_total)' 2

  on a "$mpi_environment
    timeout 100 mpirun.openmpi -np 2 --map-by :OVERSUBSCRIBE $mpi_over_efa mpi_job 60"
  scrape_equals_devices
  local sent
  sent=$(sample efa_tx_bytes_total device=efa_0)
  say "efa_0 sent $sent bytes, efa_1 $(sample efa_tx_bytes_total device=efa_1)"
  # 60 rounds of 1,056,832 bytes and the all-reduce's, each way.
  [ "$sent" -ge $((60 * 1056832)) ] || fail "the job did not use the device"
  arrived "what efa_0 sent" "$sent" "$(sample efa_rx_bytes_total device=efa_1)"

  eventually "Prometheus has the last of it" gives 'efa_tx_bytes_total{device="efa_0"}' "$sent"
  local increase
  increase=$(query 'max_over_time(efa_tx_bytes_total{device="efa_0"}[1h]) - min_over_time(efa_tx_bytes_total{device="efa_0"}[1h])')
  equal "what the job sent, by Prometheus" "$increase" "$sent"
  say "the job's throughput by Prometheus, bytes a second at its peak: $(
    query 'max_over_time(sum(rate(efa_tx_bytes_total[4s]))[1h:1s])')"
  [ "$(query 'max_over_time(sum(rate(efa_tx_bytes_total[4s]))[1h:1s]) > bool 100000')" = 1 ] || fail "no throughput"
}
