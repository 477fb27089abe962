#pragma once

#include <cstdint>
#include <random>

#include "tests/lab/efa_device/faults.h"
#include "tests/lab/efa_device/statistics.h"

namespace efa::lab {

/// Counts what a device puts on the network and takes from it, and says what gets lost.
///
/// Units    bytes are payload: hardware counts one packet and two bytes for a send of two bytes. A
///          message without payload is a packet, too
/// Threads  none of its own; callers hold the fabric's lock
class PacketCounts {
 public:
  PacketCounts(Statistics& statistics, const NetworkFaults& faults)
      : statistics_(statistics), faults_(faults) {}

  void sent_datagram(std::uint64_t bytes);
  /// What is lost on the way is sent again at once.
  void sent_reliably(std::uint64_t bytes);
  void received(std::uint64_t bytes);
  /// Nobody answered in time, so a packet of a message was sent once more.
  void timed_out(std::uint64_t bytes);

  /// Whether the next packet is lost: always the same ones, in a device that starts anew.
  [[nodiscard]] bool loses_packet();

 private:
  Statistics& statistics_;
  const NetworkFaults& faults_;
  std::mt19937 random_{1};
};

}  // namespace efa::lab
