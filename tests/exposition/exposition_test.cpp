#include "agent/exposition/exposition.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "collectors/catalogue/agent_metrics.h"
#include "collectors/catalogue/hw_counters.h"
#include "collectors/devices.h"
#include "collectors/hw_counters.h"
#include "tests/support/catch.h"

namespace {

using namespace efa;

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

DeviceReading device(const std::string& name, std::vector<std::uint64_t> values) {
  auto layout = std::make_shared<DeviceLayout>();
  layout->attributes.name = name;
  layout->counters = {{find_hw_counter("tx_bytes"), "tx_bytes", "1", "1"},
                      {find_hw_counter("rx_bytes"), "rx_bytes", "1", "1"},
                      {find_hw_counter("cmds_err"), "cmds_err", "", ""}};
  DeviceReading reading;
  reading.reset(layout);
  reading.values = std::move(values);
  reading.present.assign(reading.values.size(), 1);
  reading.state = DeviceState::up;
  return reading;
}

Reading two_devices() {
  Reading reading;
  reading.devices = {device("efa_0", {1, 2, 3}), device("efa_1", {largest, 5, 6})};
  reading.read_errors.resize(2);
  return reading;
}

Exposition::Collectors hw_counters_and_devices() {
  Exposition::Collectors list;
  list.push_back(std::make_unique<HwCounters>());
  list.push_back(std::make_unique<Devices>(std::make_shared<KnownInstance>(), std::nullopt));
  return list;
}

std::string write(Exposition& exposition, const Reading& reading,
                  TextFormat format = TextFormat::prometheus) {
  std::string text;
  exposition.write(text, reading, format);
  return text;
}

bool has_line(const std::string& text, const std::string& line) {
  return text.starts_with(line + "\n") || text.find("\n" + line + "\n") != std::string::npos;
}

// A collector that counts how often it was asked to describe, and fails as told.
class Probe final : public Collector {
 public:
  Probe(int& described, bool throws) : described_(described), throws_(throws) {}
  [[nodiscard]] std::string_view name() const override { return "probe"; }
  void describe(const DeviceLayouts& /*devices*/, SeriesPlan& /*plan*/) override { ++described_; }
  bool collect(const Reading& /*reading*/, SampleSink& /*sink*/) override {
    if (throws_) {
      throw std::runtime_error("probe");
    }
    return true;
  }

 private:
  int& described_;
  bool throws_;
};

}  // namespace

TEST_CASE(
    "a family stands in one piece, with a line for each device and values to the last digit") {
  Exposition exposition(hw_counters_and_devices(), {{"cluster", "a"}});
  const std::string text = write(exposition, two_devices());
  CHECK(text.starts_with(
      "# HELP efa_tx_bytes_total Bytes transmitted.\n"
      "# TYPE efa_tx_bytes_total counter\n"
      "efa_tx_bytes_total{device=\"efa_0\",port=\"1\",cluster=\"a\"} 1\n"
      "efa_tx_bytes_total{device=\"efa_1\",port=\"1\",cluster=\"a\"} 18446744073709551615\n"
      "# HELP efa_rx_bytes_total"));
  CHECK(has_line(text, "efa_cmds_err_total{device=\"efa_1\",cluster=\"a\"} 6"));
}

TEST_CASE("a value that was not read has no line, and a family without values no header") {
  Exposition exposition(hw_counters_and_devices(), {});
  Reading reading = two_devices();
  reading.devices[0].present = {0, 1, 0};
  reading.devices[1].present = {1, 1, 0};
  const std::string text = write(exposition, reading);
  CHECK(text.find("efa_tx_bytes_total{device=\"efa_0\"") == std::string::npos);
  CHECK(has_line(text, "efa_tx_bytes_total{device=\"efa_1\",port=\"1\"} 18446744073709551615"));
  CHECK(text.find("efa_cmds_err_total") == std::string::npos);
}

TEST_CASE("a stuck device has no counters, even where numbers of an earlier scrape are left") {
  Exposition exposition(hw_counters_and_devices(), {});
  Reading reading = two_devices();
  reading.devices[0].state = DeviceState::stuck;
  const std::string text = write(exposition, reading);
  CHECK(text.find("efa_rx_bytes_total{device=\"efa_0\"") == std::string::npos);
  CHECK(has_line(text, "efa_device_up{device=\"efa_0\"} 0"));
  CHECK(has_line(text, "efa_device_stuck{device=\"efa_0\"} 1"));
  CHECK(has_line(text, "efa_device_stuck{device=\"efa_1\"} 0"));
  CHECK(has_line(text, "efa_scrape_collector_success{collector=\"hw_counters\"} 0"));
  CHECK(has_line(text, "efa_scrape_collector_success{collector=\"devices\"} 1"));
}

TEST_CASE("what collectors describe is asked for again only when a device changes") {
  int described = 0;
  Exposition::Collectors list = hw_counters_and_devices();
  list.push_back(std::make_unique<Probe>(described, false));
  Exposition exposition(std::move(list), {});
  Reading reading = two_devices();
  write(exposition, reading);
  reading.devices[0].values = {100, 200, 300};
  CHECK(
      has_line(write(exposition, reading), "efa_tx_bytes_total{device=\"efa_0\",port=\"1\"} 100"));
  CHECK(described == 1);

  reading.devices[0] = device("renamed", {7, 8, 9});
  CHECK(
      has_line(write(exposition, reading), "efa_tx_bytes_total{device=\"renamed\",port=\"1\"} 7"));
  CHECK(described == 2);

  reading.devices.pop_back();
  reading.read_errors.pop_back();
  CHECK(write(exposition, reading).find("efa_1") == std::string::npos);
  CHECK(described == 3);
}

TEST_CASE("a collector that throws is a failed one, and the rest of the scrape is there") {
  int described = 0;
  Exposition::Collectors list;
  list.push_back(std::make_unique<Probe>(described, true));
  list.push_back(std::make_unique<HwCounters>());
  Exposition exposition(std::move(list), {});
  const std::string text = write(exposition, two_devices());
  CHECK(has_line(text, "efa_scrape_collector_success{collector=\"probe\"} 0"));
  CHECK(has_line(text, "efa_scrape_collector_success{collector=\"hw_counters\"} 1"));
  CHECK(has_line(text, "efa_tx_bytes_total{device=\"efa_0\",port=\"1\"} 1"));
}

TEST_CASE("a scrape in OpenMetrics ends with # EOF and has the samples of the other format") {
  Exposition exposition(hw_counters_and_devices(), {});
  const Reading reading = two_devices();
  const auto samples = [](const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      if (text[begin] != '#' &&
          text.compare(begin, 36, "efa_scrape_collector_duration_seconds", 36) != 0) {
        lines.push_back(text.substr(begin, end - begin));
      }
      begin = end + 1;
    }
    return lines;
  };
  const std::string openmetrics = write(exposition, reading, TextFormat::openmetrics);
  CHECK(openmetrics.ends_with("\n# EOF\n"));
  CHECK(samples(openmetrics) == samples(write(exposition, reading)));
}

TEST_CASE("a host without devices has a scrape without device series") {
  Exposition exposition(hw_counters_and_devices(), {});
  const std::string text = write(exposition, Reading{});
  CHECK(text.starts_with("# HELP efa_devices "));
  CHECK(has_line(text, "efa_devices 0"));
}
