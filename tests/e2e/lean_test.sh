#!/usr/bin/env bash
# config/lean.yaml is valid, and gives fewer series and bytes than the default.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

equal "config check" "$("$agent" config check config/lean.yaml)" "config/lean.yaml: ok"

# measure CONFIGURATION: sets series and bytes of a second scrape; the first makes series of its own.
measure() {
  # The log is what start_agent waits for.
  start_agent --simulate=p5.48xlarge --config.file="$1" --log.level=info --log.format=logfmt
  get /metrics >/dev/null
  get /metrics >"$dir/scrape"
  series=$(grep -vc '^#' "$dir/scrape")
  bytes=$(wc -c <"$dir/scrape")
  stop_agent
}
identity='instance_id: i-0123456789abcdef0'
printf 'instance:\n  %s\n' "$identity" >"$dir/default.yaml"
sed "s/^instance:/&\n  $identity/" config/lean.yaml >"$dir/lean.yaml"
contains "lean, with an instance" "$(cat "$dir/lean.yaml")" "^  $identity"

measure "$dir/default.yaml"
default_series=$series
default_bytes=$bytes
measure "$dir/lean.yaml"
say "default: $default_series series, $default_bytes bytes; lean: $series series, $bytes bytes"
[ "$series" -lt "$default_series" ] || fail "lean has as many series"
[ $((bytes * 10)) -lt $((default_bytes * 7)) ] || fail "lean has more than 70 % of the bytes"
