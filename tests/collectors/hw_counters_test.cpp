#include "collectors/hw_counters.h"

#include "tests/collectors/made_reading.h"
#include "tests/support/catch.h"
#include "tests/support/recording_sink.h"

namespace efa::test {
namespace {

using Source = RecordingSink::Source;

TEST_CASE("a port counter has device and port, a device counter has no port at all") {
  HwCounters collector;
  RecordingSink plan;
  collector.describe({make_layout("rdmap0s6", {device_slot("cmds_err"), port_slot("tx_bytes")})},
                     plan);

  REQUIRE(plan.series().size() == 2);
  const auto* bytes = plan.find("efa_tx_bytes_total", R"(device="rdmap0s6",port="1")");
  REQUIRE(bytes != nullptr);
  CHECK(bytes->source == Source{0, 1, {}});
  CHECK(bytes->kind == Kind::counter);
  CHECK(bytes->help == "Bytes transmitted.");
  const auto* errors = plan.find("efa_cmds_err_total", R"(device="rdmap0s6")");
  REQUIRE(errors != nullptr);
  CHECK(errors->source == Source{0, 0, {}});
}

TEST_CASE("the counters of all devices and ports stand together, family by family") {
  HwCounters collector;
  RecordingSink plan;
  const std::vector<CounterSlot> counters{device_slot("cmds_err"),    port_slot("rx_bytes", "1"),
                                          port_slot("tx_bytes", "1"), port_slot("rx_bytes", "2"),
                                          port_slot("tx_bytes", "2"), port_slot("novel", "2")};
  collector.describe({make_layout("a", counters), make_layout("b", counters)}, plan);

  CHECK(plan.series().size() == 12);
  CHECK(plan.families_are_contiguous());
  CHECK(plan.series_are_unique());
  CHECK(plan.families() == std::vector<std::string>{"efa_tx_bytes_total", "efa_rx_bytes_total",
                                                    "efa_cmds_err_total", "efa_novel_total"});
  const auto* second = plan.find("efa_tx_bytes_total", R"(device="b",port="2")");
  REQUIRE(second != nullptr);
  CHECK(second->source == Source{1, 4, {}});
  for (const auto& series : plan.series()) {
    CHECK_FALSE(series.has_empty_label);
  }
}

TEST_CASE("a counter that nobody knows is published with a help text that says so") {
  HwCounters collector;
  RecordingSink plan;
  collector.describe({make_layout("a", {device_slot("novel_cmds"), port_slot("novel_pkts")}),
                      make_layout("b", {port_slot("novel_pkts")})},
                     plan);

  CHECK(plan.series().size() == 3);
  CHECK(plan.families_are_contiguous());
  CHECK(plan.find("efa_novel_cmds_total", R"(device="a")") != nullptr);
  const auto* novel = plan.find("efa_novel_pkts_total", R"(device="b",port="1")");
  REQUIRE(novel != nullptr);
  CHECK(novel->source == Source{1, 0, {}});
  CHECK(novel->help == "Hardware counter that this release of the agent does not know.");
  CHECK(novel->kind == Kind::counter);
}

TEST_CASE("a counter that nobody knows does not take the name of another family") {
  HwCounters collector;
  RecordingSink plan;
  // efa_read_errors_total, and efa_devices, which is a counter's family in OpenMetrics.
  collector.describe({make_layout("a", {port_slot("read_errors"), port_slot("devices"),
                                        port_slot("agent_http_requests"), port_slot("fine")})},
                     plan);
  CHECK(plan.families() == std::vector<std::string>{"efa_fine_total"});
}

TEST_CASE("devices that change are described anew") {
  HwCounters collector;
  RecordingSink before;
  collector.describe({make_layout("a", {port_slot("novel")})}, before);
  RecordingSink after;
  collector.describe({make_layout("b", {port_slot("other")})}, after);
  CHECK(after.families() == std::vector<std::string>{"efa_other_total"});
}

TEST_CASE("the collector succeeds if every device was read without a failure") {
  HwCounters collector;
  RecordingSink sink;
  const DeviceLayouts layouts{make_layout("a", {port_slot("tx_bytes")}),
                              make_layout("b", {port_slot("tx_bytes")})};
  Reading reading = make_reading(layouts);
  CHECK(collector.collect(reading, sink));
  CHECK(collector.collect(make_reading({}), sink));
  CHECK(sink.series().empty());

  reading.devices[1].problem = Problem{Reason::malformed, 0, {}};
  CHECK_FALSE(collector.collect(reading, sink));

  reading = make_reading(layouts);
  for (const DeviceState state : {DeviceState::stuck, DeviceState::down}) {
    reading.devices[0].state = state;
    CHECK_FALSE(collector.collect(reading, sink));
  }

  reading = make_reading(layouts);
  reading.scan_problem = Problem{Reason::denied, 0, {}};
  CHECK_FALSE(collector.collect(reading, sink));
}

TEST_CASE("the time of the reading is the counters' time") {
  Reading reading;
  reading.duration = std::chrono::milliseconds(3);
  CHECK(HwCounters().time_reading(reading) == std::chrono::milliseconds(3));
}

}  // namespace
}  // namespace efa::test
