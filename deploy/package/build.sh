#!/usr/bin/env bash
# Builds the portable agent and packages of it: build/packages/efa-agent_VERSION-1_ARCHITECTURE.deb and
# efa-agent-VERSION-1.ARCHITECTURE.rpm. The same source gives the same packages, byte for byte, unless SOURCE_DATE_EPOCH differs.
#
#   deploy/package/build.sh [ARCHITECTURE...]     x86_64 (if there is none) and aarch64
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
[ $# -gt 0 ] || set -- x86_64
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}

deploy/install-build-deps.sh package >&2
deploy/static/build.sh "$@" >&2
for architecture in "$@"; do
  build=build/static
  [ "$architecture" = x86_64 ] || build+=-$architecture
  # Its umask is that of the directories in the packages.
  (umask 022 && cd "$build" && cpack -B "$root/build/packages" >cpack.log 2>&1) || { cat "$build/cpack.log" >&2 && exit 1; }
  sed -n 's/^CPack: - package: \(.*\) generated\.$/\1/p' "$build/cpack.log"
done
