#include "tests/lab/efa_device/data_path/llq_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "tests/lab/efa_device/data_path/limits.h"

namespace efa::lab {

LlqMemory::LlqMemory() : descriptor_(::memfd_create("efa-llq", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
  void* at = MAP_FAILED;
  // Sealed: whoever has the descriptor could take the memory away from under the device.
  if (descriptor_ && ::ftruncate(descriptor_.get(), llq_bar_size) == 0 &&
      ::fcntl(descriptor_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
    at = ::mmap(nullptr, llq_bar_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_.get(), 0);
  }
  if (at == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "memory of send queues");
  }
  memory_ = MutableBytes(static_cast<std::uint8_t*>(at), llq_bar_size);
}

LlqMemory::~LlqMemory() { ::munmap(memory_.data(), memory_.size()); }

Bytes LlqMemory::of_slot(std::uint16_t slot) const {
  return memory_.subspan(slot * llq_size, llq_size);
}

void LlqMemory::write(std::uint64_t offset, Bytes data) {
  if (!data.empty() && offset < memory_.size() && data.size() <= memory_.size() - offset) {
    std::memcpy(memory_.data() + offset, data.data(), data.size());
  }
}

}  // namespace efa::lab
