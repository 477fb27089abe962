#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/lab/efa_device/bus.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab::test {

/// A machine for one device: memory in one piece, and a record of its interrupts.
class FakeBus final : public Bus {
 public:
  static constexpr std::size_t page = 4096;
  static constexpr std::size_t default_size = 1U << 20;
  static constexpr std::uint64_t start = page;  // nothing is at 0

  explicit FakeBus(std::size_t size = default_size) : bytes_(size) {}

  MutableBytes memory(std::uint64_t address, std::size_t count) override {
    if (address < start || address - start > bytes_.size() ||
        count > bytes_.size() - (address - start)) {
      return {};
    }
    return MutableBytes(bytes_).subspan(address - start, count);
  }
  void interrupt(unsigned vector) override { interrupts.push_back(vector); }

  /// Zeroed memory at a page's beginning, nobody else's.
  [[nodiscard]] std::uint64_t allocate(std::size_t count) {
    const std::uint64_t at = next_;
    next_ += (count + page - 1) / page * page;
    return at;
  }

  std::vector<unsigned> interrupts;  // in order

 private:
  std::vector<std::uint8_t> bytes_;
  std::uint64_t next_ = start;
};

}  // namespace efa::lab::test
