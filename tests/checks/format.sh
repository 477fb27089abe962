#!/usr/bin/env bash
# Every C++ file of the project looks as .clang-format says; with -i it is made so.
set -euo pipefail
cd "$(dirname "$0")/../.."
mode=(--dry-run -Werror)
[ "${1:-}" != -i ] || mode=(-i)

find agent collectors config tests -name '*.h' -o -name '*.cpp' | sort |
  xargs clang-format "${mode[@]}"
