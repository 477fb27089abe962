#include "collectors/aws_node_exporter.h"

#include <set>

#include "tests/collectors/made_reading.h"
#include "tests/support/catch.h"
#include "tests/support/recording_sink.h"

namespace efa::test {
namespace {

// All counters there are, device counters as a driver of that age shows them.
std::vector<CounterSlot> all_slots(bool before_1_14) {
  std::vector<CounterSlot> slots;
  for (const MetricSpec& spec : hw_counters) {
    const std::string file(spec.source);
    slots.push_back(spec.scope == Scope::port ? port_slot(file)
                                              : device_slot(file, before_1_14 ? "1" : ""));
  }
  return slots;
}

void describe(const DeviceLayouts& devices, RecordingSink& plan) {
  AwsNodeExporter collector;
  collector.describe(devices, plan);
}

TEST_CASE("AWS's exporter has 35 names of counters and an info series") {
  RecordingSink plan;
  describe({make_layout("rdmap0s6", all_slots(true))}, plan);
  std::set<std::string> names;
  for (const auto& series : plan.series()) {
    CAPTURE(series.name);
    CHECK(series.name.starts_with("node_amazonefa_"));
    CHECK_FALSE(series.name.ends_with("_total"));
    CHECK_FALSE(series.has_empty_label);
    if (series.name != "node_amazonefa_info") {
      CHECK(series.kind == Kind::counter);
      CHECK(series.labels == R"(device="rdmap0s6",port="1")");
      names.insert(series.name);
    }
  }
  CHECK(names.size() == 35);
  CHECK(names.contains("node_amazonefa_lifespan"));
  CHECK(names.contains("node_amazonefa_keep_alive_rcvd"));
  CHECK(names.contains("node_amazonefa_impaired_remote_conn_events"));
  CHECK_FALSE(names.contains("node_amazonefa_alloc_mr_err"));
  CHECK_FALSE(names.contains("node_amazonefa_get_dma_mr_err"));
}

TEST_CASE("since release 1.14 AWS's exporter finds no device counters below the port") {
  RecordingSink plan;
  describe({make_layout("rdmap0s6", all_slots(false))}, plan);
  CHECK(plan.series().size() == 1 + 22 + 1);
  CHECK(plan.find("node_amazonefa_cmds_err", R"(device="rdmap0s6",port="1")") == nullptr);
  CHECK(plan.find("node_amazonefa_tx_bytes", R"(device="rdmap0s6",port="1")") != nullptr);
}

TEST_CASE("AWS's exporter gives the lifespan in milliseconds, as a counter") {
  RecordingSink plan;
  describe({make_layout("rdmap0s6", {})}, plan);
  const auto* lifespan = plan.find("node_amazonefa_lifespan", R"(device="rdmap0s6",port="1")");
  REQUIRE(lifespan != nullptr);
  CHECK(lifespan->value == 10);
  CHECK(lifespan->kind == Kind::counter);

  auto without = make_layout("rdmap0s6", {});
  without->attributes.ports[0].lifespan_milliseconds.reset();
  RecordingSink plan_without;
  describe({without}, plan_without);
  CHECK(plan_without.families() == std::vector<std::string>{"node_amazonefa_info"});
}

TEST_CASE("AWS's exporter has an info series of value 1 a device") {
  RecordingSink plan;
  describe({make_layout("a", {}), make_layout("b", {})}, plan);
  const auto* info = plan.find("node_amazonefa_info", R"(device="b")");
  REQUIRE(info != nullptr);
  CHECK(info->value == 1);
  CHECK(info->kind == Kind::gauge);
}

TEST_CASE("AWS's names show the same counters as ours") {
  RecordingSink plan;
  describe({make_layout("a", {port_slot("rx_bytes"), port_slot("tx_bytes")}),
            make_layout("b", {port_slot("tx_bytes")})},
           plan);
  const auto* bytes = plan.find("node_amazonefa_tx_bytes", R"(device="a",port="1")");
  REQUIRE(bytes != nullptr);
  CHECK(bytes->source == RecordingSink::Source{0, 1, {}});
  CHECK(plan.families_are_contiguous());
  CHECK(plan.series_are_unique());
}

TEST_CASE("a counter that nobody knows is none of AWS's") {
  RecordingSink plan;
  describe({make_layout("a", {port_slot("novel")})}, plan);
  CHECK(plan.find("node_amazonefa_novel", R"(device="a",port="1")") == nullptr);
}

}  // namespace
}  // namespace efa::test
