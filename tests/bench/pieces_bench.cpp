// The pieces of a scrape, each alone.
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <prometheus/text_serializer.h>

#include "agent/exposition/exposition.h"
#include "agent/exposition/gzip.h"
#include "agent/simulation/simulated_host.h"
#include "collectors/base/number.h"
#include "collectors/devices.h"
#include "collectors/engine/reading_engine.h"
#include "collectors/hw_counters.h"
#include "collectors/known_instance.h"
#include "collectors/sysfs/sysfs_scanner.h"

namespace {

using efa::TextFormat;

// 32 simulated devices that stand still, and a reading of them.
struct Host {
  efa::MonotonicClock clock;
  efa::PosixFiles files;
  std::unique_ptr<efa::SimulatedHost> simulated = std::move(
      *efa::SimulatedHost::create("p5.48xlarge", clock, efa::SimulatedHost::default_parent()));
  efa::ReadingEngine engine{
      std::make_unique<efa::SysfsScanner>(files, clock, simulated->sysfs(), 4096), {}};
  efa::Exposition exposition{collectors(), {{"instance_id", "i-0123456789abcdef0"}}};
  std::shared_ptr<const efa::Reading> reading = engine.read();

  static efa::Exposition::Collectors collectors() {
    efa::Exposition::Collectors list;
    list.push_back(std::make_unique<efa::HwCounters>());
    list.push_back(std::make_unique<efa::Devices>(std::make_shared<efa::KnownInstance>(), 32));
    return list;
  }

  std::string text() {
    std::string result;
    exposition.write(result, *reading, TextFormat::prometheus);
    return result;
  }
};

Host& host() {
  static Host shared;
  return shared;
}

void read_32_devices(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(host().engine.read());
  }
}
BENCHMARK(read_32_devices)->UseRealTime();

void write_text(benchmark::State& state) {
  std::string text;
  for (auto _ : state) {
    text.clear();
    host().exposition.write(text, *host().reading, TextFormat::prometheus);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(write_text);

// The same samples through prometheus-cpp's data model and serializer.
void write_text_by_prometheus_cpp(benchmark::State& state) {
  const prometheus::TextSerializer serializer;
  for (auto _ : state) {
    std::vector<prometheus::MetricFamily> families(36);
    for (const auto& device : host().reading->devices) {
      for (std::size_t i = 0; i < device.values.size(); ++i) {
        auto& metric = families[i].metric.emplace_back();
        families[i].name = "efa_" + device.layout->counters[i].file + "_total";
        metric.label = {{"device", device.layout->attributes.name}, {"port", "1"}};
        metric.counter.value = static_cast<double>(device.values[i]);
      }
    }
    std::ostringstream text;
    serializer.Serialize(text, families);
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(write_text_by_prometheus_cpp);

void compress(benchmark::State& state) {
  const std::string text = host().text();
  std::string compressed;
  efa::Gzip gzip;
  for (auto _ : state) {
    gzip.compress(text, compressed);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(compress);

void parse_number(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(efa::parse_u64("18446744073709551615\n"));
  }
}
BENCHMARK(parse_number);

}  // namespace

BENCHMARK_MAIN();
