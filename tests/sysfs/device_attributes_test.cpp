#include "collectors/sysfs/device_attributes.h"

#include <cerrno>
#include <chrono>

#include "tests/sysfs/sysfs_host.h"

namespace efa::test {
namespace {

TEST_CASE("the MAC address is what EUI-64 put into the GID") {
  CHECK(mac_of_gid("fe80:0000:0000:0000:0094:3dff:fe89:1b70") == "02:94:3d:89:1b:70");
  CHECK(mac_of_gid("fe80:0000:0000:0000:02FF:FFff:feFF:FFFF") == "00:ff:ff:ff:ff:ff");
}

TEST_CASE("a GID that EUI-64 did not make has no MAC address") {
  for (const char* const gid :
       {"", "0000:0000:0000:0000:0000:0000:0000:0000", "fe80:0000:0000:0000:0094:3dff:ff89:1b70",
        "fe80:0000:0000:0000:0094:3dfe:fe89:1b70", "2001:0000:0000:0000:0094:3dff:fe89:1b70",
        "fe80::94:3dff:fe89:1b70", "fe80:0000:0000:0000:0094:3dff:fe89:1b7",
        "fe80:0000:0000:0000:0094:3dff:fe89:1b7g", "fe80-0000-0000-0000-0094-3dff-fe89-1b70",
        "fe80:0000:0000:0000:0094:3dff:fe89:-b70"}) {
    CAPTURE(gid);
    CHECK_FALSE(mac_of_gid(gid));
  }
}

TEST_CASE("a rate is read in gigabits per second, given in bytes per second") {
  CHECK(parse_rate("100 Gb/sec (4X EDR)") == 12.5e9);
  CHECK(parse_rate("2.5 Gb/sec (1X SDR)") == 312.5e6);
  CHECK(parse_rate("800 Gb/sec (8X NDR)") == 100e9);
  CHECK(parse_rate("400 Gb/sec") == 50e9);
  for (const char* const rate :
       {"", "Gb/sec", "fast Gb/sec", "100", "100 Mb/sec", "-1 Gb/sec", "100 (4X) Gb/sec"}) {
    CAPTURE(rate);
    CHECK_FALSE(parse_rate(rate));
  }
}

TEST_CASE("a device has all that sysfs tells of it") {
  SysfsHost host;
  host.tree.driver_version("3.1.0g");
  host.tree.device("rdmap16s27")
      .id("0x1d0f", "0xefa3")
      .text("device/numa_node", "1")
      .text("device/p2p", "NVIDIA")
      .text("node_guid", "0294:3dff:fe89:1b70")
      .text("ports/1/gids/0", "fe80:0000:0000:0000:0094:3dff:fe89:1b70")
      .text("ports/1/rate", "200 Gb/sec (4X HDR)")
      .text("ports/1/hw_counters/lifespan", "12");
  const DeviceReading reading = host.scan_and_read("rdmap16s27");

  const DeviceAttributes& attributes = reading.layout->attributes;
  CHECK(attributes.name == "rdmap16s27");
  CHECK(attributes.pci_address == "0000:10:1b.0");
  CHECK(attributes.pci_id == "1d0f:efa3");
  CHECK(attributes.numa_node == "1");
  CHECK(attributes.node_guid == "0294:3dff:fe89:1b70");
  CHECK(attributes.mac == "02:94:3d:89:1b:70");
  CHECK(attributes.driver_version == "3.1.0g");
  CHECK(attributes.p2p == "NVIDIA");
  REQUIRE(attributes.ports.size() == 1);
  CHECK(attributes.ports[0] == PortAttributes{"1", 25e9, 12});
}

TEST_CASE("what sysfs does not tell is left empty, and is no failure") {
  SysfsHost host;
  host.tree.device("rdmap0s6")
      .remove("device/numa_node")
      .text("node_guid", "0000:0000:0000:0000")
      .text("device/p2p", "")
      .remove("ports/1/gids/0")
      .remove("ports/1/rate")
      .remove("ports/1/hw_counters/lifespan");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");

  DeviceAttributes expected;
  expected.name = "rdmap0s6";
  expected.pci_address = "0000:00:06.0";
  expected.pci_id = "1d0f:efa2";
  expected.ports = {PortAttributes{"1", {}, {}}};
  CHECK(reading.layout->attributes == expected);
  CHECK(count_failures(reading) == 0);
  CHECK(reading.state == DeviceState::up);
}

TEST_CASE("a lifespan is no counter") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  CHECK_FALSE(value_of(reading, "lifespan"));
  CHECK_FALSE(device_value_of(reading, "lifespan"));
}

TEST_CASE("rate and lifespan are those of the scrape, the rest is looked at once a minute") {
  SysfsHost host;
  auto& device = host.tree.device("rdmap0s6");
  host.scan();
  const auto before = host.read("rdmap0s6").layout;

  device.text("ports/1/rate", "400 Gb/sec (8X HDR)").text("device/p2p", "NVIDIA");
  const auto after = host.read("rdmap0s6").layout;
  CHECK(after->attributes.ports[0].rate_bytes_per_second == 50e9);
  CHECK(after->attributes.p2p.empty());
  CHECK(before->attributes.ports[0].rate_bytes_per_second == 12.5e9);

  host.clock.advance(SysfsDevice::attributes_age - std::chrono::milliseconds(1));
  CHECK(host.read("rdmap0s6").layout == after);
  host.clock.advance(std::chrono::milliseconds(1));
  CHECK(host.read("rdmap0s6").layout->attributes.p2p == "NVIDIA");
}

TEST_CASE("as long as nothing changes all readings share one layout") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  const auto layout = host.read("rdmap0s6").layout;
  CHECK(host.read("rdmap0s6").layout == layout);
  host.clock.advance(SysfsDevice::attributes_age * 3);
  CHECK(host.scan_and_read("rdmap0s6").layout == layout);
}

TEST_CASE("a rate that says nothing is left out") {
  SysfsHost host;
  host.tree.device("rdmap0s6")
      .text("ports/1/rate", "unknown")
      .raw("ports/1/hw_counters/lifespan", "");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  CHECK(reading.layout->attributes.ports[0] == PortAttributes{"1", {}, {}});
}

TEST_CASE("an EFA is told by its PCI vendor and device") {
  SysfsHost host;
  host.tree.device("rdmap16s27").id("0x1d0f", "0xefa0");
  const std::string path = host.tree.root() + "/class/infiniband/";
  const auto identity = read_efa_identity(host.files, path + "rdmap16s27");
  REQUIRE(identity);
  CHECK(*identity == PciIdentity{"0000:10:1b.0", "1d0f:efa0"});

  const auto missing = read_efa_identity(host.files, path + "rdmap17s0");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().reason == Reason::absent);

  host.files.fail_read("device/device", EIO);
  const auto unreadable = read_efa_identity(host.files, path + "rdmap16s27");
  REQUIRE_FALSE(unreadable);
  CHECK(unreadable.error().reason == Reason::transient);
}

}  // namespace
}  // namespace efa::test
