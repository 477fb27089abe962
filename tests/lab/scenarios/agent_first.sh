# The agent starts before the driver is loaded: it serves, says that there is nothing, and finds what comes.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2
driver=absent

steps() {
  start_agent
  scrape
  equal "devices before the driver" "$(sample efa_devices)" 0
  equal "series of counters" "$(samples efa_tx_bytes_total)" 0
  contains "what the agent says" "$(agent_log)" "no EFA"

  load_driver a
  scrape
  equal "devices after" "$(sample efa_devices)" 2
  equal "devices up" "$(grep -c '^efa_device_up.* 1$' "$dir/scrape")" 2
  equal "series of counters" "$(samples efa_tx_bytes_total)" 2
}
