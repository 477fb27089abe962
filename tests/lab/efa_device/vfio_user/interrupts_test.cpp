#include "tests/lab/efa_device/vfio_user/interrupts.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "tests/lab/efa_device/vfio_user/fake_client.h"
#include "tests/support/catch.h"

namespace efa::lab::vfio_user {
namespace {

SetIrqs assign(std::uint32_t start, std::uint32_t count) {
  return {.data = SetIrqs::Data::descriptors,
          .trigger = true,
          .index = msix_index,
          .start = start,
          .count = count,
          .booleans = {}};
}

SetIrqs fire(std::uint32_t start, std::uint32_t count) {
  SetIrqs set = assign(start, count);
  set.data = SetIrqs::Data::none;
  return set;
}

/// An eventfd for the interrupts, and the same to look at.
struct Event {
  UniqueFd here{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

  [[nodiscard]] std::vector<UniqueFd> there() const {
    std::vector<UniqueFd> descriptors;
    descriptors.emplace_back(::dup(here.get()));
    return descriptors;
  }
  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t value = 0;
    return ::read(here.get(), &value, sizeof value) == sizeof value ? value : 0;
  }
};

std::vector<UniqueFd> none;

TEST_CASE("a vector is raised where it was set up, the others nowhere") {
  const Event event;
  Interrupts interrupts;
  auto descriptors = event.there();
  CHECK(interrupts.set(assign(3, 1), descriptors) == 0);
  interrupts.raise(3);
  interrupts.raise(3);
  CHECK(event.count() == 2);
  interrupts.raise(0);
  interrupts.raise(8);
  interrupts.raise(9);
  interrupts.raise(0xffffffff);
  CHECK(event.count() == 0);
}

TEST_CASE("a vector is set up anew, and taken away") {
  const Event first;
  const Event second;
  Interrupts interrupts;
  auto descriptors = first.there();
  CHECK(interrupts.set(assign(0, 1), descriptors) == 0);
  descriptors = second.there();
  CHECK(interrupts.set(assign(0, 1), descriptors) == 0);
  interrupts.raise(0);
  CHECK(first.count() == 0);
  CHECK(second.count() == 1);
  none.clear();
  CHECK(interrupts.set(assign(0, 1), none) == 0);
  interrupts.raise(0);
  CHECK(second.count() == 0);
}

TEST_CASE("the client can raise vectors, and turn all of them off") {
  const Event event;
  Interrupts interrupts;
  auto descriptors = event.there();
  CHECK(interrupts.set(assign(1, 1), descriptors) == 0);
  CHECK(interrupts.set(fire(0, 9), none) == 0);
  CHECK(event.count() == 1);
  SetIrqs booleans = fire(0, 2);
  booleans.data = SetIrqs::Data::booleans;
  booleans.booleans = {1, 0};
  CHECK(interrupts.set(booleans, none) == 0);
  CHECK(event.count() == 0);
  booleans.booleans = {0, 1};
  CHECK(interrupts.set(booleans, none) == 0);
  CHECK(event.count() == 1);
  CHECK(interrupts.set(fire(0, 0), none) == 0);
  interrupts.raise(1);
  CHECK(event.count() == 0);
}

TEST_CASE("vectors that are not there, and descriptors that do not match, are errors") {
  const Event event;
  Interrupts interrupts;
  CHECK(interrupts.set(fire(10, 0), none) == EINVAL);
  CHECK(interrupts.set(fire(0, 10), none) == EINVAL);
  CHECK(interrupts.set(fire(9, 1), none) == EINVAL);
  CHECK(interrupts.set(fire(1, 0xffffffff), none) == EINVAL);
  auto descriptors = event.there();
  CHECK(interrupts.set(assign(0, 2), descriptors) == EINVAL);
  interrupts.raise(0);
  CHECK(event.count() == 0);
}

TEST_CASE("masks, and interrupts of another kind, are accepted") {
  Interrupts interrupts;
  SetIrqs mask = fire(0, 100);
  mask.trigger = false;
  CHECK(interrupts.set(mask, none) == 0);
  SetIrqs other = fire(0, 100);
  other.index = 0;
  CHECK(interrupts.set(other, none) == 0);
}

TEST_CASE("a client that never reads its interrupts makes nobody wait") {
  const UniqueFd full(::eventfd(0, EFD_CLOEXEC));
  const std::uint64_t most = 0xfffffffffffffffe;
  REQUIRE(::write(full.get(), &most, sizeof most) == sizeof most);
  Interrupts interrupts;
  std::vector<UniqueFd> descriptors;
  descriptors.emplace_back(::dup(full.get()));
  CHECK(interrupts.set(assign(0, 1), descriptors) == 0);
  interrupts.raise(0);
}

}  // namespace
}  // namespace efa::lab::vfio_user
