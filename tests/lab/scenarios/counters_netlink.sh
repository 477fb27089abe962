# The counters of ports by RDMA netlink are those of sysfs, to the last bit; and they are there where sysfs is not: not
# mounted, or in a network namespace that is not the devices' (counters.source: auto).
# shellcheck shell=bash disable=SC2034,SC2154
variants=("devices=2" "devices=2 kernel=debian12")

steps() {
  give_distinct_values
  device all keepalive 3600000
  read_by sysfs
  cp "$dir/published" "$dir/by_sysfs"
  say "$(wc -l <"$dir/by_sysfs") series of ports by sysfs"
  [ -s "$dir/by_sysfs" ] || fail "there are none"
  equal "the largest" "$(sample efa_tx_bytes_total device=efa_0)" 18446744073709551615

  read_by netlink
  same_as_by_sysfs
  equal "counters of devices" "$(samples efa_submitted_cmds_total)" 2
  equal "addresses" "$(grep -c '^efa_device_info.*pci_address="0' "$dir/scrape")" 2
  equal "rates" "$(samples efa_port_rate_bytes_per_second)" 2

  say "without sysfs, among other devices"
  # Its module wants a CRC that this guest's 6.1 lacks.
  [ "$kernel" = debian12 ] || on a 'ip link set dummy0 up && rdma link add rxe0 type rxe netdev dummy0'
  agent_runner="unshare --mount sh -c 'umount -l /sys && exec \"\$@\"' sh $nobody"
  read_by auto
  same_as_by_sysfs
  equal "devices" "$(sample efa_devices)" 2
  equal "devices up" "$(grep -c '^efa_device_up.* 1$' "$dir/scrape")" 2
  equal "counters of devices" "$(samples efa_submitted_cmds_total)" 0
  equal "lines that say so" "$(grep -c 'no sysfs here' "$dir/log")" 1
  agent_runner=$nobody

  say "in a network namespace that shares the devices, but not their files"
  on a "ip netns add pod"
  agent_runner="ip netns exec pod $nobody"
  on a "ip netns exec pod ip link set lo up"
  more_configuration="counters: {source: auto}"
  start_agent_in pod
  scrape_in pod
  ports_published
  same_as_by_sysfs
  equal "devices up" "$(grep -c '^efa_device_up.* 1$' "$dir/scrape")" 2
}

# read_by SOURCE: its port counters, into $dir/published.
read_by() {
  more_configuration="counters: {source: $1}"
  start_agent
  scrape
  ports_published
  agent_log >"$dir/log"
  stop_agent
}
ports_published() { grep -E '^efa_[a-z_]+_total\{device="[^"]*",port=' "$dir/scrape" | sort >"$dir/published"; }
same_as_by_sysfs() {
  diff "$dir/by_sysfs" "$dir/published" | head -n 20 || true
  cmp "$dir/by_sysfs" "$dir/published" || fail "sysfs and netlink differ (< sysfs, > netlink)"
}
