# What it costs to look up the owners of 256 queue pairs and 2,000 memory regions: printed, beside the same scrapes without
# owners. No clock decides, but that the device is asked for nothing more does.
# shellcheck shell=bash disable=SC2034,SC2154
devices=1
memory=1024
scrapes=5

steps() {
  on a "efa_hold efa_0 256 600 2000 > /tmp/holder.log 2>&1 & echo \$! > /tmp/holder.pid"
  eventually "the holder has its queue pairs" on a "[ \$(grep -c RTS /tmp/holder.log) = 256 ]"
  more_configuration="ownership: {interval: 1s}"
  printf '%-12s %20s %24s\n' "" "CPU of a scrape, us" "commands of a scrape"
  measure without --no-collector.owners
  measure with
  equal "queue pairs" "$(sample efa_device_resources type=qp)" 256
  equal "memory regions of the owner" "$(sample efa_owner_resources type=mr)" 2000
}

# measure WHAT ARGUMENT...: scrapes more than the interval apart, so that each has the owners looked up anew.
measure() {
  local cpu commands i
  start_agent "${@:2}"
  scrape
  cpu=$(cpu_of_agent)
  commands=$(commands_so_far)
  for ((i = 0; i < scrapes; i++)); do
    sleep 1.2
    scrape
  done
  sleep 1
  cpu=$((($(cpu_of_agent) - cpu) / scrapes))
  commands=$((($(commands_so_far) - commands) / scrapes))
  printf '%-12s %20s %24s\n' "$1" "$cpu" "$commands"
  # Those for the counters: five, and rarely five more.
  [ "$commands" -le 10 ] || fail "$commands commands a scrape"
  stop_agent
}
