#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/vfio_user/guest_memory.h"
#include "tests/lab/efa_device/vfio_user/interrupts.h"

namespace efa::lab::vfio_user {

/// The guest that a client stands for, as a device sees it.
class Guest final : public Bus {
 public:
  MutableBytes memory(std::uint64_t address, std::size_t size) override {
    return ranges_.find(address, size);
  }
  void interrupt(unsigned vector) override { interrupts_.raise(vector); }

  [[nodiscard]] GuestMemory& ranges() { return ranges_; }
  [[nodiscard]] Interrupts& interrupts() { return interrupts_; }
  void clear() {
    ranges_.clear();
    interrupts_.clear();
  }

 private:
  GuestMemory ranges_;
  Interrupts interrupts_;
};

}  // namespace efa::lab::vfio_user
