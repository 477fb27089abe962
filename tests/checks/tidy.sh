#!/usr/bin/env bash
# clang-tidy over the C++ files of the product, as many at once as there are processors. With --all over the
# tests and benchmarks, too, and without a bound of the static analyzer: Catch2's macros make that ten times as long, so it is no
# part of each run.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/clang
folders='agent|collectors|config'
# The analyzer gives up on a function after so many states, not 225,000, which are half of the time and found nothing.
bound=(--extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=25000)
if [ "${1:-}" = --all ]; then
  folders+='|tests'
  bound=()
fi

cmake --preset clang >/dev/null
# What is generated is compiled, but not ours to tidy.
jq -r '.[].file' $build/compile_commands.json | grep -E "^$PWD/($folders)/" | sort -u |
  xargs -P "$(nproc)" -n 1 clang-tidy -p $build --quiet "${bound[@]}"
