# Each verb between two devices moves exactly the counters it should, on each side, by the bytes, packets and work
# requests that went over the wire.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2
memory=1024

steps() {
  start_agent
  #           verb     count size   sender: counter=growth, then receiver
  moves       send       20 8000    "send_bytes=160000 send_wrs=20 tx_bytes=160000 tx_pkts=20" \
                                    "recv_bytes=160000 recv_wrs=20 rx_bytes=160000 rx_pkts=20"
  moves       sendimm     7 16      "send_bytes=112 send_wrs=7 tx_bytes=112 tx_pkts=7" \
                                    "recv_bytes=112 recv_wrs=7 rx_bytes=112 rx_pkts=7"
  moves       read       10 1000000 "rdma_read_wrs=10 rdma_read_bytes=10000000 rx_bytes=10000000 rx_pkts=1130" \
                                    "rdma_read_resp_bytes=10000000 tx_bytes=10000000 tx_pkts=1130"
  moves       write      10 1000000 "rdma_write_wrs=10 rdma_write_bytes=10000000 tx_bytes=10000000 tx_pkts=1130" \
                                    "rdma_write_recv_bytes=10000000 rx_bytes=10000000 rx_pkts=1130"
  moves       writeimm    3 50000   "rdma_write_wrs=3 rdma_write_bytes=150000 tx_bytes=150000 tx_pkts=18" \
                                    "rdma_write_recv_bytes=150000 rx_bytes=150000 rx_pkts=18"
  moves       ud         15 4096    "send_bytes=61440 send_wrs=15 tx_bytes=61440 tx_pkts=15" \
                                    "recv_bytes=61440 recv_wrs=15 rx_bytes=61440 rx_pkts=15"
  # Datagrams that meet no receive buffer.
  moves       uddrop      9 1000    "send_bytes=9000 send_wrs=9 tx_bytes=9000 tx_pkts=9" "rx_drops=9"

  say "errors: each way to fail, as the device says it and as the driver counts it"
  on a efa_traffic efa_0 efa_1 errors
  scrape
  equal "reads that failed" "$(sample efa_rdma_read_wr_err_total device=efa_0)" 3
  equal "writes that failed" "$(sample efa_rdma_write_wr_err_total device=efa_0)" 1
}

# moves VERB COUNT SIZE SENDER RECEIVER: all port counters that are not named stay as they are.
moves() {
  scrape
  cp "$dir/scrape" "$dir/before"
  on a efa_traffic efa_0 efa_1 "$1" "$2" "$3"
  scrape
  equal "sender of $1" "$(growth efa_0)" "$(sorted "$4")"
  equal "receiver of $1" "$(growth efa_1)" "$(sorted "$5")"
}
sorted() { tr ' ' '\n' <<<"$1" | sort | xargs; }
growth() {
  awk -v device="device=\"$1\",port=" '
    index($0, device) && /^efa_.*_total/ {
      name = $1; sub(/^efa_/, "", name); sub(/_total.*/, "", name)
      if (FNR == NR) before[name] = $2
      else if ($2 != before[name]) print name "=" $2 - before[name]
    }' "$dir/before" "$dir/scrape" | sort | xargs
}
