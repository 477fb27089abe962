#!/usr/bin/env bash
# `once` and the other commands that end by themselves: output and exit codes.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# ends CODE ARGUMENT...: stdout and stderr are in $dir/out and $dir/err.
ends() {
  local wanted=$1 code=0
  shift
  "$agent" "$@" >"$dir/out" 2>"$dir/err" || code=$?
  equal "exit code of efa-agent $*" "$code" "$wanted"
}

say "help and version"
ends 0 --help
contains "help" "$(cat "$dir/out")" '--config\.file'
ends 0 --version
contains "version" "$(cat "$dir/out")" '[0-9]+\.[0-9]+\.[0-9]+'

say "wrong usage and wrong configuration: 2"
ends 2 --no-such-flag
ends 2 once --config.file="$dir/no-such-file"
printf 'reading:\n  timeout: soon\n' >"$dir/bad.yaml"
ends 2 once --config.file="$dir/bad.yaml"
contains "error" "$(cat "$dir/err")" 'bad\.yaml:2:'
ends 2 once --simulate=no-such-type

say "all read: 0, and promtool finds nothing to say"
ends 0 once --simulate=p5.48xlarge
equal "devices" "$(grep -cE '^efa_tx_bytes_total\{' "$dir/out")" 32
promtool check metrics <"$dir/out"

say "into a file: whole, with mode 0644, nothing else left"
mkdir "$dir/textfile"
(umask 077 && ends 0 once --simulate=p5.48xlarge --output "$dir/textfile/efa.prom")
equal "series" "$(grep -cE '^efa_tx_bytes_total\{' "$dir/textfile/efa.prom")" 32
equal "mode" "$(stat -c %a "$dir/textfile/efa.prom")" 644
equal "files" "$(ls -A "$dir/textfile")" efa.prom
promtool check metrics <"$dir/textfile/efa.prom"

say "a device that cannot be read: 1, and the rest is written"
make_device efa_0 0000:00:06.0
make_device efa_1 0000:00:07.0
fake=(once --path.sysfs="$dir/sys" --output "$dir/textfile/efa.prom")
ends 0 "${fake[@]}"
echo N/A >"$(port_counter efa_1 tx_bytes)"
ends 1 "${fake[@]}"
written=$(cat "$dir/textfile/efa.prom")
equal "series" "$(grep -E '^efa_tx_bytes_total\{' <<<"$written" | grep -c 'device="efa_0"')" 1
! grep -E '^efa_tx_bytes_total\{' <<<"$written" | grep 'device="efa_1"' || fail "a value for N/A"

say "into a folder that is not there: 1"
ends 1 once --simulate=p5.48xlarge --output "$dir/nowhere/efa.prom"

say "into a full disk: not 0, the old file stays, nothing else is left"
into_full_disk() {
  # In a mount namespace of its own, which takes the mount along when it ends.
  "$@" bash -euo pipefail -s "$agent" "$dir/disk" <<'END'
mount -t tmpfs -o size=64k tmpfs "$2" || exit 77
echo "the old file" >"$2/efa.prom"
cat /dev/zero >"$2/filler" 2>/dev/null || true
code=0
"$1" once --simulate=p5.48xlarge --output "$2/efa.prom" || code=$?
[ $code = 1 ] || { echo "exit code $code" && exit 1; }
[ "$(cat "$2/efa.prom")" = "the old file" ] || { echo "the old file is gone" && exit 1; }
[ "$(ls -A "$2" | xargs)" = "efa.prom filler" ] || { ls -lA "$2" && exit 1; }
END
}
mkdir "$dir/disk"
namespace=(unshare --mount)
[ "$(id -u)" = 0 ] || namespace=(unshare --mount --map-root-user)
if "${namespace[@]}" mount -t tmpfs tmpfs "$dir/disk" 2>/dev/null; then
  into_full_disk "${namespace[@]}"
else
  say "not tried: mounting is not allowed here"
fi
