#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/data_path/pieces.h"
#include "tests/lab/efa_device/data_path/work_request.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// What a memory region lets be done with it. Reading by its own queue pairs is always allowed.
enum class Access : std::uint8_t {
  local_read = 0,
  local_write = 1,
  remote_write = 2,
  remote_read = 4
};

/// The memory regions of a device, by key: what they cover, and where that is.
///
/// Threads  none of its own; callers hold the fabric's lock
class MemoryRegions {
 public:
  explicit MemoryRegions(Bus& bus) : bus_(bus) {}

  /// REG_MR, of a protection domain that exists.
  [[nodiscard]] AdminStatus register_pages(std::uint8_t flags, Bytes request,
                                           MutableBytes response);
  /// ALLOC_MR: the key exists, nothing can be reached through it.
  [[nodiscard]] AdminStatus allocate(Bytes request, MutableBytes response);
  /// DEREG_MR
  [[nodiscard]] AdminStatus deregister(Bytes request);
  void clear();

  /// Appends the host's view of a buffer. False if its key is not one of the protection domain,
  /// does not allow the access or does not cover all of it, or if the guest took the memory away;
  /// pieces is then to be thrown away.
  [[nodiscard]] bool map(std::uint16_t domain, const Buffer& buffer, Access access,
                         Pieces& pieces) const;

  [[nodiscard]] std::size_t size() const { return regions_.size(); }

 private:
  struct Region {
    std::uint16_t domain = 0;
    std::uint8_t permissions = 0;
    unsigned page_shift = 0;
    std::uint64_t start = 0;  // in the addresses that work requests use
    std::uint64_t length = 0;
    std::vector<std::uint64_t> pages;
  };

  AdminStatus add(Region region, MutableBytes response);

  Bus& bus_;
  std::map<std::uint32_t, Region> regions_;
  std::uint32_t last_key_ = 0;
};

}  // namespace efa::lab
