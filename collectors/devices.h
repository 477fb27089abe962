#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "collectors/collector.h"
#include "collectors/known_instance.h"

namespace efa {

/// What is known of each device besides its counters, how its reading went, and how many there are.
class Devices final : public Collector {
 public:
  static constexpr std::string_view collector_name = "devices";

  /// `expected`: how many devices there should be, if that is configured; else it is the maximum of
  /// the instance's type.
  Devices(std::shared_ptr<const KnownInstance> instance, std::optional<unsigned> expected)
      : instance_(std::move(instance)), expected_(expected) {}

  [[nodiscard]] std::string_view name() const override { return collector_name; }
  void describe(const DeviceLayouts& devices, SeriesPlan& plan) override;
  bool collect(const Reading& reading, SampleSink& sink) override;
  [[nodiscard]] bool is_outdated() const override { return instance_->version() != described_; }

 private:
  void add_expected(SampleSink& sink) const;

  std::shared_ptr<const KnownInstance> instance_;
  std::optional<unsigned> expected_;
  std::uint64_t described_ = 0;  // version of the instance
};

}  // namespace efa
