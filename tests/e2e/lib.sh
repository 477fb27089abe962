# shellcheck shell=bash
# For the end-to-end tests: starts the agent in a folder of its own, and ends it with the test.
# EFA_AGENT is the program; without it, what the release preset builds.
set -eEuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/support/assert.sh
. tests/support/assert.sh

agent=$(realpath "${EFA_AGENT:-build/release/agent/efa-agent}")
dir=$(mktemp -d)
chmod 755 "$dir"  # other users are started in it
agent_log=$dir/agent.log
started=()

finish() {
  local code=$? process
  trap - EXIT
  for process in "${started[@]}"; do
    { kill -KILL "$process" && wait "$process"; } 2>/dev/null || true
  done
  if [ $code != 0 ] && [ $code != 77 ] && [ -s "$agent_log" ]; then
    echo "--- the agent's log:"
    tail -n 20 "$agent_log"
  fi
  rm -rf "$dir"
  exit $code
}
trap finish EXIT
trap 'echo "failed: $0: $BASH_COMMAND" >&2' ERR

# Nobody asks what this machine is.
export AWS_EC2_METADATA_DISABLED=true
unset NODE_NAME

log_has() { grep -qE -- "$1" "$agent_log"; }
ended() { ! kill -0 "$1" 2>/dev/null; }

# start_agent ARGUMENT...: sets agent_pid and address. What stands before it in `runner` runs it.
runner=()
start_agent() {
  : >"$agent_log"
  "${runner[@]}" "$agent" --web.listen-address=127.0.0.1:0 "$@" 2>"$agent_log" &
  agent_pid=$!
  started+=("$agent_pid")
  eventually "the agent listens" listens_or_ended
  ! ended "$agent_pid" || fail "the agent ended"
  address=$(grep -m 1 -oE 'msg="?listening"?.*address=[^ ]+' "$agent_log")
  address=${address##*address=}
}
listens_or_ended() { log_has 'listening.*address=' || ended "$agent_pid"; }

# stop_agent: the agent's exit code.
stop_agent() {
  kill -TERM "$agent_pid"
  wait "$agent_pid"
}

# get PATH ARGUMENT...: the body, with arguments for curl.
get() {
  local path=$1
  shift
  curl -sS --max-time 20 "$@" "http://$address$path"
}

# make_device NAME PCI_ADDRESS: below $dir/sys.
make_device() {
  local pci=$dir/sys/devices/pci0000:00/$2
  local device=$pci/infiniband/$1
  mkdir -p "$device/ports/1/hw_counters" "$device/hw_counters" "$dir/sys/class/infiniband"
  echo 0x1d0f >"$pci/vendor"
  echo 0xefa2 >"$pci/device"
  echo 0 >"$pci/numa_node"
  ln -s "../../../$2" "$device/device"
  echo "100 Gb/sec (4X EDR)" >"$device/ports/1/rate"
  echo 10 >"$device/ports/1/hw_counters/lifespan"
  echo 1000 >"$device/ports/1/hw_counters/tx_bytes"
  echo 2000 >"$device/ports/1/hw_counters/rx_bytes"
  echo 0 >"$device/hw_counters/no_completion_cmds"
  ln -s "../../devices/pci0000:00/$2/infiniband/$1" "$dir/sys/class/infiniband/$1"
}
port_counter() { echo "$dir/sys/class/infiniband/$1/ports/1/hw_counters/$2"; }
