#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// The machine a device is plugged into, as its parts see it: memory to read and write by DMA, and
/// interrupts to raise. In the lab that is a guest behind vfio-user, in unit tests an array.
class Bus {
 public:
  Bus() = default;
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;
  virtual ~Bus() = default;

  /// The host's view of [address, address + size) of the guest's memory; empty if any of it is not
  /// there or not in one piece. Valid until the guest's memory map changes, so not kept.
  [[nodiscard]] virtual MutableBytes memory(std::uint64_t address, std::size_t size) = 0;

  /// Raises an MSI-X vector; nothing happens if the guest has not set it up.
  virtual void interrupt(unsigned vector) = 0;
};

}  // namespace efa::lab
