#!/usr/bin/env bash
# The units: nothing in them is wrong, and the exposure of the service, as systemd-analyze counts it, is at most 1.5.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/assert.sh
command -v systemd-analyze >/dev/null || fail "no systemd-analyze: deploy/install-build-deps.sh test installs it"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# What is newer than this systemd (Debian 12: 252) and is passed over by it.
newer="Unknown key( name)? '(RestartSteps|RestartMaxDelaySec)'"

# verify UNIT...: all that systemd-analyze says of them, with the programs they start being there.
verify() {
  local root=$dir/root unit
  rm -rf "$root"
  for unit in "$@"; do install -D -m 644 "$unit" "$root/etc/systemd/system/$(basename "$unit")"; done
  install -D -m 755 /dev/null "$root/usr/bin/efa-agent"
  install -D -m 755 /dev/null "$root/bin/kill"
  # Of the targets that are named, only what is in the tree is known.
  cp --parents -r /lib/systemd/system/*.target "$root" 2>/dev/null || true
  systemd-analyze verify --man=no --recursive-errors=no --root="$root" "${@##*/}" 2>&1 | grep -vE "$newer" || true
}

# exposure FILE: "1.5", or more than the threshold and a failure.
exposure() {
  local code=0
  systemd-analyze security --no-pager --offline=yes --threshold=15 "$1" >"$dir/exposure" 2>"$dir/errors" || code=$?
  sed -n 's/.*Overall exposure level for .*: \([0-9.]*\).*/\1/p' "$dir/exposure"
  return $code
}

units=(deploy/systemd/efa-agent.service deploy/systemd/efa-agent.socket)
equal "what systemd says of the units" "$(verify "${units[@]}")" ""
level=$(exposure "${units[0]}") || fail "exposure $level: $(grep '✗' "$dir/exposure")"
say "exposure of efa-agent.service: $level of 10 ($(systemd-analyze --version | head -n 1))"

# With the drop-in for ranks, as if its settings stood in the unit.
drop_in=deploy/systemd/efa-agent.service.d/ranks.conf.example
sed "/^\(CapabilityBoundingSet\|AmbientCapabilities\)=/d; /^NoNewPrivileges=/r "<(grep '^[A-Z][A-Za-z]*=' "$drop_in") \
  "${units[0]}" >"$dir/efa-agent.service"
level=$(exposure "$dir/efa-agent.service") || true
say "exposure with the drop-in for ranks: $level"
equal "settings of the drop-in" "$(grep -c '=CAP_SYS_PTRACE CAP_DAC_READ_SEARCH$' "$dir/efa-agent.service")" 2

say "a mistake is found"
sed 's/^ProtectHome=yes/ProtectHouse=yes/' "${units[0]}" >"$dir/efa-agent.service"
contains "what systemd says of it" "$(verify "$dir/efa-agent.service")" ProtectHouse
sed 's/^PrivateDevices=yes/PrivateDevices=no/' "${units[0]}" >"$dir/efa-agent.service"
! exposure "$dir/efa-agent.service" >/dev/null || fail "a lesser sandbox is let pass"
