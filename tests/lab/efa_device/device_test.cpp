#include "tests/lab/efa_device/device.h"

#include <array>
#include <chrono>
#include <limits>
#include <random>
#include <vector>

#include "tests/lab/efa_device/fake_driver.h"
#include "tests/support/catch.h"

namespace efa::lab {
namespace {

using test::Bench;
using test::data_of;
using test::Entry;
using test::status_of;

TEST_CASE("GET_STATS tells counters exactly, and as they grow") {
  Bench bench;
  bench.driver.set_up();
  Statistics& statistics = bench.device.statistics();
  statistics.set(Counter::tx_bytes, std::numeric_limits<std::uint64_t>::max());
  statistics.set(Counter::rx_drops, 1);
  const Entry basic = bench.driver.get_stats(0);
  CHECK(data_of<std::uint64_t>(basic, 0) == std::numeric_limits<std::uint64_t>::max());
  CHECK(data_of<std::uint64_t>(basic, 32) == 1);
  CHECK(data_of<std::uint64_t>(basic, 40) == 0);
  statistics.grow(Counter::tx_bytes, 1000);
  bench.clock.advance(std::chrono::milliseconds(11));
  CHECK(data_of<std::uint64_t>(bench.driver.get_stats(0), 0) == 10);
  for (std::uint8_t type = 0; type <= 4; ++type) {
    CHECK(status_of(bench.driver.get_stats(type)) == AdminStatus::success);
  }
  CHECK(status_of(bench.driver.get_stats(5)) == AdminStatus::unsupported_opcode);
}

TEST_CASE("there are counters of the device, but none of a queue") {
  Bench bench;
  bench.driver.set_up();
  std::vector<std::uint8_t> payload(60);
  payload[13] = 1;
  CHECK(status_of(bench.driver.command(AdminOp::get_stats, payload)) ==
        AdminStatus::illegal_parameter);
}

TEST_CASE("counters and what control has set outlive a reset") {
  Bench bench;
  bench.driver.set_up();
  bench.device.statistics().set(Counter::tx_pkts, 7);
  bench.device.admin_faults().fail(0, AdminStatus::resource_busy, 1);
  bench.device.unplug();
  bench.driver = test::FakeDriver(bench.device, bench.bus);
  bench.driver.set_up();
  CHECK(status_of(bench.driver.get_stats(0)) == AdminStatus::resource_busy);
  CHECK(data_of<std::uint64_t>(bench.driver.get_stats(0), 8) == 7);
}

TEST_CASE("objects of the data path are reached by admin commands") {
  Bench bench;
  bench.driver.set_up();
  const Entry allocated = bench.driver.command(AdminOp::alloc_pd);
  CHECK(status_of(allocated) == AdminStatus::success);
  std::vector<std::uint8_t> payload(60);
  store(payload, 0, data_of<std::uint16_t>(allocated, 0));
  CHECK(status_of(bench.driver.command(AdminOp::dealloc_pd, payload)) == AdminStatus::success);
  CHECK(status_of(bench.driver.command(AdminOp::dealloc_pd, payload)) != AdminStatus::success);
}

TEST_CASE("registers can be read in their BAR, other regions as zero") {
  Bench bench;
  std::array<std::uint8_t, 4> bytes{};
  bench.device.read(register_region, 0, bytes);
  CHECK(load<std::uint32_t>(bytes) == 3);
  bench.device.read(config_region, 0, bytes);
  CHECK(load<std::uint32_t>(bytes) == 0xefa11d0f);
  for (const std::uint32_t region : {1U, 2U, 4U, 8U, 0xffffffffU}) {
    bytes.fill(1);
    bench.device.read(region, 0, bytes);
    CHECK(load<std::uint32_t>(bytes) == 0);
  }
}

TEST_CASE("random writes to regions, and random requests, do no harm") {
  Bench bench;
  std::mt19937_64 random(1);
  constexpr std::array regions = {register_region, llq_region, doorbell_region, config_region};
  constexpr std::array<std::size_t, 6> sizes = {0, 1, 2, 4, 8, 64};
  for (int round = 0; round < 20'000; ++round) {
    if (round % 100 == 0) {
      bench.driver = test::FakeDriver(bench.device, bench.bus);
      bench.device.reset();
      bench.driver.set_up();
    }
    std::vector<std::uint8_t> bytes(random() % 2 == 0 ? 4 : sizes[random() % sizes.size()]);
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : 0);
    }
    const std::uint32_t region = regions[random() % regions.size()];
    const std::uint64_t offset = random() % 8 == 0 ? random() : random() % 0x80 / 4 * 4;
    bench.device.write(region, offset, bytes);
    std::vector<std::uint8_t> payload(60);
    for (std::uint8_t& byte : payload) {
      byte = static_cast<std::uint8_t>(random() % 4 == 0 ? random() % 16 : 0);
    }
    bench.driver.post(static_cast<std::uint8_t>(random() % 32), payload);
    bench.driver.ring_doorbell();
    bench.clock.advance(std::chrono::milliseconds(random() % 10));
    bench.device.tick();
  }
  // It is worth something only as long as requests get through.
  CHECK(bench.device.admin_queue().taken(static_cast<std::uint8_t>(AdminOp::create_qp)) > 100);
  bench.device.unplug();
  bench.driver = test::FakeDriver(bench.device, bench.bus);
  CHECK(bench.driver.read(0x58) == 1);
}

}  // namespace
}  // namespace efa::lab
