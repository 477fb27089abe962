#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "tests/lab/efa_device/admin.h"
#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/data_path/numbered.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// The destinations that a device's protection domains may send to.
///
/// A destination of a protection domain has one number, however often it is asked for: a receiver
/// is told that number as the sender's. It stays until it was given back as often.
///
/// Threads  none of its own; callers hold the fabric's lock
class AddressHandles {
 public:
  /// CREATE_AH, of a protection domain that exists.
  [[nodiscard]] AdminStatus create(Bytes request, MutableBytes response);
  /// DESTROY_AH
  [[nodiscard]] AdminStatus destroy(Bytes request);
  void clear();

  /// Where a handle leads; null if it is not one of this protection domain.
  [[nodiscard]] const Gid* destination(std::uint16_t domain, std::uint16_t handle) const;
  /// The handle for a destination; unknown_address_handle if there is none.
  [[nodiscard]] std::uint16_t handle_for(std::uint16_t domain, const Gid& gid) const;

  [[nodiscard]] std::size_t size() const { return handles_.size(); }

 private:
  using Destination = std::pair<std::uint16_t, Gid>;
  struct Handle {
    Destination destination;
    std::uint64_t users = 1;
  };

  Numbered<Handle> handles_{max_address_handles};
  std::map<Destination, std::uint16_t> numbers_;
};

}  // namespace efa::lab
