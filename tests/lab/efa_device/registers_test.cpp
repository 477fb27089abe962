#include "tests/lab/efa_device/registers.h"

#include <limits>

#include "tests/lab/efa_device/fake_driver.h"
#include "tests/support/catch.h"

namespace efa::lab {
namespace {

using test::Bench;
using test::FakeBus;

constexpr std::uint32_t caps_offset = 0x08;
constexpr std::uint32_t status_offset = 0x58;

TEST_CASE("a register that is asked for is answered in the guest's memory") {
  Bench bench;
  CHECK(bench.driver.read(0x00) == 3);
  CHECK(bench.driver.read(0x04) == 1);
  CHECK(bench.driver.read(caps_offset) == (20U << 1 | 48U << 8));
  CHECK(bench.driver.read(status_offset) == 1);
}

TEST_CASE("version and capabilities say what the profile says") {
  Profile profile;
  profile.interface = 1;
  profile.admin_timeout = std::chrono::milliseconds(300);
  Bench bench(profile);
  CHECK(bench.driver.read(0x00) == 1);
  CHECK(bench.driver.read(caps_offset) >> 16 == 3);
}

TEST_CASE("what is no register reads as zero") {
  Bench bench;
  for (const std::uint32_t offset : {0x01U, 0x0cU, 0x6cU, 0x70U, 0xfffcU, 0xffffU}) {
    CHECK(bench.driver.read(offset) == 0);
  }
}

TEST_CASE("an answer that has no place in the guest's memory is given nowhere") {
  FakeBus bus;
  Registers registers({}, bus);
  for (const std::uint32_t low :
       {0U, 0xfffffffeU, static_cast<std::uint32_t>(FakeBus::start + FakeBus::default_size - 4)}) {
    CHECK(registers.write(0x60, low) == RegisterEffect::none);
    CHECK(registers.write(0x5c, 0x12340001) == RegisterEffect::none);
  }
  CHECK(registers.write(0x64, 0xffffffff) == RegisterEffect::none);
  CHECK(registers.write(0x5c, 0x12340001) == RegisterEffect::none);
}

TEST_CASE("the driver resets the device step by step, and all it wrote is gone") {
  Bench bench;
  bench.driver.set_up();
  bench.driver.write(Register::device_control, 1U | 2U << 28);
  CHECK(bench.driver.read(status_offset) == (1U | 1U << 3));
  CHECK(bench.driver.read(0x18) == 0);
  bench.driver.write(Register::device_control, 0);
  CHECK(bench.driver.read(status_offset) == 1);
}

TEST_CASE("registers to read from are not written") {
  FakeBus bus;
  Registers registers({}, bus);
  for (const std::uint32_t offset : {0x00U, 0x04U, caps_offset, status_offset}) {
    const std::uint32_t before = registers.read(offset);
    CHECK(registers.write(offset, 0xffffffff) == RegisterEffect::none);
    CHECK(registers.read(offset) == before);
  }
}

TEST_CASE("doorbells and a reset have effects on others") {
  FakeBus bus;
  Registers registers({}, bus);
  CHECK(registers.write(0x2c, 7) == RegisterEffect::admin_doorbell);
  CHECK(registers.read(Register::aq_doorbell) == 7);
  CHECK(registers.write(0x68, 7) == RegisterEffect::event_queue_doorbell);
  CHECK(registers.write(0x54, 1) == RegisterEffect::reset);
  CHECK(registers.write(0x54, 0) == RegisterEffect::none);
}

TEST_CASE("writes beside registers have no effect") {
  FakeBus bus;
  Registers registers({}, bus);
  for (const std::uint64_t offset :
       {std::uint64_t{0x2d}, std::uint64_t{0x6c}, std::uint64_t{0x4000},
        std::uint64_t{0x1'0000'002c}, std::numeric_limits<std::uint64_t>::max()}) {
    CHECK(registers.write(offset, 0xffffffff) == RegisterEffect::none);
    CHECK(registers.read(offset) == 0);
  }
}

TEST_CASE("rings are where the driver puts them") {
  FakeBus bus;
  Registers registers({}, bus);
  CHECK(registers.admin_requests().depth == 0);
  CHECK(registers.write(0x10, 0x1000) == RegisterEffect::none);
  CHECK(registers.write(0x14, 0x2) == RegisterEffect::none);
  CHECK(registers.write(0x18, 128U << 16 | 32) == RegisterEffect::none);
  CHECK(registers.admin_requests().base == 0x200001000);
  CHECK(registers.admin_requests().depth == 32);
  CHECK(registers.admin_requests().entry_size == 128);
  CHECK(registers.write(0x28, 5U << 24 | 64U << 16 | 16) == RegisterEffect::none);
  CHECK(registers.admin_answers().ring.depth == 16);
  CHECK(registers.admin_answers().vector == 5);
}

TEST_CASE("requests of a size that the interface does not have are no ring") {
  FakeBus bus;
  Profile profile;
  profile.interface = 2;
  Registers registers(profile, bus);
  for (const std::uint32_t size : {0U, 32U, 65U, 128U, 0xffffU}) {
    CHECK(registers.write(0x18, size << 16 | 32) == RegisterEffect::none);
    CHECK(registers.admin_requests().depth == 0);
  }
}

}  // namespace
}  // namespace efa::lab
