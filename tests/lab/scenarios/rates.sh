# Counters that grow at a set rate give that rate between two scrapes.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2

steps() {
  device efa0 rate tx_bytes 1000000
  device efa1 rate tx_bytes 12500000000
  device efa1 rate rx_pkts 1500
  start_agent
  local first=$dir/first
  scrape_between first_begin first_end
  cp "$dir/scrape" "$first"
  sleep 2
  scrape_between second_begin second_end

  rate_contains 1000000 efa_tx_bytes_total device=efa_0
  rate_contains 12500000000 efa_tx_bytes_total device=efa_1
  rate_contains 1500 efa_rx_pkts_total device=efa_1
  rate_contains 0 efa_rx_bytes_total device=efa_0
}

# scrape_between BEGIN END: variables that get the times around the scrape, in ms.
scrape_between() {
  printf -v "$1" %s "$(now_ms)"
  scrape
  printf -v "$2" %s "$(now_ms)"
}

# rate_contains RATE SAMPLE...: when exactly within a scrape a value was read is not known, nor how much of the
# driver's cache of 10 ms was over, so the two scrapes give two bounds.
rate_contains() {
  local before after growth slack=50 shortest longest
  before=$(scraped=$dir/first sample "${@:2}")
  after=$(sample "${@:2}")
  growth=$((after - before))
  shortest=$((second_begin - first_end - slack))
  longest=$((second_end - first_begin + slack))
  say "${*:2}: $growth in $shortest to $longest ms, $1 a second wanted"
  [ $((growth * 1000)) -le $(($1 * longest)) ] && [ $((growth * 1000)) -ge $(($1 * shortest)) ] || fail "not that rate"
}
