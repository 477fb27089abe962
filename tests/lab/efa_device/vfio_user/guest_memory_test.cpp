#include "tests/lab/efa_device/vfio_user/guest_memory.h"

#include <unistd.h>

#include <array>
#include <limits>

#include "tests/lab/efa_device/vfio_user/fake_client.h"
#include "tests/support/catch.h"

namespace efa::lab::vfio_user {
namespace {

constexpr std::uint64_t page = 4096;
constexpr auto last = std::numeric_limits<std::uint64_t>::max();

DmaMap range(std::uint64_t address, std::uint64_t size, std::uint64_t offset = 0) {
  return {.writable = true, .offset = offset, .address = address, .size = size};
}

TEST_CASE("what is written to the guest's memory is in its file, and the other way around") {
  const UniqueFd file = test::memory_file(4 * page);
  GuestMemory memory;
  REQUIRE(memory.map(range(0x10000, 2 * page, page), file.get()).empty());
  const MutableBytes bytes = memory.find(0x10000 + page, 4);
  REQUIRE(bytes.size() == 4);
  store(bytes, 0, 0x01020304);
  std::uint32_t seen = 0;
  REQUIRE(::pread(file.get(), &seen, sizeof seen, 2 * page) == sizeof seen);
  CHECK(seen == 0x01020304);
}

TEST_CASE("only what lies in one range is found") {
  const UniqueFd file = test::memory_file(4 * page);
  GuestMemory memory;
  REQUIRE(memory.map(range(0x10000, page), file.get()).empty());
  REQUIRE(memory.map(range(0x10000 + page, page, page), file.get()).empty());
  CHECK(memory.find(0x10000, page).size() == page);
  CHECK(memory.find(0x10000 + page - 1, 1).size() == 1);
  CHECK(memory.find(0x10000 + page - 1, 2).empty());
  CHECK(memory.find(0x10000, page + 1).empty());
  CHECK(memory.find(0x10000 - 1, 1).empty());
  CHECK(memory.find(0x10000 + 2 * page, 1).empty());
  CHECK(memory.find(0, 1).empty());
  CHECK(memory.find(last, 1).empty());
  CHECK(memory.find(0x10000 + 1, std::numeric_limits<std::size_t>::max()).empty());
}

TEST_CASE("a range without a file, or which may not be written, is known but no memory") {
  const UniqueFd file = test::memory_file(page);
  GuestMemory memory;
  REQUIRE(memory.map(range(0x10000, page), -1).empty());
  DmaMap read_only = range(0x20000, page);
  read_only.writable = false;
  REQUIRE(memory.map(read_only, file.get()).empty());
  CHECK(memory.find(0x10000, 1).empty());
  CHECK(memory.find(0x20000, 1).empty());
  CHECK(memory.unmap(0x10000, page));
  CHECK(memory.unmap(0x20000, page));
}

TEST_CASE("a range that is unmapped is gone, and its address free again") {
  const UniqueFd file = test::memory_file(page);
  GuestMemory memory;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(memory.map(range(0x10000, page), file.get()).empty());
    CHECK(memory.find(0x10000, 1).size() == 1);
    CHECK_FALSE(memory.unmap(0x10000, page - 1));
    CHECK_FALSE(memory.unmap(0x10001, page));
    CHECK(memory.unmap(0x10000, page));
    CHECK(memory.find(0x10000, 1).empty());
    CHECK_FALSE(memory.unmap(0x10000, page));
  }
}

TEST_CASE("ranges that cannot be are refused") {
  const UniqueFd file = test::memory_file(2 * page);
  GuestMemory memory;
  CHECK_FALSE(memory.map(range(0x10000, 0), file.get()).empty());
  CHECK_FALSE(memory.map(range(last, 2), -1).empty());
  CHECK_FALSE(memory.map(range(1, last), file.get()).empty());
  CHECK_FALSE(memory.map(range(0x10000, 3 * page), file.get()).empty());
  CHECK_FALSE(memory.map(range(0x10000, page, 2 * page), file.get()).empty());
  CHECK_FALSE(memory.map(range(0x10000, page, last - page + 1), file.get()).empty());
  CHECK_FALSE(memory.map(range(0x10000, page, 1), file.get()).empty());
  const auto [one, other] = test::socket_pair();
  CHECK_FALSE(memory.map(range(0x10000, page), one.get()).empty());
  CHECK(memory.find(0x10000, 1).empty());
  CHECK(memory.map(range(last, 1), -1).empty());
}

TEST_CASE("ranges do not overlap") {
  const UniqueFd file = test::memory_file(4 * page);
  GuestMemory memory;
  REQUIRE(memory.map(range(0x10000, 2 * page), file.get()).empty());
  CHECK_FALSE(memory.map(range(0x10000, 2 * page), file.get()).empty());
  CHECK_FALSE(memory.map(range(0x10000 + page, page), file.get()).empty());
  CHECK_FALSE(memory.map(range(0x10000 - page, 2 * page), file.get()).empty());
  CHECK_FALSE(memory.map(range(0x10000 - page, 4 * page), file.get()).empty());
  CHECK(memory.map(range(0x10000 - page, page), file.get()).empty());
  CHECK(memory.map(range(0x10000 + 2 * page, page), file.get()).empty());
}

}  // namespace
}  // namespace efa::lab::vfio_user
