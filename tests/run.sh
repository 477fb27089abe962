#!/usr/bin/env bash
# Installs what is needed, builds everything, and runs every check as a test of one ctest run.
# Arguments are passed on to ctest.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)

step() { printf -- '-- %4d s: %s\n' "$SECONDS" "$*"; }

build() {
  step "building $1"
  cmake --preset "$@" >"build/$1.log" 2>&1 || { cat "build/$1.log" && exit 1; }
  cmake --build --preset "$1" -j "$jobs"
}

step "packages"
deploy/install-build-deps.sh build static package test
mkdir -p build
build release -DEFA_AGENT_BENCH=ON  # measured by hand, compiled always
build dev -DEFA_AGENT_CHECKS=ON -DEFA_AGENT_GRPC=ON
build tsan
step "building static"
deploy/static/build.sh x86_64 aarch64
step "tests"
exec ctest --preset dev -j "$jobs" "$@"
