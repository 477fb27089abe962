#include "tests/lab/efa_device/data_path/memory_regions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "tests/lab/efa_device/data_path/limits.h"
#include "tests/lab/efa_device/data_path/page_list.h"

namespace efa::lab {
namespace {

constexpr unsigned min_page_shift = 12;
constexpr unsigned max_page_shift = 40;
constexpr std::uint64_t max_region = 1ULL << 40;
constexpr std::uint8_t page_shift_mask = 0x3f;
constexpr std::uint8_t physical_mode = 1 << 7;

/// REG_MR
struct Request {
  std::uint16_t domain;
  std::uint64_t length;
  std::uint8_t flags;
  std::uint8_t permissions;
  std::uint64_t start;

  // The command's number of pages is not filled in by all drivers; the length says it, too.
  explicit Request(Bytes bytes)
      : domain(load<std::uint16_t>(bytes)),
        length(load<std::uint64_t>(bytes, 36)),
        flags(bytes[44]),
        permissions(bytes[45]),
        start(load<std::uint64_t>(bytes, 52)) {}

  [[nodiscard]] unsigned page_shift() const { return flags & page_shift_mask; }

  [[nodiscard]] bool is_legal() const {
    return (flags & physical_mode) == 0 && page_shift() >= min_page_shift &&
           page_shift() <= max_page_shift && length > 0 && length <= max_region &&
           start + length >= start;
  }

  [[nodiscard]] std::uint64_t pages() const {
    const std::uint64_t size = 1ULL << page_shift();
    return ((start & (size - 1)) + length + size - 1) >> page_shift();
  }
};
constexpr std::size_t page_list_offset = 4;

}  // namespace

AdminStatus MemoryRegions::register_pages(std::uint8_t flags, Bytes request,
                                          MutableBytes response) {
  const Request wanted(request);
  if (!wanted.is_legal() || wanted.pages() > max_pages_of_region) {
    return AdminStatus::illegal_parameter;
  }
  auto pages = read_page_list(bus_, flags, request.subspan(page_list_offset, page_list_size),
                              static_cast<std::uint32_t>(wanted.pages()));
  if (!pages) {
    return AdminStatus::illegal_parameter;
  }
  return add({.domain = wanted.domain,
              .permissions = wanted.permissions,
              .page_shift = wanted.page_shift(),
              .start = wanted.start,
              .length = wanted.length,
              .pages = std::move(*pages)},
             response);
}

AdminStatus MemoryRegions::allocate(Bytes request, MutableBytes response) {
  Region region;
  region.domain = load<std::uint16_t>(request);
  region.page_shift = min_page_shift;
  return add(std::move(region), response);
}

AdminStatus MemoryRegions::add(Region region, MutableBytes response) {
  if (regions_.size() >= max_memory_regions) {
    return AdminStatus::resource_allocation_failure;
  }
  do {
    last_key_ = (last_key_ + 1) & local_key_mask;
  } while (last_key_ == 0 || regions_.count(last_key_) != 0);
  regions_.emplace(last_key_, std::move(region));
  store(response, 0, last_key_);  // lkey
  store(response, 4, last_key_);  // rkey
  return AdminStatus::success;
}

AdminStatus MemoryRegions::deregister(Bytes request) {
  return regions_.erase(load<std::uint32_t>(request)) != 0 ? AdminStatus::success
                                                           : AdminStatus::illegal_parameter;
}

void MemoryRegions::clear() {
  regions_.clear();
  last_key_ = 0;
}

bool MemoryRegions::map(std::uint16_t domain, const Buffer& buffer, Access access,
                        Pieces& pieces) const {
  const auto found = regions_.find(buffer.key);
  if (found == regions_.end()) {
    return false;
  }
  const Region& region = found->second;
  const auto needed = static_cast<std::uint8_t>(access);
  if (region.domain != domain || (region.permissions & needed) != needed ||
      buffer.address < region.start || buffer.length > region.length ||
      buffer.address - region.start > region.length - buffer.length) {
    return false;
  }
  const std::uint64_t page_size = 1ULL << region.page_shift;
  std::uint64_t offset = buffer.address - (region.start & ~(page_size - 1));
  std::uint64_t left = buffer.length;
  while (left > 0) {
    const std::uint64_t in_page = offset & (page_size - 1);
    const std::uint64_t size = std::min(left, page_size - in_page);
    const MutableBytes piece =
        bus_.memory(region.pages[offset >> region.page_shift] + in_page, size);
    if (piece.size() != size) {
      return false;
    }
    append(pieces, piece);
    offset += size;
    left -= size;
  }
  return true;
}

}  // namespace efa::lab
