#include "collectors/netlink/netlink_device.h"

#include <cerrno>

#include "collectors/netlink/rdma_numbers.h"
#include "tests/netlink/fake_transport.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/sysfs/sysfs_host.h"

namespace efa::test {
namespace {

constexpr const char* recorded_counters = "linux_7.3/port_counters";

// As recorded by reading them with a decoder that has tests of its own.
std::vector<RdmaCounter> recorded_values() {
  ManualClock clock;
  FakeTransport kernel;
  kernel.answer(recorded_answer(recorded_counters));
  auto counters = RdmaNetlink(kernel, clock).port_counters(0, 1);
  REQUIRE(counters);
  return *counters;
}

struct Fixture {
  SysfsHost host;
  FakeTransport* kernel = nullptr;
  std::unique_ptr<NetlinkDevice> device;

  // `rest`: with what sysfs tells, but for the ports.
  explicit Fixture(bool rest, std::uint32_t ports = 1) {
    auto transport = std::make_unique<FakeTransport>();
    kernel = transport.get();
    RdmaDevice known;
    known.index = 3;
    known.name = "efa_0";
    known.ports = ports;
    known.node_guid = 0x0123456789abcdef;
    std::shared_ptr<DeviceReader> other;
    if (rest) {
      host.tree.device("efa_0").pci("0000:10:1b.0");
      SysfsScanner scanner(host.files, host.clock, host.tree.root(), SysfsHost::plenty,
                           SysfsDevice::PortCounters::leave);
      DeviceScanner::Devices devices;
      REQUIRE(scanner.scan(devices));
      other = devices.at(0);
    }
    if (other) {
      device = std::make_unique<NetlinkDevice>(std::move(transport), host.clock, other);
      device->set_target(&known);
    } else {
      device = std::make_unique<NetlinkDevice>(std::move(transport), host.clock, known);
    }
  }
  void answer() { kernel->answer(recorded_answer(recorded_counters)); }
  // EINVAL, then that the device is there.
  void refuse() {
    kernel->answer({acknowledgement(EINVAL)});
    kernel->answer({recorded_answer("linux_7.3/devices").at(0), acknowledgement()});
  }
  DeviceReading read() {
    DeviceReading reading;
    device->read(reading);
    return reading;
  }
};

TEST_CASE("without sysfs a device is its port counters, its name and its GUID") {
  Fixture f(false);
  f.answer();
  const DeviceReading reading = f.read();
  CHECK(reading.state == DeviceState::up);
  CHECK(reading.layout->attributes.name == "efa_0");
  CHECK(reading.layout->attributes.node_guid == "0123:4567:89ab:cdef");
  CHECK(f.device->identity() == "0123:4567:89ab:cdef");
  const auto expected = recorded_values();
  REQUIRE(expected.size() == 22);
  CHECK(count_values(reading) == 22);
  for (const RdmaCounter& counter : expected) {
    INFO(counter.name);
    CHECK(value_of(reading, counter.name) == counter.value);
  }
  CHECK(count_failures(reading) == 0);
}

TEST_CASE("beside sysfs the ports come from netlink alone, all else from sysfs") {
  Fixture f(true);
  f.answer();
  const DeviceReading reading = f.read();
  CHECK(f.device->identity() == "0000:10:1b.0");
  CHECK(reading.state == DeviceState::up);
  CHECK(reading.layout->attributes.pci_address == "0000:10:1b.0");
  REQUIRE(reading.layout->attributes.ports.size() == 1);
  CHECK(reading.layout->attributes.ports[0].rate_bytes_per_second);
  CHECK(device_value_of(reading, "submitted_cmds"));
  for (const RdmaCounter& counter : recorded_values()) {
    CHECK(value_of(reading, counter.name) == counter.value);
  }
  for (const CounterSlot& slot : reading.layout->counters) {
    CHECK(slot.spec != nullptr);
  }
  CHECK(f.host.files.opens("efa_0/ports/1/hw_counters") == 0);
}

TEST_CASE("the order of counters is kept from reading to reading, and with it the layout") {
  Fixture f(true);
  f.answer();
  f.answer();
  const auto first = f.read().layout;
  CHECK(f.read().layout == first);
}

TEST_CASE("a port that cannot be read is a gap, and is asked again later and later") {
  Fixture f(true);
  f.answer();
  (void)f.read();
  f.refuse();
  const DeviceReading failed = f.read();
  CHECK(failed.state == DeviceState::down);
  CHECK_FALSE(value_of(failed, "tx_bytes"));
  CHECK(device_value_of(failed, "submitted_cmds"));
  CHECK(failures_in(failed, Reason::transient) == 1);
  REQUIRE(failed.problem);
  CHECK(failed.problem->errno_value == EINVAL);

  const std::size_t asked = f.kernel->requests().size();
  const DeviceReading waiting = f.read();
  CHECK(f.kernel->requests().size() == asked);  // not yet
  CHECK(waiting.state == DeviceState::down);
  CHECK(waiting.problem == failed.problem);
  CHECK(count_failures(waiting) == 0);

  f.host.clock.advance(Backoff::first);
  f.answer();
  const DeviceReading again = f.read();
  CHECK(again.state == DeviceState::up);
  CHECK(value_of(again, "tx_bytes"));
  CHECK_FALSE(again.problem);
}

TEST_CASE("a device that fails its first reading has no port counters, and gets them later") {
  Fixture f(false);
  f.refuse();
  const DeviceReading failed = f.read();
  CHECK(failed.state == DeviceState::down);
  CHECK(failed.layout->counters.empty());
  f.host.clock.advance(Backoff::first);
  f.answer();
  CHECK(count_values(f.read()) == 22);
}

TEST_CASE("each port is asked for, and one that fails costs no other") {
  Fixture f(false, 2);
  f.refuse();
  f.answer();
  const DeviceReading reading = f.read();
  CHECK(reading.state == DeviceState::up);
  CHECK_FALSE(value_of(reading, "tx_bytes", "1"));
  CHECK(value_of(reading, "tx_bytes", "2"));
  CHECK(reading.layout->attributes.ports.size() == 2);
}

TEST_CASE("a counter that the kernel tells from now on is published from now on") {
  Fixture f(false);
  const auto message_of = [](const std::vector<std::string>& names) {
    Bytes table;
    for (const std::string& name : names) {
      table = table + nested(RDMA_NLDEV_ATTR_STAT_HWCOUNTER_ENTRY,
                             AttributeWriter()
                                 .put_string(RDMA_NLDEV_ATTR_STAT_HWCOUNTER_ENTRY_NAME, name)
                                 .put_u64(RDMA_NLDEV_ATTR_STAT_HWCOUNTER_ENTRY_VALUE, 7)
                                 .bytes());
    }
    return std::vector<Bytes>{message(nldev_type(RDMA_NLDEV_CMD_STAT_GET),
                                      nested(RDMA_NLDEV_ATTR_STAT_HWCOUNTERS, table)),
                              acknowledgement()};
  };
  f.kernel->answer(message_of({"tx_bytes", "not a name"}));
  const DeviceReading before = f.read();
  CHECK(count_values(before) == 1);
  f.kernel->answer(message_of({"tx_bytes", "brand_new"}));
  const DeviceReading after = f.read();
  CHECK(value_of(after, "brand_new") == 7U);
  CHECK(value_of(after, "tx_bytes") == 7U);
}

TEST_CASE("a device that RDMA core does not have is down, and comes back when it has it") {
  Fixture f(true);
  f.answer();
  CHECK(f.read().state == DeviceState::up);
  f.device->set_target(nullptr);
  const DeviceReading gone = f.read();
  CHECK(gone.state == DeviceState::down);
  CHECK(failures_in(gone, Reason::closed) == 1);
  CHECK_FALSE(value_of(gone, "tx_bytes"));
  CHECK(device_value_of(gone, "submitted_cmds"));
  RdmaDevice again;
  again.index = 9;
  again.ports = 1;
  f.device->set_target(&again);
  f.answer();
  CHECK(f.read().state == DeviceState::up);
}

}  // namespace
}  // namespace efa::test
