#!/usr/bin/env bash
# Every C++ file of the project looks as .clang-format says; `clang-format -i` makes it.
set -euo pipefail
cd "$(dirname "$0")/../.."

find agent collectors config tests -name '*.h' -o -name '*.cpp' | sort |
  xargs clang-format --dry-run -Werror
