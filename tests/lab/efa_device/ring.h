#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// A ring of entries in the guest's memory. Both sides count entries without end; the phase of a
/// lap, 1 on the first, tells new entries from old ones.
struct Ring {
  std::uint64_t base = 0;
  std::uint32_t depth = 0;  // 0: not set up, and then neither of these may be asked
  std::uint32_t entry_size = 0;

  [[nodiscard]] std::uint64_t address_of(std::uint64_t count) const {
    return base + count % depth * entry_size;
  }
  [[nodiscard]] std::uint8_t phase_of(std::uint64_t count) const {
    return count / depth % 2 == 0 ? 1 : 0;
  }
};

/// Stores what tells the guest that the rest is there: it is seen after all that was stored before.
template <class T>
void store_last(MutableBytes to, std::size_t offset, T value) {
  assert(offset + sizeof value <= to.size());
  void* const place = to.data() + offset;
  if (reinterpret_cast<std::uintptr_t>(place) % std::atomic_ref<T>::required_alignment == 0) {
    std::atomic_ref<T>(*static_cast<T*>(place)).store(value, std::memory_order_release);
  } else {
    store(to, offset, value);  // no driver of the real hardware puts it there
  }
}

}  // namespace efa::lab
