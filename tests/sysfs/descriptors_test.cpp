#include <cerrno>

#include "collectors/sysfs/descriptor_budget.h"
#include "tests/sysfs/sysfs_host.h"

namespace efa::test {
namespace {

// Files of a device's two folders and the two folders, and the rate.
constexpr std::size_t kept_by_device = 12 + 22 + 2 + 2 + 1;

TEST_CASE("in the steady state a reading is exactly one pread a file, and opens nothing") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan().scan();
  (void)host.read("rdmap0s6");
  const std::size_t opens = host.files.opens("*");
  const std::size_t reads = host.files.reads("*");
  const std::size_t lists = host.files.lists("*");

  constexpr std::size_t times = 5;
  for (std::size_t i = 0; i < times; ++i) {
    (void)host.read("rdmap0s6");
  }
  CHECK(host.files.opens("*") == opens);
  CHECK(host.files.reads("*") - reads == times * (22 + 12 + 2));
  CHECK(host.files.reads("hw_counters/tx_bytes") == times + 1);
  CHECK(host.files.reads("hw_counters/cmds_err") == times + 1);
  CHECK(host.files.reads("ports/1/rate") == times + 1);

  host.scan();
  CHECK(host.files.opens("*") - opens == 1);
  CHECK(host.files.lists("*") - lists == 1);
}

TEST_CASE("without descriptors to keep the values are the same, and none stays open") {
  SysfsHost rich;
  SysfsHost poor(0);
  for (SysfsHost* const host : {&rich, &poor}) {
    host->tree.device("rdmap0s6").port_counter("tx_bytes", "18446744073709551615");
    host->scan();
  }
  const DeviceReading expected = rich.read("rdmap0s6");
  const DeviceReading reading = poor.read("rdmap0s6");
  CHECK(reading.values == expected.values);
  CHECK(reading.present == expected.present);
  CHECK(reading.state == DeviceState::up);
  CHECK(reading.layout->attributes == expected.layout->attributes);
  CHECK(poor.files.open_descriptors() == 0);
  CHECK(rich.files.open_descriptors() == kept_by_device);
}

TEST_CASE("without descriptors to keep a reading holds two at most") {
  SysfsHost host(0);
  host.tree.device("rdmap0s6");
  host.files.limit_descriptors(2);
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  CHECK(count_values(reading) == 34);
  CHECK(count_failures(reading) == 0);
}

TEST_CASE("a device that leaves gives its descriptors back") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  const std::size_t kept = host.files.open_descriptors();
  auto& other = host.tree.device("rdmap0s7");
  for (int i = 0; i < 5; ++i) {
    CHECK(count_values(host.scan_and_read("rdmap0s7")) == 34);
    other.recreate();
    host.scan();
    CHECK(host.files.open_descriptors() == 2 * kept);
  }
  other.remove();
  host.scan();
  CHECK(host.files.open_descriptors() == kept);
  host.tree.remove_device("rdmap0s6");
  host.scan();
  CHECK(host.files.open_descriptors() == 0);
}

TEST_CASE("what a device gives back another one can keep") {
  SysfsHost host(kept_by_device);
  host.tree.device("rdmap0s6");
  host.scan();
  CHECK(host.files.open_descriptors() == kept_by_device);
  host.tree.remove_device("rdmap0s6");
  host.scan();
  host.tree.device("rdmap0s7");
  host.scan();
  CHECK(host.files.open_descriptors() == kept_by_device);
}

TEST_CASE("the first devices keep what there is, the others do without") {
  SysfsHost host(kept_by_device + 10);
  host.tree.device("rdmap0s6");
  host.tree.device("rdmap0s7");
  host.scan();
  CHECK(host.files.open_descriptors() <= kept_by_device + 10);
  CHECK(count_values(host.read("rdmap0s6")) == 34);
  CHECK(count_values(host.read("rdmap0s7")) == 34);
}

TEST_CASE("a file that cannot be opened for want of descriptors is a gap with that reason") {
  SysfsHost host(0);
  host.tree.device("rdmap0s6");
  host.scan();
  host.files.fail_open("ports/1/hw_counters/tx_bytes", EMFILE);
  const DeviceReading reading = host.read("rdmap0s6");
  CHECK_FALSE(value_of(reading, "tx_bytes"));
  CHECK(failures_in(reading, Reason::no_descriptors) == 1);
  CHECK(count_values(reading) == 33);
  CHECK(reading.state == DeviceState::up);
}

TEST_CASE("a folder that cannot be opened for want of descriptors is counted once") {
  SysfsHost host(0);
  host.tree.device("rdmap0s6");
  host.scan();
  host.files.fail_open("ports/1/hw_counters", ENFILE);
  const DeviceReading reading = host.read("rdmap0s6");
  CHECK(failures_in(reading, Reason::no_descriptors) == 1);
  CHECK(count_values(reading) == 12);
  CHECK(reading.state == DeviceState::down);
  host.files.heal();
  CHECK(host.read("rdmap0s6").state == DeviceState::up);
}

TEST_CASE("a descriptor that could not be kept is opened for each reading") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.files.fail_open("ports/1/hw_counters/tx_bytes", EMFILE, 1);
  host.scan();
  CHECK(count_values(host.read("rdmap0s6")) == 34);
  CHECK(count_values(host.read("rdmap0s6")) == 34);
  CHECK(host.files.opens("ports/1/hw_counters/tx_bytes") == 3);
}

TEST_CASE("a budget gives what it has and not more") {
  DescriptorBudget budget(3);
  CHECK(budget.take(2));
  CHECK_FALSE(budget.take(2));
  CHECK(budget.take(1));
  CHECK_FALSE(budget.take(1));
  CHECK(budget.take(0));
  budget.give_back(3);
  CHECK(budget.take(3));
}

}  // namespace
}  // namespace efa::test
