# shellcheck shell=bash
# What tests in shell say and check with.

say() { echo "-- $*"; }
fail() { failure="FAILED: $*" && echo "$failure" && exit 1; }
skip() { echo "skipped: $*" && exit 77; }

# equal WHAT FOUND WANTED
equal() { [ "$2" = "$3" ] || fail "$1: found '$2', wanted '$3'"; }

# contains WHAT TEXT PATTERN: some line matches.
contains() { grep -qE -- "$3" <<<"$2" || fail "$1: no line matches '$3' in: $(head -c 2000 <<<"$2")"; }

# eventually WHAT COMMAND...: until the command succeeds, for $patience seconds at most.
patience=60
eventually() {
  local what=$1 deadline=$((SECONDS + patience))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || fail "$what: not within $patience seconds: $*"
    sleep 0.05
  done
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }
