#pragma once

#include <optional>

#include "collectors/collector.h"

namespace efa {

/// What is known of each device besides its counters, how its reading went, and how many there are.
class Devices final : public Collector {
 public:
  static constexpr std::string_view collector_name = "devices";

  /// `expected`: how many devices there should be, if that is known.
  explicit Devices(std::optional<unsigned> expected) : expected_(expected) {}

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  void describe(const DeviceLayouts& devices, SeriesPlan& plan) override;
  bool collect(const Reading& reading, SampleSink& sink) override;

 private:
  std::optional<unsigned> expected_;
};

}  // namespace efa
