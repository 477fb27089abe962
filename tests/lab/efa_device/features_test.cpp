#include "tests/lab/efa_device/features.h"

#include "tests/lab/efa_device/fake_driver.h"
#include "tests/support/catch.h"

namespace efa::lab {
namespace {

using test::Bench;
using test::data_of;
using test::Entry;
using test::status_of;

std::uint32_t capabilities(const Profile& profile) {
  Bench bench(profile);
  bench.driver.set_up();
  return data_of<std::uint32_t>(bench.driver.get_feature(1), 32);
}

TEST_CASE("a device tells what it can by its generation and what was switched off") {
  Profile profile;
  for (std::uint8_t generation = 1; generation <= 4; ++generation) {
    profile.generation = generation;
    CHECK(capabilities(profile) == 0x1f);
  }
  profile.rdma_read = false;
  CHECK(capabilities(profile) == 0x1e);
  profile.rdma_write = false;
  CHECK(capabilities(profile) == 0x06);
  ProfileText first;
  first.generation = "efa0";
  CHECK(capabilities(parse_profile(first)) == 0x03);
}

TEST_CASE("a device's attributes are what the driver needs") {
  Profile profile;
  profile.generation = 2;
  profile.gbps = 400;
  Bench bench(profile, 17);
  bench.driver.set_up();
  const Entry answer = bench.driver.get_feature(1);
  CHECK(status_of(answer) == AdminStatus::success);
  CHECK(data_of<std::uint64_t>(answer, 0) == 0xfe);
  CHECK(data_of<std::uint64_t>(answer, 8) == 0xfffff000);
  CHECK(data_of<std::uint32_t>(answer, 20) == 1);
  CHECK(data_of<std::uint32_t>(answer, 24) == 2);
  CHECK(data_of<std::uint16_t>(answer, 28) == 4);
  CHECK(data_of<std::uint8_t>(answer, 30) == 48);
  CHECK(data_of<std::uint8_t>(answer, 31) == 48);
  CHECK(data_of<std::uint32_t>(answer, 36) == 1U << 30);
  CHECK(data_of<std::uint64_t>(answer, 40) == 0x0111000000001d0f);
  CHECK(data_of<std::uint16_t>(answer, 48) == 400);
}

TEST_CASE("a device's address holds its number") {
  Bench bench({}, 255);
  bench.driver.set_up();
  const Entry answer = bench.driver.get_feature(3);
  CHECK(data_of<Gid>(answer, 0) ==
        Gid{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x04, 0x5e, 0xfa, 0xff, 0xfe, 0, 0, 255});
  CHECK(data_of<std::uint32_t>(answer, 16) == 8928);
}

TEST_CASE("queues are told as deep as they may be") {
  Bench bench;
  bench.driver.set_up();
  const Entry answer = bench.driver.get_feature(4);
  const std::uint32_t numbers[] = {256, 4096, 32, 32768, 512, 32768};
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(data_of<std::uint32_t>(answer, 4 * i) == numbers[i]);
  }
  CHECK(data_of<std::uint16_t>(answer, 24) == 1);
  CHECK(data_of<std::uint16_t>(answer, 26) == 16);
  CHECK(data_of<std::uint16_t>(answer, 28) == 2);
  CHECK(data_of<std::uint16_t>(answer, 30) == 3);
  CHECK(data_of<std::uint32_t>(answer, 40) == 256);
  CHECK(data_of<std::uint32_t>(answer, 44) == 4096);
  CHECK(data_of<std::uint32_t>(answer, 48) == 256 << 10);
  CHECK(data_of<std::uint16_t>(answer, 52) == 1);
  const Entry events = bench.driver.get_feature(7);
  CHECK(data_of<std::uint32_t>(events, 0) == 8);
  CHECK(data_of<std::uint32_t>(events, 4) == 256);
  CHECK(data_of<std::uint32_t>(events, 8) == 1);
}

TEST_CASE("hints leave everything to the driver") {
  Bench bench;
  bench.driver.set_up();
  const Entry answer = bench.driver.get_feature(5);
  CHECK(status_of(answer) == AdminStatus::success);
  CHECK(data_of<std::uint64_t>(answer, 0) == 0);
}

TEST_CASE("events are enabled by the driver, but for those there are not") {
  Bench bench;
  bench.driver.set_up();
  CHECK(data_of<std::uint32_t>(bench.driver.get_feature(2), 0) == 0x1e);
  CHECK(status_of(bench.driver.set_feature(2, 0x12)) == AdminStatus::success);
  CHECK(data_of<std::uint32_t>(bench.driver.get_feature(2), 4) == 0x12);
  CHECK(status_of(bench.driver.set_feature(2, 0x20)) == AdminStatus::illegal_parameter);
  CHECK(data_of<std::uint32_t>(bench.driver.get_feature(2), 4) == 0x12);
}

TEST_CASE("features that the device lacks are unsupported") {
  Bench bench;
  bench.driver.set_up();
  for (const int feature : {0, 6, 8, 9, 255}) {
    CHECK(status_of(bench.driver.get_feature(static_cast<std::uint8_t>(feature))) ==
          AdminStatus::unsupported_opcode);
  }
  for (const int feature : {0, 1, 3, 4, 5, 7, 255}) {
    CHECK(status_of(bench.driver.set_feature(static_cast<std::uint8_t>(feature), 0)) ==
          AdminStatus::unsupported_opcode);
  }
  CHECK(status_of(bench.driver.set_feature(6, 0)) == AdminStatus::success);
}

}  // namespace
}  // namespace efa::lab
