#include <cerrno>
#include <limits>
#include <utility>
#include <vector>

#include "tests/sysfs/sysfs_host.h"

namespace efa::test {
namespace {

constexpr std::size_t all_counters = 22 + 12;

TEST_CASE("a device of a current driver gives its 22 port and 12 device counters, as they are") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");

  CHECK(reading.state == DeviceState::up);
  CHECK_FALSE(reading.problem);
  CHECK(count_failures(reading) == 0);
  CHECK(count_values(reading) == all_counters);
  CHECK(reading.layout->counters.size() == all_counters);
  CHECK(value_of(reading, "tx_bytes") == SysfsTree::default_value("tx_bytes"));
  CHECK(value_of(reading, "impaired_remote_conn_events") ==
        SysfsTree::default_value("impaired_remote_conn_events"));
  CHECK(device_value_of(reading, "submitted_cmds") == SysfsTree::default_value("submitted_cmds"));
  CHECK(device_value_of(reading, "mmap_err") == SysfsTree::default_value("mmap_err"));
}

TEST_CASE("values are exact to the last digit of 64 bits") {
  const std::vector<std::pair<const char*, std::uint64_t>> texts{
      {"0\n", 0},
      {"7", 7},
      {"0100\n", 100},
      {"9007199254740993\n", 9007199254740993U},
      {"18446744073709551615\n", std::numeric_limits<std::uint64_t>::max()}};
  SysfsHost host;
  auto& device = host.tree.device("rdmap0s6");
  host.scan();
  for (const auto& [text, value] : texts) {
    CAPTURE(text);
    device.raw("ports/1/hw_counters/tx_bytes", text);
    const DeviceReading reading = host.read("rdmap0s6");
    CHECK(value_of(reading, "tx_bytes") == value);
    CHECK(count_failures(reading) == 0);
  }
}

TEST_CASE("a file that holds no number of 64 bits is a gap, counted, and costs no other counter") {
  const std::vector<const char*> texts{"",
                                       "\n",
                                       "N/A (no PMA)\n",
                                       "-1\n",
                                       "+1\n",
                                       " 1\n",
                                       "0x10\n",
                                       "12 34\n",
                                       "1\n\n",
                                       "1.5\n",
                                       "18446744073709551616\n",
                                       "184467440737095516150\n",
                                       "00000000000000000000000000000000000000000000000001\n"};
  SysfsHost host;
  auto& device = host.tree.device("rdmap0s6");
  host.scan();
  for (const char* const text : texts) {
    CAPTURE(text);
    device.raw("ports/1/hw_counters/tx_bytes", text);
    const DeviceReading reading = host.read("rdmap0s6");
    CHECK_FALSE(value_of(reading, "tx_bytes"));
    CHECK(count_values(reading) == all_counters - 1);
    CHECK(reading.state == DeviceState::up);
    CHECK(failures_in(reading, Reason::malformed) == 1);
    CHECK(count_failures(reading) == 1);
    REQUIRE(reading.problem);
    CHECK(reading.problem->reason == Reason::malformed);
    CHECK(reading.problem->where ==
          host.tree.root() + "/class/infiniband/rdmap0s6/ports/1/hw_counters/tx_bytes");
  }
}

TEST_CASE("a gap is not filled with the value before it") {
  SysfsHost host;
  auto& device = host.tree.device("rdmap0s6");
  host.scan();
  DeviceReading reading;
  host.reader("rdmap0s6").read(reading);
  device.raw("ports/1/hw_counters/tx_bytes", "rubbish\n");
  host.reader("rdmap0s6").read(reading);
  CHECK_FALSE(value_of(reading, "tx_bytes"));
  device.raw("ports/1/hw_counters/tx_bytes", "8\n");
  host.reader("rdmap0s6").read(reading);
  CHECK(value_of(reading, "tx_bytes") == 8);
  CHECK(count_failures(reading) == 0);
}

TEST_CASE("a file that cannot be read is a gap with its reason, and costs no other counter") {
  const std::vector<std::pair<int, Reason>> failures{
      {EIO, Reason::transient},          {EINVAL, Reason::transient}, {ENOMEM, Reason::transient},
      {EOPNOTSUPP, Reason::unsupported}, {EACCES, Reason::denied},    {EPERM, Reason::denied}};
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  for (const auto& [errno_value, reason] : failures) {
    CAPTURE(errno_value);
    host.files.fail_read("ports/1/hw_counters/tx_bytes", errno_value);
    const DeviceReading reading = host.read("rdmap0s6");
    CHECK_FALSE(value_of(reading, "tx_bytes"));
    CHECK(count_values(reading) == all_counters - 1);
    CHECK(reading.state == DeviceState::up);
    CHECK(failures_in(reading, reason) == 1);
    CHECK(count_failures(reading) == 1);
    REQUIRE(reading.problem);
    CHECK(reading.problem->errno_value == errno_value);
    host.files.heal();
  }
}

TEST_CASE("a counter that an older driver lacks is absent, not zero, and no failure") {
  SysfsHost host;
  host.tree.device("rdmap0s6").remove("ports/1/hw_counters/retrans_pkts");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  CHECK(reading.layout->counters.size() == all_counters - 1);
  CHECK_FALSE(value_of(reading, "retrans_pkts"));
  CHECK(count_failures(reading) == 0);
  CHECK_FALSE(reading.problem);
}

TEST_CASE("a file that is gone when it is opened is absent and no failure") {
  SysfsHost host(0);
  host.tree.device("rdmap0s6");
  host.scan();
  host.files.vanish("hw_counters/tx_bytes");
  const DeviceReading reading = host.read("rdmap0s6");
  CHECK_FALSE(value_of(reading, "tx_bytes"));
  CHECK(count_values(reading) == all_counters - 1);
  CHECK(count_failures(reading) == 0);
}

TEST_CASE("files that may not be read are each counted, and the others are read") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  host.files.fail_read("ports/1/hw_counters/*", EACCES);
  const DeviceReading reading = host.read("rdmap0s6");
  CHECK(failures_in(reading, Reason::denied) == 22);
  CHECK(count_values(reading) == 12);
  CHECK(reading.state == DeviceState::down);
}

TEST_CASE("a counter that nobody knows is read at its port, or at the device if only that has it") {
  SysfsHost host;
  host.tree.device("rdmap0s6")
      .port_counter("tomorrows_pkts", "5")
      .device_counter("tomorrows_cmds", "6")
      .port_counter("in_both", "7")
      .device_counter("in_both", "7");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  CHECK(value_of(reading, "tomorrows_pkts") == 5);
  CHECK(device_value_of(reading, "tomorrows_cmds") == 6);
  CHECK(value_of(reading, "in_both") == 7);
  CHECK_FALSE(device_value_of(reading, "in_both"));
  CHECK(count_values(reading) == all_counters + 3);
}

TEST_CASE("a file whose name cannot be a metric's is not read") {
  SysfsHost host;
  host.tree.device("rdmap0s6").port_counter("tx-bytes", "5").port_counter(".hidden", "6");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  CHECK(reading.layout->counters.size() == all_counters);
  CHECK(host.files.reads("hw_counters/tx-bytes") == 0);
  CHECK(host.files.opens("hw_counters/.hidden") == 0);
}

TEST_CASE("each of two ports has its own counters, rate and lifespan") {
  SysfsHost host;
  auto& device = host.tree.device("rdmap0s6");
  device.port_counter("tx_bytes", "100", "2")
      .port_counter("lifespan", "20", "2")
      .text("ports/2/rate", "200 Gb/sec (4X HDR)");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  CHECK(value_of(reading, "tx_bytes", "1") == SysfsTree::default_value("tx_bytes"));
  CHECK(value_of(reading, "tx_bytes", "2") == 100);
  REQUIRE(reading.layout->attributes.ports.size() == 2);
  CHECK(reading.layout->attributes.ports[1] == PortAttributes{"2", 25e9, 20});
  for (const CounterSlot& slot : reading.layout->counters) {
    CHECK(slot.listed_at_port == slot.port);
  }
}

TEST_CASE("ports stand in the order of their numbers") {
  SysfsHost host;
  auto& device = host.tree.device("rdmap0s6");
  device.port_counter("tx_bytes", "10", "10").port_counter("tx_bytes", "2", "2");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  REQUIRE(reading.layout->attributes.ports.size() == 3);
  CHECK(reading.layout->attributes.ports[0].port == "1");
  CHECK(reading.layout->attributes.ports[1].port == "2");
  CHECK(reading.layout->attributes.ports[2].port == "10");
}

TEST_CASE("a port that fails does not keep another from being read") {
  SysfsHost host;
  host.tree.device("rdmap0s6").port_counter("tx_bytes", "100", "2");
  host.scan();
  host.files.fail_read("ports/1/hw_counters/*", ENODEV);
  const DeviceReading reading = host.read("rdmap0s6");
  CHECK(value_of(reading, "tx_bytes", "2") == 100);
  CHECK(reading.state == DeviceState::up);
  CHECK(failures_in(reading, Reason::closed) == 1);
}

}  // namespace
}  // namespace efa::test
