#include "tests/lab/efa_device/data_path/llq_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "tests/lab/efa_device/data_path/limits.h"

namespace efa::lab {

LlqMemory::LlqMemory() : descriptor_(::memfd_create("efa-llq", MFD_CLOEXEC)) {
  void* at = MAP_FAILED;
  if (descriptor_ && ::ftruncate(descriptor_.get(), llq_bar_size) == 0) {
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
