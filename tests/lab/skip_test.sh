#!/usr/bin/env bash
# Where the lab cannot be built, it says why and is skipped; where it is required, that is a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/assert.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
unset EFA_LAB_REQUIRED

# cannot_build REASON COMMAND...
cannot_build() {
  local code=0
  "${@:2}" tests/lab/build.sh >"$dir/out" 2>&1 || code=$?
  equal "exit code ($1)" $code 77
  contains "last line" "$(tail -n 1 "$dir/out")" "the lab cannot be built: .*$1"
  code=0
  EFA_LAB_REQUIRED=1 "${@:2}" tests/lab/build.sh >"$dir/out" 2>&1 || code=$?
  equal "exit code if it is required ($1)" $code 1
  code=0
  "${@:2}" tests/lab/run.sh rates >"$dir/out" 2>&1 || code=$?
  equal "exit code of a scenario ($1)" $code 77
  contains "what a scenario says" "$(cat "$dir/out")" "skipped: .*$1"
}

# without PROGRAM...: they fail for who has $dir/path in front.
mkdir "$dir/path"
without() {
  rm -f "$dir"/path/*
  for program in "$@"; do
    printf '#!/bin/sh\necho "%s: not permitted" >&2\nexit 1\n' "$program" >"$dir/path/$program"
    chmod 755 "$dir/path/$program"
  done
}

say "no folder to write to"
cannot_build "cannot write /proc/lab" env EFA_LAB_CACHE=/proc/lab

say "no network"
cannot_build "no package lists" unshare --map-root-user --net env EFA_LAB_CACHE="$dir/cache"

say "neither root nor user namespaces"
without unshare
if [ "$(id -u)" = 0 ]; then
  cannot_build "mount namespaces" env PATH="$dir/path:$PATH" EFA_LAB_CACHE="$dir/cache"
else
  cannot_build "neither root" env PATH="$dir/path:$PATH" EFA_LAB_CACHE="$dir/cache"
fi

say "a full disk"
printf '#!/bin/sh\nprintf "Avail\\n 12M\\n"\n' >"$dir/path/df"
rm "$dir/path/unshare"
chmod 755 "$dir/path/df"
cannot_build "12 MB free, 5000 are needed" env PATH="$dir/path:$PATH" EFA_LAB_CACHE="$dir/cache"
