#!/usr/bin/env bash
# doctor --probe with something in place of efa-probe, and efa-probe itself as far as it goes without an EFA.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

real_probe=$(dirname "$agent")/efa-probe
make_device efa_0 0000:00:06.0
mkdir "$dir/beside" "$dir/in_path"
cp "$agent" "$dir/beside/efa-agent"

# doctor ARGUMENT...: into $dir/doctor, its exit code in `code`.
doctor() {
  code=0
  "$dir/beside/efa-agent" doctor --path.sysfs="$dir/sys" --only=EFA-203 --json "$@" >"$dir/doctor" || code=$?
}
result() { jq -r '.checks[0] | .result + ": " + .found' "$dir/doctor"; }

# stand_in FOLDER STEP...: an efa-probe that tells of efa_0.
stand_in() {
  cat >"$dir/$1/efa-probe" <<SCRIPT
#!/bin/sh
echo '{"schema_version": 1, "devices": [{"name": "efa_0", "node": "/dev/infiniband/uverbs0", "works": true,
  "steps": [${*:2}], "more": "$1"}]}'
SCRIPT
  chmod 755 "$dir/$1/efa-probe"
}
opened='{"step": "open device", "result": "ok", "milliseconds": 0.5}'
refused='{"step": "register memory", "result": "failed", "error": "ENOMEM", "text": "no memory", "milliseconds": 1}'

say "not asked: no program is started"
stand_in beside "$opened"
doctor
contains "the check" "$(result)" "UNKNOWN: not asked for"
equal "probe in JSON" "$(jq 'has("probe")' "$dir/doctor")" false

say "the one beside the agent is asked, and what it tells is handed on"
stand_in in_path "$refused"
PATH=$dir/in_path:$PATH doctor --probe
contains "the check" "$(result)" "PASS: 1 EFA"
equal "exit code" "$code" 0
equal "what it told" "$(jq -r '.probe.devices[0].more' "$dir/doctor")" beside

say "without that, the one in PATH"
rm "$dir/beside/efa-probe"
PATH=$dir/in_path:$PATH doctor --probe
contains "the check" "$(result)" "FAIL: efa_0 fails at 'register memory' with ENOMEM \(no memory\)"
equal "exit code" "$code" 2

say "without any"
PATH=/nowhere doctor --probe
contains "the check" "$(result)" "UNKNOWN: efa-probe is neither beside"
equal "probe in JSON" "$(jq 'has("probe")' "$dir/doctor")" false

[ -x "$real_probe" ] || { say "efa-probe was not built" && exit; }
say "efa-probe: help, wrong usage, and what it prints is what doctor reads"
"$real_probe" --help >"$dir/out"
contains "help" "$(cat "$dir/out")" "Usage: efa-probe"
code=0
"$real_probe" --no-such-flag >"$dir/out" 2>&1 || code=$?
equal "exit code of wrong usage" "$code" 1
code=0
"$real_probe" >"$dir/out" || code=$?
contains "exit code" "$code" '^[023]$'
equal "version" "$(jq .schema_version "$dir/out")" 1
cp "$real_probe" "$dir/beside/efa-probe"
doctor --probe
contains "of a device that is not there" "$(result)" "FAIL: libibverbs does not list efa_0"
! ldd "$agent" | grep -E 'verbs|libefa' || fail "the agent links a verbs library"
