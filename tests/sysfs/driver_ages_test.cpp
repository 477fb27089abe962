#include <iterator>

#include "collectors/catalogue/hw_counters.h"
#include "tests/support/recorded_tree.h"
#include "tests/sysfs/sysfs_host.h"

namespace efa::test {
namespace {

constexpr std::size_t device_counters = 12;

// The port counters are in the catalogue in the order in which the driver got them.
SysfsTree::Device& with_port_counters(SysfsTree::Device& device, std::size_t count) {
  device.no_counters();
  std::size_t added = 0;
  for (const MetricSpec& spec : hw_counters) {
    const std::string value = std::to_string(SysfsTree::default_value(spec.source));
    if (spec.scope == Scope::device && added < count + device_counters) {
      device.device_counter(spec.source, value);
      ++added;
    } else if (spec.scope == Scope::port && added < count) {
      device.port_counter(spec.source, value);
      ++added;
    }
  }
  return device;
}

TEST_CASE("drivers with 13, 17 and 22 port counters give what they have") {
  for (const std::size_t count : {13U, 17U, 22U}) {
    CAPTURE(count);
    SysfsHost host;
    with_port_counters(host.tree.device("rdmap0s6"), count);
    const DeviceReading reading = host.scan_and_read("rdmap0s6");
    CHECK(count_values(reading) == count + device_counters);
    CHECK(count_failures(reading) == 0);
    CHECK(value_of(reading, "rdma_read_resp_bytes"));
    CHECK(value_of(reading, "rdma_write_bytes").has_value() == (count >= 17));
    CHECK(value_of(reading, "retrans_bytes").has_value() == (count >= 22));
    CHECK(reading.state == DeviceState::up);
  }
}

TEST_CASE("drivers built with kernel verbs have two device counters more") {
  SysfsHost host;
  host.tree.device("rdmap0s6")
      .device_counter("alloc_mr_err", "3")
      .device_counter("get_dma_mr_err", "4");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  CHECK(device_value_of(reading, "alloc_mr_err") == 3);
  CHECK(device_value_of(reading, "get_dma_mr_err") == 4);
  CHECK(count_values(reading) == 22 + device_counters + 2);
}

TEST_CASE(
    "before release 1.14 both folders show all counters: each is read once, where it belongs") {
  SysfsHost host;
  auto& device = with_port_counters(host.tree.device("rdmap0s6"), 13);
  for (const MetricSpec& spec : hw_counters) {
    const std::string value = std::to_string(SysfsTree::default_value(spec.source));
    if (std::filesystem::exists(device.path() / "hw_counters" / spec.source)) {
      device.port_counter(spec.source, value);
    } else if (std::filesystem::exists(device.path() / "ports/1/hw_counters" / spec.source)) {
      device.device_counter(spec.source, value);
    }
  }
  host.scan();
  (void)host.read("rdmap0s6");
  const std::size_t reads_before = host.files.reads("hw_counters/*");
  const DeviceReading reading = host.read("rdmap0s6");

  CHECK(reading.layout->counters.size() == 13 + device_counters);
  CHECK(count_values(reading) == 13 + device_counters);
  CHECK(host.files.reads("hw_counters/*") - reads_before == 13 + device_counters);
  for (const CounterSlot& slot : reading.layout->counters) {
    CAPTURE(slot.file);
    REQUIRE(slot.spec != nullptr);
    CHECK(slot.port == (slot.spec->scope == Scope::device ? "" : "1"));
    CHECK(slot.listed_at_port == "1");
    CHECK(value_of(reading, slot.file, slot.port) == SysfsTree::default_value(slot.file));
  }
}

TEST_CASE("device counters that only the port shows are the device's all the same") {
  SysfsHost host;
  auto& device = host.tree.device("rdmap0s6");
  device.remove("hw_counters").port_counter("cmds_err", "9").port_counter("cmds_err", "9", "2");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  CHECK(device_value_of(reading, "cmds_err") == 9);
  CHECK_FALSE(value_of(reading, "cmds_err", "1"));
  CHECK_FALSE(value_of(reading, "cmds_err", "2"));
  CHECK(count_values(reading) == 23);
}

TEST_CASE("since release 1.14 no port shows a device counter") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  for (const CounterSlot& slot : reading.layout->counters) {
    CHECK(slot.listed_at_port == slot.port);
  }
}

TEST_CASE("recorded hosts are read whole: every file, each once, none failed") {
  struct Recorded {
    const char* tree;
    std::size_t devices;
    std::size_t counters;
  };
  for (const auto& [tree, devices, counters] :
       {Recorded{"c5n_18xlarge_efa_1.13", 1, 13 + 12},
        Recorded{"p4d_24xlarge_efa_2.12", 4, 17 + 14}, Recorded{"p5_48xlarge_efa_3.1", 32, 22 + 14},
        Recorded{"p6-b200_48xlarge_efa_3.1", 8, 22 + 12}}) {
    CAPTURE(tree);
    const RecordedTree recorded(EFA_TEST_DATA "/" + std::string(tree) + ".tree");
    FaultyFiles files;
    const ManualClock clock;
    SysfsScanner scanner(files, clock, recorded.root(), SysfsHost::plenty);
    DeviceScanner::Devices found;
    REQUIRE(scanner.scan(found));
    CHECK(found.size() == devices);
    for (const auto& device : found) {
      DeviceReading reading;
      device->read(reading);
      CAPTURE(reading.layout->attributes.name);
      CHECK(reading.state == DeviceState::up);
      CHECK(count_values(reading) == counters);
      CHECK(count_failures(reading) == 0);
      const DeviceAttributes& attributes = reading.layout->attributes;
      CHECK(attributes.pci_id.starts_with("1d0f:efa"));
      CHECK(attributes.mac.size() == 17);
      REQUIRE(attributes.ports.size() == 1);
      CHECK(attributes.ports[0].rate_bytes_per_second);
      CHECK(attributes.ports[0].lifespan_milliseconds);
    }
  }
}

}  // namespace
}  // namespace efa::test
