#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/base/result.h"
#include "collectors/catalogue/metric_spec.h"
#include "collectors/engine/reading.h"

namespace efa {

struct Label {
  std::string_view name;
  std::string_view value;
};
/// The labels of a sample, for the time of a call.
class Labels {
 public:
  Labels(std::initializer_list<Label> labels) : labels_(labels.begin(), labels.size()) {}
  explicit Labels(std::span<const Label> labels) : labels_(labels) {}

  [[nodiscard]] auto begin() const { return labels_.begin(); }
  [[nodiscard]] auto end() const { return labels_.end(); }

 private:
  std::span<const Label> labels_;
};

/// Takes the samples of a collector. Constant labels are added behind its back.
class SampleSink {
 public:
  SampleSink() = default;
  SampleSink(const SampleSink&) = delete;
  SampleSink& operator=(const SampleSink&) = delete;
  virtual ~SampleSink() = default;

  /// One sample; those of a family must come one after another.
  virtual void add(const MetricSpec& spec, Labels labels, double value) = 0;
  /// A summary without quantiles.
  virtual void add_summary(const MetricSpec& spec, Labels labels, std::uint64_t count,
                           double sum) = 0;
};

using DeviceLayouts = std::vector<std::shared_ptr<const DeviceLayout>>;

std::vector<NamedDevice> named_devices(const DeviceLayouts& devices);

/// Takes the series whose text, digits apart, stays the same until a device changes. They are the
/// hot path: rendered once, and in each scrape only their digits anew.
class SeriesPlan : public SampleSink {
 public:
  /// Which number of a device is the value of a series.
  enum class State : std::uint8_t { up, stuck };

  /// The series `labels` of `spec` shows counter `slot` of device `device`.
  virtual void add_counter(const MetricSpec& spec, Labels labels, std::size_t device,
                           std::size_t slot) = 0;
  /// The series `labels` of `spec` shows whether device `device` is in that state.
  virtual void add_state(const MetricSpec& spec, Labels labels, std::size_t device,
                         State state) = 0;
  // add() and add_summary(): constants.
};

/// One subject of what the agent publishes. A collector says what values mean; it never opens a
/// file.
///
/// Threads  describe() and collect() are called by one thread at a time, not always the same
class Collector {
 public:
  Collector() = default;
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  virtual ~Collector() = default;

  /// The word in --collector.<name> and in efa_scrape_collector_success{collector}.
  [[nodiscard]] virtual std::string_view name() const = 0;

  /// The series that last: called when a device or its attributes have changed.
  virtual void describe(const DeviceLayouts& /*devices*/, SeriesPlan& /*plan*/) {}

  /// Whether describe() would say something else by now, though no device has changed.
  [[nodiscard]] virtual bool is_outdated() const { return false; }

  /// The samples of one scrape; false if something it wanted is missing from them.
  virtual bool collect(const Reading& reading, SampleSink& sink) = 0;

  /// How long the reading took on its behalf, before collect() was called.
  [[nodiscard]] virtual std::chrono::nanoseconds time_reading(const Reading& /*reading*/) const {
    return {};
  }
};

}  // namespace efa
