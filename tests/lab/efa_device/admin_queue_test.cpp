#include "tests/lab/efa_device/admin_queue.h"

#include <chrono>
#include <vector>

#include "tests/lab/efa_device/crc16.h"
#include "tests/lab/efa_device/fake_driver.h"
#include "tests/support/catch.h"

namespace efa::lab {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Bench;
using test::command_of;
using test::Entry;
using test::FakeDriver;
using test::status_of;

constexpr auto get_stats = static_cast<std::uint8_t>(AdminOp::get_stats);

std::vector<std::uint16_t> commands_of(const std::vector<Entry>& answers) {
  std::vector<std::uint16_t> commands;
  for (const Entry& answer : answers) {
    commands.push_back(command_of(answer));
  }
  return commands;
}

TEST_CASE("an answer names its command, has a checksum and raises vector 0") {
  Bench bench;
  bench.driver.set_up();
  const Entry answer = bench.driver.command(AdminOp::get_stats);
  CHECK(load<std::uint16_t>(answer) == 0);
  CHECK(status_of(answer) == AdminStatus::success);
  CHECK(answer[3] == 1);
  Entry without = answer;
  store(without, 4, std::uint16_t{0});
  CHECK(crc16(without) == load<std::uint16_t>(answer, 4));
  CHECK(bench.bus.interrupts == std::vector<unsigned>{0});
}

TEST_CASE("requests of 128 bytes carry the same as those of 64") {
  for (const std::uint32_t size : {64U, 128U}) {
    Bench bench({}, 0, size);
    bench.driver.set_up();
    for (int lap = 0; lap < 10; ++lap) {
      const Entry answer = bench.driver.get_feature(5);
      CHECK(status_of(answer) == AdminStatus::success);
    }
    CHECK(status_of(bench.driver.get_feature(77)) == AdminStatus::unsupported_opcode);
  }
}

TEST_CASE("both rings go around, and the phase flips each time") {
  Bench bench;
  bench.driver.set_up();
  for (std::uint16_t i = 0; i < 20; ++i) {
    const Entry answer = bench.driver.command(AdminOp::get_stats);
    REQUIRE(command_of(answer) == (i & 0xfff));
    REQUIRE((answer[3] & 1U) == (i / FakeDriver::depth % 2 == 0 ? 1 : 0));
  }
}

TEST_CASE("the doorbell's counter goes around at 2^16") {
  Bench bench;
  bench.driver.set_up();
  constexpr unsigned before = 65536 - 8;
  bench.device.admin_faults().stall(before);
  for (unsigned i = 0; i < before; ++i) {
    bench.driver.post(get_stats, {});
    bench.driver.ring_doorbell();
  }
  for (unsigned i = before; i < 65536 + 8; ++i) {
    REQUIRE(command_of(bench.driver.command(AdminOp::get_stats)) == (i & 0xfff));
  }
  CHECK(bench.device.admin_queue().taken(get_stats) == 65536 + 8);
}

TEST_CASE("one doorbell takes all that was posted") {
  Bench bench;
  bench.driver.set_up();
  for (int i = 0; i < 3; ++i) {
    bench.driver.post(get_stats, {});
  }
  CHECK(bench.driver.answers().empty());
  bench.driver.ring_doorbell();
  CHECK(commands_of(bench.driver.answers()) == std::vector<std::uint16_t>{0, 1, 2});
}

TEST_CASE("masked, an answer raises no interrupt") {
  Bench bench;
  bench.driver.set_up();
  bench.driver.write(Register::interrupt_mask, 1);
  CHECK(status_of(bench.driver.command(AdminOp::get_stats)) == AdminStatus::success);
  CHECK(bench.bus.interrupts.empty());
  bench.driver.write(Register::interrupt_mask, 0);
  CHECK(status_of(bench.driver.command(AdminOp::get_stats)) == AdminStatus::success);
  CHECK(bench.bus.interrupts.size() == 1);
}

TEST_CASE("late answers come when they are due, in the order of their requests") {
  Bench bench;
  bench.driver.set_up();
  bench.device.admin_faults().delay(milliseconds(5));
  bench.driver.post(get_stats, {});
  bench.driver.post(get_stats, {});
  bench.driver.ring_doorbell();
  bench.device.admin_faults().delay(microseconds(500));
  bench.driver.post(get_stats, {});
  bench.driver.ring_doorbell();
  CHECK(bench.driver.answers().empty());
  CHECK(bench.device.next_due() == bench.clock.now() + milliseconds(5));
  bench.clock.advance(milliseconds(5) - microseconds(1));
  bench.device.tick();
  CHECK(bench.driver.answers().empty());
  bench.clock.advance(microseconds(1));
  bench.device.tick();
  CHECK(commands_of(bench.driver.answers()) == std::vector<std::uint16_t>{0, 1, 2});
  CHECK(bench.bus.interrupts.size() == 3);
}

TEST_CASE("a delay is exact to the microsecond") {
  Bench bench;
  bench.driver.set_up();
  bench.device.admin_faults().delay(microseconds(1));
  bench.driver.post(get_stats, {});
  bench.driver.ring_doorbell();
  CHECK(bench.device.next_due() == bench.clock.now() + microseconds(1));
  bench.clock.advance(microseconds(1));
  bench.device.tick();
  CHECK(bench.driver.answers().size() == 1);
}

TEST_CASE("healing makes late answers due at once") {
  Bench bench;
  bench.driver.set_up();
  bench.device.admin_faults().delay(seconds(100));
  bench.driver.post(get_stats, {});
  bench.driver.ring_doorbell();
  bench.device.heal();
  CHECK(bench.device.next_due() == bench.clock.now());
  bench.device.tick();
  CHECK(bench.driver.answers().size() == 1);
  CHECK(status_of(bench.driver.command(AdminOp::get_stats)) == AdminStatus::success);
}

TEST_CASE("a reset forgets late answers") {
  Bench bench;
  bench.driver.set_up();
  bench.device.admin_faults().delay(milliseconds(1));
  bench.driver.post(get_stats, {});
  bench.driver.ring_doorbell();
  bench.driver.write(Register::device_control, 1);
  bench.clock.advance(milliseconds(2));
  bench.device.tick();
  CHECK(bench.driver.answers().empty());
}

TEST_CASE("whoever posts more than can be answered waits for answers") {
  Bench bench;
  bench.driver.set_up();
  bench.driver.write(Register::aq_caps, 64U << 16 | 3 * FakeDriver::depth);
  bench.device.admin_faults().delay(milliseconds(1));
  bench.driver.write(Register::aq_doorbell, 3 * FakeDriver::depth);
  CHECK(bench.device.admin_queue().taken(0) == FakeDriver::depth);
  bench.clock.advance(milliseconds(1));
  bench.device.tick();
  CHECK(bench.device.admin_queue().taken(0) == 2 * FakeDriver::depth);
}

TEST_CASE("of more than its ring holds, the device takes the last ones") {
  Bench bench;
  bench.driver.set_up();
  bench.driver.write(Register::aq_doorbell, 40'000);
  CHECK(bench.device.admin_queue().taken(0) == FakeDriver::depth);
  CHECK(bench.driver.answers().size() == FakeDriver::depth);
  bench.driver.write(Register::aq_doorbell, 40'001);
  CHECK(bench.device.admin_queue().taken(0) == FakeDriver::depth + 1);
}

TEST_CASE("some commands, or all, get no answer") {
  Bench bench;
  bench.driver.set_up();
  bench.device.admin_faults().stall(2);
  for (int i = 0; i < 3; ++i) {
    bench.driver.post(get_stats, {});
  }
  bench.driver.ring_doorbell();
  CHECK(commands_of(bench.driver.answers()) == std::vector<std::uint16_t>{2});
  bench.device.admin_faults().stall(AdminFaults::always);
  for (int i = 0; i < 100; ++i) {
    bench.driver.post(get_stats, {});
    bench.driver.ring_doorbell();
  }
  CHECK(bench.driver.answers().empty());
  CHECK(bench.device.admin_queue().taken(get_stats) == 103);
  bench.device.heal();
  CHECK(command_of(bench.driver.command(AdminOp::get_stats)) == 103);
}

TEST_CASE("a command that is to fail is not executed") {
  Bench bench;
  bench.driver.set_up();
  const auto set_feature = static_cast<std::uint8_t>(AdminOp::set_feature);
  bench.device.admin_faults().fail(set_feature, AdminStatus::unknown_error, 1);
  CHECK(status_of(bench.driver.set_feature(2, 0x1e)) == AdminStatus::unknown_error);
  CHECK(bench.device.events().enabled() == 0);
  CHECK(status_of(bench.driver.set_feature(2, 0x1e)) == AdminStatus::success);
  CHECK(bench.device.events().enabled() == 0x1e);
}

TEST_CASE("numbers that are no command are bad, commands that the device lacks are unsupported") {
  Bench bench;
  bench.driver.set_up();
  for (const unsigned op : {0U, 30U, 77U, 255U}) {
    CHECK(status_of(bench.driver.command(static_cast<AdminOp>(op))) == AdminStatus::bad_opcode);
  }
  for (const unsigned op : {21U, 25U, 29U}) {
    CHECK(status_of(bench.driver.command(static_cast<AdminOp>(op))) ==
          AdminStatus::unsupported_opcode);
  }
}

TEST_CASE("rings that are not set up, or not in memory, do no harm") {
  Bench bench;
  bench.driver.write(Register::aq_doorbell, 5);
  bench.driver.set_up();
  bench.driver.write(Register::aq_base_high, 0xffffffff);
  bench.driver.write(Register::aq_doorbell, 7);
  bench.device.tick();
  bench.driver.set_up();
  bench.driver.write(Register::acq_base_low, 0);
  bench.driver.write(Register::aq_doorbell, 9);
  bench.driver.write(Register::acq_base_low, 0xffffffff);
  bench.driver.write(Register::acq_base_high, 0xffffffff);
  bench.driver.write(Register::aq_doorbell, 11);
  bench.driver.write(Register::acq_caps, 0xff000000 | 0xffff);
  bench.driver.write(Register::aq_doorbell, 13);
  CHECK(bench.bus.interrupts.empty());
}

}  // namespace
}  // namespace efa::lab
