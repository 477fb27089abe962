#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "tests/lab/efa_device/vfio_user/message.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab::vfio_user {

/// The guest's memory, as its client maps it for DMA: ranges of files that both sides see.
/// Ranges without a file, or which may not be written, are known, but are not memory.
///
/// Errors   a client that makes a mapped file shorter ends the process; it is trusted not to
/// Cost     a lookup in an ordered map for each access
/// Threads  none of its own; callers hold the fabric's lock
class GuestMemory {
 public:
  GuestMemory() = default;
  GuestMemory(const GuestMemory&) = delete;
  GuestMemory& operator=(const GuestMemory&) = delete;
  ~GuestMemory() { clear(); }

  /// Takes `file`, -1 for none, as a range; empty, or why that cannot be.
  [[nodiscard]] std::string map(const DmaMap& range, int file);
  /// Whether there was that range.
  bool unmap(std::uint64_t address, std::uint64_t size);
  void clear();

  /// [address, address + size), empty if not all of it is in one range.
  [[nodiscard]] MutableBytes find(std::uint64_t address, std::size_t size);

 private:
  struct Range {
    std::uint64_t size;
    std::uint8_t* host;  // nullptr: not memory
  };

  [[nodiscard]] bool overlaps(std::uint64_t address, std::uint64_t size) const;

  std::map<std::uint64_t, Range> ranges_;  // by the guest's address; none overlap
};

}  // namespace efa::lab::vfio_user
