#include <cerrno>
#include <chrono>

#include "tests/sysfs/sysfs_host.h"

namespace efa::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* port_files = "ports/1/hw_counters/*";

// Reads of port counters so far; a lifespan can be read without asking the device.
std::size_t port_reads(const FaultyFiles& files) {
  return files.reads(port_files) - files.reads("ports/1/hw_counters/lifespan");
}

TEST_CASE(
    "a closed admin queue is left at the first file; the device counters are read all the same") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  host.files.fail_read(port_files, ENODEV);
  const DeviceReading reading = host.read("rdmap0s6");

  CHECK(port_reads(host.files) == 1);
  CHECK(reading.state == DeviceState::down);
  CHECK(failures_in(reading, Reason::closed) == 1);
  CHECK(count_failures(reading) == 1);
  CHECK(count_values(reading) == 12);
  CHECK(device_value_of(reading, "no_completion_cmds"));
  REQUIRE(reading.problem);
  CHECK(reading.problem->reason == Reason::closed);
  CHECK(reading.problem->errno_value == ENODEV);
}

TEST_CASE("a closed admin queue is asked again after 1, 2, 4 ... 60 seconds") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  host.files.fail_read(port_files, ENODEV);
  (void)host.read("rdmap0s6");

  std::size_t expected_reads = 1;
  for (const int delay : {1, 2, 4, 8, 16, 32, 60, 60, 60}) {
    CAPTURE(delay);
    host.clock.advance(seconds(delay) - milliseconds(1));
    const DeviceReading meanwhile = host.read("rdmap0s6");
    CHECK(port_reads(host.files) == expected_reads);
    CHECK(meanwhile.state == DeviceState::down);
    CHECK(count_failures(meanwhile) == 0);
    CHECK(count_values(meanwhile) == 12);
    REQUIRE(meanwhile.problem);
    CHECK(meanwhile.problem->reason == Reason::closed);

    host.clock.advance(milliseconds(1));
    const DeviceReading asked = host.read("rdmap0s6");
    CHECK(port_reads(host.files) == ++expected_reads);
    CHECK(failures_in(asked, Reason::closed) == 1);
  }
}

TEST_CASE("a device that recovers is read from the next try on, and forgiven") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  host.files.fail_read(port_files, ENODEV);
  (void)host.read("rdmap0s6");
  host.clock.advance(seconds(1));
  (void)host.read("rdmap0s6");

  host.files.heal();
  CHECK(host.read("rdmap0s6").state == DeviceState::down);
  host.clock.advance(seconds(2));
  const DeviceReading recovered = host.read("rdmap0s6");
  CHECK(recovered.state == DeviceState::up);
  CHECK(count_values(recovered) == 34);
  CHECK_FALSE(recovered.problem);

  host.files.fail_read(port_files, ENODEV);
  (void)host.read("rdmap0s6");
  const std::size_t reads = port_reads(host.files);
  host.clock.advance(seconds(1));
  (void)host.read("rdmap0s6");
  CHECK(port_reads(host.files) == reads + 1);
}

TEST_CASE("a re-created device does not inherit the back-off") {
  SysfsHost host;
  auto& device = host.tree.device("rdmap0s6");
  host.scan();
  host.files.fail_read(port_files, ENODEV);
  (void)host.read("rdmap0s6");
  host.files.heal();
  device.recreate();
  CHECK(host.scan_and_read("rdmap0s6").state == DeviceState::up);
}

TEST_CASE("a device that did not answer the driver is left at the first file, too") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  host.files.fail_read(port_files, ETIME);
  const DeviceReading reading = host.read("rdmap0s6");
  CHECK(port_reads(host.files) == 1);
  CHECK(failures_in(reading, Reason::timeout) == 1);
  CHECK(reading.state == DeviceState::down);
  (void)host.read("rdmap0s6");
  CHECK(port_reads(host.files) == 1);
}

TEST_CASE("a driver that fails one file after another is left at the second, and asked rarely") {
  for (const int errno_value : {EOPNOTSUPP, EINVAL, ENOMEM, EIO}) {
    CAPTURE(errno_value);
    SysfsHost host;
    host.tree.device("rdmap0s6");
    host.scan();
    host.files.fail_read(port_files, errno_value);
    const DeviceReading reading = host.read("rdmap0s6");
    CHECK(port_reads(host.files) == 2);
    CHECK(count_failures(reading) == 2);
    CHECK(reading.state == DeviceState::down);
    CHECK(count_values(reading) == 12);
    (void)host.read("rdmap0s6");
    CHECK(port_reads(host.files) == 2);
    host.clock.advance(seconds(1));
    (void)host.read("rdmap0s6");
    CHECK(port_reads(host.files) == 4);
  }
}

TEST_CASE("two failed files that do not follow each other do not make a device one to ask rarely") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  host.files.fail_read("ports/1/hw_counters/rx_bytes", EIO);
  host.files.fail_read("ports/1/hw_counters/tx_bytes", EIO);
  for (int i = 0; i < 3; ++i) {
    const DeviceReading reading = host.read("rdmap0s6");
    CHECK(count_values(reading) == 32);
    CHECK(failures_in(reading, Reason::transient) == 2);
    CHECK(reading.state == DeviceState::up);
  }
}

TEST_CASE("a queue that closes in the middle of a reading costs what comes after it") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  host.files.fail_read("ports/1/hw_counters/tx_pkts", ENODEV);
  const DeviceReading reading = host.read("rdmap0s6");
  CHECK(value_of(reading, "tx_bytes"));
  CHECK_FALSE(value_of(reading, "tx_pkts"));
  CHECK_FALSE(value_of(reading, "unresponsive_remote_events"));
  CHECK(reading.state == DeviceState::up);
  CHECK(host.read("rdmap0s6").state == DeviceState::down);
}

TEST_CASE("device counters that fail are counted and do not touch the port") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  host.files.fail_read("rdmap0s6/hw_counters/*", ENODEV);
  for (int i = 0; i < 2; ++i) {
    const DeviceReading reading = host.read("rdmap0s6");
    CHECK(failures_in(reading, Reason::closed) == 1);
    CHECK(count_values(reading) == 22);
    CHECK(reading.state == DeviceState::up);
    CHECK(reading.problem);
  }
}

}  // namespace
}  // namespace efa::test
