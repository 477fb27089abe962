#include <string>

#include "agent/exposition/cold_families.h"
#include "agent/exposition/family_header.h"
#include "agent/exposition/label_text.h"
#include "collectors/catalogue/agent_metrics.h"
#include "tests/support/catch.h"

namespace {

using namespace efa;

std::string labels_text(Labels labels, const ConstantLabels& constant = {}) {
  std::string text;
  append_labels(text, labels, constant);
  return text;
}

std::string header(const MetricSpec& spec, TextFormat format) {
  std::string text;
  append_family_header(text, spec, format);
  return text;
}

constexpr MetricSpec bytes{"file",      "efa_x_bytes_total", Kind::counter,
                           Scope::port, Unit::bytes,         "Bytes of x."};

}  // namespace

TEST_CASE("labels are written in order, constant ones last") {
  CHECK(labels_text({{"device", "efa_0"}, {"port", "1"}}, {{"cluster", "a"}}) ==
        R"({device="efa_0",port="1",cluster="a"})");
}

TEST_CASE("quotes, backslashes and newlines in label values are escaped") {
  CHECK(labels_text({{"a", "x\"y\\z\nw"}}) == R"({a="x\"y\\z\nw"})");
}

TEST_CASE("a label without a value is left out, and so are the braces of none") {
  CHECK(labels_text({{"a", ""}, {"b", "1"}}) == R"({b="1"})");
  CHECK(labels_text({{"a", ""}}, {{"c", ""}}).empty());
}

TEST_CASE("a constant label gives way to a label of the series with its name") {
  CHECK(labels_text({{"instance_id", "i-1"}}, {{"instance_id", "i-1"}}) ==
        R"({instance_id="i-1"})");
}

TEST_CASE("a counter's header in the Prometheus format has its whole name") {
  CHECK(header(bytes, TextFormat::prometheus) ==
        "# HELP efa_x_bytes_total Bytes of x.\n# TYPE efa_x_bytes_total counter\n");
}

TEST_CASE("OpenMetrics names a counter's family without _total and tells the unit that ends it") {
  CHECK(header(bytes, TextFormat::openmetrics) ==
        "# HELP efa_x_bytes Bytes of x.\n# TYPE efa_x_bytes counter\n# UNIT efa_x_bytes bytes\n");
}

TEST_CASE("OpenMetrics has a type for info, and names it without _info") {
  const std::string text = header(metric::build_info, TextFormat::openmetrics);
  CHECK(text.find("# TYPE efa_agent_build info\n") != std::string::npos);
}

TEST_CASE("a counter without _total can only be unknown in OpenMetrics") {
  MetricSpec foreign = bytes;
  foreign.name = "node_amazonefa_tx_bytes";
  CHECK(header(foreign, TextFormat::openmetrics).find("# TYPE node_amazonefa_tx_bytes unknown\n") !=
        std::string::npos);
  CHECK(header(foreign, TextFormat::prometheus).find("# TYPE node_amazonefa_tx_bytes counter\n") !=
        std::string::npos);
}

TEST_CASE(
    "families made for one scrape are serialised with constant labels, and can be forgotten") {
  ColdFamilies families{ConstantLabels{{"cluster", "a"}}};
  families.add(metric::devices, {}, 32);
  families.add(metric::collector_success, {{"collector", "x"}}, 1);
  families.add(metric::collector_success, {{"collector", "y"}}, 0);
  std::string text;
  families.write(text, TextFormat::prometheus);
  CHECK(text ==
        "# HELP efa_devices EFA devices found.\n"
        "# TYPE efa_devices gauge\n"
        "efa_devices{cluster=\"a\"} 32\n"
        "# HELP efa_scrape_collector_success 1 if the collector had all it wanted in this scrape, "
        "else 0.\n"
        "# TYPE efa_scrape_collector_success gauge\n"
        "efa_scrape_collector_success{collector=\"x\",cluster=\"a\"} 1\n"
        "efa_scrape_collector_success{collector=\"y\",cluster=\"a\"} 0\n");
  families.clear();
  text.clear();
  families.write(text, TextFormat::prometheus);
  CHECK(text.empty());
}

TEST_CASE("families say in each scrape what they were told in it, kept text or not") {
  ColdFamilies families{ConstantLabels{{"cluster", "a"}}};
  using Samples = std::vector<std::pair<std::string, double>>;  // by collector
  const auto scrape = [&](double devices, const Samples& samples, TextFormat format) {
    families.clear();
    families.add(metric::devices, {}, devices);
    for (const auto& [collector, value] : samples) {
      families.add(metric::collector_success, {{"collector", collector}, {"cluster", ""}}, value);
    }
    families.add_summary(metric::scrape_duration, {}, static_cast<std::uint64_t>(devices), 0.5);
    std::string text;
    families.write(text, format);
    return text;
  };
  const auto anew = [](double devices, const Samples& samples, TextFormat format) {
    ColdFamilies once{ConstantLabels{{"cluster", "a"}}};
    once.add(metric::devices, {}, devices);
    for (const auto& [collector, value] : samples) {
      once.add(metric::collector_success, {{"collector", collector}, {"cluster", ""}}, value);
    }
    once.add_summary(metric::scrape_duration, {}, static_cast<std::uint64_t>(devices), 0.5);
    std::string text;
    once.write(text, format);
    return text;
  };
  const Samples both{{"x", 1}, {"y", 0}};
  const Samples swapped{{"y", 0}, {"x", 1}};
  const Samples turned{{"x", 0}, {"y", 1}};
  for (const Samples& samples : {both, both, swapped, turned, Samples{}, both, Samples{{"x", 1}}}) {
    for (const double devices : {1.0, 1.0, 2.0}) {
      for (const TextFormat format : {TextFormat::prometheus, TextFormat::openmetrics}) {
        CHECK(scrape(devices, samples, format) == anew(devices, samples, format));
      }
    }
  }
}

TEST_CASE("a summary without quantiles is its count and its sum") {
  ColdFamilies families{ConstantLabels{}};
  families.add_summary(metric::scrape_duration, {}, 3, 0.25);
  for (const TextFormat format : {TextFormat::prometheus, TextFormat::openmetrics}) {
    std::string text;
    families.write(text, format);
    CHECK(text.find("# TYPE efa_agent_scrape_duration_seconds summary\n") != std::string::npos);
    CHECK(text.find("\nefa_agent_scrape_duration_seconds_count 3\n") != std::string::npos);
    CHECK(text.find("\nefa_agent_scrape_duration_seconds_sum 0.25\n") != std::string::npos);
  }
}
