#include "tests/lab/efa_device/data_path/packet_counts.h"

#include <algorithm>

#include "tests/lab/efa_device/data_path/limits.h"

namespace efa::lab {
namespace {

std::uint64_t packets_of(std::uint64_t bytes) {
  return std::max<std::uint64_t>(1, (bytes + max_message - 1) / max_message);
}

}  // namespace

void PacketCounts::sent_datagram(std::uint64_t bytes) {
  statistics_.add(Counter::tx_bytes, bytes);
  statistics_.add(Counter::tx_pkts, packets_of(bytes));
}

void PacketCounts::sent_reliably(std::uint64_t bytes) {
  sent_datagram(bytes);
  const std::uint64_t packets = packets_of(bytes);
  std::uint64_t lost = 0;
  for (std::uint64_t i = 0; faults_.loss > 0 && i < packets; i++) {
    lost += loses_packet() ? 1U : 0U;
  }
  if (lost > 0) {
    statistics_.add(Counter::retrans_pkts, lost);
    statistics_.add(Counter::retrans_bytes, lost * (bytes / packets));
  }
}

void PacketCounts::received(std::uint64_t bytes) {
  statistics_.add(Counter::rx_bytes, bytes);
  statistics_.add(Counter::rx_pkts, packets_of(bytes));
}

void PacketCounts::timed_out(std::uint64_t bytes) {
  statistics_.add(Counter::retrans_pkts, 1);
  statistics_.add(Counter::retrans_bytes, std::min<std::uint64_t>(bytes, max_message));
  statistics_.add(Counter::retrans_timeout_events, 1);
}

bool PacketCounts::loses_packet() {
  return faults_.loss > 0 && std::bernoulli_distribution(std::min(faults_.loss, 1.0))(random_);
}

}  // namespace efa::lab
