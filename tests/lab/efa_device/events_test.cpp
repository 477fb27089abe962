#include "tests/lab/efa_device/events.h"

#include <chrono>

#include "tests/lab/efa_device/fake_driver.h"
#include "tests/support/catch.h"

namespace efa::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Bench;
using test::FakeDriver;

TEST_CASE("an event of an enabled group reaches the driver") {
  Bench bench;
  bench.driver.set_up();
  bench.device.events().enable(0x1e);
  CHECK(bench.device.events().send(2, 7));
  const auto events = bench.driver.events();
  REQUIRE(events.size() == 1);
  CHECK(load<std::uint16_t>(events[0], 0) == 2);
  CHECK(load<std::uint16_t>(events[0], 2) == 7);
  CHECK(bench.bus.interrupts == std::vector<unsigned>{0});
}

TEST_CASE("other groups, and numbers that are none, are not sent") {
  Bench bench;
  bench.driver.set_up();
  CHECK_FALSE(bench.device.events().send(4, 0));
  bench.device.events().enable(1U << 4);
  for (const int group : {0, 1, 2, 3, 5, 31, 32, 36, 65535}) {
    CHECK_FALSE(bench.device.events().send(static_cast<std::uint16_t>(group), 0));
  }
  CHECK(bench.device.events().send(4, 0));
}

TEST_CASE("masked, an event raises no interrupt") {
  Bench bench;
  bench.driver.set_up();
  bench.device.events().enable(0x1e);
  bench.driver.write(Register::interrupt_mask, 1);
  CHECK(bench.device.events().send(2, 7));
  CHECK(bench.bus.interrupts.empty());
}

TEST_CASE("a full ring gets no events until the driver has read some") {
  Bench bench;
  bench.driver.set_up();
  bench.device.events().enable(0x1e);
  for (std::uint32_t i = 0; i < FakeDriver::depth; ++i) {
    CHECK(bench.device.events().send(3, 0));
  }
  CHECK_FALSE(bench.device.events().send(3, 0));
  CHECK(bench.driver.events().size() == FakeDriver::depth);
  bench.driver.write(Register::aenq_consumer, 1);
  CHECK(bench.device.events().send(3, 0));
  CHECK_FALSE(bench.device.events().send(3, 0));
}

TEST_CASE("the ring of events goes around, and the phase flips each time") {
  Bench bench;
  bench.driver.set_up();
  bench.device.events().enable(0x1e);
  for (std::uint16_t i = 0; i < 5 * FakeDriver::depth; ++i) {
    REQUIRE(bench.device.events().send(3, i));
    const auto events = bench.driver.events();
    REQUIRE(events.size() == 1);
    CHECK((events[0][4] & 1U) == (i / FakeDriver::depth % 2 == 0 ? 1 : 0));
    CHECK(load<std::uint16_t>(events[0], 2) == i);
    bench.driver.write(Register::aenq_consumer, i + 1U);
  }
}

TEST_CASE("keep-alives come as often as was said") {
  Bench bench;
  bench.driver.set_up();
  bench.device.events().enable(0x1e);
  CHECK(bench.device.next_due() == bench.clock.now() + seconds(1));
  bench.device.events().keep_alive_every(milliseconds(10));
  CHECK(bench.device.next_due() == bench.clock.now() + milliseconds(10));
  bench.clock.advance(milliseconds(9));
  bench.device.tick();
  CHECK(bench.driver.events().empty());
  bench.clock.advance(milliseconds(1));
  bench.device.tick();
  const auto events = bench.driver.events();
  REQUIRE(events.size() == 1);
  CHECK(load<std::uint16_t>(events[0]) == 4);
  CHECK(bench.device.next_due() == bench.clock.now() + milliseconds(10));
  bench.device.events().keep_alive_every(milliseconds(0));
  bench.clock.advance(seconds(100));
  bench.device.tick();
  CHECK(bench.driver.events().empty());
  CHECK_FALSE(bench.device.next_due());
}

TEST_CASE("a reset disables events, and the next ones begin anew") {
  Bench bench;
  bench.driver.set_up();
  bench.device.events().enable(0x1e);
  CHECK(bench.device.events().send(3, 0));
  bench.driver.write(Register::device_control, 1);
  CHECK(bench.device.events().enabled() == 0);
  bench.device.events().enable(0x1e);
  CHECK_FALSE(bench.device.events().send(3, 0));
  bench.driver = FakeDriver(bench.device, bench.bus);
  bench.driver.set_up();
  CHECK(bench.device.events().send(3, 9));
  const auto events = bench.driver.events();
  REQUIRE(events.size() == 1);
  CHECK(load<std::uint16_t>(events[0], 2) == 9);
}

TEST_CASE("a ring of events that is not in memory does no harm") {
  Bench bench;
  bench.driver.set_up();
  bench.device.events().enable(0x1e);
  bench.driver.write(Register::aenq_base_high, 0xffffffff);
  CHECK_FALSE(bench.device.events().send(3, 0));
  CHECK(bench.bus.interrupts.empty());
}

}  // namespace
}  // namespace efa::lab
