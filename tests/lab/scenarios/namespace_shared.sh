# The agent in a network namespace of its own, as in a container, with RDMA devices shared among namespaces, as is the
# default: the kernel shows the devices there without their counters. That is said once; with the host's sysfs all is there.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2

steps() {
  on a "rdma system set netns shared && ip netns add pod"
  start_agent_in pod
  scrape_in pod && scrape_in pod
  equal "devices" "$(sample efa_devices)" 2
  equal "devices up" "$(grep -c '^efa_device_up.* 1$' "$dir/scrape" || true)" 0
  equal "series of tx_bytes" "$(samples efa_tx_bytes_total)" 0
  equal "lines that say so" "$(agent_log | grep -c 'no counters.*counters.source: auto')" 1
  stop_agent

  on a "mkdir -p /mnt/sys && mount --bind /sys /mnt/sys"
  start_agent_in pod --path.sysfs=/mnt/sys
  scrape_in pod
  equal "devices up" "$(grep -c '^efa_device_up.* 1$' "$dir/scrape")" 2
  equal "series of tx_bytes" "$(samples efa_tx_bytes_total)" 2
}
