# libfabric's fi_pingpong over two devices, as datagrams and reliable: what the agent publishes is what the devices
# counted, and what one sent the other received.
# shellcheck shell=bash disable=SC2034,SC2154
devices=2
memory=1024

steps() {
  start_agent
  moves "dgram" -p efa -e dgram -I 100 -S 1024
  moves "rdm" -p efa -e rdm -I 100 -S 1024
  moves "rdm, tagged" -p efa -e rdm -m tagged -c -I 20 -S 1048576
}

# moves WHAT ARGUMENT...: with what one run of fi_pingpong sends.
moves() {
  local kind=${2+$5} sent
  [ "$kind" = rdm ] || kind=dgrm
  device all set all 0
  on a "export FI_EFA_ENABLE_SHM_TRANSFER=0
    fi_pingpong ${*:2} -d efa_0-$kind > /tmp/server 2>&1 &
    sleep 2
    timeout 60 fi_pingpong ${*:2} -d efa_1-$kind 127.0.0.1 > /tmp/client 2>&1 || { cat /tmp/server /tmp/client; exit 1; }
    wait"
  scrape_equals_devices
  sent=$(sample efa_tx_bytes_total device=efa_0)
  say "$1: $sent bytes one way, $(sample efa_tx_bytes_total device=efa_1) the other"
  [ "$sent" -ge 100000 ] || fail "too little"
  arrived "$1" "$sent" "$(sample efa_rx_bytes_total device=efa_1)"
  arrived "$1, the other way" "$(sample efa_tx_bytes_total device=efa_1)" "$(sample efa_rx_bytes_total device=efa_0)"
}
