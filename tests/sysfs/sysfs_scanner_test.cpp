#include "collectors/sysfs/sysfs_scanner.h"

#include <cerrno>
#include <filesystem>
#include <string>

#include "tests/sysfs/sysfs_host.h"

namespace efa::test {
namespace {

std::size_t opens_below(const FaultyFiles& files, const std::string& device) {
  std::size_t opens = 0;
  for (std::string where = device + "/*"; where.size() < device.size() + 12; where += "/*") {
    opens += files.opens(where);
  }
  return opens;
}

TEST_CASE("only PCI vendor 0x1d0f with a device 0xefa* is an EFA") {
  SysfsHost host;
  host.tree.device("rdmap0s30");
  host.tree.device("efa_0").id("0x1d0f", "0xefa4");
  host.tree.device("rdmap0s31").id("0x1d0f", "0xec20");
  host.tree.device("rdmap1s31").id("0x15b3", "0xefa2");
  host.tree.foreign("mlx5_0");
  host.tree.foreign("ibp12s0");
  host.tree.software("rxe0");
  host.scan();
  CHECK(host.names() == "efa_0 rdmap0s30");
}

TEST_CASE("of a foreign device nothing but its vendor and device is opened, and that once") {
  SysfsHost host;
  host.tree.device("rdmap0s30");
  host.tree.foreign("mlx5_0");
  host.tree.software("rxe0");
  host.scan().scan();
  (void)host.read("rdmap0s30");
  host.tree.device("rdmap0s31");
  host.scan().scan();

  CHECK(host.files.opens("mlx5_0/device/vendor") == 1);
  CHECK(host.files.opens("mlx5_0/device/device") == 1);
  CHECK(opens_below(host.files, "mlx5_0") == 2);
  CHECK(host.files.opens("rxe0/device/vendor") == 1);
  CHECK(opens_below(host.files, "rxe0") == 1);
}

TEST_CASE("devices are ordered by PCI address, whatever they are called") {
  SysfsHost host;
  host.tree.device("efa_1").pci("0000:10:1b.0");
  host.tree.device("rdmap0s6");
  host.tree.device("aaa").pci("0000:20:1b.0");
  host.scan();
  CHECK(host.names() == "rdmap0s6 efa_1 aaa");
}

TEST_CASE("devices that come and go are noticed by the next scan, the others keep their readers") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.tree.device("rdmap0s7");
  host.scan();
  const auto kept = host.devices[0];

  host.tree.device("rdmap0s8");
  CHECK(host.scan().names() == "rdmap0s6 rdmap0s7 rdmap0s8");
  host.tree.remove_device("rdmap0s7");
  CHECK(host.scan().names() == "rdmap0s6 rdmap0s8");
  CHECK(host.devices[0] == kept);
  host.tree.device("rdmap0s7");
  CHECK(host.scan().names() == "rdmap0s6 rdmap0s7 rdmap0s8");
}

TEST_CASE("a renamed device has its new name and the same identity") {
  SysfsHost host;
  auto& device = host.tree.device("efa_0").pci("0000:10:1b.0");
  host.scan();
  device.rename("rdmap16s27");
  host.scan();
  REQUIRE(host.names() == "rdmap16s27");
  CHECK(host.devices[0]->identity() == "0000:10:1b.0");
  CHECK(value_of(host.read("rdmap16s27"), "tx_bytes") == SysfsTree::default_value("tx_bytes"));
}

TEST_CASE("two devices that swap their names are not mistaken for each other") {
  SysfsHost host;
  auto& first = host.tree.device("efa_0").pci("0000:10:1b.0").port_counter("tx_bytes", "100");
  auto& second = host.tree.device("efa_1").pci("0000:20:1b.0").port_counter("tx_bytes", "200");
  host.scan();
  first.rename("aside");
  second.rename("efa_0");
  first.rename("efa_1");
  host.scan();
  CHECK(host.names() == "efa_1 efa_0");
  CHECK(value_of(host.read("efa_1"), "tx_bytes") == 100);
  CHECK(value_of(host.read("efa_0"), "tx_bytes") == 200);
}

TEST_CASE("a device re-created under its name is read anew, with its lower counters") {
  for (const std::size_t descriptors : {SysfsHost::plenty, std::size_t{0}}) {
    CAPTURE(descriptors);
    SysfsHost host(descriptors);
    auto& device = host.tree.device("rdmap0s6").port_counter("tx_bytes", "1000");
    CHECK(value_of(host.scan_and_read("rdmap0s6"), "tx_bytes") == 1000);
    const auto old = host.devices[0];

    device.recreate().port_counter("tx_bytes", "3");
    host.scan();
    REQUIRE(host.devices.size() == 1);
    CHECK(host.devices[0] != old);
    CHECK(host.devices[0]->identity() == old->identity());
    CHECK(value_of(host.read("rdmap0s6"), "tx_bytes") == 3);
  }
}

TEST_CASE("a device that vanishes between listing and opening is not there") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.tree.device("rdmap0s7");
  host.files.vanish("rdmap0s7/device");
  host.files.vanish("rdmap0s7/device/*");
  host.scan();
  CHECK(host.names() == "rdmap0s6");
}

TEST_CASE("a device that vanishes after it was recognised has nothing to read and breaks nothing") {
  SysfsHost host;
  auto& device = host.tree.device("rdmap0s6");
  host.files.vanish("rdmap0s6/hw_counters");
  host.files.vanish("rdmap0s6/ports");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  CHECK(reading.state == DeviceState::down);
  CHECK(reading.values.empty());
  CHECK(count_failures(reading) == 0);
  device.remove();
  CHECK(host.scan().devices.empty());
}

TEST_CASE("a device that is taken away between opening and reading fails as the kernel says") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.tree.device("rdmap0s7");
  host.scan();
  host.tree.remove_device("rdmap0s7");
  host.files.fail_read("rdmap0s7/hw_counters/*", ENODEV);
  host.files.fail_read("rdmap0s7/ports/1/hw_counters/*", ENODEV);
  host.files.fail_read("rdmap0s7/ports/1/rate", ENODEV);
  const DeviceReading gone = host.read("rdmap0s7");
  CHECK(gone.state == DeviceState::down);
  CHECK(count_values(gone) == 0);
  CHECK(failures_in(gone, Reason::closed) == 2);
  CHECK(host.read("rdmap0s6").state == DeviceState::up);
  CHECK(host.scan().names() == "rdmap0s6");
}

TEST_CASE("a device found while the kernel still makes its files is complete at the next scan") {
  SysfsHost host;
  auto& device = host.tree.device("rdmap0s6");
  device.remove("hw_counters").remove("ports");
  CHECK(count_values(host.scan_and_read("rdmap0s6")) == 0);

  device.device_counter("cmds_err", "1");
  CHECK(count_values(host.scan_and_read("rdmap0s6")) == 1);

  device.port_counter("tx_bytes", "2");
  CHECK(count_values(host.scan_and_read("rdmap0s6")) == 2);

  device.port_counter("rx_bytes", "3");
  const DeviceReading reading = host.scan_and_read("rdmap0s6");
  CHECK(count_values(reading) == 3);
  CHECK(value_of(reading, "rx_bytes") == 3);
}

TEST_CASE("a device that was seen twice alike is not looked into any more") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan().scan();
  const std::size_t opens = opens_below(host.files, "rdmap0s6");
  const auto reader = host.devices[0];
  host.scan().scan();
  CHECK(opens_below(host.files, "rdmap0s6") == opens);
  CHECK(host.devices[0] == reader);
}

TEST_CASE("a device that never gets a port keeps its reader") {
  SysfsHost host;
  host.tree.device("rdmap0s6").remove("ports");
  host.scan();
  const auto reader = host.devices[0];
  host.scan().scan();
  CHECK(host.devices[0] == reader);
  const DeviceReading reading = host.read("rdmap0s6");
  CHECK(count_values(reading) == 12);
  CHECK(reading.state == DeviceState::up);
}

TEST_CASE("a device is not read for the sake of a scan, which all devices wait for") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan().scan();
  // The kernel holds one lock for a port's counters and its lifespan.
  CHECK(host.files.reads("hw_counters/*") == 0);
}

TEST_CASE("without the class there are no devices, and they are found once it is there") {
  SysfsHost host;
  const std::filesystem::path sys = host.tree.root();
  host.tree.device("rdmap0s6");
  std::filesystem::rename(sys / "class", sys / "later");
  CHECK(host.scan().devices.empty());
  std::filesystem::rename(sys / "later", sys / "class");
  CHECK(host.scan().names() == "rdmap0s6");
  std::filesystem::rename(sys / "class", sys / "later");
  CHECK(host.scan().devices.empty());
}

TEST_CASE("a class that cannot be listed is an error, and the devices stay") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  for (const bool opening : {true, false}) {
    if (opening) {
      host.files.fail_open("class/infiniband", EMFILE);
    } else {
      host.files.fail_list("class/infiniband", EIO);
    }
    const auto scanned = host.scanner.scan(host.devices);
    REQUIRE_FALSE(scanned);
    CHECK(scanned.error().reason == (opening ? Reason::no_descriptors : Reason::transient));
    CHECK(scanned.error().context == host.tree.root() + "/class/infiniband");
    CHECK(host.names() == "rdmap0s6");
    host.files.heal();
  }
  host.scan();
}

TEST_CASE("an entry of which nobody can tell what it is makes an error and costs no other") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan().scan();
  host.tree.device("rdmap0s7");
  host.files.fail_open("rdmap0s7/device/vendor", EMFILE);
  for (int i = 0; i < 2; ++i) {
    const auto scanned = host.scanner.scan(host.devices);
    REQUIRE_FALSE(scanned);
    CHECK(scanned.error().reason == Reason::no_descriptors);
    CHECK(scanned.error().context == host.tree.root() + "/class/infiniband/rdmap0s7/device");
    CHECK(host.names() == "rdmap0s6");
  }
  host.files.heal();
  CHECK(host.scan().names() == "rdmap0s6 rdmap0s7");
}

TEST_CASE("a device that is known is not lost for want of descriptors") {
  SysfsHost host;
  host.tree.device("rdmap0s6");
  host.scan();
  host.tree.device("rdmap0s7");
  host.files.fail_open("rdmap0s6/*", EMFILE);
  host.files.fail_open("rdmap0s6/device/*", EMFILE);
  host.files.fail_open("rdmap0s6/ports/1/*", EMFILE);
  CHECK(host.scan().names() == "rdmap0s6 rdmap0s7");
  CHECK(count_values(host.read("rdmap0s6")) == 34);
}

}  // namespace
}  // namespace efa::test
