# perftest's bandwidth programs over SRD: the counters grow by exactly what they say they sent.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2
memory=1024

steps() {
  start_agent
  moves ib_send_bw 200 4096
  equal "sent" "$(sample efa_send_bytes_total device=efa_1) in $(sample efa_send_wrs_total device=efa_1)" "819200 in 200"
  equal "received" "$(sample efa_recv_bytes_total device=efa_0) in $(sample efa_recv_wrs_total device=efa_0)" \
    "819200 in 200"

  moves ib_read_bw 50 1048576
  equal "read" "$(sample efa_rdma_read_bytes_total device=efa_1) in $(sample efa_rdma_read_wrs_total device=efa_1)" \
    "52428800 in 50"
  equal "handed out" "$(sample efa_rdma_read_resp_bytes_total device=efa_0)" 52428800

  moves ib_write_bw 50 1048576
  equal "written" "$(sample efa_rdma_write_bytes_total device=efa_1) in $(sample efa_rdma_write_wrs_total device=efa_1)" \
    "52428800 in 50"
  equal "taken in" "$(sample efa_rdma_write_recv_bytes_total device=efa_0)" 52428800
}

# moves PROGRAM ITERATIONS SIZE: a server on efa_0, a client on efa_1.
moves() {
  device all set all 0
  on a "$1 -x 0 -c SRD -F -n $2 -s $3 -d efa_0 > /tmp/server 2>&1 &
    sleep 1
    timeout 60 $1 -x 0 -c SRD -F -n $2 -s $3 -d efa_1 127.0.0.1 > /tmp/client 2>&1 || { cat /tmp/server /tmp/client; exit 1; }
    wait
    grep -A 1 '^ #bytes' /tmp/client | tail -n 1"
  scrape_equals_devices
}
