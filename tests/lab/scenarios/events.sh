# Devices that come, go and are renamed are noticed at once, and counted, between two scrapes, too: by RDMA core's events
# (as root: only the privileged may hear them), by uevents (as nobody, or where the kernel has no such events), and in a
# network namespace that hears neither, by the scrapes.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2
variants=("" "kernel=debian12")

steps() {
  say "as nobody"
  start_agent
  happen_and_be_counted
  equal "lines of the log, all before the next scrape" "$lines" 4
  stop_agent

  say "as root"
  agent_runner=
  start_agent
  happen_and_be_counted
  equal "lines of the log, all before the next scrape" "$lines" 4
  stop_agent

  say "in another network namespace"
  agent_runner=$nobody
  on a "ip netns add pod && mkdir -p /mnt/sys && mount --bind /sys /mnt/sys"
  start_agent_in pod --path.sysfs=/mnt/sys
  scrape_in pod
  on a 'echo '"$pci"' > /sys/bus/pci/drivers/efa/unbind'
  scrape_in pod
  equal "devices removed" "$(sample efa_device_events_total event=removed)" 1
}

happen_and_be_counted() {
  scrape
  equal "events so far" "$(sample efa_device_events_total event=added)$(sample efa_device_events_total event=removed)" 00
  pci=$(on a 'basename $(readlink -f /sys/class/infiniband/efa_1/device)')
  on a "rdma dev set efa_1 name rdmap9s9
    echo $pci > /sys/bus/pci/drivers/efa/unbind
    echo $pci > /sys/bus/pci/drivers/efa/bind
    rdma dev set efa_1 name rdmap9s9"
  # Software RDMA is none of ours. (Its module wants a CRC that this guest's 6.1 lacks.)
  [ "$kernel" = debian12 ] || on a 'ip link set dummy0 up; [ -e /sys/class/infiniband/rxe0 ] || rdma link add rxe0 type rxe netdev dummy0'
  eventually "the log tells" log_tells
  lines=$(agent_log | grep -c 'the kernel tells')
  scrape
  equal "devices added" "$(sample efa_device_events_total event=added)" 1
  equal "devices removed" "$(sample efa_device_events_total event=removed)" 1
  equal "devices renamed" "$(sample efa_device_events_total event=renamed)" 2
  on a "rdma dev set rdmap9s9 name efa_1"
}
log_tells() { [ "$(agent_log | grep -c 'the kernel tells')" -ge 4 ]; }
