# A device that is renamed while the agent runs, as udev does after the driver is loaded, goes on under its new name.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2

steps() {
  device efa0 set tx_bytes 1000
  start_agent
  scrape
  equal "before" "$(sample efa_tx_bytes_total device=efa_0)" 1000
  local before counters
  before=$(grep -c '"efa_0"' "$dir/scrape")
  counters=$(grep -c '_total{device="efa_0"' "$dir/scrape")

  on a rdma dev set efa_0 name rdmap0s5
  device efa0 add tx_bytes 5
  scrape  # may be lost; the next is not
  scrape
  equal "the value under the new name" "$(sample efa_tx_bytes_total device=rdmap0s5)" 1005
  equal "counters under the new name" "$(grep -c '_total{device="rdmap0s5"' "$dir/scrape")" "$counters"
  equal "series under the old name" "$(grep -c '"efa_0"' "$dir/scrape" || true)" 0
  eventually "all series, those about owners, too, under the new name" renamed_series_are "$before"
  equal "the other device" "$(sample efa_device_up device=efa_1)" 1

  # Two devices that swap their names: no value under the wrong one.
  device efa1 set tx_bytes 7
  on a "rdma dev set rdmap0s5 name tmp && rdma dev set efa_1 name rdmap0s5 && rdma dev set tmp name efa_1"
  scrape
  scrape
  equal "the first, under the second's name" "$(sample efa_tx_bytes_total device=efa_1)" 1005
  equal "the second, under the first's" "$(sample efa_tx_bytes_total device=rdmap0s5)" 7
}

renamed_series_are() {
  scrape
  [ "$(grep -c '"rdmap0s5"' "$dir/scrape")" = "$1" ]
}
