# A device that fails GET_STATS, with each status there is: its port counters become a gap, nothing else does, and they
# come back with it.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2

steps() {
  device all set tx_bytes 1000
  start_agent
  scrape
  local port_series device_series status
  port_series=$(grep -c '_total{device="efa_0",port' "$dir/scrape")
  device_series=$(grep -cE '_total\{device="efa_0"[^,]*\}' "$dir/scrape")
  equal "port counters" "$port_series" 22

  for status in 1 2 3 4 5 6 7; do
    device efa0 fail 13 $status
    scrape
    say "status $status: $(grep '^efa_read_errors_total' "$dir/scrape" | tr '\n' ' ')"
    equal "port counters of the failing device" "$(grep -c '_total{device="efa_0",port' "$dir/scrape" || true)" 0
    equal "its device counters" "$(grep -E '_total\{device="efa_0"[^,]*\}' "$dir/scrape" | grep -vc read_errors)" \
      "$device_series"
    equal "its health" "$(sample efa_device_up device=efa_0)" 0
    equal "port counters of the other" "$(grep -c '_total{device="efa_1",port' "$dir/scrape")" "$port_series"
    equal "health of the other" "$(sample efa_device_up device=efa_1)" 1
    device efa0 heal
    eventually "they come back" port_counters_are_back
    equal "the value" "$(sample efa_tx_bytes_total device=efa_0)" 1000
  done
  [ "$(agent_log | grep -c 'efa_0')" -le 30 ] || fail "the agent fills its log: $(agent_log)"
}

port_counters_are_back() {
  scrape
  [ "$(sample efa_device_up device=efa_0)" = 1 ]
}
