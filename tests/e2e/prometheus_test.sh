#!/usr/bin/env bash
# A real Prometheus scrapes the agent every second as deploy/prometheus/prometheus.yml says, and takes
# everything.
#
#   prometheus_test.sh openmetrics | text
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/support/prometheus.sh
. tests/support/prometheus.sh
format=$1

start_agent --simulate=p5.48xlarge
target=$address
if [ "$format" = text ]; then
  perl tests/e2e/text_relay.pl "$address" >"$dir/relay" 2>"$dir/relay.log" &
  started+=($!)
  eventually "the relay listens" test -s "$dir/relay"
  target=$(cat "$dir/relay")
fi

accept='Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
type=$(curl -sS -o "$dir/scrape" -w '%{content_type}' -H "$accept" "http://$target/metrics")
case $format in
  text) contains "type" "$type" '^text/plain; version=0\.0\.4' ;;
  openmetrics) contains "type" "$type" '^application/openmetrics-text; version=1\.0\.0' ;;
  *) fail "unknown format $format" ;;
esac
say "Prometheus will get $type"
# Prometheus drops the second sample of a series without a word.
equal "series that come twice" "$(grep -vE '^(#|$)' "$dir/scrape" | sed 's/ [^ ]*$//' | sort | uniq -d)" ""

sed -e 's/\(scrape_interval\|scrape_timeout\): .*/\1: 1s/' -e "s/localhost:10045/$target/" \
  deploy/prometheus/prometheus.yml >"$dir/prometheus.yml"
contains "derived configuration" "$(cat "$dir/prometheus.yml")" "$target"
promtool check config deploy/prometheus/prometheus.yml >/dev/null

start_prometheus "$dir/prometheus.yml"

say "rates of 32 devices"
eventually "rates" gives 'count(rate(efa_tx_bytes_total{job="efa"}[10s]) > 0)' 32
eventually "ten scrapes" gives 'count_over_time(up{job="efa"}[1h]) >= bool 10' 1

say "never down, and every sample taken"
equal "up" "$(query 'min_over_time(up{job="efa"}[1h])')" 1
# Series can come with a first event (requests by code), so that it may take a scrape.
as_many_as_curl_sees() {
  local samples
  samples=$(curl -sS -H "$accept" "http://$target/metrics" | grep -vcE '^(#|$)')
  gives 'scrape_samples_scraped{job="efa"}' "$samples" &&
    gives 'scrape_samples_post_metric_relabeling{job="efa"}' "$samples"
}
eventually "as many samples as curl sees" as_many_as_curl_sees
own=$(curl -sS "$prometheus/metrics")
for reason in sample_out_of_order sample_duplicate_timestamp sample_out_of_bounds exceeded_sample_limit; do
  equal "$reason" "$(grep -E "^prometheus_target_scrapes_${reason}_total " <<<"$own" | cut -d' ' -f2)" 0
done
! grep -E 'level=(warn|error).*(scrape|append)' "$dir/prometheus.log" || fail "Prometheus complains"

say "types and help"
type_of() { api targets/metadata --data-urlencode "metric=$1" | jq -r '.data[0] | .type + " " + (.help != "" | tostring)'; }
tx_bytes=efa_tx_bytes_total
[ "$format" = text ] || tx_bytes=efa_tx_bytes  # OpenMetrics names the family without _total
equal "$tx_bytes" "$(type_of $tx_bytes)" "counter true"
equal "efa_device_up" "$(type_of efa_device_up)" "gauge true"
unknown=$(api targets/metadata | jq -r '.data[] | select(.type == "unknown" and .metric[:4] == "efa_") | .metric')
equal "families without a type" "$unknown" ""

say "a join on the info series"
equal "join" "$(query 'count(efa_tx_bytes_total * on(device) group_left(pci_address) efa_device_info)')" 32
stop_agent
eventually "up falls with the agent" gives 'up{job="efa"}' 0
