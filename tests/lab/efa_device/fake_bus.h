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
  static constexpr std::uint64_t start = 0x100000;
  static constexpr std::size_t size = 0x100000;

  MutableBytes memory(std::uint64_t address, std::size_t count) override {
    if (address < start || address - start > size || count > size - (address - start)) {
      return {};
    }
    return MutableBytes(bytes_).subspan(address - start, count);
  }
  void interrupt(unsigned vector) override { interrupts.push_back(vector); }

  std::vector<unsigned> interrupts;

 private:
  std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(size);
};

}  // namespace efa::lab::test
