#!/usr/bin/env bash
# run.sh --keep: after the steps the guest stays, with a shell and the agent's port; when it ends, nothing is left.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/assert.sh
dir=$(mktemp -d)
trap 'kill "${lab:-}" 2>/dev/null || true; rm -rf "$dir"' EXIT

code=0
tests/lab/run.sh agent_first devices=2 --keep >"$dir/out" 2>&1 </dev/null &
lab=$!
ended() { ! kill -0 "$lab" 2>/dev/null; }
kept_or_ended() { grep -q 'ends the lab' "$dir/out" || ended; }
patience=500 eventually "the lab is kept" kept_or_ended
if ended; then
  wait "$lab" || code=$?
  cat "$dir/out"
  exit "$code"
fi

url=$(sed -n 's/^the agent: *//p' "$dir/out")
contains "a scrape at $url" "$(curl -sSf "$url")" '^efa_tx_bytes_total\{device="efa_1"'
read -ra shell < <(sed -n 's/^a shell: *//p' "$dir/out")
equal "devices in the guest" "$("${shell[@]}" 'ls /sys/class/infiniband' </dev/null | xargs)" "efa_0 efa_1"

kill "$lab"
wait "$lab" || code=$?
equal "exit code" $code 0
! curl -sf "$url" >/dev/null || fail "the port is still open"
! pgrep -f "$(dirname "${shell[2]}")" || fail "processes are left"
[ ! -e "${shell[2]}" ] || fail "files are left: ${shell[2]}"
