#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab::test {

/// A guest's memory that is an array, and interrupts that are written down.
class ArrayBus final : public Bus {
 public:
  explicit ArrayBus(std::size_t size) : memory_(size) {}

  [[nodiscard]] MutableBytes memory(std::uint64_t address, std::size_t size) override {
    if (address > memory_.size() || size > memory_.size() - address) {
      return {};
    }
    return MutableBytes(memory_).subspan(address, size);
  }
  void interrupt(unsigned vector) override { interrupts.push_back(vector); }

  /// Zeroed memory at a page's beginning, nobody else's.
  [[nodiscard]] std::uint64_t allocate(std::size_t size) {
    const std::uint64_t at = next_;
    next_ += (size + page - 1) / page * page;
    return at;
  }

  std::vector<unsigned> interrupts;  // in order

  static constexpr std::size_t page = 4096;

 private:
  std::vector<std::uint8_t> memory_;
  std::uint64_t next_ = page;
};

}  // namespace efa::lab::test
