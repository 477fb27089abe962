#!/usr/bin/env bash
# Runs a scenario of the lab: boots its guests with emulated EFA devices, does its steps, says what did not hold.
#
#   tests/lab/run.sh --list                            # the scenarios, each with its variants
#   tests/lab/run.sh counters                          # the first variant
#   tests/lab/run.sh counters devices=4 kernel=debian12    # other settings
#   tests/lab/run.sh counters devices=32 --keep        # then a shell in the guest, and the agent on a port of this machine
#
# EFA_AGENT and EFA_DEVICE name the programs, EFA_PROBE efa-probe if it is not beside the agent; without them they are
# built. Exit code 77: no lab can be had on this machine, and why; with EFA_LAB_REQUIRED that is a failure.
set -eEuo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/support/assert.sh
patience=240  # an emulated machine on a busy one is slow
for part in devices guests agent jobs; do
  # shellcheck source=/dev/null
  . "tests/lab/host/$part.sh"
done

# What a scenario may set, and `run.sh SCENARIO NAME=VALUE` overrides.
guests=1                 # machines with the devices below each; in steps: a, b
devices=1                # EFA devices of a guest
kernel=newest            # or debian12
driver=loaded            # or absent: the steps load it
init=lab                 # what PID 1 of a guest is; or systemd, without MPI and libfabric
memory=768               # MB of a guest
cpus=2                   # of a guest
generation=efa2          # efa0 .. efa4
gbps=100                 # link speed, 25 .. 800
interface=3              # version 0.N of the device's interface, 1 .. 3
device_options=          # more of efa-device's, see efa-device --help
variants=()              # settings to run the scenario with as a test each

scenario_file() { echo "tests/lab/scenarios/$1.sh"; }

list() {
  local file
  for file in tests/lab/scenarios/*.sh; do
    (
      # shellcheck source=/dev/null
      . "$file"
      [ ${#variants[@]} -gt 0 ] || variants=("")
      printf "$(basename "$file" .sh) %s\n" "${variants[@]}" | sed 's/ *$//'
    )
  done
}

usage() { sed -n '2,/^set/{/^#/s/^# \?//p}' "tests/lab/run.sh" >&2 && exit 2; }

# apply NAME=VALUE. What the devices are made of is checked by efa-device.
apply() {
  local name=${1%%=*} value=${1#*=} wanted
  case $name in
    guests) wanted='[12]' ;;
    devices | memory | cpus) wanted='[1-9][0-9]*' ;;
    kernel) wanted='newest|debian12' ;;
    driver) wanted='loaded|absent' ;;
    init) wanted='lab|systemd' ;;
    generation | gbps | interface | device_options) wanted='.*' ;;
    *) echo "$1: no such setting; settings and values stand in tests/lab/run.sh" >&2 && exit 2 ;;
  esac
  [[ $value =~ ^($wanted)$ ]] || { echo "$1: found '$value', expected $wanted" >&2 && exit 2; }
  printf -v "$name" %s "$value"
}

finish() {
  local code=$? guest
  trap - EXIT ERR
  set +eE
  [ $code = 0 ] || [ $code = 77 ] || [ ! -e "$dir/devices.log" ] || show_logs 2>/dev/null
  [ -z "${keep:-}" ] || keep_running
  stop_all
  rm -rf "$dir"
  exit $code
}
show_logs() {
  local guest
  for guest in "${guest_names[@]}"; do
    agent_log "$guest" | show_tail "the agent's log, guest $guest"
    on "$guest" dmesg | show_tail "the kernel's log, guest $guest"
    show_tail "the console of guest $guest" <"$dir/$guest.console"
    grep -v 'error recovery\|x-no-posted-writes' "$dir/$guest.qemu" | show_tail "QEMU of guest $guest"
  done
  show_tail "the devices" <"$dir/devices.log"
  echo "${failure:-}"
}
show_tail() { echo "--- $1:" && tail -n 20 | tr -d '\r\0' | sed 's/^/    /'; }

keep_running() {
  listens || start_agent
  echo
  echo "the agent: http://$(agent_address)/metrics"
  echo "a shell:   ssh -F $dir/ssh_config ${guest_names[0]}"
  echo "a device:  echo 'efa0 set tx_bytes 5' | socat - UNIX-CONNECT:$dir/ctl.sock"
  if [ -t 0 ]; then
    echo "exit ends the lab."
    ssh -F "$dir/ssh_config" -t "${guest_names[0]}"
  else
    echo "killing process $$ ends the lab."
    trap ending=1 TERM INT
    sleep infinity &
    started+=($!)
    [ -n "${ending:-}" ] || wait $!
  fi
}

# The lab, or why there is none.
find_lab() {
  local code=0
  lab=$(tests/lab/build.sh 2>"$dir/build.log") || code=$?
  [ $code != 0 ] || return 0
  [ $code != 77 ] || skip "$(tail -n 1 "$dir/build.log")"
  cat "$dir/build.log"
  fail "no lab"
}

build_programs() {
  if [ -z "${EFA_AGENT:-}" ]; then
    { cmake --preset release && cmake --build --preset release -j "$(nproc)"; } >"$dir/build.log" ||
      { cat "$dir/build.log" && fail "the agent does not build"; }
    EFA_AGENT=build/release/agent/efa-agent
  fi
  if [ -z "${EFA_DEVICE:-}" ]; then
    { cmake --preset dev && cmake --build --preset dev -j "$(nproc)" --target efa-device; } >"$dir/build.log" ||
      { cat "$dir/build.log" && fail "the device does not build"; }
    EFA_DEVICE=build/dev/tests/lab/efa_device/efa-device
  fi
}

scenario=
settings=()
for argument in "$@"; do
  case $argument in
    --list) list && exit ;;
    --keep) keep=1 ;;
    -*) usage ;;
    *=*) settings+=("$argument") ;;
    *) [ -z "$scenario" ] || usage; scenario=$argument ;;
  esac
done
[ -n "$scenario" ] || usage
[ -e "$(scenario_file "$scenario")" ] || { echo "no scenario $scenario; there are:" >&2 && list >&2 && exit 2; }
# shellcheck source=/dev/null
. "$(scenario_file "$scenario")"
if [ ${#settings[@]} = 0 ] && [ ${#variants[@]} -gt 0 ]; then
  read -ra settings <<<"${variants[0]}"
fi
for setting in "${settings[@]}"; do apply "$setting"; done

dir=$(mktemp -d -t efa-lab.XXXXXX)  # short: it holds sockets
guest_names=(a b)
guest_names=("${guest_names[@]:0:guests}")
trap finish EXIT
trap 'echo "failed: $BASH_COMMAND" >&2' ERR
find_lab
build_programs
start_devices
boot_guests
steps
say "$scenario holds, $SECONDS s"
