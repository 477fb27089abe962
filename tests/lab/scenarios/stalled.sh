# One device of 32 answers nothing any more: the other 31 are served in time before, during and after the driver's
# time-out, the kernel's log does not fill because of the agent, and a reload of the driver brings all 32 back.
# shellcheck shell=bash disable=SC2034,SC2154
devices=32
memory=1024

steps() {
  reading_timeout=5s
  start_agent
  scrape && scrape
  say "before: $took ms"
  equal "devices up" "$(up)" 32
  # None, unless the guest itself stood still for longer than the time-out.
  local kernel_log=0 i stuck_before
  stuck_before=$(sample efa_read_errors_total device=efa_7 reason=stuck)
  kernel_log=$(on a 'dmesg | wc -l')

  device efa7 stall
  scrape
  say "the scrape that meets it: $took ms"
  others_are_served
  equal "it is stuck" "$(sample efa_device_stuck device=efa_7)" 1
  equal "it is counted" "$(sample efa_read_errors_total device=efa_7 reason=stuck)" $((${stuck_before:-0} + 1))
  for ((i = 0; i < 5; i++)); do
    scrape
    say "while the driver waits: $took ms"
    others_are_served
  done
  equal "its port counters" "$(grep -c '_total{device="efa_7",port' "$dir/scrape" || true)" 0

  eventually "the driver gives up after 30 s" driver_gave_up
  for ((i = 0; i < 20; i++)); do
    scrape
    others_are_served
    sleep 0.4
  done
  say "after the driver's time-out: $took ms"
  equal "commands without an answer" "$(sample efa_no_completion_cmds_total device=efa_7)" 1
  equal "it is down" "$(sample efa_device_up device=efa_7)" 0
  equal "no reader hangs any more" "$(sample efa_device_stuck device=efa_7)" 0
  kernel_log=$(($(on a 'dmesg | wc -l') - kernel_log))
  say "lines in the kernel's log in all of 27 scrapes: $kernel_log"
  # Three lines for the time-out, three for each try: after 0, 1, 2, 4 and 8 s at most.
  [ "$kernel_log" -le 20 ] || fail "the agent fills the kernel's log"

  device efa7 heal
  on a 'pci=$(basename $(readlink -f /sys/class/infiniband/efa_7/device))
    echo $pci > /sys/bus/pci/drivers/efa/unbind; echo $pci > /sys/bus/pci/drivers/efa/bind'
  scrape
  equal "devices up after the driver was bound again" "$(up)" 32
  agent_log | tail -n 5
}

up() { grep -c '^efa_device_up.* 1$' "$dir/scrape"; }
others_are_served() {
  equal "devices up" "$(up)" 31
  equal "series of tx_bytes" "$(samples efa_tx_bytes_total)" 31
  # The driver waits for 30 s. This is no measure of speed, only of not waiting for it.
  [ "$took" -lt 15000 ] || fail "a scrape took $took ms"
}
driver_gave_up() { on a 'dmesg | grep -q "closed\|completion"' && scrape && [ "$(sample efa_no_completion_cmds_total device=efa_7)" = 1 ]; }
