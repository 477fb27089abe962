# A process holds SRD queue pairs of a device that is unbound: the kernel waits for it, the agent waits for nobody.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2

steps() {
  start_agent
  scrape
  on a "efa_hold efa_0 3 300 >/tmp/holder.log 2>&1 & echo \$! >/tmp/holder.pid"
  eventually "the holder has its queue pairs" on a "[ \$(grep -c RTS /tmp/holder.log) = 3 ]"
  scrape
  equal "devices up" "$(up)" 2

  on a 'pci=$(basename $(readlink -f /sys/class/infiniband/efa_0/device))
    echo $pci > /tmp/pci
    (echo $pci > /sys/bus/pci/drivers/efa/unbind; echo done > /tmp/unbound) >/dev/null 2>&1 &'
  sleep 1
  local value
  for value in 5 10 15; do
    device all add tx_bytes 5
    scrape
    equal "the other device" "$(sample efa_tx_bytes_total device=efa_1)" $value
    # Until the holder lets go, the driver still answers.
    equal "the device that is to leave" "$(sample efa_tx_bytes_total device=efa_0)" $value
  done
  equal "unbinding waits for the holder" "$(on a 'cat /tmp/unbound 2>/dev/null || echo waits')" waits

  on a 'kill -9 $(cat /tmp/holder.pid)'
  eventually "the device is unbound" on a test -e /tmp/unbound
  scrape
  equal "devices" "$(sample efa_devices)" 1
  on a 'cat /tmp/pci > /sys/bus/pci/drivers/efa/bind'
  scrape
  equal "devices up" "$(up)" 2
}
up() { grep -c '^efa_device_up.* 1$' "$dir/scrape"; }
