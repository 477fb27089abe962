# What a scrape costs, by sysfs and by RDMA netlink, beside bare reads of the same files: by time of an admin command and
# number of devices, side by side in one boot. Printed, as a clock decides nothing here, but for two things that need none: the agent asks a device
# no more than once a scrape, and devices that are slow are read at the same time.
# shellcheck shell=bash disable=SC2034,SC2154
devices=32
memory=1024
cpus=2
rounds=10

steps() {
  device all keepalive 3600000
  row "" "" agent "" "" "by netlink" "" "" "bare reads" "" ""
  row command devices "wall, us" "CPU, us" commands "wall, us" "CPU, us" commands "wall, us" "CPU, us" commands
  local delay
  for delay in 0 0.5 1; do
    device all delay $delay
    measure "$delay ms" 32
  done
  device all delay 20
  rounds=3
  measure "20 ms" 32
  local all_at_20=$agent_wall bare_at_20=$bare_wall
  device all delay 0
  keep_one_device
  rounds=10
  for delay in 0 0.5 1 20; do
    device all delay $delay
    measure "$delay ms" 1
  done
  # 32 devices of 5 x 20 ms each: 3.2 s one after the other, 0.4 s by 8 threads. The wait is no work, so that a busy
  # machine changes little of it.
  say "32 devices to 1, at 20 ms: $((all_at_20 / agent_wall)), one after the other $((bare_at_20 / bare_wall))"
  [ $((all_at_20 * 2)) -lt "$bare_at_20" ] || fail "slow devices are not read at the same time"
}

# measure WHAT DEVICES: a line of the table; sets agent_wall and bare_wall.
measure() {
  local netlink netlink_commands wall cpu commands bare_cpu bare_commands before
  measure_agent netlink
  netlink=("$wall" "$cpu" $((commands / rounds)))
  netlink_commands=$commands
  measure_agent sysfs
  agent_wall=$wall
  before=$(commands_so_far)
  read -r bare_wall bare_cpu < <(on a "ulimit -n 4096 && read_counters $rounds \$(ls /sys/class/infiniband)")
  bare_commands=$(($(commands_so_far) - before))
  row "$1" "$2" "$wall" "$cpu" $((commands / rounds)) "${netlink[@]}" \
    "$bare_wall" "$bare_cpu" "$((bare_commands / rounds))"
  # By netlink there is no copy to answer from.
  equal "commands by netlink" "$netlink_commands" $((5 * rounds * $2))
  # A refresh is five commands. The driver's cache may end within a scrape of a slow machine, hence not exactly.
  [ "$commands" -ge $((5 * rounds * $2)) ] && [ "$commands" -le $((10 * rounds * $2)) ] ||
    fail "$commands commands for $rounds scrapes of $2 devices"
}

row() { printf '%-8s %8s | %10s %9s %9s | %10s %9s %9s | %10s %9s %9s\n' "$@"; }

# measure_agent SOURCE: of a scrape by a client in the guest, the mean wall time and CPU of all the agent's threads, in
# microseconds; and the commands of all scrapes. Sets wall, cpu and commands.
measure_agent() {
  more_configuration="counters: {source: $1}"
  start_agent
  on a 'curl -sS -o /dev/null http://127.0.0.1:10045/metrics'
  commands=$(commands_so_far)
  cpu=$(cpu_of_agent)
  wall=$(mean_wall_time)
  cpu=$((($(cpu_of_agent) - cpu) / rounds))
  commands=$(($(commands_so_far) - commands))
  stop_agent
}
mean_wall_time() {
  on a <<END
for i in \$(seq $rounds); do
  sleep 0.05
  curl -sS -o /dev/null -w '%{time_total}\n' http://127.0.0.1:10045/metrics
done | awk '{ sum += \$1 * 1000000 } END { printf "%d", sum / NR }'
END
}

keep_one_device() {
  on a 'for device in /sys/class/infiniband/*; do
      [ ${device##*/} = efa_0 ] || echo $(basename $(readlink -f $device/device)) > /sys/bus/pci/drivers/efa/unbind
    done'
}
