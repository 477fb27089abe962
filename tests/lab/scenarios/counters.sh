# Every counter the agent publishes is, to the last bit, what the driver's files say and what `rdma statistic` says.
# shellcheck shell=bash disable=SC2034,SC2154
variants=("devices=1" "devices=2" "devices=32" "devices=2 kernel=debian12")

steps() {
  give_distinct_values
  # Two readings show the same only if no command and no event comes between them.
  device all keepalive 3600000
  on a 'for file in /sys/class/infiniband/*/ports/1/hw_counters/lifespan; do echo 10000 > $file; done'
  start_agent

  rdma_says >"$dir/rdma"
  local try
  for try in 1 2 3; do  # the 10 s may end in the midst of it
    files_say >"$dir/files"
    scrape
    grep -E '^efa_[a-z_]+_total\{device=' "$dir/scrape" | grep -v '^efa_read_errors' | sort >"$dir/published"
    ! cmp -s "$dir/files" "$dir/published" || break
  done
  diff "$dir/files" "$dir/published" | head -n 20 || true
  cmp "$dir/files" "$dir/published" || fail "the agent and the files differ (< file, > published)"
  diff "$dir/rdma" <(grep 'port="1"' "$dir/published") || fail "the agent and rdma differ (< rdma, > published)"
  say "$(wc -l <"$dir/files") series as the files, $(wc -l <"$dir/rdma") as rdma"

  equal "the largest" "$(sample efa_tx_bytes_total device=efa_0)" 18446744073709551615
  equal "devices up" "$(grep -c '^efa_device_up.* 1$' "$dir/scrape")" "$devices"
  if [ "$kernel" = debian12 ]; then
    equal "port counters of Linux 6.1" "$(grep -c 'device="efa_0",port="1"' "$dir/rdma")" 13
    equal "node GUID" "$(on a cat /sys/class/infiniband/efa_0/node_guid)" 0000:0000:0000:0000
    equal "labels that say so" "$(grep -c 'node_guid="[^"]' "$dir/scrape" || true)" 0
    equal "counters that it lacks" "$(samples efa_rdma_write_bytes_total)$(samples efa_retrans_bytes_total)" 00
  else
    equal "port counters" "$(grep -c 'device="efa_0",port="1"' "$dir/rdma")" 22
    equal "labels with a node GUID" "$(grep -c 'node_guid="[^"]' "$dir/scrape")" "$devices"
  fi
}

files_say() {
  on a <<'END' | sort
for device in /sys/class/infiniband/*; do
  for file in $device/ports/1/hw_counters/* $device/hw_counters/*; do
    [[ $file != */lifespan ]] || continue
    labels="device=\"${device##*/}\""
    [[ $file != */ports/* ]] || labels+=',port="1"'
    echo "efa_${file##*/}_total{$labels} $(< $file)"
  done
done
END
}

# As text, since JSON's readers take numbers for doubles.
rdma_says() {
  on a rdma statistic show | tr -d '\\' | awk '
    $1 == "link" { split($2, link, "/") }
    { for (i = $1 == "link" ? 3 : 1; i < NF; i += 2)
        printf "efa_%s_total{device=\"%s\",port=\"%s\"} %s\n", $i, link[1], link[2], $(i + 1) }' | sort
}
