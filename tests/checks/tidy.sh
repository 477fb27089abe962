#!/usr/bin/env bash
# clang-tidy over the C++ files of the product, as many at once as there are processors. With --all over the
# tests and benchmarks, too: Catch2's macros make that ten times as long, so it is no part of each run.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/clang
folders='agent|collectors|config'
[ "${1:-}" != --all ] || folders+='|tests'

cmake --preset clang >/dev/null
# What is generated is compiled, but not ours to tidy.
jq -r '.[].file' $build/compile_commands.json | grep -E "^$PWD/($folders)/" | sort -u |
  xargs -P "$(nproc)" -n 1 clang-tidy -p $build --quiet
