#include "tests/lab/efa_device/vfio_user/guest_memory.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <iterator>

namespace efa::lab::vfio_user {
namespace {

constexpr std::size_t max_ranges = 65535;

/// Whether the file has [offset, offset + size): what lies behind its end cannot be touched.
bool file_holds(int file, std::uint64_t offset, std::uint64_t size) {
  struct stat about {};
  if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
    return false;
  }
  const auto length = static_cast<std::uint64_t>(about.st_size);
  return offset <= length && size <= length - offset;
}

}  // namespace

std::string GuestMemory::map(const DmaMap& range, int file) {
  if (range.size == 0 || range.address + (range.size - 1) < range.address) {
    return "a DMA map of impossible size";
  }
  if (overlaps(range.address, range.size)) {
    return "a DMA map over another one";
  }
  if (ranges_.size() >= max_ranges) {
    return "too many DMA maps";
  }
  std::uint8_t* host = nullptr;
  if (file >= 0 && range.writable) {
    if (!file_holds(file, range.offset, range.size)) {
      return "a DMA map of what its file does not hold";
    }
    void* const mapped = ::mmap(nullptr, range.size, PROT_READ | PROT_WRITE, MAP_SHARED, file,
                                static_cast<off_t>(range.offset));
    if (mapped == MAP_FAILED) {
      return std::string("a DMA map that fails: ") + std::strerror(errno);
    }
    host = static_cast<std::uint8_t*>(mapped);
  }
  ranges_[range.address] = {.size = range.size, .host = host};
  return {};
}

bool GuestMemory::overlaps(std::uint64_t address, std::uint64_t size) const {
  const std::uint64_t last = address + (size - 1);
  const auto behind = ranges_.upper_bound(last);
  if (behind == ranges_.begin()) {
    return false;
  }
  const auto& [start, range] = *std::prev(behind);
  return start + (range.size - 1) >= address;
}

bool GuestMemory::unmap(std::uint64_t address, std::uint64_t size) {
  const auto found = ranges_.find(address);
  if (found == ranges_.end() || found->second.size != size) {
    return false;
  }
  if (found->second.host != nullptr) {
    ::munmap(found->second.host, found->second.size);
  }
  ranges_.erase(found);
  return true;
}

void GuestMemory::clear() {
  while (!ranges_.empty()) {
    unmap(ranges_.begin()->first, ranges_.begin()->second.size);
  }
}

MutableBytes GuestMemory::find(std::uint64_t address, std::size_t size) {
  const auto behind = ranges_.upper_bound(address);
  if (behind == ranges_.begin()) {
    return {};
  }
  const auto& [start, range] = *std::prev(behind);
  const std::uint64_t inside = address - start;
  if (range.host == nullptr || inside >= range.size || size > range.size - inside) {
    return {};
  }
  return {range.host + inside, size};
}

}  // namespace efa::lab::vfio_user
