#pragma once

#include <map>
#include <string>

#include "collectors/collector.h"

namespace efa {

/// Whether every counter of every device was read.
bool all_read(const Reading& reading);

/// The hardware counters, one series a counter: `efa_<name>_total`. Nearly all of a scrape.
/// Counters that the catalogue does not know are published with a help text that says so.
class HwCounters final : public Collector {
 public:
  static constexpr std::string_view collector_name = "hw_counters";

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  void describe(const DeviceLayouts& devices, SeriesPlan& plan) override;
  bool collect(const Reading& reading, SampleSink& sink) override;
  [[nodiscard]] std::chrono::nanoseconds time_reading(const Reading& reading) const override {
    return reading.duration;
  }

 private:
  // By file; owns the text of the specs, which live as long as the series made from them.
  struct Unknown {
    std::string metric;
    MetricSpec spec;
  };
  std::map<std::string, Unknown> unknown_;
};

}  // namespace efa
