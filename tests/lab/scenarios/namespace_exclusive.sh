# The agent in a network namespace of its own, where RDMA devices belong to one namespace each: there is nothing to see
# in it, which is said once, and the agent goes on.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2

steps() {
  on a "rdma system set netns exclusive && ip netns add pod"
  start_agent_in pod
  local i
  for i in 1 2 3; do scrape_in pod; done
  equal "devices" "$(sample efa_devices)" 0
  equal "series of tx_bytes" "$(samples efa_tx_bytes_total)" 0
  equal "lines that say so" "$(agent_log | grep -c 'no EFA')" 1
  agent_runs || fail "the agent ended"
}
