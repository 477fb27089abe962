#!/usr/bin/env bash
# What an HTTP client sees of the agent.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

headers_of() { curl -sS --max-time 20 -o /dev/null -D - "$@" | tr -d '\r'; }
status_of() { curl -sS --max-time 20 -o /dev/null -w '%{http_code}' "$@"; }

start_agent --simulate=p5.48xlarge
url=http://$address

say "32 devices, simulated, and the page says so"
text=$(get /metrics)
equal "devices" "$(grep -cE '^efa_tx_bytes_total\{' <<<"$text")" 32
equal "devices up" "$(grep -cE '^efa_device_up\{.* 1$' <<<"$text")" 32
contains "metrics" "$text" '^efa_agent_simulated(\{.*\})? 1$'
contains "page" "$(get /)" 'p5\.48xlarge'
contains "log" "$(cat "$agent_log")" 'simulated'

say "promtool finds nothing to say"
promtool check metrics <<<"$text"

say "formats by Accept"
contains "type" "$(headers_of "$url/metrics")" '^Content-Type: text/plain; version=0\.0\.4'
openmetrics=(-H 'Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5')
contains "type" "$(headers_of "${openmetrics[@]}" "$url/metrics")" \
  '^Content-Type: application/openmetrics-text; version=1\.0\.0'
equal "last line" "$(get /metrics "${openmetrics[@]}" | tail -n 1)" '# EOF'

say "gzip by Accept-Encoding"
contains "encoding" "$(headers_of -H 'Accept-Encoding: gzip' "$url/metrics")" '^Content-Encoding: gzip'
get /metrics -H 'Accept-Encoding: gzip' >"$dir/metrics.gz"
equal "series" "$(gzip -dc "$dir/metrics.gz" | grep -cE '^efa_tx_bytes_total\{')" 32
plain=$(headers_of "$url/metrics")
! grep -qi '^Content-Encoding:' <<<"$plain" || fail "gzip though nobody asked"

say "HEAD, 404, 405, health"
head=$(headers_of -I "$url/metrics")
contains "HEAD" "$head" '^HTTP/1\.1 200'
equal "/healthz" "$(status_of "$url/healthz")" 200
equal "/readyz" "$(status_of "$url/readyz")" 200
equal "/nowhere" "$(status_of "$url/nowhere")" 404
equal "POST" "$(status_of -X POST -d x "$url/metrics")" 405
equal "DELETE" "$(status_of -X DELETE "$url/")" 405

say "one connection serves many scrapes"
equal "connections" "$(curl -sS -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects}' \
  "$url/metrics" "$url/metrics" "$url/metrics")" 100

say "counters move and never fall"
series_of() { grep -m 1 -E '^efa_tx_bytes_total\{' <<<"$(get /metrics)"; }
first=$(series_of)
moved() { [ "$(series_of)" != "$first" ]; }
eventually "tx_bytes grows" moved
second=$(series_of)
[ "${second##* }" -gt "${first##* }" ] || fail "tx_bytes fell from $first to $second"

stop_agent
