# Software RDMA beside EFA is not published.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2

steps() {
  start_agent
  on a "ip link set dummy0 up && ip addr add 10.8.0.1/24 dev dummy0 &&
    rdma link add rxe0 type rxe netdev dummy0"
  contains "what rdma sees" "$(on a rdma link)" "rxe0"
  scrape
  equal "devices" "$(sample efa_devices)" 2
  equal "mentions of rxe0" "$(grep -c rxe0 "$dir/scrape" || true)" 0
  stop_agent
  start_agent
  scrape
  equal "devices, rxe there from the beginning" "$(sample efa_devices)" 2
  equal "mentions of rxe0" "$(grep -c rxe0 "$dir/scrape" || true)" 0
}
