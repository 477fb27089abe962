#!/usr/bin/env bash
# With few descriptors, and as a user who may do nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

serves_32() {
  local text
  for _ in 1 2 3; do
    text=$(get /metrics)
    equal "devices up" "$(grep -cE '^efa_device_up\{.* 1$' <<<"$text")" 32
    equal "tx_bytes" "$(grep -cE '^efa_tx_bytes_total\{' <<<"$text")" 32
  done
}

say "a hard limit of 64 open files"
# shellcheck disable=SC2016 # for the inner shell
runner=(bash -c 'ulimit -n 64 && exec "$0" "$@"')
start_agent --simulate=p5.48xlarge
serves_32
stop_agent

say "a soft limit is raised to the hard one"
# shellcheck disable=SC2016
runner=(bash -c 'ulimit -Sn 64 && ulimit -Hn 4096 && exec "$0" "$@"')
start_agent --simulate=p5.48xlarge
equal "limit" "$(awk '/Max open files/ {print $4}' "/proc/$agent_pid/limits")" 4096
serves_32
stop_agent

if [ "$(id -u)" = 0 ]; then
  say "as user 65534, without capabilities"
  cp "$agent" "$dir/efa-agent"
  agent=$dir/efa-agent
  runner=(setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --no-new-privs)
  start_agent --simulate=p5.48xlarge
  equal "user" "$(stat -c %u "/proc/$agent_pid")" 65534
  serves_32
  stop_agent
fi
