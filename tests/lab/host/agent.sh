# shellcheck shell=bash disable=SC2154
# The agent in a guest, and what it publishes.

# Who the agent runs as, unless a scenario says otherwise: what its systemd unit gives it, nobody without capabilities.
nobody="setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all"

# start_agent ARGUMENT...: in guest a, or $agent_guest; by the command $agent_runner.
agent_guest=a
agent_runner=$nobody
# An emulated machine on a busy one can be slow; that is no device that hangs.
reading_timeout=20s
more_configuration=
start_agent() {
  on "$agent_guest" "printf 'reading: {timeout: %s}\n%s\n' '$reading_timeout' '$more_configuration' > /tmp/efa-agent.yaml
    $agent_runner efa-agent --config.file=/tmp/efa-agent.yaml --web.listen-address=0.0.0.0:10045 $* \
      >/dev/null 2>/tmp/agent.log &
    echo \$! >/tmp/agent.pid"
  agent_port=$(forwarded "$agent_guest" 10045)
  eventually "the agent listens" listens_or_ended
  agent_runs || fail "the agent ended"
}
agent_runs() { on "$agent_guest" 'kill -0 $(cat /tmp/agent.pid)' 2>/dev/null; }
listens_or_ended() { listens || ! agent_runs; }
listens() { curl -sSf --max-time 5 "http://$(agent_address)/readyz"; }
stop_agent() {
  on "$agent_guest" 'kill $(cat /tmp/agent.pid)'
  eventually "the agent ends" agent_ended
}
agent_ended() { ! agent_runs; }
agent_address() { echo "127.0.0.1:$(forwarded "$agent_guest" 10045)"; }
agent_log() { on "${1:-$agent_guest}" cat /tmp/agent.log; }

# scrape: into $dir/scrape; how long it took, in ms, is `took`.
scrape() {
  local begin
  begin=$(now_ms)
  curl -sSf --max-time 60 -o "$dir/scrape" "http://127.0.0.1:$agent_port/metrics" || fail "no answer to a scrape"
  took=$(($(now_ms) - begin))
}

# scrape_with_owners: a scrape does not wait for those; on a slow machine the first may be without them.
scrape_with_owners() { eventually "the owners are looked up" owners_are_looked_up; }
owners_are_looked_up() {
  scrape
  [ "$(samples efa_device_owners)" = "$devices" ]
}

# sample METRIC [LABEL=VALUE...]: its value in the last scrape, or in the file $scraped; nothing if it is not there.
sample() {
  local metric=$1 pattern=
  shift
  for pair in "$@"; do pattern+="${pair%%=*}=\"${pair#*=}\"\n"; done
  awk -v metric="$metric" -v pattern="$pattern" '
    BEGIN { wanted = split(pattern, pairs, "\n") - 1 }
    index($0, metric "{") == 1 || index($0, metric " ") == 1 {
      for (i = 1; i <= wanted; i++) if (!index($0, pairs[i])) next
      print $NF
    }' "${scraped:-$dir/scrape}"
}
# samples METRIC: how many.
samples() { grep -cE "^$1[{ ]" "$dir/scrape" || true; }

# The same in a network namespace of guest a, which has a sysfs of its own there, as a container has.
start_agent_in() {
  on a ip netns exec "$1" ip link set lo up
  agent_runner="ip netns exec $1 $nobody"
  eval "listens() { on a 'ip netns exec $1 curl -sSf http://127.0.0.1:10045/readyz'; }"
  start_agent "${@:2}"
}
scrape_in() { on a "ip netns exec $1 curl -sSf http://127.0.0.1:10045/metrics" >"$dir/scrape"; }

# scrape_equals_devices: a scrape in which every port counter is what its device counted.
scrape_equals_devices() {
  local i counter value
  scrape
  for ((i = 0; i < devices; i++)); do
    while read -r counter value; do
      equal "efa_$i's $counter" "$(sample "efa_${counter}_total" "device=efa_$i")" "$value"
    done < <(device "efa$i" get)
  done
}

# Admin commands of all devices, as the driver counts them; reading that costs none.
commands_so_far() {
  on "$agent_guest" 'cat /sys/class/infiniband/*/hw_counters/submitted_cmds' | awk '{ sum += $1 } END { print sum }'
}
# CPU of all the agent's threads, in microseconds.
cpu_of_agent() {
  on "$agent_guest" 'cat /proc/$(cat /tmp/agent.pid)/task/*/schedstat' | awk '{ sum += $1 } END { printf "%d", sum / 1000 }'
}
