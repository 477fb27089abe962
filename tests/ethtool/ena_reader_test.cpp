#include "collectors/ethtool/ena_reader.h"

#include <linux/ethtool.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

#include "tests/ethtool/fake_ethtool.h"
#include "tests/ethtool/net_class.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/faulty_files.h"

namespace efa::test {
namespace {

constexpr auto pci_5 = "0000:00:05.0";
constexpr auto pci_6 = "0000:00:06.0";

struct Fixture {
  NetClass net;
  FaultyFiles files;
  ManualClock clock;
  FakeEthtool* ethtool;  // the reader's
  std::unique_ptr<EnaReader> reader;

  Fixture() {
    net.add_virtual("lo");
    net.add("ens5", "ena", pci_5, "02:00:00:00:00:05");
    net.add("ens6", "ena", pci_6, "02:00:00:00:00:06");
    auto made = std::make_unique<FakeEthtool>();
    ethtool = made.get();
    ethtool->interfaces["ens5"] = ena_2_17(pci_5);
    ethtool->interfaces["ens6"] = ena_2_2_10(pci_6);
    reader = std::make_unique<EnaReader>(files, std::move(made), clock, net.root(),
                                         [](std::string_view) { return true; });
  }

  void set_all(std::string_view part, std::uint64_t value) {
    for (auto& [name, number] : ethtool->interfaces["ens5"].statistics) {
      if (name.find(part) != std::string::npos) {
        number = value;
      }
    }
  }
};

std::optional<std::uint64_t> value_of(const EnaInterfaceReading& interface, std::string_view name) {
  const auto& names = *interface.statistics.names;
  const auto found = std::find(names.begin(), names.end(), name);
  REQUIRE(found != names.end());
  return interface.statistics.values[static_cast<std::size_t>(found - names.begin())];
}

TEST_CASE("every interface has its statistics and its link") {
  Fixture f;
  f.net.set("ens6", "carrier", "0");
  const EnaReading reading = f.reader->read();
  CHECK_FALSE(reading.problem);
  CHECK(reading.started == f.clock.now());
  REQUIRE(reading.interfaces.size() == 2);
  CHECK(reading.interfaces[0].interface->name == "ens5");
  CHECK(value_of(reading.interfaces[0], "total_resets") == 1);
  CHECK(reading.interfaces[0].carrier == true);
  CHECK(value_of(reading.interfaces[1], "tx_timeout") == 1);
  CHECK(reading.interfaces[1].carrier == false);
}

TEST_CASE("in the steady state an interface costs one ioctl, and three files that stay open") {
  Fixture f;
  (void)f.reader->read();
  f.ethtool->asked.clear();
  f.net.set("ens5", "carrier", "0");
  const EnaReading reading = f.reader->read();
  CHECK(reading.interfaces.at(0).carrier == false);
  CHECK(f.ethtool->asked == std::vector<std::uint32_t>{ETHTOOL_GSTATS, ETHTOOL_GSTATS});
  CHECK(f.files.opens("carrier") == 2);
  CHECK(f.files.reads("carrier") == 4);
  CHECK(f.files.opens("rx_bytes") == 2);
  CHECK(f.files.reads("tx_bytes") == 4);
  CHECK(f.files.open_descriptors() == 6);
}

TEST_CASE("bytes over TCP/IP are those of the interface, and absent while it is down") {
  Fixture f;
  f.net.set("ens5", "statistics/rx_bytes", "18446744073709551615");
  EnaReading reading = f.reader->read();
  CHECK(reading.interfaces.at(0).rx_bytes == 18446744073709551615U);
  CHECK(reading.interfaces.at(0).tx_bytes == 1000U);
  f.files.fail_read("ens5/carrier", EINVAL);
  reading = f.reader->read();
  CHECK_FALSE(reading.interfaces.at(0).rx_bytes);
  CHECK_FALSE(reading.interfaces.at(0).tx_bytes);
  CHECK_FALSE(reading.problem);
  CHECK(reading.interfaces.at(1).tx_bytes == 1000U);
}

TEST_CASE("bytes that are 0 all at once, as while the device resets, are a gap at first") {
  Fixture f;
  (void)f.reader->read();
  f.net.set("ens5", "statistics/rx_bytes", "0");
  f.net.set("ens5", "statistics/tx_bytes", "0");
  for (int i = 0; i < EnaReader::doubted_readings; ++i) {
    CHECK_FALSE(f.reader->read().interfaces.at(0).rx_bytes);
  }
  CHECK(f.reader->read().interfaces.at(0).rx_bytes == 0U);
}

TEST_CASE("bytes that cannot be read are a gap and a problem, and nothing else is") {
  Fixture f;
  f.files.fail_read("ens5/statistics/tx_bytes", EIO, 1);
  const EnaReading reading = f.reader->read();
  REQUIRE(reading.problem);
  CHECK(reading.problem->errno_value == EIO);
  CHECK_FALSE(reading.interfaces.at(0).tx_bytes);
  CHECK(reading.interfaces.at(0).carrier == true);
  CHECK(f.reader->read().interfaces.at(0).tx_bytes == 1000U);
}

TEST_CASE("an interface that is down has no link to tell of, and that is no problem") {
  Fixture f;
  f.files.fail_read("ens5/carrier", EINVAL);
  const EnaReading reading = f.reader->read();
  CHECK_FALSE(reading.problem);
  CHECK_FALSE(reading.interfaces.at(0).carrier);
  CHECK(reading.interfaces.at(0).statistics.names);
  CHECK(reading.interfaces.at(1).carrier == true);
}

TEST_CASE("an interface that fails is a gap for itself only") {
  Fixture f;
  f.ethtool->interfaces["ens5"].errors[ETHTOOL_GSTATS] = ENOMEM;
  const EnaReading reading = f.reader->read();
  REQUIRE(reading.problem);
  CHECK(reading.problem->context == "ens5");
  CHECK(reading.problem->reason == Reason::transient);
  REQUIRE(reading.interfaces.size() == 2);
  CHECK(reading.interfaces[0].problem);
  CHECK_FALSE(reading.interfaces[0].statistics.names);
  CHECK(reading.interfaces[0].statistics.values.empty());
  CHECK(reading.interfaces[0].carrier == true);
  CHECK_FALSE(reading.interfaces[1].problem);
  CHECK(reading.interfaces[1].statistics.names);
}

TEST_CASE("a link that cannot be read is a gap, and is opened again") {
  Fixture f;
  const int errno_value = GENERATE(ENODEV, EIO);
  f.files.fail_read("ens5/carrier", errno_value, 1);
  const EnaReading reading = f.reader->read();
  REQUIRE(reading.problem);
  CHECK(reading.problem->errno_value == errno_value);
  CHECK_FALSE(reading.interfaces.at(0).carrier);
  CHECK(reading.interfaces.at(0).statistics.names);
  CHECK(f.reader->read().interfaces.at(0).carrier == true);
}

TEST_CASE("a link that is neither 0 nor 1 is malformed") {
  const auto* const text = GENERATE("2\n", "", "yes\n", "-1\n");
  Fixture f;
  f.files.replace("ens5/carrier", text);
  const EnaReading reading = f.reader->read();
  REQUIRE(reading.problem);
  CHECK(reading.problem->reason == Reason::malformed);
  CHECK_FALSE(reading.interfaces.at(0).carrier);
}

TEST_CASE(
    "an interface that comes and one that goes leave the others' names and files as they were") {
  Fixture f;
  const EnaReading first = f.reader->read();
  f.net.add("ens4", "ena", "0000:00:04.0", "02:00:00:00:00:04");
  f.ethtool->interfaces["ens4"] = ena_2_17("0000:00:04.0");
  f.net.remove("ens5");
  f.ethtool->interfaces.erase("ens5");
  const EnaReading second = f.reader->read();
  CHECK_FALSE(second.problem);
  REQUIRE(second.interfaces.size() == 2);
  CHECK(second.interfaces[0].interface->name == "ens4");
  CHECK(second.interfaces[1].interface == first.interfaces[1].interface);
  CHECK(second.interfaces[1].statistics.names == first.interfaces[1].statistics.names);
  CHECK(f.files.opens("ens6/carrier") == 1);
  CHECK(f.files.open_descriptors() == 6);  // that of ens5 is closed
}

TEST_CASE("an interface that is in sysfs but not in our network namespace is a problem") {
  Fixture f;
  f.ethtool->interfaces.erase("ens5");
  const EnaReading reading = f.reader->read();
  REQUIRE(reading.problem);
  CHECK(reading.problem->reason == Reason::closed);
  CHECK(reading.interfaces.size() == 2);
}

TEST_CASE("interfaces that cannot be listed are read all the same") {
  Fixture f;
  (void)f.reader->read();
  f.files.fail_list("class/net", EIO);
  const EnaReading reading = f.reader->read();
  CHECK(reading.problem);
  CHECK(reading.interfaces.size() == 2);
}

TEST_CASE("all of an answer that turns 0 is absent until it has stayed so") {
  const auto* const part = GENERATE("_allowance_", "ena_srd_");
  const std::string name =
      part == std::string_view("ena_srd_") ? "ena_srd_tx_pkts" : "bw_in_allowance_exceeded";
  const std::string other =
      part == std::string_view("ena_srd_") ? "bw_in_allowance_exceeded" : "ena_srd_tx_pkts";
  CAPTURE(name);
  Fixture f;
  CHECK(value_of(f.reader->read().interfaces.at(0), name) > 0);
  f.set_all(part, 0);
  for (int i = 0; i < EnaReader::doubted_readings; ++i) {
    const EnaReading reading = f.reader->read();
    CHECK_FALSE(value_of(reading.interfaces.at(0), name));
    CHECK(value_of(reading.interfaces.at(0), other) > 0);
    CHECK(value_of(reading.interfaces.at(0), "total_resets") == 1);
    CHECK_FALSE(reading.problem);
  }
  CHECK(value_of(f.reader->read().interfaces.at(0), name) == 0);

  f.set_all(part, 7);
  CHECK(value_of(f.reader->read().interfaces.at(0), name) == 7);
  f.set_all(part, 0);
  CHECK_FALSE(value_of(f.reader->read().interfaces.at(0), name));
}

TEST_CASE("an answer that has always been 0 is believed, and so is a single 0") {
  Fixture f;
  f.set_all("_allowance_", 0);
  CHECK(value_of(f.reader->read().interfaces.at(0), "pps_allowance_exceeded") == 0);
  f.set_all("_allowance_", 5);
  f.ethtool->interfaces["ens5"].value("pps_allowance_exceeded") = 0;
  CHECK(value_of(f.reader->read().interfaces.at(0), "pps_allowance_exceeded") == 0);
}

}  // namespace
}  // namespace efa::test
