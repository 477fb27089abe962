#include "collectors/devices.h"

#include "tests/collectors/made_reading.h"
#include "tests/support/catch.h"
#include "tests/support/recording_sink.h"

namespace efa::test {
namespace {

using Source = RecordingSink::Source;
using State = SeriesPlan::State;

std::shared_ptr<DeviceLayout> make_known_layout() {
  auto layout = make_layout("rdmap16s27", {port_slot("tx_bytes")});
  DeviceAttributes& attributes = layout->attributes;
  attributes.pci_address = "0000:10:1b.0";
  attributes.pci_id = "1d0f:efa2";
  attributes.numa_node = "0";
  attributes.node_guid = "0294:3dff:fe89:1b70";
  attributes.mac = "02:94:3d:89:1b:70";
  attributes.driver_version = "3.1.0g";
  attributes.p2p = "NVIDIA";
  return layout;
}

std::shared_ptr<KnownInstance> known_instance(const std::string& type = {}) {
  auto instance = std::make_shared<KnownInstance>();
  Config::Instance configured;
  configured.instance_type = type;
  instance->configure(configured);
  return instance;
}

InstanceMetadata metadata_with(NetworkInterface interface) {
  InstanceMetadata metadata;
  metadata.interfaces.push_back(std::move(interface));
  return metadata;
}

TEST_CASE("a device is told with the network interface of its MAC, once that is known") {
  const auto instance = known_instance();
  Devices collector(instance, {});
  RecordingSink before;
  collector.describe({make_known_layout()}, before);
  CHECK_FALSE(collector.is_outdated());

  instance->learn(metadata_with({.mac = "02:94:3d:89:1b:70",
                                 .interface_id = "eni-1",
                                 .subnet_id = "subnet-1",
                                 .vpc_id = "vpc-1",
                                 .network_card = "3",
                                 .device_number = "1",
                                 .security_group_ids = {"sg-1", "sg-2"},
                                 .has_addresses = false}));
  CHECK(collector.is_outdated());
  RecordingSink plan;
  collector.describe({make_known_layout()}, plan);
  CHECK_FALSE(collector.is_outdated());
  REQUIRE_FALSE(plan.series().empty());
  CHECK_THAT(
      plan.series()[0].labels,
      Catch::EndsWith(R"(p2p="NVIDIA",eni_id="eni-1",interface_type="efa-only",network_card="3",)"
                      R"(subnet_id="subnet-1",vpc_id="vpc-1",security_group_ids="sg-1,sg-2")"));
  NetworkInterface another;
  another.mac = "02:00:00:00:00:01";
  another.interface_id = "eni-2";
  instance->learn(metadata_with(another));
  RecordingSink other;
  collector.describe({make_known_layout()}, other);
  CHECK_THAT(other.series().at(0).labels, Catch::Contains(R"(eni_id="",interface_type="")"));
}

TEST_CASE("the instance's type tells how many devices are expected, if nothing is configured") {
  RecordingSink sink;
  Devices(known_instance("p5.48xlarge"), {}).collect(make_reading({}), sink);
  REQUIRE(sink.find("efa_devices_expected", R"(source="instance_type")") != nullptr);
  CHECK(sink.find("efa_devices_expected", R"(source="instance_type")")->value == 32);
  RecordingSink configured;
  Devices(known_instance("p5.48xlarge"), 16).collect(make_reading({}), configured);
  CHECK(configured.find("efa_devices_expected", R"(source="configured")")->value == 16);
  RecordingSink unknown;
  Devices(known_instance("x9.48xlarge"), {}).collect(make_reading({}), unknown);
  for (const auto& series : unknown.series()) {
    CHECK(series.name != "efa_devices_expected");
  }
}

TEST_CASE("a device has one info series with all that is known of it") {
  Devices collector(known_instance(), {});
  RecordingSink plan;
  collector.describe({make_known_layout()}, plan);
  const auto* info = plan.find(
      "efa_device_info",
      R"(device="rdmap16s27",pci_address="0000:10:1b.0",pci_id="1d0f:efa2",numa_node="0",)"
      R"(node_guid="0294:3dff:fe89:1b70",mac="02:94:3d:89:1b:70",driver_version="3.1.0g",p2p="NVIDIA",)"
      R"(eni_id="",interface_type="",network_card="",subnet_id="",vpc_id="",security_group_ids="")");
  REQUIRE(info != nullptr);
  CHECK(info->value == 1);
  CHECK(info->kind == Kind::info);
}

TEST_CASE("rate and lifespan of a port are in base units, and absent if they are not known") {
  auto known = make_layout("a", {});
  known->attributes.ports = {PortAttributes{"1", 12.5e9, 10}, PortAttributes{"2", {}, {}}};
  Devices collector(known_instance(), {});
  RecordingSink plan;
  collector.describe({known}, plan);

  const auto* rate = plan.find("efa_port_rate_bytes_per_second", R"(device="a",port="1")");
  REQUIRE(rate != nullptr);
  CHECK(rate->value == 12.5e9);
  CHECK(rate->kind == Kind::gauge);
  const auto* lifespan = plan.find("efa_counters_lifespan_seconds", R"(device="a",port="1")");
  REQUIRE(lifespan != nullptr);
  CHECK(lifespan->value == 0.01);
  CHECK(lifespan->kind == Kind::gauge);
  CHECK(plan.find("efa_port_rate_bytes_per_second", R"(device="a",port="2")") == nullptr);
  CHECK(plan.find("efa_counters_lifespan_seconds", R"(device="a",port="2")") == nullptr);
}

TEST_CASE("up and stuck are the state of their device") {
  Devices collector(known_instance(), {});
  RecordingSink plan;
  collector.describe({make_layout("a", {}), make_layout("b", {})}, plan);
  const auto* up = plan.find("efa_device_up", R"(device="b")");
  REQUIRE(up != nullptr);
  CHECK(up->source == Source{1, {}, State::up});
  const auto* stuck = plan.find("efa_device_stuck", R"(device="a")");
  REQUIRE(stuck != nullptr);
  CHECK(stuck->source == Source{0, {}, State::stuck});
}

TEST_CASE("the families of several devices are contiguous and their series unique") {
  auto two_ports = make_layout("b", {});
  two_ports->attributes.ports.push_back({"2", 25e9, 20});
  Devices collector(known_instance(), 2);
  RecordingSink plan;
  collector.describe({make_known_layout(), two_ports}, plan);
  CHECK(plan.families_are_contiguous());
  CHECK(plan.series_are_unique());
  CHECK(plan.series().size() == 2 + 3 + 3 + 2 + 2);
}

TEST_CASE("read errors are counted by device and reason, from the first of each reason on") {
  Devices collector(known_instance(), {});
  Reading reading = make_reading({make_layout("a", {}), make_layout("b", {})});
  reading.read_errors[0][static_cast<std::size_t>(Reason::stuck)] = 2;
  reading.read_errors[1][static_cast<std::size_t>(Reason::stuck)] = 1;
  reading.read_errors[1][static_cast<std::size_t>(Reason::no_descriptors)] = 7;
  RecordingSink sink;
  CHECK(collector.collect(reading, sink));

  CHECK(sink.series().size() == 3 + 1);
  CHECK(sink.families_are_contiguous());
  const auto* stuck = sink.find("efa_read_errors_total", R"(device="a",reason="stuck")");
  REQUIRE(stuck != nullptr);
  CHECK(stuck->value == 2);
  CHECK(stuck->kind == Kind::counter);
  const auto* descriptors =
      sink.find("efa_read_errors_total", R"(device="b",reason="no_descriptors")");
  REQUIRE(descriptors != nullptr);
  CHECK(descriptors->value == 7);
}

TEST_CASE("devices found and expected are told apart") {
  RecordingSink sink;
  CHECK(Devices(known_instance(), 4).collect(make_reading({make_layout("a", {})}), sink));
  REQUIRE(sink.find("efa_devices") != nullptr);
  CHECK(sink.find("efa_devices")->value == 1);
  REQUIRE(sink.find("efa_devices_expected", R"(source="configured")") != nullptr);
  CHECK(sink.find("efa_devices_expected", R"(source="configured")")->value == 4);
}

TEST_CASE("no devices are zero devices; how many are expected is absent if nobody knows") {
  RecordingSink sink;
  CHECK(Devices(known_instance(), {}).collect(make_reading({}), sink));
  REQUIRE(sink.find("efa_devices") != nullptr);
  CHECK(sink.find("efa_devices")->value == 0);
  CHECK(sink.find("efa_devices_expected") == nullptr);
}

TEST_CASE("how many devices there are is absent when nobody could look") {
  Reading reading = make_reading({make_layout("a", {})});
  reading.scan_problem = Problem{Reason::transient, 0, {}};
  RecordingSink sink;
  CHECK_FALSE(Devices(known_instance(), 4).collect(reading, sink));
  CHECK(sink.find("efa_devices") == nullptr);
  CHECK(sink.find("efa_devices_expected", R"(source="configured")") != nullptr);
}

}  // namespace
}  // namespace efa::test
