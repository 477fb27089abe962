#!/usr/bin/env bash
# Installs what is needed, builds the agent and runs it: on this machine's EFAs if it has any, else on
# simulated ones. Arguments are passed on to the agent.
#
#   deploy/run.sh
#   deploy/run.sh once
#   deploy/run.sh --simulate=p4d.24xlarge --web.listen-address=:9100
set -euo pipefail
cd "$(dirname "$0")/.."

has_efa() {
  local device
  for device in /sys/class/infiniband/*/device; do
    [ -r "$device/vendor" ] || continue
    [[ $(<"$device/vendor") == 0x1d0f && $(<"$device/device") == 0xefa* ]] && return 0
  done
  return 1
}

{
  deploy/install-build-deps.sh build
  [ -e build/release/build.ninja ] || cmake --preset release
  cmake --build --preset release -j "$(nproc)"
} >&2

if ! has_efa && [[ " $*" != *" --simulate"* ]]; then
  echo "No EFA on this machine: simulating those of a p5.48xlarge." >&2
  set -- --simulate=p5.48xlarge "$@"
fi
if [[ " $*" != *" --web.listen-address"* && " $* " != *" once "* && " $* " != *" config "* ]]; then
  echo "Open http://localhost:10045/ for what it sees, http://localhost:10045/metrics for the metrics." >&2
fi
exec build/release/agent/efa-agent "$@"
