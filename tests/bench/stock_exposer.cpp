// The same counters through prometheus-cpp as it comes: its data model, its serializer, its
// Exposer. Files are read from kept descriptors. Usage: bench_stock SYSFS; prints the port it
// listens on.
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include "tests/bench/counter_files.h"

namespace {

class Counters final : public prometheus::Collectable {
 public:
  explicit Counters(const std::string& sysfs) : files_(efa::bench::open_counter_files(sysfs)) {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    std::map<std::string, prometheus::MetricFamily> families;
    for (const auto& file : files_) {
      std::array<char, 64> text{};
      const ssize_t size = ::pread(file.fd, text.data(), text.size(), 0);
      std::uint64_t value = 0;
      if (size <= 0 || std::from_chars(text.data(), text.data() + size, value).ec != std::errc{}) {
        continue;
      }
      auto& family = families[file.name];
      if (family.name.empty()) {
        family.name = "efa_" + file.name + "_total";
        family.help = "Hardware counter.";
        family.type = prometheus::MetricType::Counter;
      }
      auto& metric = family.metric.emplace_back();
      metric.label.push_back({"device", file.device});
      if (!file.port.empty()) {
        metric.label.push_back({"port", file.port});
      }
      metric.counter.value = static_cast<double>(value);
    }
    std::vector<prometheus::MetricFamily> list;
    for (auto& [name, family] : families) {
      list.push_back(std::move(family));
    }
    return list;
  }

 private:
  std::vector<efa::bench::CounterFile> files_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  prometheus::Exposer exposer("127.0.0.1:0");
  const auto counters = std::make_shared<Counters>(argv[1]);
  exposer.RegisterCollectable(counters);
  std::printf("address=127.0.0.1:%d \n", exposer.GetListeningPorts().front());
  std::fflush(stdout);
  char token = 0;
  while (::read(STDIN_FILENO, &token, 1) > 0) {
  }
  return 0;
}
