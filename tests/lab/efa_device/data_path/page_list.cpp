#include "tests/lab/efa_device/data_path/page_list.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

#include "tests/lab/efa_device/admin.h"

namespace efa::lab {
namespace {

/// Where a list, or the next part of it, is.
struct ControlBuffer {
  std::uint32_t length;
  std::uint32_t address_low;
  std::uint32_t address_high;

  [[nodiscard]] std::uint64_t address() const {
    return std::uint64_t{address_high} << 32 | address_low;
  }
};
static_assert(sizeof(ControlBuffer) == 12);

constexpr std::size_t address_size = sizeof(std::uint64_t);
constexpr std::size_t inline_pages = page_list_size / address_size;
constexpr std::size_t pages_of_block = 512;
constexpr std::size_t blocks_of_chunk = 510;  // then a ControlBuffer for the next chunk

/// Fills `pages` from one array in the guest's memory.
bool read_addresses(Bus& bus, std::uint64_t address, std::span<std::uint64_t> pages) {
  const MutableBytes from = bus.memory(address, pages.size_bytes());
  if (from.size() != pages.size_bytes()) {
    return false;
  }
  std::memcpy(pages.data(), from.data(), from.size());
  return true;
}

bool read_chain(Bus& bus, std::uint64_t chunk, std::span<std::uint64_t> pages) {
  std::size_t block = 0;
  while (!pages.empty()) {
    if (block == blocks_of_chunk) {
      const MutableBytes next =
          bus.memory(chunk + blocks_of_chunk * address_size, sizeof(ControlBuffer));
      if (next.empty()) {
        return false;
      }
      chunk = load<ControlBuffer>(next).address();
      block = 0;
    }
    std::uint64_t address = 0;
    const std::size_t count = std::min(pages_of_block, pages.size());
    if (!read_addresses(bus, chunk + block * address_size, {&address, 1}) ||
        !read_addresses(bus, address, pages.first(count))) {
      return false;
    }
    pages = pages.subspan(count);
    block++;
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::uint64_t>> read_page_list(Bus& bus, std::uint8_t flags, Bytes list,
                                                         std::uint32_t count) {
  std::vector<std::uint64_t> pages(count);
  const auto control = load<ControlBuffer>(list);
  bool complete = false;
  if ((flags & ctrl_data) == 0) {
    complete = count <= inline_pages;
    if (complete) {
      std::memcpy(pages.data(), list.data(), count * address_size);
    }
  } else if ((flags & ctrl_data_indirect) == 0) {
    complete =
        control.length / address_size >= count && read_addresses(bus, control.address(), pages);
  } else {
    complete = read_chain(bus, control.address(), pages);
  }
  if (!complete) {
    return std::nullopt;
  }
  return pages;
}

}  // namespace efa::lab
