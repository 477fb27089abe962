#include "collectors/ena.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "collectors/catalogue/agent_metrics.h"
#include "collectors/catalogue/hw_counters.h"
#include "tests/ethtool/ena_fixture.h"
#include "tests/support/catch.h"

namespace efa::test {
namespace {

using std::chrono::seconds;

TEST_CASE("every statistic of an interface that the catalogue knows is published under its name") {
  EnaFixture f;
  const Scrape sink = f.collect();
  for (auto made : {std::pair("ens5", ena_2_17("")), std::pair("ens6", ena_2_2_10(""))}) {
    const std::string labels = std::string("interface=\"").append(made.first).append("\"");
    std::size_t found = 0;
    for (const MetricSpec& spec : ena_counters) {
      CAPTURE(spec.name, labels);
      const auto& all = made.second.statistics;
      const bool has = std::any_of(all.begin(), all.end(),
                                   [&](const auto& one) { return one.first == spec.source; });
      const auto* series = sink->find(spec.name, labels);
      REQUIRE((series != nullptr) == has);
      if (has) {
        ++found;
        CHECK(series->value == static_cast<double>(made.second.value(spec.source)));
        CHECK(series->kind == spec.kind);
      }
    }
    CHECK(found == (made.first == std::string("ens5") ? std::size(ena_counters) : 17));
  }
}

TEST_CASE("what an older driver lacks is absent, not zero") {
  EnaFixture f;
  const Scrape sink = f.collect();
  CHECK(sink->find("ena_total_resets_total", "interface=\"ens5\""));
  CHECK_FALSE(sink->find("ena_total_resets_total", "interface=\"ens6\""));
  CHECK_FALSE(sink->find("ena_srd_mode", "interface=\"ens6\""));
}

TEST_CASE("ENA Express is published without ena_ being there twice") {
  EnaFixture f;
  const Scrape sink = f.collect();
  REQUIRE(sink->find("ena_srd_tx_pkts_total", "interface=\"ens5\""));
  REQUIRE(sink->find("ena_srd_resource_utilization", "interface=\"ens5\""));
  CHECK(sink->find("ena_srd_resource_utilization", "interface=\"ens5\"")->kind == Kind::gauge);
}

TEST_CASE("queues are published only if they are asked for") {
  EnaFixture without;
  const Scrape few = without.collect();
  for (const auto& family : few->families()) {
    CHECK_FALSE(family.starts_with("ena_queue_"));
  }
  EnaFixture with(two_interfaces(true));
  const Scrape sink = with.collect();
  auto made = ena_2_17("");
  for (const auto* const queue : {"0", "1"}) {
    const std::string labels =
        std::string("interface=\"ens5\",queue=\"").append(queue).append("\"");
    for (const MetricSpec& spec : ena_queue_counters) {
      CAPTURE(spec.name, labels);
      const auto* series = sink->find(spec.name, labels);
      REQUIRE(series);
      std::string name = "queue_";
      name.append(queue).append("_").append(spec.source);
      CHECK(series->value == static_cast<double>(made.value(name)));
    }
  }
  CHECK(sink->find("ena_queue_rx_cnt_total", "interface=\"ens6\",queue=\"1\""));
  CHECK_FALSE(sink->find("ena_queue_rx_csum_bad_total", "interface=\"ens6\",queue=\"1\""));
}

TEST_CASE("a name that is nearly one of a queue is none") {
  const auto wanted = wanted_ena_statistics(true);
  CHECK(wanted("queue_0_tx_cnt"));
  CHECK(wanted("queue_255_rx_bytes"));
  for (const auto* const name :
       {"", "queue_", "queue_0", "queue_0_", "queue__tx_cnt", "queue_-1_tx_cnt", "queue_01_tx_cnt",
        "queue_256_tx_cnt", "queue_99999999999999999999_tx_cnt", "queue_0_tx_napi_comp",
        "queue_x_tx_cnt", "queue_0tx_cnt", "queue_0_tx_cnt ", "tx_cnt", "Queue_0_tx_cnt"}) {
    CAPTURE(name);
    CHECK_FALSE(wanted(name));
  }
  CHECK_FALSE(wanted_ena_statistics(false)("queue_0_tx_cnt"));
}

TEST_CASE("of names that are there twice the first counts, and garbage is no series") {
  auto made = number_statistics({"tx_timeout", "", "\x01\xff", "tx_timeout", "queue_0_tx_cnt",
                                 "queue_0_tx_cnt", "no such statistic"});
  EnaReading reading;
  reading.interfaces = {made_interface("ens5", mac_5, made, true)};
  reading.interfaces[0].carrier.reset();
  EnaFixture f(reading);
  const Scrape sink = f.collect();
  CHECK(sink->series().size() == 5);
  REQUIRE(sink->find("ena_tx_timeout_total", "interface=\"ens5\""));
  CHECK(sink->find("ena_tx_timeout_total", "interface=\"ens5\"")->value == 1);
  REQUIRE(sink->find("ena_queue_tx_cnt_total", "interface=\"ens5\",queue=\"0\""));
  CHECK(sink->find("ena_queue_tx_cnt_total", "interface=\"ens5\",queue=\"0\"")->value == 5);
}

TEST_CASE("a link is 1 or 0, and absent where it is not known") {
  EnaReading reading = two_interfaces();
  reading.interfaces[0].carrier = false;
  reading.interfaces[1].carrier.reset();
  EnaFixture f(reading);
  const Scrape sink = f.collect();
  REQUIRE(sink->find("ena_carrier", "interface=\"ens5\""));
  CHECK(sink->find("ena_carrier", "interface=\"ens5\"")->value == 0);
  CHECK_FALSE(sink->find("ena_carrier", "interface=\"ens6\""));
  REQUIRE(sink->find("ena_rx_bytes_total", "interface=\"ens6\""));
  CHECK(sink->find("ena_rx_bytes_total", "interface=\"ens6\"")->value == 2000);
  CHECK(sink->find("ena_tx_bytes_total", "interface=\"ens6\"")->value == 1000);

  EnaFixture up;
  const Scrape linked = up.collect();
  REQUIRE(linked->find("ena_carrier", "interface=\"ens5\""));
  CHECK(linked->find("ena_carrier", "interface=\"ens5\"")->value == 1);
}

TEST_CASE("an interface that failed is a gap for itself, and the collector says so") {
  EnaReading reading = two_interfaces();
  reading.interfaces[0].statistics = {};
  reading.interfaces[0].problem = Error::from_errno(ENODEV, "ens5");
  reading.problem = reading.interfaces[0].problem;
  EnaFixture f(reading);
  const Scrape sink = f.collect(false);
  CHECK_FALSE(sink->find("ena_tx_timeout_total", "interface=\"ens5\""));
  CHECK(sink->find("ena_tx_timeout_total", "interface=\"ens6\""));
  CHECK(sink->find("ena_info", info_5("", "")));
}

TEST_CASE("a value that is in doubt is absent") {
  EnaReading reading = two_interfaces();
  for (auto& value : reading.interfaces[0].statistics.values) {
    value.reset();
  }
  EnaFixture f(reading);
  const Scrape sink = f.collect();
  CHECK_FALSE(sink->find("ena_tx_timeout_total", "interface=\"ens5\""));
  CHECK(sink->find("ena_tx_timeout_total", "interface=\"ens6\""));
}

TEST_CASE("a host without ENA publishes nothing, successfully") {
  EnaFixture f{EnaReading()};
  CHECK(f.collect()->series().empty());
}

TEST_CASE("a scrape publishes the last reading and has the next one begun") {
  EnaFixture f;
  (void)f.collect();
  EnaReading later = two_interfaces();
  later.interfaces[0].statistics.values[0] = 1000;
  f.host->set(later);
  f.clock->advance(seconds(9));
  CHECK(f.collect()->find("ena_total_resets_total", "interface=\"ens5\"")->value == 1);
  f.clock->advance(seconds(1));
  f.collect_until([](const RecordingSink& sink) {
    const auto* series = sink.find("ena_total_resets_total", "interface=\"ens5\"");
    return series != nullptr && series->value == 1000;
  });
}

TEST_CASE("interfaces that come and go take their series along") {
  EnaFixture f;
  (void)f.collect();
  EnaReading later;
  later.interfaces = {made_interface("ens6", mac_6, ena_2_17("0000:00:06.0"))};
  f.host->set(later);
  f.clock->advance(seconds(10));
  f.collect_until([](const RecordingSink& sink) {
    return sink.find("ena_total_resets_total", "interface=\"ens6\"") != nullptr;
  });
  const Scrape sink = f.collect();
  CHECK_FALSE(sink->find("ena_total_resets_total", "interface=\"ens5\""));
  CHECK_FALSE(sink->find("ena_info", info_5("", "")));
}

TEST_CASE(
    "a reading that does not return holds up no scrape, and its values are not told for ever") {
  EnaFixture f;
  (void)f.collect();
  f.host->hold(true);
  f.clock->advance(seconds(15));
  CHECK(f.collect()->find("ena_tx_timeout_total", "interface=\"ens5\""));  // has just asked
  f.host->await(2);
  f.clock->advance(Ena::longest_reading);
  CHECK(f.collect()->find("ena_tx_timeout_total", "interface=\"ens5\""));
  f.clock->advance(seconds(1));
  CHECK(f.collect(false)->series().empty());
  CHECK(f.collect(false)->series().empty());
  f.host->hold(false);
  f.collect_until([](const RecordingSink& sink) { return !sink.series().empty(); });
  (void)f.collect();
}

TEST_CASE("scrapes far apart publish a reading each, however old it is") {
  EnaFixture f;
  for (int scrape = 0; scrape < 4; ++scrape) {
    f.collect_until([](const RecordingSink& sink) { return !sink.series().empty(); });
    f.host->await(static_cast<std::uint64_t>(scrape) + 1);
    f.clock->advance(std::chrono::minutes(10));
  }
}

TEST_CASE("a first reading that does not return is waited for as long as patience lasts") {
  const auto clock = std::make_shared<ManualClock>();
  const auto host = std::make_shared<EnaHost>(*clock);
  host->hold(true);
  {
    Ena ena(std::make_shared<EnaRefresher>(
                [host, clock](const std::monostate&) { return host->read(); }, *clock, seconds(10)),
            {}, *clock, seconds(10), std::chrono::nanoseconds(1));
    RecordingSink sink;
    CHECK_FALSE(ena.collect(Reading(), sink));
    CHECK(sink.series().empty());
    host->await(1);
  }
  host->hold(false);
}

TEST_CASE("ENA's metrics keep the driver's word, after one ena_") {
  for (const MetricSpec& spec : ena_counters) {
    CAPTURE(spec.source);
    std::string name(spec.source.starts_with("ena_") ? "" : "ena_");
    name.append(spec.source).append(spec.kind == Kind::counter ? "_total" : "");
    CHECK(spec.name == name);
    CHECK(find_ena_counter(ena_counters, spec.source) == &spec);
    CHECK(spec.labels == "interface");
    CHECK((spec.unit != Unit::none || spec.kind == Kind::gauge));
  }
  for (const MetricSpec& spec : ena_queue_counters) {
    CAPTURE(spec.source);
    CHECK(spec.name == std::string("ena_queue_").append(spec.source).append("_total"));
    CHECK(spec.labels == "interface, queue");
    CHECK(spec.unit != Unit::none);
  }
  CHECK(find_ena_counter(ena_counters, "") == nullptr);
  CHECK(find_ena_counter(ena_counters, "tx_time") == nullptr);
}

TEST_CASE("ENA's families have names of their own, also without the suffix OpenMetrics cuts off") {
  std::set<std::string_view> names;
  std::size_t count = 0;
  const auto add = [&](std::span<const MetricSpec> table) {
    for (const MetricSpec& spec : table) {
      CAPTURE(spec.name);
      CHECK(spec.help.find_first_of("\n\\\"") == std::string_view::npos);
      std::string_view family = spec.name;
      if (spec.kind == Kind::counter) {
        family.remove_suffix(std::string_view("_total").size());
      }
      names.insert(family);
      ++count;
    }
  };
  add(ena_counters);
  add(ena_queue_counters);
  add(metric::ena_all);
  add(metric::all);
  add(hw_counters);
  CHECK(names.size() == count);
}

}  // namespace
}  // namespace efa::test
