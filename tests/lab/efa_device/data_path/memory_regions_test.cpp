#include "tests/lab/efa_device/data_path/memory_regions.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/lab/efa_device/data_path/test_commands.h"
#include "tests/lab/efa_device/fake_bus.h"
#include "tests/support/catch.h"

using namespace efa::lab;
using namespace efa::lab::test;

namespace {

constexpr std::uint16_t domain = 3;
constexpr std::uint64_t page = FakeBus::page;
constexpr std::size_t blocks_of_chunk = 510;
constexpr std::size_t pages_of_block = 512;

/// Memory regions, and what a buffer of one reads as.
struct Memory {
  static constexpr std::uint64_t size = 16U << 20;
  static constexpr std::uint64_t end = FakeBus::start + size;

  FakeBus bus{size};
  MemoryRegions regions{bus};
  std::array<std::uint8_t, 56> answer{};

  AdminStatus add(const Command& command, std::uint8_t flags = 0) {
    return regions.register_pages(flags, command.bytes(), answer);
  }
  [[nodiscard]] std::uint32_t key() const { return load<std::uint32_t>(answer); }

  std::optional<std::string> read(std::uint64_t address, std::uint32_t length,
                                  std::uint16_t of = domain) {
    Pieces pieces;
    if (!regions.map(of, {length, key(), address}, Access::local_read, pieces)) {
      return std::nullopt;
    }
    std::string text;
    for (const MutableBytes piece : pieces) {
      text.append(piece.begin(), piece.end());
    }
    return text;
  }
  bool maps(Access access, std::uint64_t address = 0x10000, std::uint32_t length = 1) {
    Pieces pieces;
    return regions.map(domain, {length, key(), address}, access, pieces);
  }

  void put(std::uint64_t address, std::uint64_t value) {
    store(bus.memory(address, sizeof value), 0, value);
  }
  void write(std::uint64_t address, const std::string& text) {
    std::copy(text.begin(), text.end(), bus.memory(address, text.size()).begin());
  }

  /// A chain of chunks for a region of which each page is `page_at`, but for the last.
  std::uint64_t chain(std::size_t pages, std::uint64_t page_at, std::uint64_t last_page) {
    const std::uint64_t block = bus.allocate(page);
    for (std::size_t i = 0; i < pages_of_block; i++) {
      put(block + i * 8, page_at);
    }
    const std::uint64_t last_block = bus.allocate(page);
    const std::size_t blocks = (pages + pages_of_block - 1) / pages_of_block;
    for (std::size_t i = 0; i < pages_of_block; i++) {
      put(last_block + i * 8, i == (pages - 1) % pages_of_block ? last_page : page_at);
    }
    const std::uint64_t first = bus.allocate(page);
    std::uint64_t chunk = first;
    for (std::size_t i = 0; i < blocks; i++) {
      if (i > 0 && i % blocks_of_chunk == 0) {
        const std::uint64_t next = bus.allocate(page);
        put(chunk + blocks_of_chunk * 8 + 4, next);  // behind its length
        chunk = next;
      }
      put(chunk + i % blocks_of_chunk * 8, i + 1 == blocks ? last_block : block);
    }
    return first;
  }
};

Command region(std::uint64_t start, std::uint64_t length, std::uint8_t permissions = all_access,
               std::uint8_t shift = 12) {
  return register_region(domain, start, length, permissions, shift);
}

Command inline_list(Command command, const std::vector<std::uint64_t>& pages) {
  for (std::size_t i = 0; i < pages.size(); i++) {
    command.put(4 + i * 8, pages[i]);
  }
  return command;
}

}  // namespace

TEST_CASE("a region's pages stand in the command, wherever in the guest they are") {
  Memory memory;
  memory.write(0x5000 + page - 3, "abc");
  memory.write(0x3000, "def");
  // It begins in the middle of a page.
  REQUIRE(memory.add(inline_list(region(0x10800, page + 1024), {0x5000, 0x3000})) ==
          AdminStatus::success);
  CHECK(load<std::uint32_t>(memory.answer, 4) == memory.key());
  CHECK(memory.read(0x10000 + page - 3, 6) == "abcdef");
}

TEST_CASE("a region's pages may be of another size") {
  Memory memory;
  memory.write(0x20000 + 0xffff, "a");
  memory.write(0x80000, "b");
  REQUIRE(memory.add(inline_list(region(0x10000, 0x20000, all_access, 16), {0x20000, 0x80000})) ==
          AdminStatus::success);
  CHECK(memory.read(0x1ffff, 2) == "ab");
}

TEST_CASE("a region's pages stand in one buffer") {
  Memory memory;
  const std::uint64_t list = memory.bus.allocate(page);
  for (std::uint64_t i = 0; i < 6; i++) {
    memory.put(list + i * 8, 0x100000 + i * 2 * page);
  }
  memory.write(0x100000 + 10 * page, "last");
  const Command command = region(0x10000, 6 * page);
  REQUIRE(memory.add(with_list(command, list, 48), ctrl_data) == AdminStatus::success);
  CHECK(memory.read(0x10000 + 5 * page, 4) == "last");
  CHECK(memory.add(with_list(command, list, 40), ctrl_data) == AdminStatus::illegal_parameter);
  CHECK(memory.add(with_list(command, Memory::end, 48), ctrl_data) ==
        AdminStatus::illegal_parameter);
}

TEST_CASE("a region's pages stand in blocks that a chain of chunks names") {
  Memory memory;
  const std::size_t pages =
      GENERATE(as<std::size_t>(), 1, 512, 513, 510 * 512, 510 * 512 + 1, 1020 * 512 + 3);
  memory.write(0x200000, "other");
  memory.write(0x201000, "last");
  const std::uint64_t chain = memory.chain(pages, 0x200000, 0x201000);
  REQUIRE(memory.add(with_list(region(0, pages * page), chain, 4092),
                     ctrl_data | ctrl_data_indirect) == AdminStatus::success);
  CHECK(memory.read((pages - 1) * page, 4) == "last");
  if (pages > 1) {
    CHECK(memory.read((pages - 2) * page, 5) == "other");
    CHECK(memory.read((pages - 2) * page + page - 1, 5) == std::string(1, '\0') + "last");
  }
}

TEST_CASE("a chain that leaves the guest's memory is refused") {
  Memory memory;
  const std::uint8_t flags = ctrl_data | ctrl_data_indirect;
  CHECK(memory.add(with_list(region(0, page), Memory::end, 20), flags) ==
        AdminStatus::illegal_parameter);
  const std::size_t pages = blocks_of_chunk * pages_of_block + 1;
  const std::uint64_t chain = memory.chain(pages, 0x200000, 0x201000);
  memory.put(chain + blocks_of_chunk * 8 + 4, 0xffff'ffff'ffff'f000);  // the second chunk
  CHECK(memory.add(with_list(region(0, pages * page), chain, 4092), flags) ==
        AdminStatus::illegal_parameter);
  memory.put(chain, 0xffff'ffff'ffff'fff8);  // the first block
  CHECK(memory.add(with_list(region(0, page), chain, 20), flags) == AdminStatus::illegal_parameter);
}

TEST_CASE("a chain that is a ring is followed no further than the region is long") {
  Memory memory;
  const std::uint64_t chain = memory.chain(blocks_of_chunk * pages_of_block, 0x200000, 0x200000);
  memory.put(chain + blocks_of_chunk * 8 + 4, chain);
  const std::uint64_t length = std::uint64_t{max_pages_of_region} * page;
  CHECK(memory.add(with_list(region(0, length), chain, 4092), ctrl_data | ctrl_data_indirect) ==
        AdminStatus::success);
}

TEST_CASE("a region of impossible size or pages is refused") {
  Memory memory;
  const std::uint64_t most = std::uint64_t{max_pages_of_region} * page;
  Command physical = region(0, page);
  physical.put(44, std::uint8_t{1 << 7 | 12});
  for (const Command& bad :
       {region(0, 0), region(0, 5 * page), region(1, 4 * page), region(0, page, 7, 11),
        region(0, page, 7, 41), region(0, page, 7, 63), region(0, most + 1),
        region(0, ~std::uint64_t{0}), region(~std::uint64_t{0} - 10, 20), physical}) {
    CHECK(memory.add(bad) == AdminStatus::illegal_parameter);
  }
  CHECK(memory.regions.size() == 0);
}

TEST_CASE("a buffer has to lie in its region as a whole") {
  Memory memory;
  REQUIRE(memory.add(inline_list(region(0x10800, page), {0x5000, 0x3000})) == AdminStatus::success);
  CHECK(memory.read(0x10800, page));
  CHECK(memory.read(0x10800 + page, 0));
  CHECK_FALSE(memory.read(0x10800, page + 1));
  CHECK_FALSE(memory.read(0x10801, page));
  CHECK_FALSE(memory.read(0x107ff, 1));
  CHECK_FALSE(memory.read(0x10800 + page, 1));
  CHECK_FALSE(memory.read(~std::uint64_t{0}, 1));
  CHECK_FALSE(memory.read(0x10800, ~0U));
}

TEST_CASE("a region is its protection domain's alone, and allows what was asked for") {
  Memory memory;
  REQUIRE(memory.add(inline_list(region(0x10000, page, 0), {0x5000})) == AdminStatus::success);
  CHECK(memory.read(0x10000, 1));
  CHECK_FALSE(memory.read(0x10000, 1, domain + 1));
  CHECK_FALSE(memory.maps(Access::local_write));
  for (const Access access : {Access::local_write, Access::remote_write, Access::remote_read}) {
    REQUIRE(memory.add(inline_list(region(0x10000, page, static_cast<std::uint8_t>(access)),
                                   {0x5000})) == AdminStatus::success);
    CHECK(memory.maps(Access::local_write) == (access == Access::local_write));
    CHECK(memory.maps(Access::remote_write) == (access == Access::remote_write));
    CHECK(memory.maps(Access::remote_read) == (access == Access::remote_read));
  }
}

TEST_CASE("pages that the guest does not have cannot be reached") {
  Memory memory;
  REQUIRE(memory.add(inline_list(region(0x10000, 2 * page), {0x5000, 0xffff'ffff'ffff'f000})) ==
          AdminStatus::success);
  CHECK(memory.read(0x10000, page));
  CHECK_FALSE(memory.read(0x10000, page + 1));
}

TEST_CASE("pages that touch are one piece") {
  Memory memory;
  REQUIRE(memory.add(inline_list(region(0x10000, 3 * page), {0x5000, 0x6000, 0x3000})) ==
          AdminStatus::success);
  Pieces pieces;
  REQUIRE(
      memory.regions.map(domain, {3 * page, memory.key(), 0x10000}, Access::local_write, pieces));
  CHECK(pieces.size() == 2);
}

TEST_CASE("a key ends with its region, and nothing is reached through one without pages") {
  Memory memory;
  Command give_back;
  REQUIRE(memory.add(inline_list(region(0x10000, page), {0x5000})) == AdminStatus::success);
  give_back.put(0, memory.key());
  CHECK(memory.regions.deregister(give_back.bytes()) == AdminStatus::success);
  CHECK(memory.regions.deregister(give_back.bytes()) == AdminStatus::illegal_parameter);
  CHECK_FALSE(memory.read(0x10000, 1));

  Command allocate;
  allocate.put(0, domain);
  CHECK(memory.regions.allocate(allocate.bytes(), memory.answer) == AdminStatus::success);
  CHECK_FALSE(memory.read(0, 1));
}
