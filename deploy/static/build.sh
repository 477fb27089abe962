#!/usr/bin/env bash
# Builds the portable agent: one static program, of which nothing but the kernel (Linux 3.10 or later) has to be there; and beside
# it efa-probe, linked to the system's libibverbs, libefa and glibc (2.34 or later), which are what it tries.
# What it stands on is built from Debian's sources, once, and kept in EFA_AGENT_STATIC_CACHE (~/.cache/efa-agent-static).
#
#   deploy/static/build.sh [ARCHITECTURE...]     x86_64 (build/static/agent/efa-agent) or aarch64 (build/static-aarch64/...)
set -euo pipefail
cd "$(dirname "$0")/../.."

[ $# -gt 0 ] || set -- x86_64
for architecture in "$@"; do
  case $architecture in
    x86_64 | aarch64) ;;
    *) echo "unknown architecture $architecture: x86_64 or aarch64" >&2 && exit 2 ;;
  esac
done
deploy/install-build-deps.sh build static >&2

for architecture in "$@"; do
  compiler=()
  [ "$architecture" = "$(uname -m)" ] ||
    compiler=(-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$architecture"
      -DCMAKE_C_COMPILER="$architecture-linux-gnu-gcc" -DCMAKE_CXX_COMPILER="$architecture-linux-gnu-g++")
  libraries=$(deploy/static/libraries.sh "$architecture" "${compiler[@]}")
  build=build/static
  [ "$architecture" = x86_64 ] || build+=-$architecture
  mkdir -p build
  # Afresh: what was found of other versions of the libraries is not to be kept.
  cmake --fresh -S . -B "$build" -G Ninja "${compiler[@]}" -DCMAKE_BUILD_TYPE=Release -DEFA_AGENT_TESTS=OFF -DEFA_AGENT_STATIC=ON -DEFA_AGENT_TLS=linked \
    -DCMAKE_PREFIX_PATH="$libraries" -DEFA_AGENT_PROBE=ON -DEFADV_INCLUDE_DIR="$libraries/probe/include" \
    -DLIBIBVERBS_LIBRARY="$libraries/probe/lib/libibverbs.so" -DLIBEFA_LIBRARY="$libraries/probe/lib/libefa.so" >"$build.log" 2>&1 || { cat "$build.log" >&2 && exit 1; }
  cmake --build "$build" -j "$(nproc)" >>"$build.log" 2>&1 || { tail -n 50 "$build.log" >&2 && exit 1; }
  echo "$build/agent/efa-agent"
done
