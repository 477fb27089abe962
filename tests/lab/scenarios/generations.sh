# Each generation of the device, at its speeds and by each version of its interface, is read in full.
# shellcheck shell=bash disable=SC2034,SC2154
variants=(
  "generation=efa0 gbps=25 interface=1"
  "generation=efa0 gbps=100 interface=1 device_options=--no-rdma-read"
  "generation=efa1 gbps=100 interface=2 device_options=--no-rdma-write"
  "generation=efa2 gbps=200"
  "generation=efa3 gbps=400"
  "generation=efa4 gbps=800"
  "generation=efa0 gbps=100 interface=1 kernel=debian12"
)

steps() {
  device efa0 set all 7
  start_agent
  scrape
  equal "PCI id" "$(grep -o 'pci_id="[^"]*"' "$dir/scrape")" "pci_id=\"1d0f:$generation\""
  equal "port rate" "$(sample efa_port_rate_bytes_per_second)" "$(expected_rate)"
  equal "device up" "$(sample efa_device_up)" 1
  equal "port counters" "$(grep -cE '_total\{.*port="1"' "$dir/scrape")" "$(on a 'ls /sys/class/infiniband/efa_0/ports/1/hw_counters | grep -vc lifespan')"
  equal "tx_bytes" "$(sample efa_tx_bytes_total)" 7
  equal "rdma_read_bytes" "$(sample efa_rdma_read_bytes_total)" 7
  if [ "$kernel" = newest ]; then
    # The driver asks for these only if the device can RDMA write.
    equal "rdma_write_bytes" "$(sample efa_rdma_write_bytes_total)" "$(can_write && echo 7 || echo 0)"
    equal "retrans_bytes" "$(sample efa_retrans_bytes_total)" 7
  fi
}

can_write() { [ "$generation" != efa0 ] && [[ $device_options != *--no-rdma-write* ]]; }

expected_rate() {
  # The driver of Linux 6.1 says 100 Gb/s of every device.
  [ "$kernel" = newest ] || gbps=100
  echo $((gbps * 125000000))
}
