#!/usr/bin/env bash
# clang-tidy over every C++ file of the project that is compiled, as many at once as there are processors.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/clang

# clang-tidy would want a precompiled header to be built first.
cmake --preset clang -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null
# What is generated is compiled, but not ours to tidy.
jq -r '.[].file' $build/compile_commands.json | grep -v "/$build/" | sort -u |
  xargs -P "$(nproc)" -n 1 clang-tidy -p $build --quiet
