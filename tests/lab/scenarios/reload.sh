# Devices leave and come back in every way the kernel knows; the agent follows without a restart.
# shellcheck shell=bash disable=SC2034,SC2154
devices=3

steps() {
  device all set tx_bytes 1000000
  start_agent
  scrape
  all_are_up
  local pci
  pci=$(on a 'basename $(readlink -f /sys/class/infiniband/efa_1/device)')

  say "unbind, bind"
  on a "echo $pci > /sys/bus/pci/drivers/efa/unbind"
  scrape
  only_two_are_up
  on a "echo $pci > /sys/bus/pci/drivers/efa/bind"
  scrape
  all_are_up

  say "PCI remove, rescan, with lower counters: as after a reset, not as after a wrap"
  on a "echo 1 > /sys/bus/pci/devices/$pci/remove"
  scrape
  only_two_are_up
  device efa1 set tx_bytes 5
  on a "echo 1 > /sys/bus/pci/rescan"
  eventually "the device is there again" on a test -e /sys/class/infiniband/efa_1
  scrape
  all_are_up
  equal "the counter as the device has it" "$(sample efa_tx_bytes_total device=efa_1)" 5
  equal "the others'" "$(sample efa_tx_bytes_total device=efa_0)" 1000000

  say "gone and back between two scrapes, with lower counters"
  device efa0 set tx_bytes 3
  on a 'pci=$(basename $(readlink -f /sys/class/infiniband/efa_0/device))
    echo $pci > /sys/bus/pci/drivers/efa/unbind; echo $pci > /sys/bus/pci/drivers/efa/bind'
  scrape
  all_are_up
  equal "the counter as the device has it" "$(sample efa_tx_bytes_total device=efa_0)" 3

  say "module unloaded, loaded"
  on a rmmod efa
  scrape
  equal "devices without the driver" "$(sample efa_devices)" 0
  equal "series without the driver" "$(samples efa_tx_bytes_total)" 0
  load_driver a
  scrape
  all_are_up
  agent_runs || fail "the agent ended"
}

all_are_up() {
  equal "devices" "$(sample efa_devices)" 3
  equal "devices up" "$(grep -c '^efa_device_up.* 1$' "$dir/scrape")" 3
  equal "series of tx_bytes" "$(samples efa_tx_bytes_total)" 3
}
only_two_are_up() {
  equal "devices" "$(sample efa_devices)" 2
  equal "series of tx_bytes" "$(samples efa_tx_bytes_total)" 2
  equal "the device's series" "$(grep -c '"efa_1"' "$dir/scrape" || true)" 0
}
