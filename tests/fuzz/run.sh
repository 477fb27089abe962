#!/usr/bin/env bash
# Builds a fuzzer and runs it for a bounded number of inputs.
#
#   tests/fuzz/run.sh netlink_fuzz                  # as the test run does
#   tests/fuzz/run.sh netlink_fuzz -runs=-1         # until it finds something; other arguments of libFuzzer likewise
set -euo pipefail
cd "$(dirname "$0")/../.."
name=$1
shift
build=build/fuzz
mkdir -p "$build/corpus/$name"
# What it links of ours is what it includes: a folder each, and those that these stand on.
mapfile -t folders < <(sed -n 's|^#include "\(collectors/[a-z]*\)/.*|\1|p' "tests/fuzz/$name.cpp" | sort -u)
folders+=(collectors/{base,engine,proc,workload})
mapfile -t sources < <(printf '%s\n' "${folders[@]}" | sort -u | xargs -I {} find {} -name '*.cpp')
clang++ -std=c++20 -I. -g1 -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
  -o "$build/$name" "tests/fuzz/$name.cpp" "${sources[@]}" config/text_rules.cpp
[ $# -gt 0 ] || set -- -runs=300000 -seed=1
exec "$build/$name" -print_final_stats=1 "$@" "$build/corpus/$name"
