#pragma once

#include <cstdint>

#include "collectors/base/unique_fd.h"
#include "tests/lab/efa_device/wire.h"

namespace efa::lab {

/// The device memory that send rings lie in. The guest maps it, so that writing a work request is
/// no trap; it can change at any time, so what is read of it is copied first.
///
/// Errors   the constructor throws std::system_error
/// Cost     address space for all queue pairs, memory for the pages that were touched
class LlqMemory {
 public:
  LlqMemory();
  LlqMemory(const LlqMemory&) = delete;
  LlqMemory& operator=(const LlqMemory&) = delete;
  ~LlqMemory();

  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// The part of it that belongs to a queue pair.
  [[nodiscard]] Bytes of_slot(std::uint16_t slot) const;
  /// Nothing is written if not all of it fits.
  void write(std::uint64_t offset, Bytes data);

 private:
  UniqueFd descriptor_;
  MutableBytes memory_;
};

}  // namespace efa::lab
